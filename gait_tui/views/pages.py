"""Whole pages: nothing found, not readable, too small, the command of a screen, the keys."""

import shlex
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from gait_engine.api.shapes import Answer, IndexRow, SearchedRoot
from gait_tui.views import glyphs
from gait_tui.views.line import (
    BLANK,
    MUTED,
    Cell,
    Line,
    Look,
    Span,
    at_home,
    head,
    line,
    middle,
    own,
    safe,
    spans,
    width_of,
)
from gait_tui.views.parts import (
    Verdict,
    artifact_field,
    broken,
    count,
    failure_lines,
    field,
    heads,
    tidy,
    verdict_line,
    well,
)
from gait_tui.views.timetext import age

_ROOT_WORDS: Final = {
    "missing": "the folder does not exist",
    "unreadable": f"{glyphs.UNCHECKED} not readable: permission denied",
}
EXIT_CODES: Final = {
    0: "ok",
    1: "internal failure, input or output",
    2: "verification failed, or a difference",
    3: "blocked",
    4: "a person has to approve",
    5: "a fixture no longer holds",
    6: "invalid input",
    7: "something needed is missing",
}


def empty_lines(roots: Sequence[SearchedRoot], look: Look) -> list[Line]:
    """Say that no runs were found, where they were searched, and how to make one appear."""
    appears = "Runpacks and session chains appear here as they are written."
    return searched_lines(roots, look, "runpack", appears)


