"""A naive model of evaluation: plain dicts in, a plain dict out.

Written from the contract (gate.md 2.5, 3.1 to 3.5; compat.md for dataflow and endpoints) with no
eye on speed or shape; it shares no code with the evaluator.
"""

import re
from collections.abc import Callable
from typing import Any, Final

Dict = dict[str, Any]
Found = list[tuple[str, str, str]]
"""Verdict to raise to, reason, violation."""

NOW: Final = "2026-02-05T12:00:00Z"
STRONGER: Final = ["allow", "dry_run", "require_approval", "block"]


def model(policy: Dict, intent: Dict) -> Dict:
    closed = policy["fail_closed"]
    if closed.get("enabled") and intent["context"]["risk_class"] in closed["risk_classes"]:
        missing = model_missing(closed, intent)
        if missing:
            return answer("block", [m[0] for m in missing], [m[1] for m in missing])
    if "script" in intent:
        return model_script(policy, intent)
    return model_call(policy, intent)


def answer(verdict: str, reasons: list[str], violations: list[str], **more: Any) -> Dict:
    blank = {
        "min_approvals": 0, "require_distinct_approvers": False, "require_delegation": False,
        "delegation_scopes": [], "require_broker_credential": False, "broker_reference": "",
        "broker_scopes": [], "rate_limit": None, "matched_rule": "", "freeze": None,
        "sandbox": None, "steps": [], "risk": "",
    }  # fmt: skip
    codes = {"reasons": sorted(set(reasons)), "violations": sorted(set(violations))}
    return {"verdict": verdict, **blank, **codes, **more}


def model_missing(closed: Dict, intent: Dict) -> list[tuple[str, str]]:
    context = intent["context"]
    unknown = any(t["endpoint_class"] == "other" for t in intent["targets"])
    lacks = {
        "targets": not intent["targets"],
        "arg_provenance": not intent.get("arg_provenance"),
        "endpoint_class": unknown,
        "delegation": "delegation" not in intent,
    }
    out = [
        (f"fail_closed_missing_{field}", f"missing_{field}")
        for field in closed.get("required_fields", [])
        if lacks.get(field)
    ]
    wants_evidence = "context_evidence" in closed.get("required_fields", [])
    if wants_evidence and not context.get("context_set_digest"):
        out.append(("context_evidence_missing", "missing_context_evidence"))
    for field in closed.get("required_high_risk_fields", []):
        there = field in context if field == "agent_identity" else context.get(field)
        if not there:
            out.append((f"fail_closed_missing_{field}", f"missing_{field}"))
    if unknown:
        out.append(("fail_closed_endpoint_class_unknown", "endpoint_class_unknown"))
    return out


def model_matches(match: Dict, intent: Dict) -> bool:
    tests = call_tests(intent) | delegation_tests(intent)
    for field, wanted in match.items():
        if field == "tool_annotations":
            for hint, value in wanted.items():
                if not any(t.get(hint, False) == value for t in intent["targets"]):
                    return False
        elif not tests[field](wanted):
            return False
    return True


def call_tests(intent: Dict) -> dict[str, Callable[[Any], bool]]:
    context = intent["context"]
    auth = context.get("auth_context", {})
    skill = intent.get("skill_provenance", {"publisher": "", "source": ""})
    sources = [p["source"] for p in intent.get("arg_provenance", [])]

    def some_target(field: str) -> Callable[[Any], bool]:
        return lambda wanted: any(t.get(field, "") in wanted for t in intent["targets"])

    def says(key: str) -> Callable[[Any], bool]:
        said = auth.get(key)
        return lambda wanted: isinstance(said, str) and said.strip().lower() in wanted

    return {
        "tool_names": lambda wanted: intent["tool_name"] in wanted,
        "risk_classes": lambda wanted: context["risk_class"] in wanted,
        "identities": lambda wanted: context["identity"] in wanted,
        "workspace_prefixes": lambda wanted: any(
            context["workspace"].startswith(prefix) for prefix in wanted
        ),
        "target_kinds": some_target("kind"),
        "target_values": some_target("value"),
        "endpoint_classes": some_target("endpoint_class"),
        "discovery_method": some_target("discovery_method"),
        "data_classes": some_target("sensitivity"),
        "destination_kinds": some_target("kind"),
        "destination_values": some_target("value"),
        "destination_operations": some_target("operation"),
        "skill_publishers": lambda wanted: skill["publisher"].lower() in wanted,
        "skill_sources": lambda wanted: skill["source"] in wanted,
        "provenance_sources": lambda wanted: any(source in wanted for source in sources),
        "context_tool_names": says("wrkr.tool_name"),
        "context_data_classes": says("wrkr.data_class"),
        "context_endpoint_classes": says("wrkr.endpoint_class"),
        "context_autonomy_levels": says("wrkr.autonomy_level"),
    }


