"""A naive model of evaluation: a drawn case in, what is decided about it out, all of it plain.

Written from the contract (gate.md 1.7, 2.5, 3, 8; compat.md for what only this gate refuses) with
no eye on speed; it shares no code with the evaluator. Its parts: gatemodelaround (kill switch,
approved scripts), gatemodelmatch, gatemodelrule, gatemodelfreeze.
"""

from typing import Any, Final

from tests.support.gatedraws import Case
from tests.support.gatedrawsintent import NOON, Dict, digest_of, filled
from tests.support.gatemodelaround import is_spoilt, model_kill_switch, model_registry
from tests.support.gatemodelfreeze import pick_freeze
from tests.support.gatemodelmatch import model_matches
from tests.support.gatemodelrule import (
    Around,
    Found,
    blocks,
    model_rule,
    pick_sandbox,
    strongest,
    union,
)

NOW: Final = NOON
BLANK: Final[Dict] = {
    "error": "", "verdict": "", "reasons": [], "violations": [], "min_approvals": 0,
    "require_distinct_approvers": False, "require_delegation": False, "delegation_scopes": [],
    "require_broker_credential": False, "broker_reference": "", "broker_scopes": [],
    "rate_limit": None, "destructive_budget": None, "matched_rule": "", "freeze": None,
    "sandbox": None, "script": False, "step_count": 0, "script_hash": "", "risk": "", "steps": [],
    "kill_switch": None, "pattern_id": "", "is_judged": False, "intent_digest": "",
    "context_source": "", "registry_reason": "", "warnings": 0,
}  # fmt: skip


def model(case: Case) -> Dict:
    """Decide a case in the order of gate.md 3.1; limits, tokens and broker come after that."""
    given = case["intent"]
    severe = given["context"]["risk_class"] in ("high", "critical")
    must_know = severe or case["profile"] == "oss-prod"
    if isinstance(case["kill_switch"], str) and not must_know:
        return BLANK | {"error": "invalid_input"}
    if contradicts(given, case["envelope"]):
        return model_contradiction(case["policy"], given)
    spoilt = is_spoilt(case)
    if must_know and (case["inventory_fault"] or spoilt):
        return BLANK | {"error": "policy_blocked"}
    intent = prepare(given, case["envelope"], case["at"])
    inventory = {} if case["inventory_fault"] else case["inventory"]
    pattern, reason = model_registry(case, intent, spoilt=spoilt)
    decided = model_order(case, intent, inventory, pattern)
    if decided["is_judged"]:
        decided["context_source"] = sources(case["envelope"], intent, inventory)
        intent = enriched(intent, inventory)
    told = case["inventory_fault"] + spoilt + holds_more_than_steps(given)
    notes = {"registry_reason": reason, "warnings": told}
    return decided | notes | {"intent_digest": digest_of(filled_intent(intent))}


def holds_more_than_steps(intent: Dict) -> bool:
    """Tell a script beside whose steps something stands that no rule will see."""
    if "script" not in intent:
        return False
    judged = [target for step in intent["script"]["steps"] for target in step.get("targets", [])]
    own = intent.get("targets", [])
    return bool(intent["args"]) or any(target not in judged for target in own)


def contradicts(intent: Dict, envelope: Dict | None) -> bool:
    context = intent["context"]
    return envelope is not None and (
        context.get("context_set_digest", envelope["digest"]) != envelope["digest"]
        or context.get("context_evidence_mode", envelope["mode"]) != envelope["mode"]
    )


def model_contradiction(policy: Dict, intent: Dict) -> Dict:
    if not fails_closed(policy, intent):
        return BLANK | {"error": "invalid_input"}
    answer = call_answer("block", ["fail_closed_intent_invalid"], ["intent_not_evaluable"])
    return answer | {"is_judged": False, "intent_digest": digest_of(filled_intent(intent))}


def filled_intent(intent: Dict) -> Dict:
    """Return what an intent digest covers."""
    covered = {"targets": intent.get("targets", []), "args": intent["args"]}
    if "script" in intent:
        covered["script_hash"] = digest_of(intent["script"])
    return filled(intent) | covered


def prepare(intent: Dict, envelope: Dict | None, at: str) -> Dict:
    """Take away every claim of evidence, and put that of the envelope in its place."""
    context = {
        name: value
        for name, value in intent["context"].items()
        if name not in ("context_set_digest", "context_evidence_mode", "context_refs")
    }
    auth = dict(context.pop("auth_context", {}))
    auth.pop("context_age_seconds", None)
    if envelope is not None:
        ages = envelope["ages_seconds"]
        context["context_set_digest"] = envelope["digest"]
        context["context_evidence_mode"] = envelope["mode"]
        context["context_refs"] = [f"ref{number}" for number in range(len(ages))]
        oldest = max(ages, default=envelope["created_seconds_ago"])
        auth["context_age_seconds"] = max(oldest, 0)
    return intent | {"context": filled(context | {"auth_context": auth})}


