"""`python -m benchmarks`: measure everything and print the table; needs a POSIX system."""

import os
import platform
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks import cold, engine, gate, indexing, regressing, scouting
from benchmarks.table import LEGEND, Row, rendered

_PARTS: Final = ("cold", "gate", "engine", "index", "scout", "regress", "tui")
_CALLS: Final = 100_000
_QUICK_CALLS: Final = 10_000
_TRACES: Final = 100_000
_QUICK_TRACES: Final = 10_000


def main(argv: list[str]) -> int:
    """Measure what is asked for, print one table, return 0."""
    asked = _asked(argv)
    parts = (asked.only,) if asked.only else _PARTS[:-1] if asked.quick else _PARTS
    load_before = os.getloadavg()[0]
    rows = [_told(row) for part in parts for row in _measured(part, asked)]
    print(f"{rendered(rows)}\n\n{LEGEND}")
    print(
        f"This machine: {os.cpu_count()} processors, load {load_before:.1f} at the start and "
        f"{os.getloadavg()[0]:.1f} at the end, Python {platform.python_version()}."
    )
    if "tui" not in parts:
        print("The terminal UI was not measured: python -m benchmarks --only tui")
    return 0


def _told(row: Row) -> Row:
    """Say a figure as soon as it is known: all of them take long."""
    print(f"  {row.what}: {row.value:,.1f} {row.unit}", file=sys.stderr, flush=True)
    return row


def _asked(argv: list[str]) -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smaller run, no terminal UI")
    parser.add_argument("--only", choices=_PARTS, help="measure one part")
    parser.add_argument("--calls", type=int, default=0, help="calls in the large run")
    return parser.parse_args(argv)


def _measured(part: str, asked: Namespace) -> Iterator[Row]:
    print(f"measuring: {part} ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="gait-bench-") as name:
        folder = Path(name)
        if part == "cold":
            yield from cold.rows(folder, rounds=11 if asked.quick else 21)
        elif part == "gate":
            yield from gate.rows(folder, 3 if asked.quick else 7, quick=asked.quick)
        elif part == "engine":
            calls = asked.calls or (_QUICK_CALLS if asked.quick else _CALLS)
            yield from engine.rows(folder, calls, rounds=3 if asked.quick else 5)
        elif part == "index":
            traces = _QUICK_TRACES if asked.quick else _TRACES
            yield from indexing.rows(folder, traces, rounds=3)
        elif part == "scout":
            yield from scouting.rows(folder, rounds=3, quick=asked.quick)
        elif part == "regress":
            yield from regressing.rows(folder, 3 if asked.quick else 7)
        else:
            yield from _tui_rows(folder, quick=asked.quick)


def _tui_rows(folder: Path, *, quick: bool) -> Iterator[Row]:
    from benchmarks import tui_open, tui_paint, tui_traces

    yield from tui_traces.rows(folder, tui_traces.QUICK if quick else tui_traces.WHOLE)
    if not quick:
        yield from tui_open.rows(folder)
        yield from tui_paint.rows(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
