"""What tells that files may have come or gone, without a look at each of them."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.tracecorpus import write_corpus
from gait_engine.api import index
from tests.support.hosts import NOON_NS, FrozenHost

OLD_NS = NOON_NS - 60 * 10**9


def looked(host: FrozenHost) -> index.Stamps:
    rows = list(index.scan(["root"], host=host, use_cache=False))
    return index.stamps(rows, ["root"], since_ns=NOON_NS, host=host)


@pytest.fixture
def root(frozen_host: FrozenHost) -> Path:
    """A folder with traces in two folders and a journal, all of them old."""
    found = frozen_host.cwd / "root"
    (found / "a" / "b").mkdir(parents=True)
    write_corpus(found, 1)
    (trace,) = found.glob("trace_*.json")
    text = f"{json.dumps(json.loads(trace.read_bytes()))}\n"
    trace.rename(found / "trace_1.json")
    for name in ("a/b/trace_2.json", "a/traces.jsonl"):
        (found / name).write_text(text)
    for path in (found, *found.rglob("*")):
        os.utime(path, ns=(OLD_NS, OLD_NS))
    return found


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("{}\n")


def test_nothing_is_stirred_where_nothing_happens(frozen_host: FrozenHost, root: Path) -> None:
    before = looked(frozen_host)
    assert set(before) == {"root", "root/a", "root/a/b", "root/a/traces.jsonl"}
    assert not index.is_stirred(before, host=frozen_host)
    assert (root / "trace_1.json").read_text()
    assert not index.is_stirred(before, host=frozen_host)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "trace_3.json").write_text("{}"),
        lambda root: (root / "a" / "b" / "trace_2.json").unlink(),
        lambda root: (root / "trace_1.json").replace(root / "a" / "b" / "trace_2.json"),
        lambda root: (root / "a" / "c").mkdir(),
        lambda root: append(root / "a" / "traces.jsonl"),
        lambda root: root.rename(root.with_name("elsewhere")),
    ],
    ids=["came", "went", "replaced", "folder", "grew", "root"],
)
def test_what_comes_goes_is_replaced_or_grows_stirs(
    frozen_host: FrozenHost, root: Path, change: Callable[[Path], object]
) -> None:
    before = looked(frozen_host)
    change(root)
    assert index.is_stirred(before, host=frozen_host)


def test_a_folder_that_changed_while_it_was_looked_at_is_stirred(
    frozen_host: FrozenHost, root: Path
) -> None:
    os.utime(root / "a", ns=(NOON_NS - 10**9, NOON_NS - 10**9))
    assert index.is_stirred(looked(frozen_host), host=frozen_host)
