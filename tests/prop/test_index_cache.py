"""The cache of the index never changes an answer, whatever happens to the files."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gait_engine.api.index import find_inbox, index
from gait_engine.contract.answers.inbox import InboxAnswer
from gait_engine.host import Host
from tests.support import artifacts
from tests.support.hosts import FrozenHost

LATER_NS = 4 * 10**18
"""Later than any file that a test writes, so that the clock of the machine plays no part."""

NAMES = [f"{start}{number}{ending}" for number in range(2) for start, ending in
         (("trace_", ".json"), ("x", ".zip"), ("t", ".jsonl"), ("d/trace_", ".json"))]  # fmt: skip
VERDICTS = ["allow", "block"]
EDITS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.sampled_from(VERDICTS)),
    st.tuples(st.just("same_size"), st.sampled_from(NAMES), st.integers(0, 10**6)),
    st.tuples(st.just("delete"), st.sampled_from(NAMES), st.none()),
    st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("touch"), st.sampled_from(NAMES), st.integers(1, 10**9)),
    st.tuples(st.just("drop_folder"), st.just("d/x"), st.none()),
)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("ground")
    yield path
    shutil.rmtree(path)


def write(path: Path, verdict: str) -> None:
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".zip":
        artifacts.runpack(path)
    elif path.suffix == ".jsonl":
        artifacts.trace_journal(path, {"verdict": verdict}, {"tool_name": "u"})
    else:
        artifacts.trace(path, verdict=verdict)


def apply(folder: Path, edit: tuple[str, str, Any]) -> None:
    what, name, value = edit
    path = folder / name
    if what == "write":
        write(path, value)
    elif what == "drop_folder":
        shutil.rmtree(path.parent, ignore_errors=True)
    elif not path.exists():
        return
    elif what == "delete":
        path.unlink()
    elif what == "touch":
        os.utime(path, ns=(value, value))
    elif what == "rename":
        (folder / value).parent.mkdir(exist_ok=True)
        path.replace(folder / value)
    else:
        same_size(path, value)


def same_size(path: Path, at: int) -> None:
    """Change one byte in place, then put size and modification time back."""
    facts = path.stat()
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def settled(host: Host) -> Mapping[str, Any]:
    """Ask with and without the cache; the times of checks are all that may differ."""
    roots = ["out"]
    return {
        "with": (index(roots, host=host), timeless(find_inbox(roots, host=host))),
        "without": (
            index(roots, host=host, use_cache=False),
            timeless(find_inbox(roots, host=host, use_cache=False)),
        ),
    }


def timeless(answer: InboxAnswer) -> InboxAnswer:
    return replace(
        answer,
        items=tuple(replace(item, checked_at="") for item in answer.items),
        checked=tuple(replace(one, checked_at="") for one in answer.checked),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(EDITS, max_size=4), min_size=2, max_size=4))
def test_an_answer_is_the_same_with_and_without_the_cache(
    ground: Path, rounds: list[list[tuple[str, str, Any]]]
) -> None:
    shutil.rmtree(ground, ignore_errors=True)
    (ground / "out").mkdir(parents=True)
    for name in NAMES:
        write(ground / "out" / name, "allow")
    host = FrozenHost(ground, now_ns=LATER_NS)
    settled(host)
    for edits in rounds:
        for edit in edits:
            apply(ground / "out", edit)
        answers = settled(host)
        assert answers["with"] == answers["without"]
    assert (host.home / ".cache" / "gait" / "index.sqlite").is_file()