def delegation_tests(intent: Dict) -> dict[str, Callable[[Any], bool]]:
    delegation = intent.get("delegation")
    there = delegation is not None
    chain = (delegation or {}).get("chain", [])
    givers = [link["delegator_identity"] for link in chain]
    takers = [link["delegate_identity"] for link in chain]
    takers += [delegation["requester_identity"]] if delegation else []
    scopes = [link.get("scope_class", "") for link in chain]
    scopes += [(delegation or {}).get("scope_class", "")]
    return {
        "require_delegation": lambda _: there,
        "allowed_delegator_identities": lambda wanted: any(name in wanted for name in givers),
        "allowed_delegate_identities": lambda wanted: any(name in wanted for name in takers),
        "delegation_scopes": lambda wanted: any(scope and scope in wanted for scope in scopes),
        "max_delegation_depth": lambda wanted: there and len(chain) <= wanted,
    }


def strongest(verdicts: list[str]) -> str:
    return max(verdicts, key=STRONGER.index)


def model_call(policy: Dict, intent: Dict) -> Dict:
    matching = [r for r in policy["rules"] if model_matches(r["match"], intent)]
    if not matching:
        verdict = policy["default_verdict"]
        count = 1 if verdict == "require_approval" else 0
        return answer(verdict, [f"default_{verdict}"], [], min_approvals=count)
    best = min(r["priority"] for r in matching)
    taken = [(r, model_rule(r, intent)) for r in matching if r["priority"] == best]
    verdict = strongest([effect["verdict"] for _, effect in taken])
    decisive = [(r, e) for r, e in taken if e["verdict"] == verdict]
    needs = verdict == "require_approval"
    return answer(
        verdict,
        [code for _, e in decisive for code in e["reasons"]],
        [code for _, e in decisive for code in e["violations"]],
        min_approvals=max([1, *(r.get("min_approvals", 0) for r, _ in decisive)]) if needs else 0,
        require_distinct_approvers=needs
        and any(r.get("require_distinct_approvers", False) for r, _ in decisive),
        require_delegation=any(r["match"].get("require_delegation", False) for r, _ in decisive),
        delegation_scopes=union([r["match"].get("delegation_scopes", []) for r, _ in decisive]),
        require_broker_credential=any(
            r.get("require_broker_credential", False) for r, _ in decisive
        ),
        broker_reference=",".join(
            sorted({r["broker_reference"] for r, _ in decisive if r.get("broker_reference")})
        ),
        broker_scopes=union([r.get("broker_scopes", []) for r, _ in decisive]),
        rate_limit=model_strictest([r.get("rate_limit") for r, _ in decisive]),
        matched_rule=",".join(sorted({r["name"] for r, _ in taken})),
        freeze=worst(["invalid", "active", "inactive"], [e["freeze"] for _, e in decisive]),
        sandbox=worst(["missing", "disallowed", "valid"], [e["sandbox"] for _, e in decisive]),
    )


def union(lists: list[list[str]]) -> list[str]:
    return sorted({item for one in lists for item in one})


def worst(order: list[str], found: list[str | None]) -> str | None:
    return min((f for f in found if f), key=order.index, default=None)


def model_strictest(limits: list[Any]) -> Any:
    known = [(x["requests"], x["window"] != "minute", x["scope"]) for x in limits if x]
    return min(known, default=None)


