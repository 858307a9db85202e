"""The themes as a list, and a sample of every role to look at while one is chosen."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from gait_tui.views import glyphs
from gait_tui.views.line import (
    BLANK,
    MUTED,
    VALUE_AT,
    Cell,
    Line,
    Look,
    Span,
    data,
    line,
    own,
    spans,
)
from gait_tui.views.parts import heads, well

_NAME_AT: Final = 5
_GROUND_AT: Final = 27
_COLOURS_AT: Final = 36
_FROM_AT: Final = 51
_FLAWED: Final = "not usable"


class ThemeRow(NamedTuple):
    """A theme that can be chosen; `problem` says why it cannot be worn."""

    name: str
    is_dark: bool
    colours: str
    is_own: bool
    problem: str = ""


def head(look: Look) -> Line:
    """Head the columns of the list."""
    cells = ((_NAME_AT, "NAME"), (_GROUND_AT, "GROUND"), (_COLOURS_AT, "COLOURS"))
    return heads(look, *cells, (_FROM_AT, "FROM"))


def rows(choices: Sequence[ThemeRow], kept: str, look: Look) -> list[Line]:
    """List the themes; the one that was in force before carries a mark."""
    return [_row(choice, kept, look) for choice in choices]


def _row(choice: ThemeRow, kept: str, look: Look) -> Line:
    mark = [own(3, glyphs.LIVE, "accent")] if choice.name == kept else []
    ground = "dark" if choice.is_dark else "light"
    colours = own(_COLOURS_AT, choice.colours, MUTED)
    if choice.problem:
        mark = [own(3, glyphs.FAILED, "b:failed")]
        colours = own(_COLOURS_AT, _FLAWED, "failed")
    return line(
        look,
        *mark,
        data(_NAME_AT, choice.name),
        own(_GROUND_AT, ground if choice.colours not in ("", "none") else glyphs.NONE, MUTED),
        colours,
        own(_FROM_AT, "your themes" if choice.is_own else "gait", MUTED),
        key=choice.name,
    )


def sample(look: Look) -> list[Line]:
    """Show every role where it is used: on the ground of a pane, of changes and of data."""
    marked = [
        *_words("verdict", _VERDICTS, look),
        *_words("severity", _SEVERITIES, look),
        *_words("state", _STATES, look),
        *_words("text", _TEXTS, look),
    ]
    changes = [
        _change("-", "diff_del", '"orders"', look, label="changes"),
        _change("+", "diff_add", '"customers"', look),
    ]
    excerpt = [Span("note  "), Span("ok"), Span("\\u202e", "hidden_char"), Span("fnoc.bd")]
    return [*marked, BLANK, *changes, *well(look, [excerpt], at=VALUE_AT, label="data")]


_VERDICTS: Final = (
    (glyphs.OK, "allow", "verdict_allow"),
    (glyphs.BLOCK, "block", "verdict_block"),
    (glyphs.PERSON, "require_approval", "verdict_require_approval"),
    (glyphs.DRY_RUN, "dry_run", "verdict_dry_run"),
    (glyphs.FAILED, "error", "verdict_error"),
)
_SEVERITIES: Final = (
    ("", "crit", "b:sev_critical"),
    ("", "high", "sev_high"),
    ("", "med", "sev_medium"),
    ("", "low", "sev_low"),
)
_STATES: Final = (
    (glyphs.OK, "ok", "ok"),
    (glyphs.FAILED, "failed", "failed"),
    (glyphs.UNCHECKED, "not checked", "unchecked"),
)
_TEXTS: Final = (
    ("", "plain", "text"),
    ("", "muted", "muted"),
    ("", "here", "b:accent"),
    ("", "found", "u:match"),
    ("", "marked", "mark"),
    ("", "changed", "diff_change"),
    ("", "key", "b:key_hint"),
)


def _words(label: str, words: Sequence[tuple[str, str, str]], look: Look) -> list[Line]:
    """Set words in a row, as many rows as it takes."""
    lines: list[list[Cell]] = [[own(3, label, MUTED)]]
    at = VALUE_AT
    for mark, word, role in words:
        width = len(word) + 2 * bool(mark)
        if at + width > look.width - 1:
            lines.append([])
            at = VALUE_AT
        parts = [Span(mark, f"b:{role}"), Span(" ")] if mark else []
        lines[-1].append(spans(at, *parts, Span(word, role)))
        at += width + 3
    return [line(look, *cells) for cells in lines]


def _change(mark: str, role: str, text: str, look: Look, label: str = "") -> Line:
    cells = [own(3, label, MUTED)] if label else []
    parts = spans(
        VALUE_AT, Span(mark, f"b:{role}"), Span(" table: ", MUTED), Span(text, f"b:{role}")
    )
    return line(look, *cells, parts, ground=f"{role}_bg", ground_at=VALUE_AT - 1)
