from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.api.shapes import IndexRow
from gait_tui.models.filter import Subject, is_narrower, parse
from gait_tui.models.lineedit import LineEdit
from gait_tui.models.rows import (
    CHANGED,
    DAMAGED,
    GONE,
    INTACT,
    NOT_CHECKED,
    NOT_READ,
    Check,
    Row,
    RunStore,
)

HOUR = 3600 * 10**9
NOW = 1_770_292_800 * 10**9  # 12:00:00Z
FIELDS = ("run", "state")


def accepts(text: str, *, hours: int = 2) -> bool:
    subject = Subject.of("d/a", ("run_ETL", "damaged"), NOW - hours * HOUR)
    return lets_through(text, subject)


def lets_through(text: str, subject: Subject) -> bool:
    return list(parse(text, FIELDS).passing([subject], NOW)) == [subject]


@pytest.mark.parametrize(
    "text",
    [
        *("", "etl", "ETL", "etl damaged", "run:etl", "state:intact,damaged", "-demo", "/e.l/"),
        *("age:<3h", "age:>1h", "age:3h", "after:09:15", "before:11:00", "-run:demo", "-/demo/"),
        *("run:", "after:10:00"),
    ],
)
def test_a_filter_lets_a_row_through(text: str) -> None:
    assert accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        *("demo", "etl demo", "-etl", "run:demo", "state:intact", "/^damaged/", "age:<1h"),
        *("after:11:00", "before:09:00", "-state:damaged"),
    ],
)
def test_a_filter_holds_a_row_back(text: str) -> None:
    assert not accepts(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("colour:red", "no field colour: run state age after before"),
        ("age:soon", "age: takes <1h or >2d (s m h d)"),
        ("after:25:00", "after: takes a time of day in UTC such as 09:15"),
        ("/(/", "/(/ is no regular expression: missing ), unterminated subpattern"),
    ],
)
def test_what_cannot_be_read_is_told_and_hides_nothing(text: str, told: str) -> None:
    assert parse(text, FIELDS).problem == told
    assert lets_through(text, Subject.of("d/a", ("", ""), None))


@given(st.text())
def test_no_filter_text_breaks_the_list(text: str) -> None:
    lets_through(text, Subject.of("d/a", ("x", ""), NOW))


def row(name: str, mtime: int = 1, error: str = "") -> Row:
    found = IndexRow(
        kind="runpack", path=f"d/{name}", run_id=name, mtime_ns=mtime, error_code=error
    )
    return Row(found, mtime)


def narrow(runs: RunStore, text: str) -> None:
    assert runs.narrow(text) == ""
    runs.take(runs.arranged(NOW))


def shown(runs: RunStore) -> list[str]:
    runs.take(runs.arranged(NOW))
    return list(runs.visible)


def store(*names: str) -> RunStore:
    made = RunStore()
    made.fill([row(name) for name in names], NOW)
    return made


def test_the_cursor_stays_on_its_item_when_rows_appear_above_it() -> None:
    runs = store("a", "b")
    runs.move_to(1)
    runs.fill([row(name) for name in ("new", "a", "b")], NOW)
    assert (runs.cursor, runs.place()) == ("d/b", 2)
    assert runs.is_new("d/new", NOW)
    assert not runs.is_new("d/new", NOW + 10 * 10**9)
    assert not runs.is_new("d/a", NOW)


def test_following_keeps_the_cursor_on_the_newest() -> None:
    runs = store("a")
    runs.is_following = True
    runs.fill([row("new"), row("a")], NOW)
    assert runs.cursor == "d/new"


def test_a_row_that_is_gone_keeps_its_place_until_it_is_forgotten() -> None:
    runs = store("a", "b", "c")
    runs.move_to(1)
    runs.fill([row("a"), row("c")], NOW)
    assert runs.visible == ["d/a", "d/b", "d/c"]
    assert runs.state("d/b") == GONE
    runs.forget_gone()
    assert runs.visible == ["d/a", "d/c"]
    assert runs.cursor == "d/c"


def test_a_scan_that_finds_the_same_changes_nothing() -> None:
    runs = store("a")
    assert not runs.fill([row("a")], NOW)


def test_the_state_of_a_row_is_what_the_engine_said_of_this_file() -> None:
    runs = store("a")
    assert runs.state("d/a") == NOT_CHECKED
    runs.check("d/a", Check(INTACT, NOW, (1, 0)))
    assert runs.state("d/a") == INTACT
    runs.fill([row("a", mtime=2)], NOW)
    assert runs.state("d/a") == CHANGED