def enriched(intent: Dict, inventory: Dict) -> Dict:
    item = inventory.get(intent["tool_name"])
    if item is None or "script" in intent:
        return intent
    auth = intent["context"].get("auth_context", {})
    known = {f"wrkr.{name}": value for name, value in item.items()}
    return intent | {"context": intent["context"] | {"auth_context": auth | known}}


def sources(envelope: Dict | None, intent: Dict, inventory: Dict) -> str:
    tools = [call["tool_name"] for call in intent.get("script", {"steps": [intent]})["steps"]]
    found = ["context_envelope"] if envelope is not None else []
    return ",".join(found + ["inventory.json"] * any(tool in inventory for tool in tools))


def model_order(case: Case, intent: Dict, inventory: Dict, pattern: str) -> Dict:
    policy, around = case["policy"], Around(case["at"], case["local"])
    missing = model_missing(policy, intent) if fails_closed(policy, intent) else []
    if missing:
        answer = call_answer("block", [m[0] for m in missing], [m[1] for m in missing])
        return answer | {"is_judged": False}
    kill = model_kill_switch(case["kill_switch"], intent, case["at"])
    if kill and kill["status"] == "unavailable":
        answer = call_answer("block", kill["reason_codes"], kill["reason_codes"])
        return answer | {"is_judged": False, "kill_switch": kill}
    thrown = bool(kill and kill["status"] == "active")
    if pattern and not thrown:
        decided = model_approved(intent, pattern)
    elif "script" in intent:
        decided = model_script(policy, intent, inventory, around)
    else:
        decided = model_call(policy, enriched(intent, inventory), around)
    decided["kill_switch"] = kill
    if kill and thrown:
        decided["verdict"] = "block"
        decided["reasons"] = union([decided["reasons"], kill["reason_codes"]])
        decided["violations"] = union([decided["violations"], ["kill_switch_active"]])
    return decided


def fails_closed(policy: Dict, intent: Dict) -> bool:
    closed = policy.get("fail_closed", {})
    return bool(closed.get("enabled")) and intent["context"]["risk_class"] in closed["risk_classes"]


def model_missing(policy: Dict, intent: Dict) -> list[tuple[str, str]]:
    """Return a reason and a violation for each fact that must be known and is not (gate.md 3.2)."""
    closed, context = policy["fail_closed"], intent["context"]
    unknown = any(target["endpoint_class"] == "other" for target in intent.get("targets", []))
    there = {
        "targets": bool(intent.get("targets")),
        "arg_provenance": bool(intent.get("arg_provenance")),
        "endpoint_class": not unknown,
        "delegation": "delegation" in intent,
        "context_evidence": "context_set_digest" in context,
    }
    high = closed.get("required_high_risk_fields", [])
    lacking = [field for field in closed.get("required_fields", []) if not there[field]]
    lacking += [field for field in high if field not in context]
    codes = [(f"fail_closed_missing_{field}", f"missing_{field}") for field in lacking]
    evidence = ("fail_closed_missing_context_evidence", "missing_context_evidence")
    told = [("context_evidence_missing", c[1]) if c == evidence else c for c in codes]
    other = ("fail_closed_endpoint_class_unknown", "endpoint_class_unknown")
    return [*told, other] if unknown else told


def call_answer(verdict: str, reasons: list[str], violations: list[str], **more: Any) -> Dict:
    codes = {"reasons": union([reasons]), "violations": union([violations])}
    return BLANK | {"verdict": verdict, "is_judged": True} | codes | more


def model_call(policy: Dict, intent: Dict, around: Around) -> Dict:
    taken = taken_rules(policy, intent)
    if not taken:
        verdict = policy["default_verdict"]
        count = 1 if verdict == "require_approval" else 0
        return call_answer(verdict, [f"default_{verdict}"], [], min_approvals=count)
    return model_taken([rule | model_rule(rule, intent, around) for rule in taken])


def taken_rules(policy: Dict, intent: Dict) -> list[Dict]:
    """Return the matching rules of the smallest priority number among them."""
    rules = policy.get("rules", [])
    matching = [rule for rule in rules if model_matches(rule.get("match", {}), intent)]
    best = min((rule.get("priority", 0) for rule in matching), default=0)
    return [rule for rule in matching if rule.get("priority", 0) == best]