def model_rule(rule: Dict, intent: Dict) -> Dict:
    context = intent["context"]
    name = rule["name"].replace(" ", "_").replace("-", "_").lower()
    freeze, frozen = model_freeze(rule.get("freeze_window"), context)
    sandbox, boxed = model_sandbox(rule.get("sandbox"), context.get("sandbox"))
    found = model_dataflow(rule.get("dataflow", {}), intent)
    found += model_endpoints(rule.get("endpoint", {}), intent["targets"])
    found += model_evidence(rule, context)
    found += [("block", reason, violation) for reason, violation in model_agent(rule, context)]
    found += [("block", code, code) for code in model_credential(rule, context)]
    found += frozen + boxed
    reasons = list(rule.get("reason_codes") or [f"matched_rule_{name}"])
    verdicts = [rule["effect"]]
    targets = intent["targets"]
    contained = sandbox == "valid" and all(t["endpoint_class"] == "proc.exec" for t in targets)
    if any(t.get("destructive") for t in targets) and not contained:
        plans = context["phase"] == "plan"
        verdicts.append("dry_run" if plans else "require_approval")
        reasons.append(
            "plan_phase_non_destructive" if plans else "destructive_apply_requires_approval"
        )
    return {
        "verdict": strongest(verdicts + [verdict for verdict, _, _ in found]),
        "reasons": reasons + [reason for _, reason, _ in found],
        "violations": rule.get("violations", []) + [violation for _, _, violation in found],
        "freeze": freeze,
        "sandbox": sandbox,
    }


def model_dataflow(flow: Dict, intent: Dict) -> Found:
    sources = [p["source"] for p in intent.get("arg_provenance", [])]
    if not flow.get("enabled") or not any(s in flow["tainted_sources"] for s in sources):
        return []
    lists = [
        (flow.get("destination_kinds"), "kind"),
        (flow.get("destination_values"), "value"),
        (flow.get("destination_operations"), "operation"),
    ]
    given = [(wanted, field) for wanted, field in lists if wanted]
    given = given or [(["host", "url", "bucket", "queue", "topic"], "kind")]
    for target in intent["targets"]:
        if all(target.get(field, "") in wanted for wanted, field in given):
            return [(flow["action"], flow["reason_code"], flow["violation"])]
    return []


def model_evidence(rule: Dict, context: Dict) -> Found:
    wanted, limit = rule.get("require_context_evidence"), rule.get("max_context_age_seconds")
    found: Found = []
    if (wanted or limit) and not context.get("context_set_digest"):
        found.append(("block", "context_evidence_missing", "missing_context_evidence"))
        found.append(("block", "context_set_digest_missing", "missing_context_evidence"))
    if wanted and context.get("context_evidence_mode") != "required":
        found.append(("block", "context_evidence_mode_mismatch", "context_evidence_mode_violation"))
    age = context.get("auth_context", {}).get("context_age_seconds")
    if limit and (age is None or age > limit):
        found.append(("block", "context_freshness_exceeded", "context_freshness_violation"))
    return found


def fits(pattern: str, value: str) -> bool:
    """Stars, question marks, trees and leading `*.` only: what the random policies write."""
    if pattern.endswith("/**") and (value + "/").startswith(pattern[:-2]):
        return True
    if pattern.startswith("*.") and value.endswith(pattern[1:]):
        return True
    text = re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    return re.fullmatch(text, value) is not None


def model_endpoints(limits: Dict, targets: list[Dict]) -> Found:
    if not limits.get("enabled"):
        return []
    found: Found = []
    for target in targets:
        codes = model_lists(limits, target)
        kind = target["endpoint_class"]
        if limits.get("egress_classes") and kind.startswith("net."):
            codes += [] if kind in limits["egress_classes"] else ["egress_class_not_allowed"]
        found += [(limits["action"], f"endpoint_{code}", f"endpoint_{code}") for code in codes]
        action = limits.get("destructive_action")
        if action and target.get("destructive"):
            found.append((action, "endpoint_destructive_operation", "destructive_operation"))
    if found:
        found.append((limits["action"], limits["reason_code"], limits["violation"]))
    return found


