"""Normalising the context of a run."""

from typing import Any

import msgspec
import pytest

from gait_engine.contract.runpack import Receipt, Refs
from gait_engine.errors import InvalidInput
from gait_engine.runpack.refs import evidence_mode, normalise_receipt, normalise_refs
from gait_engine.wire.timestamps import Timestamp


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("", "best_effort"),
        (" ", "best_effort"),
        ("Required", "required"),
        ("\u2003best_effort", "best_effort"),
    ],
)
def test_an_evidence_mode_has_several_spellings(text: str, mode: str) -> None:
    assert evidence_mode(text) == mode


@pytest.mark.parametrize("text", ["best-effort", "none", "required,best_effort"])
def test_any_other_evidence_mode_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="expected best_effort or required"):
        evidence_mode(text)


def test_a_mode_that_was_never_given_stays_away() -> None:
    assert normalise_refs(Refs()).context_evidence_mode == ""


@pytest.mark.parametrize(("count", "found"), [(0, 2), (7, 7), (1, 1)])
def test_receipts_are_counted_unless_a_count_is_given(count: int, found: int) -> None:
    refs = Refs(context_ref_count=count, receipts=(Receipt(ref_id="b"), Receipt(ref_id="a")))
    assert normalise_refs(refs).context_ref_count == found


@pytest.mark.parametrize(
    "refs",
    [
        Refs(context_ref_count=-1),
        Refs(context_set_digest="x"),
        Refs(context_evidence_mode="x"),
    ],
    ids=repr,
)
def test_the_impossible_is_refused(refs: Refs) -> None:
    with pytest.raises(InvalidInput):
        normalise_refs(refs)


def test_required_evidence_without_a_digest_is_refused_only_where_it_counts() -> None:
    refs = Refs(context_evidence_mode="required")
    assert normalise_refs(refs).context_evidence_mode == "required"
    with pytest.raises(InvalidInput, match="context_set_digest: absent"):
        normalise_refs(refs, required=True)
    whole = Refs(context_evidence_mode="required", context_set_digest=" " + "A" * 64)
    assert normalise_refs(whole, required=True).context_set_digest == "a" * 64


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"immutability": ""}, {"immutability": "unknown"}),
        ({"immutability": " MUTABLE"}, {"immutability": "mutable"}),
        ({"immutability": "anything"}, {"immutability": "anything"}),
        ({"query_digest": " ABC "}, {"query_digest": "abc"}),
        ({"retrieved_at": "0001-01-01T00:00:00Z"}, {"retrieved_at": "1980-01-01T00:00:00Z"}),
        (
            {"retrieved_at": "2026-02-05T23:30:00.5-01:00"},
            {"retrieved_at": "2026-02-06T00:30:00.5Z"},
        ),
        ({"ref_id": " kept "}, {"ref_id": " kept "}),
    ],
    ids=str,
)
def test_a_receipt_is_brought_into_one_form(given: dict[str, Any], found: dict[str, Any]) -> None:
    receipt = normalise_receipt(msgspec.convert(given, Receipt))
    assert {name: getattr(receipt, name) for name in found} == found
    assert normalise_receipt(receipt) == receipt


def test_free_parameters_become_canonical_and_empty_ones_absent() -> None:
    raw = msgspec.Raw(b'{ "b": 1.0, "a": [1e1] }')
    normal = normalise_receipt(Receipt(retrieval_params=raw))
    assert normal.retrieval_params == msgspec.Raw(b'{"a":[10],"b":1}')
    empty = normalise_receipt(Receipt(retrieval_params=msgspec.Raw(b"{ }")))
    assert empty.retrieval_params is msgspec.UNSET


def test_the_instant_of_a_receipt_survives_to_the_nanosecond() -> None:
    instant = Timestamp("2026-02-05T10:00:00.123456789+05:30")
    found = normalise_receipt(Receipt(retrieved_at=instant)).retrieved_at
    assert found == "2026-02-05T04:30:00.123456789Z"
