import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gait_engine.api.shapes import HIDDEN
from gait_tui.views.line import (
    Look,
    Span,
    cut_list,
    data,
    fit,
    head,
    line,
    middle,
    own,
    right,
    safe,
    short_digest,
    width_of,
    wrap,
)
from gait_tui.views.parts import broken

LOOK = Look(40)
HOSTILE = (
    "\x1b[2J\x07",
    "a\u202eb\u202c",
    "zero\u200bwidth",
    "\x00\x7f\x9b",
    "z" + "\u0301" * 40,
    "[bold]x[/] [@click=app.quit]y",
    "\ufeff\U000e0041",
    "line\nbreak\ttab\r",
    "\ud800",
    "❤\ufe0f 👍🏽 漢字",
)


def text_of(spans: object) -> str:
    return "".join(span.text for span in spans)  # type: ignore[attr-defined]


def test_cells_stand_at_their_columns() -> None:
    row = line(LOOK, own(3, "label"), own(15, "value"), right(39, "9"))
    assert row.text == "   label       value                  9"


def test_a_cell_is_cut_one_column_before_the_next_and_the_cut_shows() -> None:
    row = line(LOOK, own(0, "abcdefghij"), own(6, "next"))
    assert row.text == "abcd… next"


def test_a_row_leaves_one_column_free_at_its_edge() -> None:
    assert line(Look(10), own(0, "x" * 30)).text == "xxxxxxxx…"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_hidden_character_reaches_a_row(text: str) -> None:
    row = line(Look(400), data(0, text))
    assert HIDDEN.search(row.text) is None
    assert "\ufe0f" not in row.text


@given(st.text())
def test_no_text_whatsoever_puts_a_hidden_character_into_a_row(text: str) -> None:
    shown = safe([Span(text, is_data=True)], LOOK)
    assert HIDDEN.search(text_of(shown)) is None


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_spelling_loses_no_visible_character(text: str) -> None:
    shown = text_of(safe([Span(text, is_data=True)], LOOK))
    kept = [char for char in text if char.isalnum() and char.isascii()]
    position = 0
    for char in kept:
        position = shown.index(char, position) + 1


@given(st.text(), st.integers(min_value=4, max_value=60))
def test_a_row_is_never_wider_than_its_pane(text: str, width: int) -> None:
    row = line(Look(width), data(2, text))
    assert cell_len(row.text) < width


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200), st.integers(4, 50))
def test_breaking_a_text_loses_nothing(text: str, room: int) -> None:
    whole = text_of(safe([Span(text, is_data=True)], LOOK))
    rows = broken([Span(text, is_data=True)], LOOK, room)
    assert "".join(text_of(row) for row in rows) == whole
    assert all(width_of(row) <= room + 1 for row in rows)


def test_artifact_text_is_spelled_whole_on_an_ascii_terminal() -> None:
    ascii_only = Look(80, ascii_only=True)
    assert line(ascii_only, data(0, "Müller ✓")).text == "M\\xfcller \\u2713"
    assert line(ascii_only, own(0, "✓")).text == "✓"


def test_a_pile_of_combining_marks_is_cut_after_four() -> None:
    shown = line(Look(400), data(0, "e" + "\u0301" * 6)).text
    assert shown.startswith("e" + "\u0301" * 4 + "\\u0301")


def test_wide_characters_are_cut_at_whole_characters() -> None:
    assert head("漢字漢字", 5) == "漢字"
    assert cell_len(text_of(fit([Span("漢字漢字")], 5))) == 5


def test_identifiers_are_cut_in_their_middle() -> None:
    assert text_of(middle("runpack_run_torn.zip", 11)) == "runpa…n.zip"
    assert text_of(middle("short", 11)) == "short"


def test_a_digest_is_shown_by_its_ends() -> None:
    assert text_of(short_digest("a" * 58 + "b" * 6)) == "aaaaaaaa…bbbbbb"
    assert text_of(short_digest("abc")) == "abc"


def test_sentences_break_between_words() -> None:
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("unbreakable", 4) == ["unbreakable"]


def test_a_list_that_does_not_fit_keeps_its_last_entry() -> None:
    assert cut_list(["aaaa", "bbbb", "cccc"], 8, len) == ["aaaa", "cccc"]
