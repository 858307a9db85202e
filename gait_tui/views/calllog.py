"""The list of what the engine was asked, and one of it as a command."""

from collections.abc import Sequence
from typing import Final

from gait_tui import commands
from gait_tui.models.calllog import MOST_KEPT, Call
from gait_tui.views import glyphs
from gait_tui.views.line import BLANK, MUTED, Line, Look, data, line, own, right
from gait_tui.views.pages import Command
from gait_tui.views.parts import count, field
from gait_tui.views.timetext import clock, milliseconds

_TIME_AT: Final = 3
_EXIT_END: Final = 17
_TOOK_END: Final = 25
_TIMES_END: Final = 32
_COMMAND_AT: Final = 34
_DOES: Final = {
    "check": "Says what this approval would do.",
    "mint": "Mints the token that the review shows.",
    "deny": "Logs that this call is denied.",
}
_WRITES: Final = {"mint": "the token and the review log", "deny": "the review log"}


def head(look: Look) -> Line:
    """Head the columns."""
    return line(
        look,
        own(_TIME_AT, "TIME", MUTED),
        right(_EXIT_END, "EXIT", MUTED),
        right(_TOOK_END, "TOOK", MUTED),
        own(_COMMAND_AT, "COMMAND", MUTED),
    )


def call_line(call: Call, look: Look) -> Line:
    """Draw a question; its exit is bold where it is not 0."""
    times = [right(_TIMES_END, f"{glyphs.TIMES}{call.times:,}", MUTED)] if call.times > 1 else []
    return line(
        look,
        own(_TIME_AT, clock(call.at_ns), MUTED),
        right(_EXIT_END, str(call.exit_code), "b:text" if call.exit_code else MUTED),
        right(_TOOK_END, milliseconds(call.seconds), MUTED),
        *times,
        data(_COMMAND_AT, text_of(call)),
        key=str(call.number),
    )


def text_of(call: Call) -> str:
    """Spell a question as a shell would take it; what no command does has its name before it."""
    text = commands.shell(call.argv)
    return f"{call.part}: {text}" if call.part else text


def nothing_lines(look: Look) -> list[Line]:
    """Say that nothing was asked yet."""
    return [BLANK, *field(look, "", "Nothing was asked yet.", at=_TIME_AT)]


def tally(calls: Sequence[Call], total: int) -> str:
    """Count what was asked, what is kept of it, and what did not end with 0."""
    asked = count(total, "question")
    failed = sum(call.times for call in calls if call.exit_code)
    told = f"{asked}, {failed:,} did not exit 0" if failed else asked
    is_full = len(calls) == MOST_KEPT
    return f"{told}; the last {MOST_KEPT} are kept." if is_full else f"{told}."


def page(call: Call, cwd: str) -> Command:
    """Say what the command of a question does, and how it ended."""
    spelling = commands.SPELLINGS.get(kind := commands.kind_of(call.argv))
    is_run = kind in commands.WRITING and "--dry-run" not in call.argv
    writes = "the files that its dialog named" if is_run else _WRITES.get(call.part, "")
    what = spelling.what if spelling else ""
    return Command(
        call.argv,
        cwd,
        spelling.exits if spelling else (),
        _DOES.get(call.part, what),
        (writes,) if writes else (),
        "",
        f"{_when(call)}, exit {call.exit_code} after {milliseconds(call.seconds)}",
    )


def _when(call: Call) -> str:
    at = clock(call.at_ns)
    return f"{call.times:,} times, last at {at}" if call.times > 1 else f"at {at}"