def searched_lines(
    roots: Sequence[SearchedRoot], look: Look, noun: str, *appears: str
) -> list[Line]:
    """Say what was searched, what would appear, and how to make it appear."""
    shown = [middle(at_home(root.path, look), look.width // 2) for root in roots]
    at = max(max(map(width_of, shown), default=8) + 7, 15)
    lines = [BLANK, BLANK, *field(look, "", f"No {noun}s found.", at=3), BLANK]
    lines.append(heads(look, (3, "SEARCHED"), (at, "FOUND")))
    for path, root in zip(shown, roots, strict=True):
        words = _ROOT_WORDS.get(root.state) or count(root.artifacts, "artifact")
        lines.append(line(look, spans(3, *path), own(at, words, MUTED)))
    lines += [BLANK, *(row for said in appears for row in field(look, "", said, at=3)), BLANK]
    for label, what, note in (
        ("to see one", "gait demo", "writes a sample run to gait-out"),
        ("elsewhere", "gait tui --root DIR", ""),
        ("a ticket", "paste its GAIT line here", ""),
    ):
        role = "text" if label == "a ticket" else "b:text"
        cells = [own(3, label, MUTED), own(15, what, role)]
        lines.append(line(look, *cells, *([own(40, note, MUTED)] if note else [])))
    return lines


def nothing_matches(text: str, problem: str, hidden: str, look: Look) -> list[Line]:
    """Say which filter hides everything."""
    shown = [BLANK, line(look, own(5, "Nothing matches the filter.")), BLANK]
    shown += artifact_field(look, "filter", text, at=15)
    if problem:
        shown += field(look, "problem", problem)
    return [*shown, *field(look, "hidden", hidden, "esc clears the filter")]


def unread_lines(index: IndexRow, failure: Answer | None, look: Look) -> list[Line]:
    """Show an artifact that cannot be read: the engine's error object, nothing more."""
    verdict = Verdict(
        glyphs.UNCHECKED, "unchecked", "NOT READ", "Nothing is known about this file."
    )
    lines = [*verdict_line(look, verdict), BLANK]
    if failure:
        lines += failure_lines(look, failure)
    else:
        lines += artifact_field(look, "error", tidy(index.error, look))
        lines += field(look, "code", index.error_code)
    lines += artifact_field(look, "file", index.path)
    changed = f"changed {age(index.mtime_ns, look.now_ns)} ago"
    return lines + field(look, "size", count(index.size, "byte"), changed)


class Command(NamedTuple):
    """A screen as a headless command."""

    argv: tuple[str, ...]
    cwd: str
    exits: tuple[int, ...]
    what: str
    writes: tuple[str, ...] = ()
    note: str = "this screen writes nothing"
    asked: str = ""
    """When it was asked and how it ended, of a command that was."""


def command_text(argv: Sequence[str]) -> str:
    """Spell a command so that a shell gives the same words back."""
    return shlex.join(["gait", *argv])


def command_lines(command: Command, look: Look) -> list[Line]:
    """Show the command that answers what this screen shows."""
    text = command_text(command.argv)
    room = look.width - 19
    lines = [BLANK, *field(look, "", command.what, at=3), BLANK]
    parts = broken([Span(text, "b:text", is_data=True)], look, room)
    lines += well(look, parts, at=15, label="command")
    lines += [BLANK, *artifact_field(look, "in folder", at_home(command.cwd, look)), BLANK]
    lines += field(look, "asked", command.asked) if command.asked else []
    for number, path in enumerate(command.writes):
        lines += field(look, "" if number else "writes", path, command.note)
    if not command.writes:
        export = "" if command.asked else "; e writes the same bytes to a file"
        lines += field(look, "writes", f"nothing{export}")
    for number, code in enumerate(command.exits):
        label = [own(3, "exits", MUTED)] if number == 0 else []
        lines.append(line(look, *label, own(15, f"{code}"), own(19, EXIT_CODES[code], MUTED)))
    return lines


_MOST_SHOWN: Final = 64 * 1024
"""Characters that are laid out to be marked with a mouse."""


def plain_lines(text: str, look: Look) -> list[Line]:
    """Show a text as it is, from the first column on, so that a mouse marks nothing else."""
    rows = [
        line(look, own(0, row), margin=0)
        for part in text[:_MOST_SHOWN].split("\n")
        for row in _chopped("".join(span.text for span in safe([Span(part, "", True)], look)), look)
    ]
    left = len(text) - _MOST_SHOWN
    return [*rows, line(look, own(0, f"{glyphs.CUT}(+{left:,})", MUTED))] if left > 0 else rows


def _chopped(text: str, look: Look) -> Iterator[str]:
    while text:
        piece = head(text, look.width) or text[0]
        yield piece
        text = text[len(piece) :]


class HelpKey(NamedTuple):
    """One key of the help page."""

    shown: str
    label: str

    def matches(self, wanted: str) -> bool:
        """Tell whether it is searched for, by a text in lower case; an empty one wants none."""
        return bool(wanted) and any(wanted in text.casefold() for text in self)


_NO_KEY: Final = HelpKey("", "")


def help_lines(
    groups: Sequence[tuple[str, Sequence[HelpKey]]], look: Look, wanted: str = ""
) -> list[Line]:
    """Set the groups of keys in two columns where they fit; rows with what is wanted have a key."""
    columns = 2 if look.width >= 76 else 1
    stacked = [[HelpKey(name, ""), *keys, _NO_KEY] for name, keys in groups if keys]
    if columns == 1:
        rows = [(entry, _NO_KEY) for block in stacked for entry in block]
    else:
        rows = list(zip_longest(*_balance(stacked), fillvalue=_NO_KEY))
    at = look.width // 2 + 1
    return [
        _pair(look, pair, at)._replace(key=f"row {number}" if _is_wanted(pair, wanted) else "")
        for number, pair in enumerate(rows)
    ]


Pair = tuple[HelpKey, HelpKey]


def _is_wanted(pair: Pair, wanted: str) -> bool:
    return any(entry.label and entry.matches(wanted) for entry in pair)


def _balance(blocks: list[list[HelpKey]]) -> tuple[list[HelpKey], list[HelpKey]]:
    """Keep blocks whole; the left column takes them until it is half of all."""
    total = sum(len(block) for block in blocks)
    left: list[HelpKey] = []
    rest: list[HelpKey] = []
    for block in blocks:
        into_left = not rest and (not left or len(left) + len(block) // 2 <= total // 2)
        (left if into_left else rest).extend(block)
    return left, rest


def _pair(look: Look, pair: Pair, at: int) -> Line:
    first, second = pair
    return line(look, *_entry(first, 3), *(_entry(second, at) if second != _NO_KEY else ()))


def _entry(entry: HelpKey, at: int) -> list[Cell]:
    if not entry.shown:
        return []
    if not entry.label:
        return [own(at, entry.shown, MUTED)]
    return [own(at, entry.shown, "b:key_hint"), own(at + 15, entry.label)]


def too_small(width: int, height: int, needs: tuple[int, int], row: Line | None) -> list[Line]:
    """Say in one line that the terminal is too small, and keep the row of the cursor in view."""
    look = Look(width)
    words = f"terminal {width}x{height} is too small, needs {needs[0]}x{needs[1]}"
    said = line(look, spans(0, Span(words)), margin=0)
    return [said, row] if row else [said]
