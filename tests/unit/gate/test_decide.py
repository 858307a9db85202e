"""What is decided about one intent, and what it rests on: states, inventories, approved scripts."""

import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from gait_engine.api import gate as api
from gait_engine.contract.answers.gate import GateAnswer
from gait_engine.errors import GaitError, InvalidInput, PolicyBlocked
from tests.support.gates import (
    DELETE,
    LATER,
    READ,
    SIGNED,
    evaluated,
    files_in,
    furnish,
    intent_text,
    options,
    script_steps,
    trace_of,
    write_envelope,
    write_intent,
    write_policy,
    write_scripts,
    write_switch,
)
from tests.support.hosts import FrozenHost
from tests.support.tokens import MORNING

SEVERE: Final = ("high", "critical")
MILD: Final = ("low", "medium")
OSS: Final = {"profile": "oss-prod", **SIGNED}
SCRIPTS: Final = {
    "approved_script_registry": "scripts.json",
    "approved_script_public_key": "gate.pub",
}
STATES: Final = {
    "missing": None,
    "empty": "",
    "no JSON": "{",
    "another record": '{"schema_id":"gait.gate.trace"}',
}
CLAIMED: Final = {"context_set_digest": "9" * 64}
UNAVAILABLE: Final = "kill_switch_state_unavailable"
FAIL_CLOSED: Final = {"fail_closed": {"enabled": True, "required_fields": ["targets"]}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    furnish(tmp_path)
    return tmp_path


def at_risk(folder: Path, risk: str, **fields: Any) -> None:
    write_intent(folder, context={"risk_class": risk}, **fields)


def strict(folder: Path) -> None:
    """Lay out a policy that oss-prod accepts and that allows any call."""
    write_policy(folder, {}, default_verdict="block")


def failed(host: FrozenHost, kind: type[GaitError], **fields: Any) -> GaitError:
    """Evaluate what must fail; nothing may be written then."""
    before = files_in(host.cwd)
    with pytest.raises(kind) as caught:
        evaluated(host, **fields)
    assert files_in(host.cwd) == before
    return caught.value


# ---------------------------------------------------------------- kill switch


@pytest.mark.parametrize("text", STATES.values(), ids=STATES)
@pytest.mark.parametrize("risk", SEVERE)
def test_a_severe_call_is_blocked_where_the_kill_switch_cannot_be_read(
    frozen_host: FrozenHost, folder: Path, risk: str, text: str | None
) -> None:
    at_risk(folder, risk)
    if text is not None:
        (folder / "ks.json").write_text(text, encoding="utf-8")
    answer = evaluated(frozen_host, kill_switch_state="ks.json")
    assert (answer.verdict, answer.reason_codes, answer.violations) == (
        "block",
        (UNAVAILABLE,),
        (UNAVAILABLE,),
    )
    assert answer.kill_switch is not msgspec.UNSET
    assert answer.kill_switch.status == "unavailable"


@pytest.mark.parametrize("text", STATES.values(), ids=STATES)
@pytest.mark.parametrize("risk", MILD)
def test_another_call_is_refused_without_a_verdict(
    frozen_host: FrozenHost, folder: Path, risk: str, text: str | None
) -> None:
    at_risk(folder, risk)
    if text is not None:
        (folder / "ks.json").write_text(text, encoding="utf-8")
    failed(frozen_host, InvalidInput, kill_switch_state="ks.json")


@pytest.mark.parametrize("risk", [*MILD, *SEVERE])
def test_in_production_every_call_is_blocked_where_the_kill_switch_cannot_be_read(
    frozen_host: FrozenHost, folder: Path, risk: str
) -> None:
    strict(folder)
    at_risk(folder, risk)
    answer = evaluated(frozen_host, kill_switch_state="none.json", **OSS)
    assert (answer.verdict, answer.reason_codes) == ("block", (UNAVAILABLE,))


@pytest.mark.parametrize("risk", [*MILD, *SEVERE])
@pytest.mark.parametrize("more", [{}, OSS], ids=["standard", "oss-prod"])
def test_an_active_kill_switch_blocks_any_call_whatever_the_rules_say(
    frozen_host: FrozenHost, folder: Path, risk: str, more: dict[str, Any]
) -> None:
    strict(folder)
    at_risk(folder, risk)
    write_switch(folder, {"entry_id": "e1", "identity": "agent-7"})
    answer = evaluated(frozen_host, kill_switch_state="ks.json", **more)
    assert answer.verdict == "block"
    assert answer.reason_codes == (
        "kill_switch_active",
        "kill_switch_identity_active",
        "matched_rule_r1",
    )
    assert answer.violations == ("kill_switch_active",)


def test_an_inactive_kill_switch_is_told_and_changes_nothing(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_switch(folder, {"identity": "somebody"})
    answer = evaluated(frozen_host, kill_switch_state="ks.json", trace_out="t.json", **SIGNED)
    assert answer.verdict == "allow"
    for told in (answer.kill_switch, trace_of(folder / "t.json").kill_switch):
        assert told is not msgspec.UNSET
        assert told.status == "inactive"
    assert "kill_switch_journal.jsonl" not in files_in(folder)


def test_the_state_is_read_anew_for_each_intent_of_an_open_gate(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_switch(folder)
    gate = api.open_gate(options(kill_switch_state="ks.json"), host=frozen_host)

    def verdict() -> str:
        return api.decide(gate, intent_text(), host=frozen_host).verdict

    assert verdict() == "allow"
    write_switch(folder, {"entry_id": "all"})
    assert verdict() == "block"
    write_switch(folder, {"entry_id": "all", "enabled": False})
    assert verdict() == "allow"
    (folder / "ks.json").unlink()
    with pytest.raises(InvalidInput):
        verdict()


def test_the_time_of_evaluation_decides_whether_an_entry_is_over(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_switch(folder, {"entry_id": "e", "expires_at": LATER})
    asked = {"kill_switch_state": "ks.json"}
    assert evaluated(frozen_host, **asked).verdict == "block"
    assert evaluated(frozen_host, evaluation_time=LATER, **asked).verdict == "allow"


# ---------------------------------------------------------------- inventory


@pytest.mark.parametrize("risk", SEVERE)
def test_a_severe_call_is_stopped_by_an_inventory_that_cannot_be_used(
    frozen_host: FrozenHost, folder: Path, risk: str
) -> None:
    at_risk(folder, risk)
    error = failed(frozen_host, PolicyBlocked, wrkr_inventory="none.json")
    assert (error.exit_code, error.code) == (3, "policy_blocked")
    assert "wrkr inventory needed for this call" in error.message


@pytest.mark.parametrize("risk", MILD)
def test_another_call_goes_on_with_a_warning(
    frozen_host: FrozenHost, folder: Path, risk: str
) -> None:
    at_risk(folder, risk)
    answer = evaluated(frozen_host, wrkr_inventory="none.json")
    assert answer.verdict == "allow"
    assert answer.warnings[-1].startswith("wrkr inventory not used: ")
    assert answer.context_source == ""


@pytest.mark.parametrize("risk", MILD)
def test_in_production_every_call_is_stopped_by_it(
    frozen_host: FrozenHost, folder: Path, risk: str
) -> None:
    strict(folder)
    at_risk(folder, risk)
    failed(frozen_host, PolicyBlocked, wrkr_inventory="none.json", **OSS)


def test_what_the_inventory_knows_is_judged_digested_and_named_as_a_source(
    frozen_host: FrozenHost, folder: Path
) -> None:
    item = {"tool_name": "DB.query", "data_class": "pii"}
    (folder / "inv.json").write_text(json.dumps([item]), encoding="utf-8")
    write_policy(folder, {"match": {"context_data_classes": ["pii"]}}, default_verdict="block")
    plain = evaluated(frozen_host)
    known = evaluated(frozen_host, wrkr_inventory="./inv.json")
    assert (plain.verdict, known.verdict) == ("block", "allow")
    assert plain.intent_digest != known.intent_digest
    assert known.context_source == "inv.json"


def test_a_tool_that_the_inventory_does_not_know_has_no_source(
    frozen_host: FrozenHost, folder: Path
) -> None:
    (folder / "inv.json").write_text('[{"tool_name":"other"}]', encoding="utf-8")
    assert evaluated(frozen_host, wrkr_inventory="inv.json").context_source == ""


def test_the_inventory_is_no_source_of_a_call_that_was_never_judged(
    frozen_host: FrozenHost, folder: Path
) -> None:
    (folder / "inv.json").write_text('[{"tool_name":"db.query"}]', encoding="utf-8")
    write_policy(folder, **FAIL_CLOSED)
    at_risk(folder, "high")
    answer = evaluated(frozen_host, wrkr_inventory="inv.json")
    assert (answer.reason_codes, answer.context_source) == (("fail_closed_missing_targets",), "")


# ---------------------------------------------------------------- context envelope


def test_an_envelope_takes_the_place_of_what_the_intent_claims(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_envelope(folder, "b", "a", evidence_mode="required")
    (folder / "inv.json").write_text('[{"tool_name":"db.query"}]', encoding="utf-8")
    write_intent(folder, context={"context_refs": ["claimed"]})
    asked = {"context_envelope": "./env.json", "wrkr_inventory": "inv.json"}
    answer = evaluated(frozen_host, **asked)
    assert (answer.context_evidence_mode, answer.context_ref_count) == ("required", 2)
    assert answer.context_source == "context_envelope,inv.json"


@pytest.mark.parametrize("claim", [CLAIMED, {"context_evidence_mode": "required"}], ids=str)
def test_a_claim_that_differs_from_the_envelope_is_refused(
    frozen_host: FrozenHost, folder: Path, claim: dict[str, Any]
) -> None:
    write_envelope(folder, "a")
    write_intent(folder, context=claim)
    error = failed(frozen_host, InvalidInput, context_envelope="env.json")
    assert "as in the context envelope" in error.message


@pytest.mark.parametrize("phase", ["", "plan"])
def test_in_a_class_that_fails_closed_it_blocks_with_the_digest_of_what_was_given(
    frozen_host: FrozenHost, folder: Path, phase: str
) -> None:
    write_envelope(folder, "a")
    write_policy(folder, **FAIL_CLOSED)
    given = {**CLAIMED, "risk_class": "high", "phase": phase}
    write_intent(folder, context=given)
    asked = {"context_envelope": "env.json", "trace_out": "t.json", **SIGNED}
    answer = evaluated(frozen_host, **asked)
    assert (answer.verdict, answer.reason_codes, answer.violations) == (
        "block",
        ("fail_closed_intent_invalid",),
        ("intent_not_evaluable",),
    )
    assert (answer.phase, answer.context_source) == (phase, "")
    assert answer.context_set_digest == CLAIMED["context_set_digest"]
    assert trace_of(folder / "t.json").intent_digest == answer.intent_digest


def test_without_an_envelope_no_claim_counts(frozen_host: FrozenHost, folder: Path) -> None:
    plain = evaluated(frozen_host)
    write_intent(folder, context={**CLAIMED, "context_refs": ["r"]})
    claimed = evaluated(frozen_host)
    assert claimed.intent_digest == plain.intent_digest
    assert (claimed.context_set_digest, claimed.context_ref_count) == ("", 0)


# ---------------------------------------------------------------- approved scripts


@pytest.fixture
def scripted(folder: Path) -> Path:
    """A folder whose intent is a script that was approved, under a policy that blocks all."""
    write_policy(folder, default_verdict="block")
    write_intent(folder, **script_steps("a.read", "b.read"))
    write_scripts(folder, "a.read", "b.read")
    return folder


def passed(answer: GateAnswer) -> bool:
    return answer.verdict == "allow" and answer.pre_approved


def test_an_approved_script_passes_without_a_rule_being_asked(
    frozen_host: FrozenHost, scripted: Path
) -> None:
    answer = evaluated(frozen_host, trace_out="t.json", **SCRIPTS, **SIGNED)
    assert (answer.verdict, answer.reason_codes) == ("allow", ("approved_script_match",))
    assert (answer.pattern_id, answer.registry_reason) == ("pat", "approved_script_match")
    assert [step.verdict for step in answer.step_verdicts] == ["allow", "allow"]
    trace = trace_of(scripted / "t.json")
    assert trace.pre_approved
    assert trace.created_at == trace.observed_at


def test_claims_of_context_evidence_are_stripped_from_an_approved_script_too(
    frozen_host: FrozenHost, scripted: Path
) -> None:
    plain = evaluated(frozen_host, **SCRIPTS)
    write_intent(scripted, **script_steps("a.read", "b.read"), context=CLAIMED)
    claimed = evaluated(frozen_host, **SCRIPTS)
    assert passed(claimed)
    assert (claimed.context_set_digest, claimed.intent_digest) == ("", plain.intent_digest)


def test_nobody_approves_a_script_of_his_own(frozen_host: FrozenHost, scripted: Path) -> None:
    write_intent(scripted, **script_steps("a.read", "b.read"), context={"identity": "ALICE"})
    answer = evaluated(frozen_host, **SCRIPTS, **SIGNED)
    assert (answer.verdict, answer.registry_reason) == ("block", "approved_script_not_found")


@pytest.mark.parametrize(
    ("beside", "warnings"),
    [({}, 0), ({"args": {"path": "/etc/shadow"}}, 1), ({"targets": [DELETE]}, 1)],
    ids=["nothing", "arguments", "a target of no step"],
)
def test_what_stands_beside_the_steps_of_a_script_is_warned_of(
    frozen_host: FrozenHost, folder: Path, beside: dict[str, Any], warnings: int
) -> None:
    write_intent(folder, **script_steps("a.read"), **beside)
    said = evaluated(frozen_host, **SIGNED).warnings
    assert len([warning for warning in said if warning.startswith("script: ")]) == warnings


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (script_steps("a.read"), "approved_script_not_found"),
        (script_steps("b.read", "a.read"), "approved_script_not_found"),
        ({"targets": [READ]}, "not_script"),
    ],
    ids=["another script", "another order", "no script"],
)
def test_any_other_call_is_judged_by_the_rules(
    frozen_host: FrozenHost, scripted: Path, fields: dict[str, Any], reason: str
) -> None:
    write_intent(scripted, **fields)
    answer = evaluated(frozen_host, **SCRIPTS)
    assert (answer.verdict, answer.pre_approved, answer.registry_reason) == ("block", False, reason)


def test_an_empty_registry_says_nothing(frozen_host: FrozenHost, scripted: Path) -> None:
    (scripted / "scripts.json").write_bytes(b"[]")
    answer = evaluated(frozen_host, **SCRIPTS)
    assert (answer.verdict, answer.registry_reason) == ("block", "")


def test_the_kill_switch_stops_an_approved_script(frozen_host: FrozenHost, scripted: Path) -> None:
    write_switch(scripted, {"entry_id": "all"})
    answer = evaluated(frozen_host, kill_switch_state="ks.json", **SCRIPTS)
    assert (answer.verdict, answer.pre_approved) == ("block", False)
    assert "kill_switch_active" in answer.reason_codes


def test_a_kill_switch_that_cannot_be_read_stops_a_severe_approved_script(
    frozen_host: FrozenHost, scripted: Path
) -> None:
    at_risk(scripted, "high", **script_steps("a.read", "b.read"))
    answer = evaluated(frozen_host, kill_switch_state="none.json", **SCRIPTS)
    assert (answer.verdict, answer.reason_codes) == ("block", (UNAVAILABLE,))


def test_what_must_be_known_is_asked_before_an_approved_script_passes(
    frozen_host: FrozenHost, scripted: Path
) -> None:
    write_policy(
        scripted,
        default_verdict="block",
        fail_closed={
            "enabled": True,
            "risk_classes": ["medium"],
            "required_fields": ["delegation"],
        },
    )
    write_scripts(scripted, "a.read", "b.read")
    answer = evaluated(frozen_host, **SCRIPTS)
    assert (answer.verdict, answer.pre_approved) == ("block", False)
    assert answer.reason_codes == ("fail_closed_missing_delegation",)


def test_an_inactive_kill_switch_is_told_of_an_approved_script(
    frozen_host: FrozenHost, scripted: Path
) -> None:
    write_switch(scripted)
    answer = evaluated(frozen_host, kill_switch_state="ks.json", **SCRIPTS)
    assert passed(answer)
    assert answer.kill_switch is not msgspec.UNSET


@pytest.mark.parametrize("risk", [*MILD, *SEVERE])
@pytest.mark.parametrize("more", [{}, OSS], ids=["standard", "oss-prod"])
def test_a_registry_that_cannot_be_used_stops_severe_calls_and_is_no_help_to_others(
    frozen_host: FrozenHost, scripted: Path, risk: str, more: dict[str, Any]
) -> None:
    at_risk(scripted, risk, **script_steps("a.read", "b.read"))
    text = (scripted / "scripts.json").read_bytes()
    (scripted / "scripts.json").write_bytes(text.replace(b"alice", b"mallory"))
    if more or risk in SEVERE:
        error = failed(frozen_host, PolicyBlocked, **SCRIPTS, **more)
        assert "approved scripts needed for this call" in error.message
        return
    answer = evaluated(frozen_host, **SCRIPTS)
    assert (answer.verdict, answer.registry_reason) == ("block", "")
    assert answer.warnings[-1].startswith("approved scripts not used: ")


def test_an_approval_that_expires_while_the_gate_stands_open_no_longer_counts(
    frozen_host: FrozenHost, scripted: Path
) -> None:
    gate = api.open_gate(options(**SCRIPTS), host=frozen_host)
    mild = intent_text(**script_steps("a.read", "b.read"))
    severe = intent_text(**script_steps("a.read", "b.read"), context={"risk_class": "high"})
    frozen_host.now += 3_600 * 10**9 - 1
    assert passed(api.decide(gate, mild, host=frozen_host))
    frozen_host.now += 1
    answer = api.decide(gate, mild, host=frozen_host)
    assert (answer.verdict, answer.pre_approved) == ("block", False)
    assert f"'pat' expired at {LATER}" in answer.warnings[-1]
    with pytest.raises(PolicyBlocked, match="expired"):
        api.decide(gate, severe, host=frozen_host)


def test_the_time_of_evaluation_brings_no_approval_back(
    frozen_host: FrozenHost, scripted: Path
) -> None:
    frozen_host.now += 3_600 * 10**9
    answer = evaluated(frozen_host, evaluation_time=MORNING, **SCRIPTS)
    assert not passed(answer)


# ---------------------------------------------------------------- times and digests


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "1980-01-01T00:00:00Z"),
        ("2026-01-02T03:04:05+01:00", "2026-01-02T02:04:05Z"),
    ],
)
def test_a_decision_has_the_time_of_its_intent_and_is_observed_now(
    frozen_host: FrozenHost, folder: Path, given: str | None, told: str
) -> None:
    write_intent(folder, created_at=given)
    evaluated(frozen_host, trace_out="t.json", evaluation_time=MORNING, **SIGNED)
    trace = trace_of(folder / "t.json")
    assert (trace.created_at, trace.observed_at) == (told, "2026-02-05T12:00:00Z")