def model_taken(taken: list[Dict]) -> Dict:
    """Combine the rules taken, each with what it made of the call."""
    verdict = strongest([rule["verdict"] for rule in taken])
    decisive = [rule for rule in taken if rule["verdict"] == verdict]
    matches = [rule.get("match", {}) for rule in decisive]
    asks = verdict == "require_approval"
    counts = [rule.get("min_approvals", 0) for rule in decisive]
    return call_answer(
        verdict,
        [code for rule in decisive for code in rule["reasons"]],
        [code for rule in decisive for code in rule["violations"]],
        min_approvals=max([1, *counts]) if asks else 0,
        require_distinct_approvers=asks
        and any("require_distinct_approvers" in r for r in decisive),
        require_delegation=any("require_delegation" in match for match in matches),
        delegation_scopes=union([match.get("delegation_scopes", []) for match in matches]),
        require_broker_credential=any("require_broker_credential" in r for r in decisive),
        broker_reference=",".join(
            union([[rule["broker_reference"]] for rule in decisive if "broker_reference" in rule])
        ),
        broker_scopes=union([rule.get("broker_scopes", []) for rule in decisive]),
        rate_limit=strictest([as_limit(rule.get("rate_limit")) for rule in decisive]),
        destructive_budget=strictest([as_limit(r.get("destructive_budget")) for r in decisive]),
        matched_rule=",".join(union([[rule["name"]] for rule in taken])),
        freeze=pick_freeze([rule["freeze"] for rule in decisive]),
        sandbox=pick_sandbox([rule["sandbox"] for rule in decisive]),
    )


Limit = tuple[int, int, str]


def as_limit(limit: Dict | None) -> Limit | None:
    if limit is None:
        return None
    return limit["requests"], ["minute", "hour"].index(limit["window"]), limit["scope"]


def strictest(limits: list[Limit | None]) -> Limit | None:
    return min((limit for limit in limits if limit), default=None)


def model_script(policy: Dict, intent: Dict, inventory: Dict, around: Around) -> Dict:
    steps = step_calls(intent)
    judged = [model_call(policy, enriched(step, inventory), around) for step in steps]
    found, is_long = script_findings(policy.get("scripts", {}), [step_risk(step) for step in steps])
    raised = ["require_approval"] if is_long else []
    added = ["script_step_threshold_approval"] if is_long else []
    references = [one["broker_reference"] for one in judged if one["broker_reference"]]
    return call_answer(
        strongest([one["verdict"] for one in judged] + [f[0] for f in found] + raised),
        [code for one in judged for code in one["reasons"]] + [f[1] for f in found] + added,
        [code for one in judged for code in one["violations"]] + [f[2] for f in found],
        min_approvals=max([one["min_approvals"] for one in judged] + [len(added)]),
        require_distinct_approvers=any(one["require_distinct_approvers"] for one in judged),
        require_delegation=any(one["require_delegation"] for one in judged),
        delegation_scopes=union([one["delegation_scopes"] for one in judged]),
        require_broker_credential=any(one["require_broker_credential"] for one in judged),
        broker_reference=references[0] if references else "",
        broker_scopes=union([one["broker_scopes"] for one in judged]),
        rate_limit=strictest([one["rate_limit"] for one in judged]),
        destructive_budget=strictest([one["destructive_budget"] for one in judged]),
        matched_rule=",".join(
            union([[one["matched_rule"]] for one in judged if one["matched_rule"]])
        ),
        freeze=pick_freeze([one["freeze"] for one in judged]),
        sandbox=pick_sandbox([one["sandbox"] for one in judged]),
        **script_facts(intent, judged),
    )


def step_calls(intent: Dict) -> list[Dict]:
    shared = {k: intent[k] for k in ("context", "delegation", "skill_provenance") if k in intent}
    return [step | shared for step in intent["script"]["steps"]]


def script_findings(limits: Dict, risks: list[str]) -> tuple[Found, bool]:
    """Return what the limits for scripts block, and whether a script is long enough to approve."""
    found: Found = []
    if 0 < limits.get("max_steps", 0) < len(risks):
        found += blocks("script_max_steps_exceeded")
    if limits.get("block_mixed_risk") and len(set(risks)) > 1:
        found.append(("block", "script_mixed_risk_blocked", "script_mixed_risk"))
    return found, 0 < limits.get("require_approval_above", 0) < len(risks)


def script_facts(intent: Dict, judged: list[Dict]) -> Dict:
    """Return what is shown of a script beside its verdict."""
    steps = step_calls(intent)
    shown = ("verdict", "reasons", "violations", "matched_rule")
    return {
        "script": True,
        "step_count": len(steps),
        "script_hash": digest_of(intent["script"]),
        "risk": max(map(step_risk, steps), key=["low", "medium", "high"].index),
        "steps": [
            (number, step["tool_name"], *[one[name] for name in shown])
            for number, (step, one) in enumerate(zip(steps, judged, strict=True))
        ],
    }


def step_risk(step: Dict) -> str:
    targets = step.get("targets", [])
    classes = [target["endpoint_class"] for target in targets]
    if {"fs.delete", "proc.exec"} & set(classes) or any(t.get("destructive") for t in targets):
        return "high"
    return "medium" if any(c == "fs.write" or c.startswith("net.") for c in classes) else "low"


def model_approved(intent: Dict, pattern: str) -> Dict:
    """Let an approved script pass, every step of it."""
    passed = call_answer("allow", ["approved_script_match"], [])
    facts = script_facts(intent, [passed for _ in step_calls(intent)])
    return passed | facts | {"pattern_id": pattern}
