"""The terminal UI over a hundred thousand traces, measured at a pseudo terminal.

Beside every figure stands that of the smallest Textual app, which is started or pressed by turns
with ours: what slows the machine slows both. Needs Linux. Contract: tui.md section 10.
"""

import shutil
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple, Self

from benchmarks.measure import PYTHON
from benchmarks.table import Row
from benchmarks.tracecorpus import write_corpus
from benchmarks.tui_paint import EMPTY_APP, GAIT
from tests.support.ptybench import Frame, Pty

SIZES: Final = ((80, 24), (140, 40))
COUNTS: Final = (0, 1_000, 10_000, 100_000)
_PAINT_MS: Final = {0: 350, 1_000: 500, 100_000: 600}
_FILTER_MS: Final = {10_000: 40, 100_000: 100}
_MEMORY_MIB: Final = {1_000: 80, 100_000: 200}
_CALM_SECONDS: Final = 0.04
_PATIENCE: Final = 90
_PACE_SECONDS: Final = 0.03
"""What a key that is held leaves before it comes again."""
_LEISURE_SECONDS: Final = 0.15
"""What a person leaves who looks at each row: its detail is being read meanwhile."""
_FIRST, _LAST, _PAGE_DOWN, _ESCAPE = "\x1b[H", "G", "\x1b[6~", "\x1b"
_CURSOR: Final = " ▸ "
"""How the row with the cursor begins."""
_CARET: Final = "▏"
_TITLE: Final = "━▸ "
"""How the title of the pane with the focus begins."""


class Extent(NamedTuple):
    """How much is measured: starts and keys per figure; what is typed as a filter."""

    counts: Sequence[int] = COUNTS
    starts: int = 5
    keys: int = 200
    filters: Sequence[str] = ("fetch", "run_12", "verdict:block", "tool.s -bob")
    idle_seconds: float = 5.0
    sizes: Sequence[tuple[int, int]] = SIZES


WHOLE: Final = Extent()
QUICK: Final = Extent((0, 1_000), starts=1, keys=20)


class Answer(NamedTuple):
    """How our program and the empty one answered the same key."""

    ours: Frame
    floor: Frame


class Start(NamedTuple):
    """Seconds until a program showed its frame, the first rows and all rows."""

    floor: float
    frame: float
    first: float
    whole: float


class Both:
    """Our program and the empty one, each in its terminal, asked by turns."""

    def __init__(self, folder: Path, width: int, height: int) -> None:
        self._open = ExitStack()
        self.floor = self._opened([PYTHON, "-c", EMPTY_APP], folder, width, height)
        self.floor_painted = self.floor.wait_for("help")
        argv = [str(GAIT), "tui", "--screen", "traces", "--root", "gait-out"]
        self.ours = self._opened(argv, folder, width, height)

    def _opened(self, argv: Sequence[str], folder: Path, width: int, height: int) -> Pty:
        return self._open.enter_context(Pty(argv, cwd=folder, width=width, height=height))

    def press(self, key: str, shows: str = "", pace: float = _PACE_SECONDS) -> Answer:
        """Press a key in both; ours has answered when a text is on the screen."""
        least = self.floor.press("j")
        self.floor.rest(_PACE_SECONDS)
        found = self.ours.press(key, shows)
        self.ours.rest(pace)
        return Answer(found, least)

    def go_to_first(self) -> None:
        """Go to the first row, where the cursor may be already."""
        self.ours.send(_FIRST)
        self.ours.settle(0.2)

    def calm(self) -> None:
        """Wait until our program does next to nothing of its own accord."""
        for _ in range(_PATIENCE):
            before = self.ours.cpu_seconds()
            self.ours.rest(1)
            if self.ours.cpu_seconds() - before < _CALM_SECONDS:
                return

    def clear_filter(self) -> None:
        """Leave the filter; a terminal takes escape for a key once nothing follows it."""
        self.ours.send(_ESCAPE)
        self.ours.rest(0.3)
        self.ours.settle(0.2)

    def resize(self, width: int, height: int) -> Answer:
        """Give both another size."""
        least = self.floor.resize(width, height)
        found = self.ours.resize(width, height, _TITLE)
        self.ours.settle(0.2)
        return Answer(found, least)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def rows(folder: Path, extent: Extent) -> Iterator[Row]:
    """Measure everything; all of it takes some ten minutes."""
    for traces in extent.counts:
        corpus = folder / f"traces-{traces}"
        write_corpus(corpus / "gait-out", traces)
        for width, height in extent.sizes:
            where = f"{traces:,} traces, {width}x{height}"
            yield from _start_rows(corpus, traces, (width, height), extent.starts, where)
            if traces:
                yield from _session_rows(corpus, traces, (width, height), extent, where)
        if traces:
            yield from _cold_rows(corpus, traces)


