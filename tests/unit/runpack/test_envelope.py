"""The context envelope: normalised, sorted, its digest over what it holds; odd ones refused."""

import json
from typing import Any

import pytest

from gait_engine.contract.runpack import Envelope
from gait_engine.errors import GaitError
from gait_engine.runpack.envelope import read_envelope
from tests.support import runs
from tests.support.runs import digest_of, receipt

NO_RECORDS = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"


def read(*records: Any, **changes: Any) -> Envelope:
    document = {"context_set_id": "set_1", "records": list(records), **changes}
    return read_envelope(json.dumps(document).encode(), "e.json")


def refused(*records: Any, **changes: Any) -> GaitError:
    with pytest.raises(GaitError) as caught:
        read(*records, **changes)
    assert caught.value.exit_code == 6
    return caught.value


def test_an_envelope_without_records_has_the_digest_of_an_empty_list() -> None:
    assert read().context_set_digest == NO_RECORDS
    assert read(context_set_digest=f" {NO_RECORDS.upper()} ").context_set_digest == NO_RECORDS


def test_records_are_normalised_and_digested() -> None:
    given = receipt(
        "a",
        ref_id=" a ",
        source_type=" doc\u3000",
        query_digest="A" * 64,
        retrieved_at="2026-02-05T12:00:00+02:00",
        retrieval_params={},
        freshness_sla_seconds=0,
    )
    found = read(given)
    clean = receipt("a", query_digest="a" * 64, immutability="unknown")
    assert found.context_set_digest == digest_of([clean])
    (record,) = found.records
    assert (record.ref_id, record.source_type, record.retrieved_at) == ("a", "doc", runs.STARTED)


def test_records_are_sorted_by_all_that_tells_them_apart() -> None:
    given = [
        receipt("b"),
        receipt("a", source_type="z"),
        receipt("a", source_locator="z"),
        receipt("a", content_digest="3" * 64),
        receipt("a"),
    ]
    found = read(*given)
    keys = [(r.ref_id, r.source_type, r.source_locator, r.content_digest) for r in found.records]
    assert keys == sorted(keys)
    assert read(*reversed(given)).context_set_digest == found.context_set_digest


def test_free_parameters_count_by_their_canonical_form() -> None:
    one = read(receipt("a", retrieval_params={"b": 1.0, "a": 2}))
    other = read(receipt("a", retrieval_params={"a": 2, "b": 1}))
    assert one.context_set_digest == other.context_set_digest


@pytest.mark.parametrize("field", ["ref_id", "source_type", "source_locator", "redaction_mode"])
@pytest.mark.parametrize("value", ["", " \t", None])
def test_a_record_needs_its_four_names(field: str, value: Any) -> None:
    assert f"{field} empty" in refused(receipt("a", **{field: value})).message


@pytest.mark.parametrize("field", ["query_digest", "content_digest"])
@pytest.mark.parametrize("value", ["", "abc", "g" * 64, "1" * 63, f"sha256:{'1' * 64}"])
def test_a_record_needs_two_whole_digests(field: str, value: str) -> None:
    assert f"{field} " in refused(receipt("a", **{field: value})).message


@pytest.mark.parametrize(
    "changes",
    [
        {"immutability": "forever"},
        {"freshness_sla_seconds": -1},
        {"freshness_sla_seconds": 1.5},
        {"freshness_sla_seconds": 2**63},
        {"retrieved_at": "yesterday"},
        {"surplus": 1},
    ],
    ids=str,
)
def test_a_record_that_says_the_impossible_is_refused(changes: dict[str, Any]) -> None:
    assert refused(receipt("a", **changes)).where.startswith("e.json")


@pytest.mark.parametrize(
    "changes",
    [
        {"schema_id": "gait.other"},
        {"schema_version": "2.0.0"},
        {"context_set_id": " "},
        {"context_set_id": None},
        {"context_set_digest": "0" * 64},
        {"context_set_digest": "abc"},
        {"evidence_mode": "perhaps"},
        {"surplus": 1},
        {"Records": []},
        {"records": {}},
    ],
    ids=str,
)
def test_an_envelope_that_says_the_impossible_is_refused(changes: dict[str, Any]) -> None:
    refused(**changes)


@pytest.mark.parametrize("mode", ["", " Best_Effort ", "required"])
def test_its_own_evidence_mode_is_checked_and_kept_aside(mode: str) -> None:
    assert read(evidence_mode=mode).evidence_mode == mode


@pytest.mark.parametrize(
    "after", [b"", b"\n", b" {}", b"garbage", b"\x00", b'{"context_set_id":2}']
)
def test_only_the_first_value_is_read(after: bytes) -> None:
    text = b' \n{"context_set_id":"s"}' + after
    assert read_envelope(text, "e.json").context_set_id == "s"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "invalid_input"),
        (b"{", "invalid_input"),
        (b"[" * 5_000, "invalid_input"),
        (b'{"context_set_id":NaN}', "invalid_input"),
        (b'{"context_set_id":"s","context_set_id":"t"}', "json_duplicate_key"),
        (b'{"context_set_id":"\xff"}', "json_lossy_text"),
        (b'{"context_set_id":"s"}\xff', "json_lossy_text"),
        (b'{"context_set_id":"\\ud800"}', "json_lossy_text"),
        (b'\xef\xbb\xbf{"context_set_id":"s"}', "invalid_input"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_text_that_is_no_json_or_ambiguous_is_refused(text: bytes, code: str) -> None:
    with pytest.raises(GaitError) as caught:
        read_envelope(text, "e.json")
    assert runs.exit_code_of(caught.value) == (6, code)
