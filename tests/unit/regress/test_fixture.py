"""Reading configs and fixtures."""

import json
from typing import Any

import pytest

from gait_engine.errors import InvalidInput
from gait_engine.regress.fixture import read_config, read_fixture
from tests.support.hosts import FrozenHost

ENTRY = {"name": "a", "runpack": "p.zip"}
FIXTURE = {"name": "a", "run_id": "run_x", "runpack": "runpack.zip"}


def write(host: FrozenHost, text: str | bytes | dict[str, Any]) -> str:
    data = json.dumps(text).encode() if isinstance(text, dict) else text
    (host.cwd / "f.json").write_bytes(data.encode() if isinstance(data, str) else data)
    return "f.json"


def test_fixtures_are_sorted_by_name_and_equal_names_keep_their_order(
    frozen_host: FrozenHost,
) -> None:
    names = [("b", "1.zip"), ("a", "2.zip"), ("b", "0.zip"), ("a-b", "3.zip")]
    fixtures = [{"name": name, "runpack": runpack} for name, runpack in names]
    path = write(frozen_host, {"schema_id": "", "fixtures": fixtures, "unknown": 1})
    config = read_config(path, host=frozen_host)
    assert [entry.runpack for entry in config.fixtures] == ["2.zip", "3.zip", "1.zip", "0.zip"]
    assert config.fixture_set == "default"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fixtures:\n  - name: a\n", "not JSON"),
        ({"schema_id": "x", "fixtures": [ENTRY]}, "$.schema_id"),
        ({"schema_version": "2.0.0", "fixtures": [ENTRY]}, "$.schema_version"),
        ({"fixtures": [{"name": " ", "runpack": "p.zip"}]}, "$.fixtures[0]"),
        ({"fixtures": [{"name": "a"}]}, "$.fixtures[0]"),
        ({"fixtures": []}, "no fixtures"),
        ({"fixtures": None}, "no fixtures"),
        ("null", "no fixtures"),
    ],
)
def test_a_config_that_is_none_is_refused(
    frozen_host: FrozenHost, text: str | dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_config(write(frozen_host, text), host=frozen_host)
    assert says in caught.value.message
    assert ("holds JSON" in caught.value.hint) == (says == "not JSON")


def test_texts_of_a_fixture_come_in_the_form_they_are_compared_in(frozen_host: FrozenHost) -> None:
    loose = {
        "expected_tool_sequence": [" a ", "", "b"],
        "expected_verdict_sequence": ["Passed ", " ", "dry-run"],
        "candidate_runpack": " c.zip ",
        "context_conformance": " Required",
        "expected_context_set_digest": f" {'A' * 64} ",
        "diff_allow_changed_files": ["b", " a ", "", "b"],
        "checkpoint_index": None,
    }
    fixture = read_fixture(write(frozen_host, FIXTURE | loose), host=frozen_host)
    assert fixture.expected_tool_sequence == ("a", "b")
    assert fixture.expected_verdict_sequence == ("allow", "dry_run")
    assert fixture.candidate_runpack == "c.zip"
    assert fixture.context_conformance == "required"
    assert fixture.expected_context_set_digest == "A" * 64
    assert fixture.diff_allow_changed_files == ("a", "b")
    assert fixture.checkpoint_index == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("run_id", ""),
        ("runpack", ""),
        ("expected_replay_exit_code", -1),
        ("expected_replay_exit_code", 0.5),
        ("expected_replay_exit_code", 2**63),
        ("checkpoint_index", -1),
        ("expected_verdict_sequence", ["maybe"]),
        ("context_conformance", "always"),
        ("expected_context_set_digest", "a" * 63),
        ("allow_context_runtime_drift", "yes"),
    ],
)
def test_a_field_that_must_not_be_so_is_named(
    frozen_host: FrozenHost, field: str, value: Any
) -> None:
    with pytest.raises(InvalidInput, match=rf"\$\.{field}"):
        read_fixture(write(frozen_host, FIXTURE | {field: value}), host=frozen_host)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"name":"a","name":"a"}', "json_duplicate_key"),
        (b'{"Name":"a"}', "json_case_variant_key"),
        (b'{"name":"\xff"}', "json_lossy_text"),
    ],
)
def test_a_text_that_two_readers_could_read_differently_is_refused(
    frozen_host: FrozenHost, text: bytes, code: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_fixture(write(frozen_host, text), host=frozen_host)
    assert caught.value.code == code
