"""Laws of `run diff`: whatever two runs hold, its summary and its details tell one story."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gait_engine.api.envelope import encode
from gait_engine.api.run import diff
from gait_engine.contract.answers.run import DiffAnswer, DiffSummary, RecordChange
from tests.support import runs
from tests.support.hosts import FrozenHost

FLAGS = ("manifest_changed", "intents_changed", "results_changed", "refs_changed")
SECTIONS = ("manifest", "intents", "results", "refs")
BLANKED = {"run_id": "run_z", "producer_version": "9.9", "created_at": "2020-01-01T00:00:00Z"}
laws = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

ids = st.sampled_from(["a", "b", "refs.json", "é", ""])
leaves = st.sampled_from(
    [
        *(None, False, True, 0, -0.0, 1, 1.0, "", "1", "x", 2**53, 2.0**53, 1e16, 10**16),
        *([], [1], [1.0], [True], ["1"], {}, {"k": 1}, {"k": 1.0}, {"k": [0, {"l": -0.0}]}),
        {"k": [-0.0, {"l": 0}]},
    ]
)
payloads = st.dictionaries(st.sampled_from(["k", "l", "é"]), leaves, max_size=2)
digests = st.sampled_from(["a" * 64, "b" * 64])
intents = st.builds(
    lambda key, tool, digest, args: runs.intent(key, tool_name=tool, args_digest=digest, args=args),
    ids, st.sampled_from(["t", "u"]), digests, payloads,
)  # fmt: skip
results = st.builds(
    lambda key, status, digest, args: runs.result(
        key, status=status, result_digest=digest, result=args
    ),
    ids, st.sampled_from(["ok", "error"]), digests, payloads,
)  # fmt: skip
receipts = st.builds(
    lambda key, digest, when: runs.receipt(key, query_digest=digest, retrieved_at=when),
    ids, digests, st.sampled_from([runs.STARTED, "2026-02-05T10:00:01Z"]),
)  # fmt: skip
refs = st.fixed_dictionaries(
    {"receipts": st.lists(receipts, max_size=2)},
    optional={
        "context_set_digest": digests,
        "context_evidence_mode": st.sampled_from(["best_effort"]),
        "context_ref_count": st.integers(0, 3),
        "schema_id": st.sampled_from(["gait.runpack.refs", "other"]),
    },
)
parts = st.fixed_dictionaries(
    {
        "intents": st.lists(intents, max_size=3),
        "results": st.lists(results, max_size=3),
        "refs": refs,
    }
)
modes = st.sampled_from(["full", "metadata"])


@pytest.fixture
def compared(frozen_host: FrozenHost) -> Any:
    """Compare two runs given by their parts, with details."""

    def compare(left: runs.Json, right: runs.Json, privacy: str) -> DiffAnswer:
        runs.runpack(frozen_host.cwd, "l.zip", **left)
        runs.runpack(frozen_host.cwd, "r.zip", **right)
        answer = diff("l.zip", "r.zip", host=frozen_host, privacy=privacy, details=True)
        plain = diff("l.zip", "r.zip", host=frozen_host, privacy=privacy)
        assert (plain.ok, plain.summary) == (answer.ok, answer.summary)
        return answer

    return compare


@laws
@given(parts, modes)
def test_a_run_does_not_differ_from_itself(compared: Any, run: runs.Json, privacy: str) -> None:
    answer = compared(run, run, privacy)
    assert answer.ok
    assert not any(getattr(answer.summary, flag) for flag in FLAGS)
    assert {change.state for change in answer.changes} <= {"same"}


@laws
@given(parts, parts, modes)
def test_both_directions_tell_the_same(
    compared: Any, left: runs.Json, right: runs.Json, privacy: str
) -> None:
    there, back = compared(left, right, privacy), compared(right, left, privacy)
    assert there.summary == mirrored(back.summary)
    assert by_id(there) == {key: mirrored_change(change) for key, change in by_id(back).items()}


def mirrored(summary: DiffSummary) -> DiffSummary:
    return msgspec.structs.replace(
        summary,
        run_id_left=summary.run_id_right,
        run_id_right=summary.run_id_left,
        left_only_intents=summary.right_only_intents,
        right_only_intents=summary.left_only_intents,
        left_only_results=summary.right_only_results,
        right_only_results=summary.left_only_results,
    )


def by_id(answer: DiffAnswer) -> dict[tuple[str, str, int], tuple[str, Any, Any]]:
    """Index the changes by section, id and how often the id was seen; leave labels out."""
    found: dict[tuple[str, str, int], tuple[str, Any, Any]] = {}
    for change in answer.changes:
        times = sum(key[:2] == (change.section, change.id) for key in found)
        found[change.section, change.id, times] = (
            change.state,
            text(change.left),
            text(change.right),
        )
    return found


def text(raw: Any) -> bytes:
    return b"" if raw is msgspec.UNSET else bytes(raw)


def mirrored_change(change: tuple[str, Any, Any]) -> tuple[str, Any, Any]:
    state, left, right = change
    turned = {"left_only": "right_only", "right_only": "left_only"}
    return (turned.get(state, state), right, left)


@laws
@given(parts, parts, modes)
def test_the_details_agree_with_the_summary(
    compared: Any, left: runs.Json, right: runs.Json, privacy: str
) -> None:
    answer = compared(left, right, privacy)
    sections = {
        name: list(group) for name, group in groupby(answer.changes, lambda change: change.section)
    }
    assert tuple(sections) == tuple(name for name in SECTIONS if name in sections)
    for section, flag in zip(SECTIONS, FLAGS, strict=True):
        differs = any(change.state != "same" for change in sections.get(section, []))
        assert differs == getattr(answer.summary, flag), section
    for section in ("intents", "results"):
        for side in ("left_only", "right_only"):
            only = sorted(change.id for change in sections.get(section, []) if change.state == side)
            assert only == sorted(getattr(answer.summary, f"{side}_{section}"))


@laws
@given(parts, parts, modes)
def test_a_changed_record_names_what_changed_and_a_same_one_nothing(
    compared: Any, left: runs.Json, right: runs.Json, privacy: str
) -> None:
    for change in compared(left, right, privacy).changes:
        assert bool(change.differences) == (change.state == "changed")
        sides = (text(change.left) != b"", text(change.right) != b"")
        assert sides == (change.state != "right_only", change.state != "left_only")
        assert (change.position_left > 0, change.position_right > 0) == sides
        if change.state == "changed":
            assert text(change.left) != text(change.right)
            rebuild(change)


def rebuild(change: RecordChange) -> None:
    """Check that each difference is what the shown records hold at its path."""
    shown = [json.loads(text(change.left)), json.loads(text(change.right))]
    for difference in change.differences:
        for record, said in zip(shown, (difference.left, difference.right), strict=True):
            found: Any = record
            for key in difference.path.split("."):
                found = found.get(key, msgspec.UNSET) if isinstance(found, dict) else msgspec.UNSET
            assert text(said) == (b"" if found is msgspec.UNSET else msgspec.json.encode(found))


@laws
@given(parts, modes)
def test_who_recorded_a_run_and_when_does_not_count(
    compared: Any, run: runs.Json, privacy: str
) -> None:
    other = {
        "intents": [record | BLANKED for record in run["intents"]],
        "results": [record | BLANKED for record in run["results"]],
        "refs": run["refs"] | BLANKED,
        "run": BLANKED | {"env": {"os": "plan9"}, "timeline": []},
    }
    answer = compared(run, other, privacy)
    assert answer.ok
    assert (answer.summary.run_id_left, answer.summary.run_id_right) == ("run_x", "run_z")


@laws
@given(parts, payloads, payloads)
def test_metadata_mode_neither_compares_nor_shows_payloads(
    compared: Any, run: runs.Json, args: dict[str, Any], outcome: dict[str, Any]
) -> None:
    secret = {"secret": "hunter2"}
    other = {
        "intents": [record | {"args": args | secret} for record in run["intents"]],
        "results": [record | {"result": outcome | secret} for record in run["results"]],
        "refs": run["refs"],
    }
    answer = compared(run, other, "metadata")
    assert answer.ok
    assert b"hunter2" not in encode(answer)
    if run["intents"]:
        assert b"hunter2" in encode(compared(run, other, "full"))


def test_the_order_of_records_does_not_count(compared: Any) -> None:
    one, two = runs.intent("a"), runs.intent("b")
    assert compared({"intents": [one, two]}, {"intents": [two, one]}, "full").ok


def test_nothing_but_the_named_file_is_written(frozen_host: FrozenHost, tmp_path: Path) -> None:
    runs.runpack(tmp_path)
    before = runs.tree(tmp_path)
    diff("p.zip", "p.zip", host=frozen_host, details=True)
    assert runs.tree(tmp_path) == before
    diff("p.zip", "p.zip", host=frozen_host, output="d.json")
    assert runs.tree(tmp_path).keys() - before.keys() == {"d.json"}
