"""The naive model, constraints: what one rule makes of a call that matches it.

Contract: gate.md 3.4; compat.md for dataflow, climbing paths and lost hosts.
"""

import json
import re
from typing import Any, Final, NamedTuple

from tests.support.gatedrawsintent import digest_of
from tests.support.gatemodelfreeze import instant, model_freeze

Dict = dict[str, Any]
Found = list[tuple[str, str, str]]
"""Verdict to raise to, reason, violation."""

STRONGER: Final = ["allow", "dry_run", "require_approval", "block"]
ZERO_TIME: Final = "0001-01-01T00:00:00Z"
STANDING: Final = ["", "cloud_admin", "inherited", "standing", "static", "unknown"]


class Around(NamedTuple):
    """The time of evaluation, and the zone that `Local` means."""

    at: str
    local: str


def strongest(verdicts: list[str]) -> str:
    return max(verdicts, key=STRONGER.index)


def union(lists: list[list[str]]) -> list[str]:
    return sorted({item for one in lists for item in one})


def blocks(*codes: str) -> Found:
    return [("block", code, code) for code in codes]


def model_rule(rule: Dict, intent: Dict, around: Around) -> Dict:
    """Return verdict, reasons and violations of one rule, its freeze and its sandbox."""
    context = intent["context"]
    freeze = model_freeze(rule.get("freeze_window", {}), context, around.at, around.local)
    sandbox = model_sandbox(rule.get("sandbox", {}), context.get("sandbox"))
    found = [
        *model_dataflow(rule.get("dataflow", {}), intent),
        *model_endpoint(rule.get("endpoint", {}), intent),
        *model_evidence(rule, intent),
        *model_agent(rule, intent, around),
        *model_credential(rule, intent),
        *frozen(freeze),
        *blocks(*(sandbox["reason_codes"] if sandbox else [])),
    ]
    destructive = model_destructive(intent, sandbox)
    declared = rule.get("reason_codes") or [default_reason(rule["name"])]
    return {
        "verdict": strongest([rule["effect"], *[v for v, _, _ in found], *destructive]),
        "reasons": [*declared, *[reason for _, reason, _ in found], *destructive.values()],
        "violations": [*rule.get("violations", []), *[code for _, _, code in found]],
        "freeze": freeze,
        "sandbox": sandbox,
    }


def default_reason(name: str) -> str:
    escaped = json.dumps(name)
    for letter in "<>&":
        escaped = escaped.replace(letter, f"\\u{ord(letter):04x}")
    return "matched_rule_" + re.sub("[ -]", "_", escaped.strip('"')).lower()


def frozen(freeze: Dict | None) -> Found:
    if not freeze or freeze["status"] == "inactive":
        return []
    verdict = "block" if freeze["status"] == "invalid" else freeze["effect"]
    return [(verdict, freeze["reason_code"], freeze["reason_code"])]


def model_destructive(intent: Dict, sandbox: Dict | None) -> dict[str, str]:
    """Return the verdict that a destructive target raises to, with its reason."""
    targets = intent.get("targets", [])
    programs_only = all(target["endpoint_class"] == "proc.exec" for target in targets)
    contained = bool(sandbox) and sandbox is not None and sandbox["status"] == "valid"
    if not any(target.get("destructive") for target in targets) or (contained and programs_only):
        return {}
    if intent["context"]["phase"] == "plan":
        return {"dry_run": "plan_phase_non_destructive"}
    return {"require_approval": "destructive_apply_requires_approval"}


def model_dataflow(flow: Dict, intent: Dict) -> Found:
    sources = [entry["source"] for entry in intent.get("arg_provenance", [])]
    if not flow.get("enabled") or not any(s in flow["tainted_sources"] for s in sources):
        return []
    lists = [
        (flow.get("destination_kinds"), "kind"),
        (flow.get("destination_values"), "value"),
        (flow.get("destination_operations"), "operation"),
    ]
    given = [(wanted, field) for wanted, field in lists if wanted]
    given = given or [(["host", "url", "bucket", "queue", "topic"], "kind")]
    for target in intent.get("targets", []):
        if all(target.get(field, "") in wanted for wanted, field in given):
            return [(flow["action"], flow["reason_code"], flow["violation"])]
    return []


