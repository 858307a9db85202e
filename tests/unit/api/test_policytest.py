"""Trying policies out: what is answered, what is advised, and which exit code a verdict is."""

import json
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api.envelope import encode, exit_code, failure
from gait_engine.api.policytest import policy_simulate, policy_test
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.answers.policytest import PolicyTestAnswer
from gait_engine.errors import GaitError, InvalidInput
from tests.support.hosts import FrozenHost
from tests.support.intents import CONTEXT, intent_text


def write_policy(host: FrozenHost, name: str, **fields: Any) -> str:
    (host.cwd / name).write_text(json.dumps(fields), encoding="utf-8")
    return name


def write_intent(host: FrozenHost, name: str, **members: Any) -> str:
    path = host.cwd / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(intent_text(**members))
    return name


def tried(host: FrozenHost, policy: dict[str, Any], **members: Any) -> PolicyTestAnswer:
    return policy_test(
        write_policy(host, "p.yaml", **policy), write_intent(host, "i.json", **members), host=host
    )


@pytest.mark.parametrize(
    ("verdict", "code"), [("allow", 0), ("dry_run", 0), ("require_approval", 4), ("block", 3)]
)
def test_a_verdict_is_an_answer_with_its_own_exit_code(
    frozen_host: FrozenHost, verdict: str, code: int
) -> None:
    answer = tried(frozen_host, {"default_verdict": verdict})
    assert (answer.ok, answer.verdict, exit_code(answer)) == (True, verdict, code)
    assert b"success_code" not in encode(answer)


def test_a_verdict_that_nobody_knows_is_no_success() -> None:
    assert exit_code(PolicyTestAnswer(ok=True, verdict="perhaps")) == 3


def test_the_answer_of_a_failure_is_not_a_verdict() -> None:
    failed = failure(InvalidInput("x"), PolicyTestAnswer(ok=False, verdict="allow"))
    assert exit_code(failed) == 6
    assert exit_code(Answer(ok=True)) == 0


def test_what_was_decided_is_answered(frozen_host: FrozenHost) -> None:
    rule = {"name": "r", "effect": "block", "reason_codes": ["b", "a"], "violations": ["v"]}
    answer = tried(frozen_host, {"rules": [rule]}, created_at="2026-02-03T04:05:06+01:00")
    assert answer.created_at == "2026-02-03T03:05:06Z"
    assert (answer.reason_codes, answer.violations) == (("a", "b"), ("v",))
    assert answer.matched_rule == "r"
    assert answer.summary == "policy test verdict=block reasons=a,b violations=v"
    assert (answer.schema_id, answer.schema_version) == ("gait.policytest.result", "1.0.0")


def test_an_intent_without_a_time_is_of_1980(frozen_host: FrozenHost) -> None:
    assert tried(frozen_host, {}).created_at == "1980-01-01T00:00:00Z"


def test_claims_of_evidence_are_digested_but_do_not_count(frozen_host: FrozenHost) -> None:
    policy = {"rules": [{"name": "r", "effect": "allow", "require_context_evidence": True}]}
    claims = {"context_set_digest": "0" * 64, "context_evidence_mode": "required"}
    bare = tried(frozen_host, policy)
    claimed = tried(frozen_host, policy, context={**CONTEXT, **claims})
    assert bare.verdict == claimed.verdict == "block"
    assert bare.intent_digest != claimed.intent_digest


def test_a_freeze_is_judged_at_the_time_of_the_host(frozen_host: FrozenHost) -> None:
    window = {"start": "2026-02-05T12:00:00", "end": "2026-02-05T12:00:01"}
    freeze = {"timezone": "UTC", "windows": [window]}
    policy = {"rules": [{"name": "r", "effect": "allow", "freeze_window": freeze}]}
    assert tried(frozen_host, policy).verdict == "block"
    frozen_host.now += 10**9
    assert tried(frozen_host, policy).verdict == "allow"


@pytest.mark.parametrize(
    ("reasons", "length", "end"),
    [
        (["a" * 190], 240, "violations=none"),
        (["a" * 191], 240, "...(+1)"),
        (["a" * 400], 240, "...(+210)"),
        (["ä" * 200], 240, "...(+210)"),
    ],
)
def test_a_summary_ends_at_240_bytes(
    frozen_host: FrozenHost, reasons: list[str], length: int, end: str
) -> None:
    rule = {"name": "r", "effect": "allow", "reason_codes": reasons}
    summary = tried(frozen_host, {"rules": [rule]}).summary
    assert summary.endswith(end)
    assert len(summary.replace("\ufffd", "?").encode()) == length