def test_the_tally_of_states_follows_what_is_checked_and_what_is_found() -> None:
    runs = store("a", "b", "c")
    assert runs.tally() == {NOT_CHECKED: 3}
    runs.check("d/a", Check(INTACT, NOW, (1, 0)))
    runs.check("d/b", Check(DAMAGED, NOW, (1, 0)))
    runs.check("d/elsewhere", Check(INTACT, NOW, (1, 0)))
    assert +Counter(runs.tally()) == {INTACT: 1, DAMAGED: 1, NOT_CHECKED: 1}
    runs.fill([row("a", mtime=2), row("b"), row("d", error="invalid_input")], NOW)
    assert runs.tally() == {CHANGED: 1, DAMAGED: 1, GONE: 1, NOT_READ: 1}
    narrow(runs, "run:b")
    assert runs.tally()[GONE] == 1
    runs.forget_gone()
    assert runs.tally() == {CHANGED: 1, DAMAGED: 1, NOT_READ: 1}


def test_a_file_that_cannot_be_read_says_so() -> None:
    runs = RunStore()
    runs.fill([row("a", error="invalid_input")], NOW)
    assert runs.state("d/a") == NOT_READ


def test_two_marks_or_a_mark_and_the_cursor_make_a_pair_the_first_mark_is_the_base() -> None:
    runs = store("a", "b", "c")
    assert runs.pair() is None
    runs.move_to(2)
    runs.toggle_mark()
    assert runs.pair() is None
    runs.move_to(0)
    assert runs.pair() == ("d/c", "d/a")
    runs.move_to(1)
    runs.toggle_mark()
    runs.move_to(0)
    assert runs.pair() == ("d/c", "d/b")
    runs.toggle_mark()
    assert runs.pair() is None


def test_narrowing_moves_the_cursor_only_when_its_row_is_hidden() -> None:
    runs = store("a", "b")
    runs.move_to(1)
    narrow(runs, "run:b")
    assert (runs.visible, runs.cursor) == (["d/b"], "d/b")
    narrow(runs, "run:a")
    assert runs.cursor == "d/a"
    narrow(runs, "nothing")
    assert (runs.visible, runs.cursor, runs.current()) == ([], "", None)
    narrow(runs, "")
    assert runs.cursor == "d/a"


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (("left", "left", "backspace"), LineEdit("ab de", 3)),
        (("home", "delete"), LineEdit("b cde", 0)),
        (("ctrl+w",), LineEdit("ab ", 3)),
        (("left", "ctrl+u"), LineEdit("e", 0)),
        (("home", "right", "ctrl+k"), LineEdit("a", 1)),
        (("ctrl+a", "ctrl+e"), LineEdit("ab cde", 6)),
    ],
)
def test_keys_edit_a_line(keys: tuple[str, ...], wanted: LineEdit) -> None:
    edit = LineEdit("ab cde", 6)
    for key in keys:
        edit = edit.press(key) or edit
    assert edit == wanted


def test_a_key_that_edits_nothing_is_left_to_others() -> None:
    assert LineEdit("a", 1).press("f5") is None


def test_of_a_pasted_text_only_the_first_line_is_taken() -> None:
    assert LineEdit("ab", 1).insert("x\ny") == LineEdit("axb", 2)


@pytest.mark.parametrize(
    ("before", "text", "narrows"),
    [
        ("ab", "abc", True),
        ("ab ", "ab -x", True),
        ("-ab", "-abc", False),
        ("run:ab", "run:abc", False),
        ("/a ", "/a b/", False),
        ("", "a", False),
        ("ab", "a", False),
    ],
)
def test_only_what_is_typed_behind_a_word_can_narrow(
    before: str, text: str, *, narrows: bool
) -> None:
    assert is_narrower(parse(before, ("run",)), text) is narrows


def test_a_list_is_sorted_by_each_column_and_turned_round() -> None:
    store = RunStore()
    names = ("b", "c", "a")
    rows = [
        Row(IndexRow(kind="runpack", path=name, run_id=name, mtime_ns=n + 1), n + 1)
        for n, name in enumerate(names)
    ]
    store.fill(rows, NOW)
    assert store.visible == list(names)
    store.sort_next()
    assert store.sort == "run"
    assert shown(store) == ["a", "b", "c"]
    store.reverse()
    assert shown(store) == ["c", "b", "a"]
    for name in ("capture", "age", ""):
        store.sort_next()
        assert store.sort == name
    assert shown(store) == list(names)
