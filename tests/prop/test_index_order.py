"""Laws of the index: its order is total, and it passes by no trace that says what waits."""

from hypothesis import given
from hypothesis import strategies as st

from gait_engine.api.index import newest_first, settled_traces
from gait_engine.contract.answers.index import IndexRow

paths = st.sampled_from(["a", "b", "./a", "./b", "/a", "d/a", "./d/a", "j.jsonl", "é", "\udcff"])
digests = st.sampled_from(["", "i", "j"])
rows = st.builds(
    lambda path, line, **fields: IndexRow(
        path=f"{path}:{line}" if line else path, line=line, **fields
    ),
    paths,
    st.integers(0, 11),
    kind=st.sampled_from(["trace", "intent"]),
    at_ns=st.sampled_from([0, 1, -1, 2**63, -(2**63), 2**70]) | st.integers(),
    verdict=st.sampled_from(["allow", "block", "require_approval", ""]),
    error=st.sampled_from(["", "torn"]),
    intent_digest=digests,
    policy_digest=digests,
)


@given(st.lists(rows))
def test_rows_come_newest_first_then_by_path_then_by_line(found: list[IndexRow]) -> None:
    ordered = sorted(found, key=lambda row: (-row.at_ns, row.path, row.line))
    assert newest_first(found) == ordered


@given(st.lists(rows, unique_by=lambda row: row.path))
def test_the_settled_traces_are_the_whole_files_of_calls_that_nobody_was_asked_about(
    found: list[IndexRow],
) -> None:
    traces = [row for row in found if row.kind == "trace"]
    asked = {
        (row.intent_digest, row.policy_digest)
        for row in traces
        if row.verdict == "require_approval"
    }
    settled = settled_traces({row.path: row for row in found})
    for row in found:
        is_asked = (row.intent_digest, row.policy_digest) in asked
        is_settled = row in traces and not (row.line or row.error or is_asked)
        assert (row.path in settled) == is_settled
        if row.path.startswith("d/") and f"./{row.path}" not in {each.path for each in found}:
            assert (f"./{row.path}" in settled) == is_settled
    assert "elsewhere" not in settled
