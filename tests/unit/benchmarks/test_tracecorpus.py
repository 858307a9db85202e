from pathlib import Path

from benchmarks.tracecorpus import write_corpus
from gait_engine.api.index import index
from gait_engine.gate.trace import _in_own_spelling
from tests.support.hosts import FrozenHost


def test_the_corpus_is_what_a_gate_writes(tmp_path: Path) -> None:
    write_corpus(tmp_path / "out", 101)
    rows = index(["out"], host=FrozenHost(tmp_path)).rows
    assert [row.error for row in rows] == [""] * 101
    assert sorted({row.verdict for row in rows}) == ["allow", "block", "require_approval"]
    texts = [path.read_bytes() for path in (tmp_path / "out").iterdir()]
    assert all(_in_own_spelling(text) is not None for text in texts)