def model_lists(limits: Dict, target: Dict) -> list[str]:
    checks = []
    if target["kind"] == "path":
        checks.append(("path", target["value"], ".." in target["value"].split("/")))
    lost = target["kind"] == "url" and "://" not in target["value"]
    if lost or target.get("endpoint_domain"):
        checks.append(("domain", target.get("endpoint_domain", ""), lost))
    out = []
    for what, value, doubtful in checks:
        denied, allowed = limits.get(f"{what}_denylist"), limits.get(f"{what}_allowlist")
        if denied and (doubtful or any(fits(pattern, value) for pattern in denied)):
            out.append(f"{what}_denied")
        if allowed and doubtful and not denied:
            out.append(f"{what}_not_allowlisted")
        if allowed and value and not any(fits(pattern, value) for pattern in allowed):
            out.append(f"{what}_not_allowlisted")
    return out


def model_agent(rule: Dict, context: Dict) -> list[tuple[str, str]]:
    options = {k: v for k, v in rule.items() if "agent" in k and v}
    agent, name = context.get("agent_identity", {}), context.get("agent_id", "")
    states, publishers = "required_agent_lifecycle_states", "allowed_agent_manifest_publishers"
    declared = name and "agent_identity" in context
    faults = {
        ("agent_unknown", "agent_identity_missing"): "require_declared_agent" in options
        and not declared,
        ("agent_revoked", "agent_revoked"): agent.get("revoked")
        or name in options.get("denied_agent_ids", []),
        ("agent_unknown", "agent_not_declared"): "allowed_agent_ids" in options
        and name not in options["allowed_agent_ids"],
        ("agent_owner_missing",) * 2: "require_agent_owner" in options and not agent.get("owner"),
        ("agent_lifecycle_state_invalid",) * 2: any(
            state not in agent.get("lifecycle_states", []) for state in options.get(states, [])
        ),
        ("agent_expired",) * 2: "require_unexpired_agent" in options
        and not agent.get("expires_at", "") > NOW,
        ("agent_manifest_mismatch",) * 2: publishers in options
        and agent.get("publisher", "").lower() not in options[publishers],
    }
    return [(f[0], f[1]) for f, is_there in faults.items() if is_there] if options else []


def model_credential(rule: Dict, context: Dict) -> list[str]:
    jit, standing = rule.get("require_jit_credential"), rule.get("block_standing_credentials")
    sources, ttl = rule.get("allowed_credential_sources"), rule.get("max_credential_ttl_seconds")
    kind, age = context.get("credential_access_type", ""), context.get("credential_ttl_seconds", 0)
    source, ref = context.get("credential_source", ""), context.get("credential_ref", "")
    run, binding = context.get("run_id", ""), context.get("credential_run_binding", "")
    is_standing = kind in ["", "cloud_admin", "inherited", "standing", "static", "unknown"]
    unproven = not ref or (jit and not kind) or (ttl and age <= 0)
    faults = {
        "credential_evidence_missing": unproven,
        "credential_source_unknown": not source,
        "credential_access_type_unknown": not kind,
        "credential_not_jit": jit and kind not in ["", "jit"],
        "standing_credential_disallowed": standing and is_standing,
        "credential_source_disallowed": sources and source not in sources,
        "credential_ttl_exceeded": ttl and age > ttl,
        "credential_run_binding_mismatch": run and binding and run != binding,
    }
    asked = jit or standing or sources or ttl
    return [code for code, is_there in faults.items() if is_there] if asked else []


def model_freeze(freeze: Dict | None, context: Dict) -> tuple[str | None, Found]:
    if not freeze:
        return None, []
    places = freeze.get("environments")
    if places and context.get("environment", "").lower() not in places:
        return "inactive", []
    if freeze["timezone"] == "Mars/Base":
        return "invalid", blocks("freeze_window_invalid_timezone")
    for window in freeze["windows"]:
        if window["start"] == "soon" or window["end"] <= window["start"]:
            return "invalid", blocks("freeze_window_invalid_window")
        if window["start"] + "Z" <= NOW < window["end"] + "Z":
            code = f"freeze_window_active_{freeze['effect']}"
            return "active", [(freeze["effect"], code, code)]
    return "inactive", []


