import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from gait_engine.guard.evidence import (
    Evidence,
    EvidencePaths,
    folder_of,
    found_beside,
    listed_paths,
    parse_audit,
    parse_credential,
    parse_inventory,
    parse_regress,
    read_evidence,
)
from tests.support.evidence import audit, credential, regress, write_json, write_trace
from tests.support.hosts import FrozenHost

if sys.platform == "win32":
    pytest.skip("pipes and odd folder names are POSIX", allow_module_level=True)


def read(host: FrozenHost, folder: str = ".", **paths: str) -> Evidence:
    return read_evidence(EvidencePaths(**paths), folder, host=host)


def test_a_list_is_trimmed_sorted_and_without_repetitions_as_texts() -> None:
    assert listed_paths(" b, a,,./a ,b, ") == ["./a", "a", "b"]


@pytest.mark.parametrize(
    ("shown", "folder"),
    [
        ("r.zip", "."),
        ("./r.zip", "."),
        ("/r.zip", "/"),
        ("a//b/r.zip", "a/b"),
        ("a/../b/r.zip", "b"),
    ],
)
def test_the_folder_of_a_runpack_is_cleaned(shown: str, folder: str) -> None:
    assert folder_of(shown) == folder


def test_a_kind_that_was_not_named_is_found_beside_the_runpack(frozen_host: FrozenHost) -> None:
    here = frozen_host.cwd
    write_json(here / "approval_audit_2.json", audit("two"))
    write_json(here / "approval_audit_10.json", audit("ten"))
    write_json(here / "APPROVAL_AUDIT_1.json", audit("shouted"))
    write_json(here / "credential_evidence_.json", credential("c"))
    write_json(here / "c.json", credential("named"))
    found = read(frozen_host, credential_evidence=" c.json ,")
    assert [each.trace_id for each in found.audits] == ["ten", "two"]
    assert [each.trace_id for each in found.credentials] == ["named"]
    found = read(frozen_host, credential_evidence=" , ")
    assert [each.trace_id for each in found.credentials] == ["c"]


def test_nothing_is_looked_for_when_both_kinds_were_named(frozen_host: FrozenHost) -> None:
    write_json(frozen_host.cwd / "a.json", audit("a"))
    write_json(frozen_host.cwd / "c.json", credential("c"))
    found = read(frozen_host, "g[/*", approval_audit="a.json", credential_evidence="c.json")
    assert len(found.audits) == len(found.credentials) == 1


@pytest.mark.parametrize("folder", ["d*", "d?", "d[1]", "d[", "a\\b"])
def test_a_folder_that_reads_as_a_pattern_is_not_searched(
    folder: str, frozen_host: FrozenHost
) -> None:
    (frozen_host.cwd / folder).mkdir()
    with pytest.raises(InvalidInput) as caught:
        read(frozen_host, folder)
    assert caught.value.code == "path_unsafe"


@pytest.mark.parametrize("folder", ["a,b", " a"])
def test_a_found_path_that_no_list_could_name_is_refused(
    folder: str, frozen_host: FrozenHost
) -> None:
    (frozen_host.cwd / folder).mkdir()
    assert read(frozen_host, folder) == Evidence()
    write_json(frozen_host.cwd / folder / "approval_audit_1.json", audit("a"))
    with pytest.raises(InvalidInput, match="commas"):
        read(frozen_host, folder)


@pytest.mark.parametrize("text", ["{", '{"trace_id": 1}', '{"trace_id":"a","trace_id":"b"}'])
def test_a_found_record_that_cannot_be_used_is_bad_input(
    text: str, frozen_host: FrozenHost
) -> None:
    (frozen_host.cwd / "approval_audit_1.json").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput):
        read(frozen_host)


def test_a_folder_or_a_pipe_of_a_records_name_is_bad_input(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "approval_audit_1.json").mkdir()
    with pytest.raises(InvalidInput, match="a folder"):
        read(frozen_host)
    (frozen_host.cwd / "approval_audit_1.json").rmdir()
    os.mkfifo(frozen_host.cwd / "approval_audit_1.json")
    with pytest.raises(InvalidInput) as caught:
        read(frozen_host)
    assert caught.value.code == "path_unsafe"


def test_a_folder_that_is_gone_is_bad_input(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput, match="folder of the runpack"):
        found_beside("none", "trace_", host=frozen_host)


@pytest.mark.parametrize("kind", ["inventory", "trace", "regress", "approval_audit"])
def test_a_named_file_that_is_ambiguous_is_refused_and_a_missing_one_bad_input(
    kind: str, frozen_host: FrozenHost
) -> None:
    twice = b'{"created_at":"2026-02-05T12:00:00Z","created_at":"2026-02-05T12:00:00Z"}'
    (frozen_host.cwd / "f.json").write_bytes(twice)
    with pytest.raises(VerificationFailed) as caught:
        read(frozen_host, **{kind: "f.json"})
    assert caught.value.code == "json_duplicate_key"
    with pytest.raises(InvalidInput):
        read(frozen_host, **{kind: "none.json"})


@pytest.mark.parametrize(
    ("text", "exit_code"),
    [
        (b'{"required_approvals": 9007199254740993}', 2),
        (b'{"required_approvals": 9223372036854775809}', 6),
        (b'{"valid_approvals": "1"}', 6),
        (b'{"entries": [{"valid": "yes"}]}', 6),
        (b'{"relationship": {"edges": [{"from": 1}]}}', 6),
        (b'{"created_at": "noon"}', 6),
    ],
)
def test_a_wrong_value_anywhere_makes_a_record_unusable(text: bytes, exit_code: int) -> None:
    with pytest.raises(GaitError) as caught:
        parse_audit(text, "a.json")
    assert caught.value.exit_code == exit_code


@pytest.mark.parametrize(
    ("parse", "text", "kept"),
    [
        (parse_audit, b'{"x":1,"approvers":[]}', {"entries": None}),
        (parse_audit, b'{"relationship":{},"entries":[]}', {"relationship": {}, "entries": []}),
        (parse_audit, b'{"relationship":null,"entries":[{}]}', {"entries": [{"valid": False}]}),
        (parse_credential, b'{"scope":[],"ttl_seconds":0}', {}),
        (parse_inventory, b'{"items":[{"tags":[],"risk_level":""}]}', {"items": [{}]}),
        (parse_inventory, b"{}", {"items": None}),
    ],
)
def test_empty_fields_drop_out_and_missing_lists_are_null(
    parse: Any, text: bytes, kept: dict[str, Any]
) -> None:
    plain = json.loads(msgspec.json.encode(parse(text, "f")))
    listed = {key: value for key, value in plain.items() if not isinstance(value, str | int)}
    for item in listed.get("items") or listed.get("entries") or []:
        for name in ("id", "kind", "name", "locator", "expires_at"):
            item.pop(name, None)
    assert listed == kept


def test_a_large_number_in_a_regress_result_does_no_harm_as_it_stays_out() -> None:
    text = b'{"graders":[{"details":{"n":9007199254740993}}]}'
    assert len(parse_regress(text, "r").graders) == 1


def test_traces_and_regress_results_are_read_in_the_order_of_their_paths(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    write_trace(tmp_path / "b.json", "second")
    write_trace(tmp_path / "a.json", "first")
    write_json(tmp_path / "r.json", regress("pass"))
    found = read(frozen_host, trace="b.json,a.json", regress="r.json")
    assert [each.trace_id for each in found.traces] == ["first", "second"]
    assert [each.status for each in found.regress] == ["pass"]