# ---------------------------------------------------------------- starts


def _start_rows(
    corpus: Path, traces: int, size: tuple[int, int], starts: int, where: str
) -> Iterator[Row]:
    _started(corpus, traces, size)  # fills the cache
    turns = [_started(corpus, traces, size) for _ in range(starts)]
    floor = statistics.median(start.floor for start in turns) * 1000
    for what, picked, budget in (
        ("first paint", lambda start: start.frame, _PAINT_MS.get(traces, 0)),
        ("first rows", lambda start: start.first, 0),
        ("all rows", lambda start: start.whole, 0),
    ):
        if traces or budget:
            value = statistics.median(map(picked, turns)) * 1000
            yield _row(f"{what}, {where}", value, "ms", floor, budget)


def _started(corpus: Path, traces: int, size: tuple[int, int]) -> Start:
    with Both(corpus, *size) as both:
        return _painted(both, traces)


def _painted(both: Both, traces: int) -> Start:
    floor, ours = both.floor_painted, both.ours
    frame = max(ours.wait_for(_TITLE), ours.wait_for("help"))
    if not traces:
        return Start(floor, frame, frame, frame)
    return Start(floor, frame, ours.wait_for("tool."), ours.wait_for(f"{traces:,} traces"))


# ---------------------------------------------------------------- keys