@pytest.mark.parametrize(
    ("policy", "intent"), [("nope.yaml", "i.json"), ("p.yaml", "nope.json"), ("i.json", "p.yaml")]
)
def test_what_cannot_be_read_is_an_error_never_a_verdict(
    frozen_host: FrozenHost, policy: str, intent: str
) -> None:
    write_policy(frozen_host, "p.yaml", default_verdict="allow")
    write_intent(frozen_host, "i.json")
    with pytest.raises(GaitError) as raised:
        policy_test(policy, intent, host=frozen_host)
    assert exit_code(failure(raised.value)) == 6


# ---------------------------------------------------------------- simulate


def rules(**effects: str) -> list[dict[str, Any]]:
    """Spell one rule per tool; `_` stands for the dot in a tool's name."""
    return [
        {"name": tool, "effect": effect, "match": {"tool_names": [tool.replace("_", ".")]}}
        for tool, effect in effects.items()
    ]


@pytest.fixture
def host(frozen_host: FrozenHost) -> FrozenHost:
    for tool in ("t.a", "t.b"):
        write_intent(frozen_host, f"fx/{tool}.json", tool_name=tool)
    return frozen_host


@pytest.mark.parametrize(
    ("baseline", "candidate", "advice", "changed"),
    [
        ({"t_a": "allow"}, {"t_a": "allow"}, "enforce", 0),
        ({"t_a": "allow"}, {"t_a": "dry_run"}, "enforce", 1),
        ({"t_a": "allow"}, {"t_a": "block"}, "require_approval", 1),
        ({"t_a": "dry_run"}, {"t_a": "allow"}, "observe", 1),
        ({"t_a": "allow", "t_b": "dry_run"}, {"t_a": "block", "t_b": "allow"}, "observe", 2),
    ],
)
def test_the_advice_follows_what_changes(
    host: FrozenHost,
    baseline: dict[str, str],
    candidate: dict[str, str],
    advice: str,
    changed: int,
) -> None:
    write_policy(host, "base.yaml", rules=rules(**baseline))
    write_policy(host, "next.yaml", rules=rules(**candidate))
    answer = policy_simulate("next.yaml", baseline="base.yaml", fixtures=["fx"], host=host)
    assert (answer.recommendation, answer.changed_fixtures) == (advice, changed)
    assert answer.fixtures_total == 2
    assert exit_code(answer) == 0
    assert answer.summary == f"policy simulate fixtures=2 changed={changed} recommendation={advice}"


def test_a_changed_fixture_shows_both_decisions(host: FrozenHost) -> None:
    write_policy(host, "base.yaml", rules=rules(t_a="block"), default_verdict="dry_run")
    write_policy(host, "next.yaml", default_verdict="dry_run")
    answer = policy_simulate("next.yaml", baseline="base.yaml", fixtures=["fx"], host=host)
    shown = json.loads(encode(answer))
    (change,) = shown["changed"]
    assert len(change.pop("intent_digest")) == 64
    assert change == {
        "fixture_path": "fx/t.a.json",
        "baseline_verdict": "block",
        "candidate_verdict": "dry_run",
        "baseline_reason_codes": ["matched_rule_t_a"],
        "candidate_reason_codes": ["default_dry_run"],
        "baseline_matched_rule": "t_a",
        "changed": True,
    }
    assert shown["baseline_verdicts"] == [
        {"count": 1, "verdict": "block"},
        {"count": 1, "verdict": "dry_run"},
    ]
    assert shown["candidate_verdicts"] == [{"count": 2, "verdict": "dry_run"}]


def test_another_reason_is_a_change_too(host: FrozenHost) -> None:
    write_policy(host, "base.yaml", rules=rules(t_a="allow"))
    write_policy(host, "next.yaml", rules=[rules(t_a="allow")[0] | {"reason_codes": ["other"]}])
    answer = policy_simulate("next.yaml", baseline="base.yaml", fixtures=["fx"], host=host)
    assert (answer.changed_fixtures, answer.recommendation) == (1, "enforce")


def test_a_fixture_that_is_no_intent_fails_the_whole_simulation(host: FrozenHost) -> None:
    write_policy(host, "p.yaml")
    (host.cwd / "fx" / "broken.json").write_bytes(b"{")
    with pytest.raises(InvalidInput):
        policy_simulate("p.yaml", baseline="p.yaml", fixtures=["fx"], host=host)


@pytest.mark.parametrize(("candidate", "baseline"), [("", "p.yaml"), ("p.yaml", "")])
def test_both_policies_must_be_named(host: FrozenHost, candidate: str, baseline: str) -> None:
    write_policy(host, "p.yaml")
    with pytest.raises(InvalidInput, match="not given"):
        policy_simulate(candidate, baseline=baseline, fixtures=["fx"], host=host)


def test_nothing_is_written(host: FrozenHost) -> None:
    write_policy(host, "p.yaml")
    before = sorted(Path(host.cwd).rglob("*"))
    policy_simulate("p.yaml", baseline="p.yaml", fixtures=["fx"], host=host)
    policy_test("p.yaml", "fx/t.a.json", host=host)
    assert sorted(Path(host.cwd).rglob("*")) == before