def blocks(*codes: str) -> Found:
    return [("block", code, code) for code in codes]


def model_sandbox(rule: Dict | None, claim: Dict | None) -> tuple[str | None, Found]:
    if not rule:
        return None, []
    if claim is None:
        return "missing", blocks("sandbox_metadata_missing")
    missing, wrong = [], []
    if not claim.get("evidence_ref") or not claim.get("evidence_digest"):
        missing.append("sandbox_evidence_missing")
    for field in ("network_mode", "env_exposure_mode", "filesystem_isolation", "user_mode"):
        allowed = rule.get(f"allowed_{field}s")
        if not claim.get(field):
            missing.append(f"sandbox_{field}_missing")
        elif allowed and claim[field] not in allowed:
            wrong.append(f"sandbox_{field}_disallowed")
    seconds, limit = claim.get("timeout_seconds", 0), rule.get("max_timeout_seconds", 0)
    missing += ["sandbox_timeout_missing"] if seconds <= 0 else []
    wrong += ["sandbox_timeout_exceeded"] if limit and seconds > limit else []
    for path in claim.get("writable_paths", []):
        prefixes = rule.get("allowed_writable_path_prefixes")
        if prefixes and not any((path + "/").startswith(prefix + "/") for prefix in prefixes):
            wrong.append("sandbox_writable_path_disallowed")
    status = "missing" if missing else "disallowed" if wrong else "valid"
    return status, blocks(*missing, *wrong)


def model_script(policy: Dict, intent: Dict) -> Dict:
    limits, steps = policy["scripts"], intent["script"]["steps"]
    shared: Dict = {
        k: intent[k] for k in ("context", "delegation", "skill_provenance") if k in intent
    }
    judged = [model_call(policy, {"arg_provenance": [], **step, **shared}) for step in steps]
    risks = [model_risk(step) for step in steps]
    found: Found = []
    if 0 < limits.get("max_steps", 0) < len(steps):
        found += blocks("script_max_steps_exceeded")
    if limits.get("block_mixed_risk") and len(set(risks)) > 1:
        found.append(("block", "script_mixed_risk_blocked", "script_mixed_risk"))
    is_long = 0 < limits.get("require_approval_above", 0) < len(steps)
    added = ["script_step_threshold_approval"] if is_long else []
    raised = ["require_approval"] if is_long else []
    return answer(
        strongest([j["verdict"] for j in judged] + [f[0] for f in found] + raised),
        [code for j in judged for code in j["reasons"]] + [f[1] for f in found] + added,
        [code for j in judged for code in j["violations"]] + [f[2] for f in found],
        min_approvals=max([j["min_approvals"] for j in judged] + [len(added)]),
        require_distinct_approvers=any(j["require_distinct_approvers"] for j in judged),
        require_delegation=any(j["require_delegation"] for j in judged),
        delegation_scopes=union([j["delegation_scopes"] for j in judged]),
        require_broker_credential=any(j["require_broker_credential"] for j in judged),
        broker_reference=[*[j["broker_reference"] for j in judged if j["broker_reference"]], ""][0],
        broker_scopes=union([j["broker_scopes"] for j in judged]),
        rate_limit=min((j["rate_limit"] for j in judged if j["rate_limit"]), default=None),
        matched_rule=",".join(sorted({j["matched_rule"] for j in judged if j["matched_rule"]})),
        freeze=worst(["invalid", "active", "inactive"], [j["freeze"] for j in judged]),
        sandbox=worst(["missing", "disallowed", "valid"], [j["sandbox"] for j in judged]),
        steps=[(j["verdict"], j["reasons"], j["violations"], j["matched_rule"]) for j in judged],
        risk=max(risks, key=["low", "medium", "high"].index),
    )


def model_risk(step: Dict) -> str:
    classes = [t["endpoint_class"] for t in step["targets"]]
    if any(c in ["fs.delete", "proc.exec"] for c in classes):
        return "high"
    if any(t.get("destructive") for t in step["targets"]):
        return "high"
    return "medium" if any(c == "fs.write" or c.startswith("net.") for c in classes) else "low"