def _session_rows(
    corpus: Path, traces: int, size: tuple[int, int], extent: Extent, where: str
) -> Iterator[Row]:
    keys = extent.keys
    with Both(corpus, *size) as both:
        _painted(both, traces)
        both.calm()
        yield from _standing_rows(both, traces, extent.idle_seconds, where)
        cursor, typed = _cursor(both, keys), _filter(both, traces, extent.filters)
        yield _answer_row("cursor key", cursor, 50, where)
        yield _answer_row("cursor key", cursor, 95, where, 16)
        at_leisure = _cursor(both, keys // 2, _LEISURE_SECONDS)
        yield _answer_row("cursor key at leisure", at_leisure, 95, where, 16)
        yield _answer_row("page", _pages(both, keys // 4), 95, where, 30)
        yield _answer_row("end", _ends(both, keys // 4), 95, where, 30)
        yield _answer_row("filter keystroke", typed, 95, where, _FILTER_MS.get(traces, 0))
        yield _answer_row("filter keystroke", typed, 100, where)
        yield _memory_row("memory, filtered once", both, where)
        yield _answer_row("sort", _sorts(both), 100, where)
        yield _answer_row("focus change", _focus(both, keys // 4), 95, where, 60)
        yield _size_row("bytes per cursor key", _staying(both, keys), where, 1000)
        resized = _resized(both, size, keys // 10)
        yield _answer_row("resize", resized, 95, where, 100)
        yield _size_row("bytes of a full repaint", resized, where, 60_000)
        yield _answer_row("tab first shown", _tabs(both), 95, where)
        both.calm()
        yield _answer_row("tab switch", _tabs(both), 95, where, 60)
        yield _memory_row("memory, all tabs shown", both, where)


def _answer_row(
    name: str, answers: Sequence[Answer], percent: int, where: str, budget: float = 0
) -> Row:
    ours, floor = (
        _within([frame.seconds for frame in frames], percent) * 1000
        for frames in zip(*answers, strict=True)
    )
    said = f"p{percent}" if percent < 100 else "worst"
    return _row(f"{name}, {said}, {where}", ours, "ms", floor, budget)


def _within(values: Sequence[float], percent: int) -> float:
    """Return the value that so many percent stay within."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _cursor(both: Both, keys: int, pace: float = _PACE_SECONDS) -> list[Answer]:
    """Go down row by row, then up: within the page, and beyond."""
    both.go_to_first()
    return [both.press(key, _CURSOR, pace) for key in "j" * (keys // 2) + "k" * (keys // 2)]


def _pages(both: Both, keys: int) -> list[Answer]:
    both.go_to_first()
    return [both.press(_PAGE_DOWN, _CURSOR) for _ in range(keys)]


def _ends(both: Both, keys: int) -> list[Answer]:
    both.go_to_first()
    return [both.press(key, _CURSOR) for key in (_LAST, _FIRST) * (keys // 2)]


def _filter(both: Both, traces: int, texts: Sequence[str]) -> list[Answer]:
    """Type filters, each after the one before was cleared; only what is typed counts."""
    answers = []
    for text in texts:
        both.press("/", _CARET)
        answers += [both.press(key, rf"[\d,]+ of {traces:,} +[\d.]+ m?s") for key in text]
        both.clear_filter()
    return answers


def _sorts(both: Both) -> list[Answer]:
    """Sort by each column, then by none."""
    names = ("by verdict", "by tool", "by agent", "newest")
    return [both.press("s", name) for name in names]


def _tabs(both: Both) -> list[Answer]:
    """Go through all tabs, and back to the traces."""
    return [both.press(key, _TITLE) for key in "12456783"]


def _focus(both: Both, keys: int) -> list[Answer]:
    return [both.press(key, _TITLE) for key in ("l", "h") * (keys // 2)]


def _staying(both: Both, keys: int) -> list[Answer]:
    """Go down and up without leaving the page."""
    both.go_to_first()
    answers = []
    for key in "jk" * (keys // 4):
        answers.append(both.press(key, _CURSOR))
        both.ours.settle()
    return answers


def _resized(both: Both, size: tuple[int, int], times: int) -> list[Answer]:
    width, height = size
    return [both.resize(other, height) for other in (width - 1, width) * max(times // 2, 1)]


def _size_row(name: str, answers: Sequence[Answer], where: str, budget: float) -> Row:
    ours, floor = (
        statistics.median(frame.size for frame in frames) for frames in zip(*answers, strict=True)
    )
    return _row(f"{name}, {where}", ours, "B", floor, budget)


def _standing_rows(both: Both, traces: int, seconds: float, where: str) -> Iterator[Row]:
    """Tell memory, and what the program does while nobody asks for anything."""
    before = [side.cpu_seconds() for side in (both.ours, both.floor)]
    both.ours.rest(seconds)
    spent = [
        (side.cpu_seconds() - then) / seconds * 100
        for side, then in zip((both.ours, both.floor), before, strict=True)
    ]
    yield _row(f"idle, {where}", spent[0], "% CPU", spent[1], 1)
    yield _memory_row("memory", both, where, _MEMORY_MIB.get(traces, 0))


def _memory_row(name: str, both: Both, where: str, budget: float = 0) -> Row:
    held = both.ours.memory_mib(), both.floor.memory_mib()
    return _row(f"{name}, {where}", held[0], "MiB", held[1], budget)


# ---------------------------------------------------------------- cold


def _cold_rows(corpus: Path, traces: int) -> Iterator[Row]:
    """Read everything for the first time, and go up and down meanwhile."""
    where = f"{traces:,} traces, cold, 80x24"
    shutil.rmtree(corpus / ".cache", ignore_errors=True)
    all_rows = f"{traces:,} traces"
    answers = []
    with Both(corpus, 80, 24) as both:
        both.ours.wait_for("tool.")
        while not both.ours.has_shown(all_rows):
            answers += [both.press("j", _CURSOR), both.press("k", _CURSOR)]
        whole = both.ours.wait_for(all_rows) * 1000
    yield _row(f"all rows, {where}", whole, "ms", 0)
    if answers:
        yield _answer_row("cursor key meanwhile", answers, 95, where, 30)
        yield _answer_row("cursor key meanwhile", answers, 100, where, 0)


def _row(name: str, value: float, unit: str, floor: float, budget: float = 0) -> Row:
    return Row(name, value, unit, floor, "empty app" if floor else "", budget=budget)
