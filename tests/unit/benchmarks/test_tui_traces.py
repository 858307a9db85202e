import sys
from pathlib import Path

import pytest


@pytest.mark.e2e
@pytest.mark.skipif(
    sys.platform != "linux", reason="memory is measured by /proc, which only Linux has"
)
def test_every_figure_of_a_small_corpus_stands_beside_its_floor(tmp_path: Path) -> None:
    from benchmarks import tui_traces

    extent = tui_traces.Extent(
        (20,), starts=1, keys=8, filters=("f",), idle_seconds=0.1, sizes=((80, 24),)
    )
    rows = list(tui_traces.rows(tmp_path, extent))
    names = [row.what.partition(",")[0] for row in rows]
    assert names == [
        *("first paint", "first rows", "all rows", "idle", "memory", "cursor key", "cursor key"),
        "cursor key at leisure",
        *("page", "end", "filter keystroke", "filter keystroke", "memory", "sort"),
        *("focus change", "bytes per cursor key", "resize", "bytes of a full repaint"),
        *("tab first shown", "tab switch", "memory", "all rows"),
    ]
    assert all(row.value > 0 for row in rows if row.what.partition(",")[0] != "idle")
    assert all(row.floor > 0 for row in rows if row.unit in {"ms", "B", "MiB"} and row.floor_name)
