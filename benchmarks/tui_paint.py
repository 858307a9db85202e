"""How fast the terminal UI paints and answers keys, measured at a pseudo terminal.

Beside every figure stands a floor of the same run: the smallest Textual app that can do it.
"""

import json
import statistics
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.incident import recording
from benchmarks.table import Row
from gait_engine.api.record import RecordRequest, record
from gait_engine.host import Host
from tests.support.ptybench import Frame, Pty

ROOT: Final = Path(__file__).resolve().parents[1]
GAIT: Final = Path(sys.executable).with_name("gait")
STARTS: Final = 7
KEYS: Final = 200
PACKS: Final = ((1, 350, 500), (1_000, 500, 500))
"""How many runs, and the budgets in ms for the frame and for the first rows."""
SIZES: Final = ((80, 24), (140, 40))

_HINTS: Final = "help"
EMPTY_APP: Final = """\
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("help")

    def on_key(self, event):
        self.query_one(Static).update(f"help {event.time}")

Empty().run()
"""


class Painted(NamedTuple):
    """Seconds from the start of the process to the hint bar, and to the first rows."""

    frame: float
    rows: float


class Answered(NamedTuple):
    """First frames after keys that stay on the page and that scroll, and after a resize.

    `whole` counts the bytes per scrolling key with everything that follows, the detail pane too.
    """

    staying: list[Frame]
    scrolling: list[Frame]
    whole: float
    resized: Frame

    def milliseconds(self, percent: int) -> float:
        """Return the time that so many percent of the scrolling keys stayed within."""
        ordered = sorted(frame.seconds for frame in self.scrolling)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000

    def size(self) -> float:
        """Return the bytes of the usual first frame after a key that stays on the page."""
        return statistics.median(frame.size for frame in self.staying)


def rows(folder: Path) -> Iterator[Row]:
    """Measure everything; takes about two minutes."""
    for count, paint_bar, rows_bar in PACKS:
        packs = make_runpacks(_new(folder / f"packs-{count}"), count)
        for width, height in SIZES:
            where = f"{count:,} run{'s' if count > 1 else ''}, {width}x{height}"
            yield from _start_rows(packs, width, height, where, (paint_bar, rows_bar))
            if count > KEYS:
                yield from _key_rows(packs, width, height, where)


def make_runpacks(folder: Path, count: int, *, calls: int = 12) -> Path:
    """Record `count` runs under gait-out of a folder, a minute apart; return that folder."""
    document = json.loads(recording(calls))
    given = folder / "recording.json"
    for number in range(count):
        hours, minute = divmod(number, 60)
        day, hour = divmod(hours, 24)
        document["run"]["run_id"] = f"run_paint_{number:06}"
        document["run"]["created_at"] = f"2026-03-{1 + day:02}T{hour:02}:{minute:02}:00Z"
        given.write_text(json.dumps(document), encoding="utf-8")
        record(RecordRequest(input=str(given), out_dir=str(folder / "gait-out")), host=Host())
    given.unlink(missing_ok=True)
    return folder


def _start_rows(
    packs: Path, width: int, height: int, where: str, bars: tuple[float, float]
) -> Iterator[Row]:
    """Start both programs by turns, so that a busy machine slows both."""
    _start(packs, width, height)  # compiles what was never imported
    turns = [(_empty_start(packs), _start(packs, width, height)) for _ in range(STARTS)]
    least = _median(empty for empty, _ in turns)
    painted = _median(found.frame for _, found in turns)
    filled = _median(found.rows for _, found in turns)
    yield _row(f"first paint, {where}", painted, "ms", least, bars[0])
    yield _row(f"rows visible, {where}", filled, "ms", least, bars[1])


def _key_rows(packs: Path, width: int, height: int, where: str) -> Iterator[Row]:
    floor = _empty_answers(packs, width, height)
    found = _answers(packs, width, height)
    for percent, bar in ((50, 0), (95, 16)):
        name = f"cursor key to repaint, p{percent}, {where}"
        yield _row(name, found.milliseconds(percent), "ms", floor.milliseconds(percent), bar)
    yield _row(f"bytes per cursor key, {where}", found.size(), "B", floor.size(), 1000)
    yield _row(f"bytes per key, scroll and detail, {where}", found.whole, "B", floor.whole)
    resized, least = (side.resized.seconds * 1000 for side in (found, floor))
    yield _row(f"resize to repaint, {where}", resized, "ms", least, 100)


def _empty_start(folder: Path) -> float:
    with Pty([sys.executable, "-c", EMPTY_APP], cwd=folder) as terminal:
        return terminal.wait_for(_HINTS)


def _start(packs: Path, width: int, height: int) -> Painted:
    with Pty(_gait(packs), cwd=packs, width=width, height=height) as terminal:
        frame = terminal.wait_for(_HINTS)
        return Painted(frame, terminal.wait_for("run_paint_"))


def _answers(packs: Path, width: int, height: int) -> Answered:
    with Pty(_gait(packs), cwd=packs, width=width, height=height) as terminal:
        terminal.wait_for("run_paint_")
        return _pressed(terminal)


def _empty_answers(folder: Path, width: int, height: int) -> Answered:
    argv = [sys.executable, "-c", EMPTY_APP]
    with Pty(argv, cwd=folder, width=width, height=height) as terminal:
        terminal.wait_for(_HINTS)
        return _pressed(terminal)


def _pressed(terminal: Pty) -> Answered:
    """Press keys as a person would: the next one after the answer is whole."""
    terminal.settle(0.5)
    staying = [_press(terminal, key) for key in "jk" * 20]
    before = len(terminal.received)
    scrolling = [_press(terminal, "j") for _ in range(KEYS)]
    whole = (len(terminal.received) - before) / KEYS
    return Answered(staying, scrolling, whole, terminal.resize(100, 30))


def _press(terminal: Pty, key: str) -> Frame:
    frame = terminal.press(key)
    terminal.settle()
    return frame


def _gait(packs: Path) -> list[str]:
    return [str(GAIT), "tui", "--screen", "runs", "--root", str(packs / "gait-out")]


def _median(seconds: Iterable[float]) -> float:
    return statistics.median(seconds) * 1000


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _row(what: str, value: float, unit: str, floor: float, budget: float = 0) -> Row:
    return Row(what, value, unit, floor, "empty app", budget=budget)
