"""What a person opens in the terminal UI: a ticket, a long document, a long diff.

Measured at a pseudo terminal, each figure beside the smallest Textual app. Contract: tui.md
section 10.
"""

import json
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.incident import recording
from benchmarks.measure import PYTHON
from benchmarks.table import Row
from benchmarks.tui_paint import EMPTY_APP, GAIT
from gait_engine.api.record import RecordRequest, record
from gait_engine.host import Host
from tests.support.ptybench import Pty

_STARTS: Final = 7
_KEYS: Final = 100
_PACE_SECONDS: Final = 0.03
_MARK, _LAST_TAB, _CURSOR = " ", "[", " ▸ "
_CALLS: Final = 35_000
"""A run of so many calls is inspected as 10 MB of JSON."""
_CHANGED: Final = 13_500
"""Two runs of so many calls that differ in each are compared in a hundred thousand lines."""


def rows(folder: Path, starts: int = _STARTS) -> Iterator[Row]:
    """Measure everything; takes about a minute."""
    subprocess.run([str(GAIT), "demo"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    told = subprocess.run(
        [str(GAIT), "run", "receipt", "--from", "run_demo", "--json"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    footer = json.loads(told.stdout)["ticket_footer"]
    turns = [(_empty_start(folder), _verdict(folder, footer)) for _ in range(starts)]
    floor, found = (statistics.median(side) * 1000 for side in zip(*turns, strict=True))
    yield _row("footer to verdict, 80x24", found, floor, 700)
    yield _raw_row(_recorded(folder / "raw", ("a",), _CALLS))
    yield from _diff_rows(_recorded(folder / "diff", ("a", "b"), _CHANGED))


def _empty_start(folder: Path) -> float:
    with Pty([PYTHON, "-c", EMPTY_APP], cwd=folder) as terminal:
        return terminal.wait_for("help")


def _verdict(folder: Path, footer: str) -> float:
    with Pty([str(GAIT), "tui", footer], cwd=folder) as terminal:
        return terminal.wait_for("VERIFIED")


def _recorded(folder: Path, seeds: Sequence[str], calls: int) -> Path:
    """Record a run for each seed, a day apart; return their folder."""
    folder.mkdir()
    for day, seed in enumerate(seeds, 1):
        document = json.loads(recording(calls, seed=seed))
        document["run"] |= {"run_id": f"run_{seed}", "created_at": f"2026-04-0{day}T10:00:00Z"}
        given = folder / "recording.json"
        given.write_text(json.dumps(document), encoding="utf-8")
        record(RecordRequest(input=str(given), out_dir=str(folder / "gait-out")), host=Host())
    return folder


def _opened(folder: Path) -> Pty:
    argv = [str(GAIT), "tui", "--screen", "runs", "--root", "gait-out"]
    terminal = Pty(argv, cwd=folder)
    terminal.wait_for("VERIFIED")
    terminal.rest(2)
    return terminal


def _pressed(terminal: Pty, key: str, shows: str = "", rest: float = _PACE_SECONDS) -> float:
    """Press a key, and read on for a while; return the ms until a text was on the screen."""
    answer = terminal.press(key, shows)
    terminal.rest(rest)
    return answer.seconds * 1000


def _empty(folder: Path) -> Pty:
    terminal = Pty([PYTHON, "-c", EMPTY_APP], cwd=folder)
    terminal.wait_for("help")
    terminal.rest(1)
    return terminal


def _raw_row(folder: Path) -> Row:
    with _opened(folder) as ours, _empty(folder) as empty:
        least = _pressed(empty, "j")
        return _row("10 MB of JSON raw, 80x24", _pressed(ours, _LAST_TAB, "entries"), least, 300)


def _diff_rows(folder: Path) -> Iterator[Row]:
    with _opened(folder) as ours, _empty(folder) as empty:
        for _ in "ab":
            _pressed(ours, _MARK, rest=2)
        least = _pressed(empty, "j")
        shown = _pressed(ours, "d", "[0-9] changed", rest=1)
        yield _row("diff of 108,000 lines, 80x24", shown, least, 1000)
        turns = [(_pressed(empty, "j"), _pressed(ours, "j", _CURSOR)) for _ in range(_KEYS)]
        floor, found = (sorted(side)[_KEYS * 95 // 100] for side in zip(*turns, strict=True))
        yield _row("cursor key in that diff, p95, 80x24", found, floor, 16)


def _row(what: str, value: float, floor: float, budget: float) -> Row:
    return Row(what, value, "ms", floor, "empty app", budget=budget)
