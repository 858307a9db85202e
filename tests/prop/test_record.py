"""Laws of `run record`: what goes in comes out, whatever it is, and digests say what it was."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gait_engine.api.run import inspect
from gait_engine.api.verify import verify
from gait_engine.contract.runpack import Receipt
from gait_engine.errors import GaitError
from gait_engine.runpack.refs import sort_receipts
from gait_engine.wire.digest import sha256_hex
from tests.support import runs
from tests.support.hosts import FrozenHost
from tests.support.runs import lines, members_of, recorded

SAFE = 2**53 - 1
texts = st.text(st.characters(codec="utf-8"), max_size=12)
scalars = (
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | texts
    | st.floats(allow_nan=False, allow_infinity=False)
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, values, max_size=4)
calls = st.lists(st.tuples(texts, objects, st.sampled_from(["ok", "error", ""])), max_size=5)

laws = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def as_input(made: list[tuple[str, dict[str, Any], str]]) -> runs.Json:
    return runs.run_input(
        intents=[{"intent_id": key, "tool_name": key, "args": args} for key, args, _ in made],
        results=[
            {"intent_id": key, "status": status, "result": args} for key, args, status in made
        ],
    )


def as_doubles(text: bytes) -> dict[str, Any]:
    """Read JSON as every reader of canonical JSON may: all numbers are doubles."""
    read: dict[str, Any] = json.loads(text, parse_int=float)
    return read


def canonical_without_us(value: Any) -> bytes:
    return rfc8785.dumps(value)


@laws
@given(made=calls)
def test_every_payload_is_recorded_in_order_with_the_digest_of_its_canonical_form(
    made: list[tuple[str, dict[str, Any], str]], frozen_host: FrozenHost
) -> None:
    answer = recorded(frozen_host, as_input(made), capture_mode="raw")
    path = frozen_host.cwd / answer.bundle
    for name, payload in (("intents.jsonl", "args"), ("results.jsonl", "result")):
        found = [as_doubles(line) for line in members_of(path)[name].splitlines()]
        assert [record["intent_id"] for record in found] == [key for key, _, _ in made]
        assert [record.get(payload, {}) for record in found] == [args for _, args, _ in made]
        digests = [sha256_hex(canonical_without_us(args)) for _, args, _ in made]
        assert [record[f"{payload}_digest"] for record in found] == digests
    assert verify(answer.bundle, host=frozen_host).ok


@laws
@given(made=calls)
def test_a_reference_capture_has_the_digests_of_the_raw_one(
    made: list[tuple[str, dict[str, Any], str]], frozen_host: FrozenHost
) -> None:
    entries = [
        inspect(
            recorded(frozen_host, as_input(made), capture_mode=mode).bundle, host=frozen_host
        ).entries
        for mode in ("raw", "reference")
    ]
    assert [entry.args_digest for entry in entries[0]] == [e.args_digest for e in entries[1]]
    assert [entry.result_digest for entry in entries[0]] == [e.result_digest for e in entries[1]]


@laws
@given(made=calls)
def test_the_records_of_a_runpack_recorded_again_are_the_same_records(
    made: list[tuple[str, dict[str, Any], str]], frozen_host: FrozenHost
) -> None:
    path = frozen_host.cwd / recorded(frozen_host, as_input(made), capture_mode="raw").bundle
    first = members_of(path)
    again = {
        "run": runs.document(path, "run.json"),
        "intents": lines(path, "intents.jsonl"),
        "results": lines(path, "results.jsonl"),
        "refs": runs.document(path, "refs.json"),
        "capture_mode": "raw",
    }
    recorded(frozen_host, again)
    assert members_of(path) == first


@laws
@given(
    run_id=st.text(min_size=1, max_size=80),
    given=st.sampled_from(["option", "input"]),
)
def test_a_run_id_is_refused_or_stays_in_its_folder(
    run_id: str, given: str, frozen_host: FrozenHost, tmp_path: Path
) -> None:
    text = runs.run_input(run={"run_id": run_id}) if given == "input" else runs.run_input()
    before = set(tmp_path.rglob("*"))
    try:
        answer = recorded(frozen_host, text, run_id=run_id if given == "option" else "")
    except GaitError as exc:
        assert exc.code in {"run_id_unsafe", "json_lossy_text", "invalid_input"}  # noqa: PT017
        assert set(tmp_path.rglob("*")) - before <= {tmp_path / "input.json"}
        return
    made = tmp_path / answer.bundle
    assert made.parent == tmp_path / "gait-out"
    assert verify(answer.bundle, host=frozen_host).ok
    made.unlink()


@given(keys=st.lists(texts, max_size=14))
def test_receipts_are_sorted_by_id_in_byte_order_and_equal_ids_keep_their_order(
    keys: list[str],
) -> None:
    receipts = [Receipt(ref_id=key, source_locator=str(n)) for n, key in enumerate(keys)]
    found = sort_receipts(receipts)
    assert [receipt.ref_id.encode() for receipt in found] == sorted(key.encode() for key in keys)
    for one, other in pairwise(found):
        if one.ref_id == other.ref_id:
            assert int(one.source_locator) < int(other.source_locator)


@pytest.mark.parametrize("number", [SAFE, -SAFE, 0, 1e300, 5e-324, 0.1, -1.5, 2.0])
def test_numbers_survive_with_their_value(number: float, frozen_host: FrozenHost) -> None:
    answer = recorded(frozen_host, as_input([("a", {"x": number}, "ok")]), capture_mode="raw")
    (found,) = lines(frozen_host.cwd / answer.bundle, "intents.jsonl")
    assert found["args"] == {"x": number}
