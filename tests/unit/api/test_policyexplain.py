"""Explaining a policy through the api: digests, exit codes, nothing written."""

import json
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api.envelope import encode, exit_code, failure
from gait_engine.api.policyexplain import policy_explain
from gait_engine.api.policytest import policy_test
from gait_engine.contract.answers.policyexplain import PolicyExplainAnswer
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.gate.intent import intent_digest, read_intent
from gait_engine.gate.prepare import prepared
from tests.support.hosts import FrozenHost
from tests.support.intents import CONTEXT, intent_text


def explained(
    host: FrozenHost,
    policy: dict[str, Any],
    *,
    options: dict[str, str] | None = None,
    **fields: Any,
) -> PolicyExplainAnswer:
    (host.cwd / "p.yaml").write_text(json.dumps(policy), encoding="utf-8")
    (host.cwd / "i.json").write_bytes(intent_text(**fields))
    return policy_explain("p.yaml", "i.json", **(options or {}), host=host)


@pytest.mark.parametrize(
    ("verdict", "code"), [("allow", 0), ("dry_run", 0), ("require_approval", 4), ("block", 3)]
)
def test_the_exit_code_is_that_of_policy_test(
    frozen_host: FrozenHost, verdict: str, code: int
) -> None:
    answer = explained(frozen_host, {"default_verdict": verdict})
    assert (answer.ok, answer.verdict, exit_code(answer)) == (True, verdict, code)


def test_a_verdict_that_nobody_knows_is_no_success() -> None:
    assert exit_code(PolicyExplainAnswer(ok=True, verdict="perhaps")) == 3


def test_the_decision_and_its_digests_are_those_of_policy_test(frozen_host: FrozenHost) -> None:
    rule = {"name": "r", "effect": "block", "reason_codes": ["b"], "violations": ["v"]}
    claims = CONTEXT | {"context_set_digest": "0" * 64}
    answer = explained(frozen_host, {"rules": [rule]}, context=claims)
    tested = policy_test("p.yaml", "i.json", host=frozen_host)
    for name in ("policy_digest", "intent_digest", "verdict", "reason_codes", "violations"):
        assert getattr(answer, name) == getattr(tested, name)
    assert answer.matched_rule == tested.matched_rule == "r"
    bare = prepared(read_intent("i.json", host=frozen_host))
    assert answer.prepared_intent_digest == intent_digest(bare) != answer.intent_digest
    assert [claim.field for claim in answer.ignored_claims] == ["context_set_digest"]
    assert answer.rules[0].line == 1


def test_an_inventory_is_found_and_digested_once_rules_are_asked(frozen_host: FrozenHost) -> None:
    items = [{"tool_name": "tool.x", "data_class": "pii"}]
    (frozen_host.cwd / "inv.json").write_text(json.dumps(items), encoding="utf-8")
    rule = {"name": "r", "effect": "allow", "match": {"context_data_classes": ["pii"]}}
    options = {"wrkr_inventory": "inv.json"}
    answer = explained(frozen_host, {"rules": [rule]}, options=options)
    assert (answer.verdict, answer.matched_rule) == ("allow", "r")
    assert answer.prepared_intent_digest != answer.intent_digest
    closed = {"enabled": True, "risk_classes": ["low"], "required_fields": ["targets"]}
    answer = explained(frozen_host, {"fail_closed": closed}, options=options)
    assert answer.prepared_intent_digest == answer.intent_digest


def test_the_time_of_evaluation_may_be_given(frozen_host: FrozenHost) -> None:
    window = {"start": "2030-01-01T00:00:00", "end": "2030-01-02T00:00:00"}
    freeze = {"timezone": "UTC", "windows": [window]}
    policy = {"rules": [{"name": "r", "effect": "allow", "freeze_window": freeze}]}
    answer = explained(frozen_host, policy)
    assert (answer.verdict, answer.evaluated_at) == ("allow", "2026-02-05T12:00:00Z")
    options = {"evaluation_time": "2030-01-01T02:00:00+01:00"}
    answer = explained(frozen_host, policy, options=options)
    assert (answer.verdict, answer.evaluated_at) == ("block", "2030-01-01T01:00:00Z")
    assert "2030-01-02T00:00:00Z" in answer.what_would_change[0].values


def test_the_same_input_gives_the_same_bytes(frozen_host: FrozenHost) -> None:
    policy = {"rules": [{"name": "r", "effect": "block", "match": {"tool_names": ["t", "u"]}}]}
    first = encode(explained(frozen_host, policy))
    assert encode(explained(frozen_host, policy)) == first
    assert json.loads(first)["rules"][0]["conditions"] == [
        {
            "field": "tool_names",
            "found": ["tool.x"],
            "met": False,
            "relation": "any_of",
            "wanted": ["t", "u"],
        }
    ]


@pytest.mark.parametrize(
    ("policy", "intent", "options"),
    [
        ("", "i.json", {}),
        ("p.yaml", "", {}),
        ("nope.yaml", "i.json", {}),
        ("p.yaml", "nope.json", {}),
        ("i.json", "p.yaml", {}),
        ("p.yaml", "i.json", {"wrkr_inventory": "nope.json"}),
        ("p.yaml", "i.json", {"evaluation_time": "noon"}),
    ],
)
def test_what_cannot_be_read_is_an_error_never_a_verdict(
    frozen_host: FrozenHost, policy: str, intent: str, options: dict[str, str]
) -> None:
    explained(frozen_host, {"default_verdict": "allow"})
    with pytest.raises(GaitError) as raised:
        policy_explain(policy, intent, **options, host=frozen_host)
    assert isinstance(raised.value, InvalidInput)
    assert exit_code(failure(raised.value)) == 6


def test_nothing_is_written(frozen_host: FrozenHost) -> None:
    explained(frozen_host, {})
    before = {path: path.stat().st_mtime_ns for path in Path(frozen_host.cwd).rglob("*")}
    policy_explain("p.yaml", "i.json", host=frozen_host)
    assert {path: path.stat().st_mtime_ns for path in frozen_host.cwd.rglob("*")} == before
