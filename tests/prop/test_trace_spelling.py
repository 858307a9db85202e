"""Traces in our own spelling are read by a short road: it may only ever answer as the long one."""

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.contract.common import Int64
from gait_engine.contract.trace import Trace
from gait_engine.errors import VerificationFailed
from gait_engine.gate.trace import (
    _INTEGERS,
    _WITH_INSTANTS,
    _WITH_INTEGERS,
    _in_own_spelling,
)
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.jsonwrite import compact, pretty
from gait_engine.wire.timestamps import Timestamp
from tests.support.packs import bare_trace

SOURCE = Source("t", hazard=VerificationFailed, sealed=True)

TEXTS = st.text(max_size=8) | st.sampled_from(["<&>", "\u2028", "9" * 17, "2026-02-05T12:00:00Z"])
TIMES = st.sampled_from(
    ["0001-01-01T00:00:00Z", "2026-02-05T12:00:00.5Z", "2026-02-05T12:00:00.50Z", "2026-02-05", ""]
)
TRACES = st.fixed_dictionaries(
    {},
    optional={
        "tool_name": TEXTS,
        "created_at": TIMES,
        "observed_at": TIMES,
        "violations": st.lists(TEXTS, max_size=2),
        "latency_ms": st.floats(allow_nan=False, allow_infinity=False) | st.just(0.0),
        "step_count": st.integers(-(2**63), 2**63 - 1),
        "script": st.booleans(),
        "kill_switch": st.fixed_dictionaries({"evaluated_at": TIMES}),
        "freeze_window": st.fixed_dictionaries({"window_start": TIMES}),
        "delegation_ref": st.fixed_dictionaries({"delegation_depth": st.integers(0, 2**63 - 1)}),
        "step_verdicts": st.lists(
            st.fixed_dictionaries({"index": st.integers(0, 2**63 - 1)}), max_size=1
        ),
        "relationship": st.just({"parent_ref": {"kind": "session", "id": "s"}}),
        "signature": st.just({"alg": "ed25519", "key_id": "k", "sig": "s"}),
    },
)
EDITS = st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=3)), max_size=2)


@given(TRACES, st.sampled_from([compact, pretty, msgspec.json.encode]), EDITS)
def test_the_short_road_answers_as_the_long_one_or_not_at_all(
    fields: dict[str, Any], spell: Callable[[Any], bytes], edits: list[tuple[int, bytes]]
) -> None:
    text = spell(bare_trace(**fields))
    for at, data in edits:
        place = at % (len(text) + 1)
        text = text[:place] + data + text[place + len(data) :]
    found = _in_own_spelling(text)
    assert found is None or found == read_record(text, Trace, SOURCE)


def test_the_short_road_takes_what_the_gate_writes() -> None:
    trace = bare_trace(
        policy_digest="1" * 64,
        observed_at="2026-02-05T12:00:00.123Z",
        latency_ms=0.25,
        violations=["v"],
    )
    for text in (pretty(trace), compact(trace)):
        assert _in_own_spelling(text) == trace


def test_every_member_with_times_of_its_own_takes_the_long_road() -> None:
    assert holders_of(Timestamp) == {*_WITH_INSTANTS, "created_at", "observed_at"}


def test_every_integer_is_looked_at_before_a_long_run_of_digits_passes() -> None:
    looked_at = {*_WITH_INSTANTS, *_WITH_INTEGERS, *_INTEGERS}
    assert {*_INTEGERS, *_WITH_INTEGERS} <= holders_of(Int64) <= looked_at


def holders_of(wanted: object) -> set[str]:
    """Name the fields of a trace in which a type occurs, at any depth."""
    fields = msgspec.structs.fields(Trace)
    return {field.name for field in fields if _holds(field.type, wanted)}


def _holds(kind: object, wanted: object) -> bool:
    if kind == wanted:
        return True
    inner = list(getattr(kind, "__args__", ()))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        inner += [field.type for field in msgspec.structs.fields(kind)]
    return any(_holds(part, wanted) for part in inner)
