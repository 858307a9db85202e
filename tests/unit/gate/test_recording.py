"""Writing a ruling down: the trace first, and no answer before all of it is durable."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from gait_engine.api import gate as api
from gait_engine.errors import GaitError
from gait_engine.store.locks import STANDARD, hold_lock
from tests.support.brokers import BROKERED
from tests.support.gates import (
    SIGNED,
    evaluated,
    files_in,
    furnish,
    options,
    write_intent,
    write_policy,
    write_switch,
)
from tests.support.hosts import FrozenHost

OUTPUTS: Final = {
    "trace_out": "t.json",
    "approval_audit_out": "a.json",
    "delegation_audit_out": "d.json",
    "credential_evidence_out": "c.json",
}
DELEGATED: Final = {"effect": "require_approval", "match": {"require_delegation": True}}
JOURNAL: Final = "kill_switch_journal.jsonl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    furnish(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("rule", "fields", "written"),
    [
        ({}, {}, {"trace_out"}),
        ({"effect": "require_approval"}, {}, {"trace_out", "approval_audit_out"}),
        (DELEGATED, {}, {"trace_out", "approval_audit_out", "delegation_audit_out"}),
        (BROKERED, {"credential_broker": "stub"}, {"trace_out", "credential_evidence_out"}),
        (BROKERED, {}, {"trace_out"}),
    ],
    ids=["plain", "held", "delegated", "issued", "not issued"],
)
def test_each_record_goes_to_its_own_path(
    frozen_host: FrozenHost,
    folder: Path,
    rule: dict[str, Any],
    fields: dict[str, Any],
    written: set[str],
) -> None:
    write_policy(folder, rule, default_verdict="block")
    write_intent(folder, delegation={"requester_identity": "spec"})
    before = files_in(folder)
    answer = evaluated(frozen_host, **OUTPUTS, **fields)
    shown = {
        "trace_out": answer.trace_path,
        "approval_audit_out": answer.approval_audit_path,
        "delegation_audit_out": answer.delegation_audit_path,
        "credential_evidence_out": answer.credential_evidence_path,
    }
    assert shown == {name: path if name in written else "" for name, path in OUTPUTS.items()}
    assert set(files_in(folder)) - set(before) == {OUTPUTS[name] for name in written}


def test_a_call_that_the_kill_switch_stopped_is_noted_once(
    frozen_host: FrozenHost, folder: Path
) -> None:
    (folder / "state").mkdir()
    path = write_switch(folder, {"entry_id": "e"}, name="state/ks.json")
    answer = evaluated(frozen_host, kill_switch_state=path)
    (hit,) = (folder / "state" / JOURNAL).read_bytes().splitlines()
    assert json.loads(hit)["trace_id"] == answer.trace_id


def test_a_record_that_fails_leaves_no_trace_and_gives_no_answer(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, {"effect": "require_approval"})
    (folder / "file").write_bytes(b"")
    before = files_in(folder)
    with pytest.raises(GaitError) as caught:
        evaluated(frozen_host, trace_out="t.json", approval_audit_out="file/a.json", **SIGNED)
    assert caught.value.answer is None
    assert files_in(folder) == before


def test_a_trace_that_fails_gives_no_answer(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, {"effect": "require_approval"})
    (folder / "file").write_bytes(b"")
    with pytest.raises(GaitError) as caught:
        evaluated(frozen_host, trace_out="file/t.json", approval_audit_out="a.json")
    assert caught.value.answer is None


def test_a_stop_that_cannot_be_noted_is_no_answer(frozen_host: FrozenHost, folder: Path) -> None:
    write_switch(folder, {"entry_id": "e"})
    with hold_lock(folder / JOURNAL, STANDARD, frozen_host), pytest.raises(GaitError):
        evaluated(frozen_host, kill_switch_state="ks.json")


def test_a_decision_of_an_open_gate_is_durable_when_it_is_told(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, {"effect": "require_approval"})
    gate = api.open_gate(options(trace_out="t.jsonl"), host=frozen_host)
    answer = api.decide(gate, (folder / "intent.json").read_bytes(), host=frozen_host)
    assert (answer.trace_path, answer.approval_audit_path) == (
        "t.jsonl",
        "t.approval_audit.jsonl",
    )
    for path in (answer.trace_path, answer.approval_audit_path):
        (line,) = (folder / path).read_bytes().splitlines()
        assert json.loads(line)["trace_id"] == answer.trace_id
