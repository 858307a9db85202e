"""The published schema of an intent and the record that gait reads and writes say the same."""

import json
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from gait_engine.contract.intent import INTENT_REQUEST_SCHEMA, IntentRequest
from gait_engine.errors import InvalidInput
from gait_engine.gate.intent import normalise, parse_intent
from tests.support.intents import CONTEXT, DIGEST
from tests.support.process import ROOT
from tests.unit.contract.test_schemas import disagreements, root_node, schemas, validator

NAME = "gate/intent_request"
GOLDEN = ROOT / "tests" / "golden" / "intent"
HEADER = {
    "schema_id": INTENT_REQUEST_SCHEMA,
    "schema_version": "1.0.0",
    "created_at": "2026-02-05T00:00:00Z",
    "producer_version": "0.0.0-dev",
}
LEAST: dict[str, Any] = {
    **HEADER,
    "tool_name": "tool.x",
    "args": {},
    "targets": [],
    "context": CONTEXT,
}


def written(text: bytes) -> dict[str, Any] | None:
    """Return the normal form of an intent as a file holds it; None for what is no intent."""
    try:
        intent = normalise(parse_intent(text, "intent"))
    except InvalidInput:
        return None
    plain: dict[str, Any] = {**HEADER, **json.loads(msgspec.json.encode(intent))}
    return plain


def test_the_schema_is_itself_valid_and_named_after_its_file() -> None:
    schema = schemas()[NAME]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == "urn:gait:schema:v1:gate:intent_request"
    assert schema["title"]
    assert schema["description"]


def test_schema_and_record_have_the_same_fields_with_the_same_types() -> None:
    assert list(disagreements(IntentRequest, root_node(NAME), NAME)) == []


def test_the_normal_form_of_every_recorded_intent_is_valid() -> None:
    texts = (file.read_bytes() for file in sorted(GOLDEN.glob("*/intent.json")))
    intents = [plain for text in texts if (plain := written(text)) is not None]
    assert len(intents) > 150
    for intent in intents:
        validator(NAME).validate(intent)


@pytest.mark.parametrize("field", LEAST)
def test_an_intent_lacks_no_field_that_is_always_written(field: str) -> None:
    validator(NAME).validate(LEAST)
    without = {key: value for key, value in LEAST.items() if key != field}
    assert not validator(NAME).is_valid(without)
    assert not validator(NAME).is_valid({**LEAST, field: None})


@pytest.mark.parametrize(
    "members",
    [
        {"schema_id": "gait.gate.trace"},
        {"note": "x"},
        {"args": []},
        {"args_digest": DIGEST[1:]},
        {"targets": [{"kind": "file", "value": "/"}]},
        {"targets": [{"kind": "path", "value": ""}]},
        {"targets": [{"kind": "path", "value": "/", "endpoint_class": "net.ftp"}]},
        {"targets": [{"kind": "path", "value": "/", "discovery_method": "psychic"}]},
        {"arg_provenance": [{"arg_path": "$", "source": "web"}]},
        {"script": {"steps": []}},
        {"script": {"steps": [{"tool_name": "a", "args": {}}] * 65}},
        {"context": {**CONTEXT, "phase": "dream"}},
        {"context": {**CONTEXT, "credential_source": "wallet"}},
        {"context": {**CONTEXT, "credential_access_type": "perpetual"}},
        {"context": {**CONTEXT, "credential_ttl_seconds": -1}},
        {"context": {**CONTEXT, "context_evidence_mode": "optional"}},
        {"context": {**CONTEXT, "sandbox": {"network_mode": "wifi"}}},
        {"context": {**CONTEXT, "identity": ""}},
    ],
)
def test_a_value_outside_its_pattern_or_enumeration_is_not_valid(members: dict[str, Any]) -> None:
    assert not validator(NAME).is_valid({**LEAST, **members})