def model_endpoint(limits: Dict, intent: Dict) -> Found:
    if not limits.get("enabled"):
        return []
    found: Found = []
    for target in intent.get("targets", []):
        codes = path_codes(limits, target) + domain_codes(limits, target)
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


def path_codes(limits: Dict, target: Dict) -> list[str]:
    if target["kind"] != "path":
        return []
    climbs = ".." in re.split(r"[/\\]", target["value"])
    return list_codes("path", limits, target["value"], doubtful=climbs)


def domain_codes(limits: Dict, target: Dict) -> list[str]:
    domain = target.get("endpoint_domain", "")
    lost = target["kind"] == "host" and not domain
    if target["kind"] == "url":
        lost = not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[a-z0-9.:-]+(/|$)", target["value"])
    return list_codes("domain", limits, domain, doubtful=lost)


def list_codes(what: str, limits: Dict, value: str, *, doubtful: bool) -> list[str]:
    """Hold a value against both lists; what is doubtful stands on a deny-list, else on none."""
    denied, allowed = limits.get(f"{what}_denylist"), limits.get(f"{what}_allowlist")
    out = []
    if denied and (doubtful or (value and any(fits(p, value, what) for p in denied))):
        out.append(f"{what}_denied")
    if allowed and doubtful and not denied:
        out.append(f"{what}_not_allowlisted")
    if allowed and value and not any(fits(p, value, what) for p in allowed):
        out.append(f"{what}_not_allowlisted")
    return out


def fits(pattern: str, value: str, what: str) -> bool:
    if pattern == value:
        return True
    if what == "path" and pattern.endswith("/**") and f"{value}/".startswith(pattern[:-2]):
        return True
    if what == "domain" and pattern.startswith("*.") and value.endswith(pattern[1:]):
        return True
    expression = as_expression(pattern)
    return expression is not None and re.fullmatch(expression, value) is not None


def as_expression(pattern: str) -> str | None:
    """Spell a glob as a regular expression; None for one that is malformed."""
    out, rest = "", pattern
    while rest:
        token = re.match(r"\\(.)|(\*)|(\?)|\[(\^?)([^\]\\]+)\]|([^\[\\])", rest)
        if token is None:
            return None
        escaped, star, one, negation, members, plain = token.groups()
        out += "[^/]*" if star else "[^/]" if one else f"[{negation}{members}]" if members else ""
        out += re.escape(escaped or plain or "")
        rest = rest[token.end() :]
    return out


def model_evidence(rule: Dict, intent: Dict) -> Found:
    context = intent["context"]
    mode, limit = rule.get("required_context_evidence_mode"), rule.get("max_context_age_seconds")
    found: Found = []
    if (mode or limit) and not context.get("context_set_digest"):
        found.append(("block", "context_evidence_missing", "missing_context_evidence"))
        found.append(("block", "context_set_digest_missing", "missing_context_evidence"))
    if mode and context.get("context_evidence_mode") != "required":
        found.append(("block", "context_evidence_mode_mismatch", "context_evidence_mode_violation"))
    age = context.get("auth_context", {}).get("context_age_seconds")
    if limit and (age is None or age > limit):
        found.append(("block", "context_freshness_exceeded", "context_freshness_violation"))
    return found


def model_agent(rule: Dict, intent: Dict, around: Around) -> Found:
    context = intent["context"]
    agent, name = context.get("agent_identity", {}), context.get("agent_id", "")
    options = {option: wanted for option, wanted in rule.items() if "agent" in option}
    if not options:
        return []
    expiry = agent.get("expires_at", ZERO_TIME)
    faults = {
        ("agent_unknown", "agent_identity_missing"): "require_declared_agent" in options
        and not (name and "agent_identity" in context),
        ("agent_revoked",) * 2: agent.get("revoked") or name in options.get("denied_agent_ids", []),
        ("agent_unknown", "agent_not_declared"): "allowed_agent_ids" in options
        and name not in options["allowed_agent_ids"],
        ("agent_owner_missing",) * 2: "require_agent_owner" in options and not agent.get("owner"),
        ("agent_lifecycle_state_invalid",) * 2: any(
            state not in agent.get("lifecycle_states", [])
            for state in options.get("required_agent_lifecycle_states", [])
        ),
        ("agent_expired",) * 2: "require_unexpired_agent" in options
        and (expiry == ZERO_TIME or instant(expiry) <= instant(around.at)),
        ("agent_manifest_mismatch",) * 2: is_of_other_manifest(options, agent),
    }
    return [("block", reason, code) for (reason, code), is_there in faults.items() if is_there]