def test_the_same_question_has_the_same_answer(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, {"match": {"tool_name": "db.query"}, "effect": "require_approval"})
    write_intent(folder, targets=[DELETE, READ])
    assert evaluated(frozen_host) == evaluated(frozen_host)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"tool_name":"a","tool_name":"b"}', "json_duplicate_key"),
        (b'{"Tool_Name":"a"}', "json_case_variant_key"),
        (b'{"tool_name":"a","args":{"n":9007199254740993}}', "json_lossy_number"),
        (b'{"tool_name":"\\ud800"}', "json_lossy_text"),
        (b"", "invalid_input"),
        (b"[]", "invalid_input"),
        (b'{"tool_name":"a"} {}', "invalid_input"),
        (b'{"tool_name":"a"}', "invalid_input"),
    ],
)
def test_an_intent_that_readers_could_read_differently_or_not_at_all_has_no_verdict(
    frozen_host: FrozenHost, folder: Path, text: bytes, code: str
) -> None:
    (folder / "intent.json").write_bytes(text)
    assert failed(frozen_host, InvalidInput).code == code


def test_what_no_record_knows_of_an_intent_is_ignored(
    frozen_host: FrozenHost, folder: Path
) -> None:
    plain = evaluated(frozen_host)
    write_intent(folder, note="x", intent_digest="claimed", verdict="block")
    assert evaluated(frozen_host) == plain