def is_of_other_manifest(options: Dict, agent: Dict) -> bool:
    digest = options.get("required_agent_manifest_digest", "")
    publishers = options.get("allowed_agent_manifest_publishers", [])
    sources = options.get("allowed_agent_manifest_sources", [])
    return bool(
        (digest and agent.get("manifest_digest") != digest)
        or (publishers and agent.get("publisher", "").lower() not in publishers)
        or (sources and agent.get("source", "") not in sources)
    )


def model_credential(rule: Dict, intent: Dict) -> Found:
    context = intent["context"]
    options = {option: wanted for option, wanted in rule.items() if "credential" in option}
    options.pop("require_broker_credential", None)
    if not options:
        return []
    jit, standing = "require_jit_credential" in options, "block_standing_credentials" in options
    kind, ttl = context.get("credential_access_type", ""), context.get("credential_ttl_seconds", 0)
    limit = options.get("max_credential_ttl_seconds", 0)
    source, issuer = context.get("credential_source", ""), context.get("credential_issuer", "")
    sources, issuers = "allowed_credential_sources", "allowed_credential_issuers"
    kinds = "allowed_credential_access_types"
    faults = {
        "credential_evidence_missing": not context.get("credential_ref")
        or (jit and not kind)
        or (limit and ttl <= 0),
        "credential_source_unknown": not source,
        "credential_access_type_unknown": not kind,
        "credential_not_jit": jit and kind not in ["", "jit"],
        "standing_credential_disallowed": standing and kind in STANDING,
        "credential_source_disallowed": sources in options and source not in options[sources],
        "credential_issuer_disallowed": issuers in options and issuer not in options[issuers],
        "credential_access_type_disallowed": kinds in options and kind not in options[kinds],
        "credential_ttl_exceeded": limit and ttl > limit,
        **binding_faults(context, intent.get("targets", [])),
    }
    return blocks(*[code for code, is_there in faults.items() if is_there])


def binding_faults(context: Dict, targets: list[Dict]) -> dict[str, bool]:
    bound = context.get("credential_target_binding")

    def differs(name: str) -> bool:
        wanted, own = context.get(f"credential_{name}_binding"), context.get(f"{name}_id")
        return bool(wanted and own and wanted != own)

    return {
        "credential_target_binding_mismatch": bool(bound) and bound != digest_of(targets),
        "credential_run_binding_mismatch": differs("run"),
        "credential_job_binding_mismatch": differs("job"),
    }


def model_sandbox(rule: Dict, claim: Dict | None) -> Dict | None:
    """Return what is shown of a sandbox; None for a rule that asks for none."""
    if not rule:
        return None
    if claim is None:
        return {"status": "missing", "reason_codes": ["sandbox_metadata_missing"], "claim": {}}
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
    wrong += ["sandbox_writable_path_disallowed"] if writes_outside(rule, claim) else []
    roots = rule.get("required_read_only_roots")
    if roots and any(root not in roots for root in claim.get("read_only_roots", [])):
        missing.append("sandbox_read_only_root_missing")
    status = "missing" if missing else "disallowed" if wrong else "valid"
    shown = {k: v for k, v in claim.items() if k not in ("writable_paths", "read_only_roots")}
    return {"status": status, "reason_codes": sorted(missing + wrong), "claim": shown}


def writes_outside(rule: Dict, claim: Dict) -> bool:
    prefixes = rule.get("allowed_writable_path_prefixes", [])
    return bool(prefixes) and not all(
        any(f"{path}/".startswith(f"{prefix.rstrip('/')}/") for prefix in prefixes)
        for path in claim.get("writable_paths", [])
    )


def pick_sandbox(found: list[Dict | None]) -> Dict | None:
    ranks = ["missing", "disallowed", "valid"]
    return min(
        (one for one in found if one),
        key=lambda one: (
            ranks.index(one["status"]),
            one["claim"].get("evidence_digest", ""),
        ),
        default=None,
    )
