"""Random policies in normal form, as plain dicts; a member that is empty is left out."""

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final, NamedTuple

from tests.support.gatedrawsintent import (
    ACCESS,
    CLASSES,
    CREDENTIAL_SOURCES,
    DIGESTS,
    DISCOVERIES,
    HINTS,
    ISSUERS,
    KINDS,
    MODES,
    NAMES,
    NOON,
    OPERATIONS,
    PATHS,
    RISKS,
    SCOPES,
    SENSITIVITIES,
    SKILL_SOURCES,
    SOURCES,
    TOOLS,
    Dict,
    filled,
    likely,
    maybe,
    some,
)

VERDICTS: Final = ["allow", "block", "dry_run", "require_approval"]
HOLDS: Final = ["block", "require_approval"]
RULE_NAMES: Final = ["A", "b c", "d-e", "f&G", '"h"', "i\\j", "k,l"]
PATTERNS: Final = [
    *("/srv/**", "/srv/*", "/srv/a.txt", "/etc/?asswd", "/**"),
    *("/srv/[a-b].txt", "/srv/[^a].txt", "/srv/\\a.txt", "/srv/[", "\\"),
]
DOMAINS: Final = ["*.x.test", "y.test", "*", "?.test", "[y-z].test"]
REQUIRED: Final = ["targets", "arg_provenance", "endpoint_class", "delegation", "context_evidence"]
REQUIRED_HIGH: Final = [
    *("agent_id", "agent_identity", "run_id", "workflow_id", "repo", "environment"),
    *("credential_ref", "credential_source", "credential_access_type", "credential_issuer"),
    *("credential_ttl_seconds", "approval_ref", "wrkr_inventory_ref", "agent_action_bom_ref"),
]


class Moment(NamedTuple):
    """An instant, and what the clocks of a zone show then."""

    zone: str
    wall: str
    at: str


MOMENTS: Final = [
    Moment("UTC", "2026-02-05T12:00:00", NOON),
    Moment("Etc/UTC", "2026-02-05T12:00:00.25", "2026-02-05T12:00:00.25Z"),
    Moment("America/New_York", "2026-02-05T7:00:00", NOON),
    Moment("Local", "2026-02-05T13:00:00", NOON),
    Moment("America/New_York", "2026-03-08T02:30:00", "2026-03-08T06:30:00Z"),
    Moment("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z"),
    Moment("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
    Moment("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T01:30:00Z"),
]
"""The gaps and overlaps are the examples of gate.md 3.4 (6)."""
_ZONES: Final = ["UTC", "Europe/Berlin", "Mars/Base", "europe/berlin"]


def policy_text(policy: Dict) -> bytes:
    """Spell a policy as a file; JSON is YAML."""
    text = json.dumps(policy)
    for hint in HINTS:
        first, *rest = hint.split("_")
        text = text.replace(f'"{hint}"', f'"{first}{"".join(map(str.capitalize, rest))}"')
    return text.encode()


def draw_policy(rng: Random, moment: Moment = MOMENTS[0]) -> Dict:
    rules = [draw_rule(rng, moment) for _ in range(rng.randrange(5))]
    scripts = {
        "max_steps": lambda: rng.randint(1, 3),
        "require_approval_above": lambda: rng.randint(1, 3),
        "block_mixed_risk": lambda: True,
    }
    policy = {
        "default_verdict": rng.choice(VERDICTS),
        "fail_closed": draw_fail_closed(rng),
        "scripts": maybe(rng, 30, scripts),
        "rules": sorted(rules, key=lambda rule: (rule.get("priority", 0), rule["name"])),
    }
    return filled(policy)


def draw_demanding_policy(rng: Random) -> Dict:
    """Draw rules that constrain nothing and ask for approvals, delegation and credentials."""
    effects = ["require_approval", "require_approval", "require_approval", *VERDICTS]
    rules = []
    for number in range(rng.randint(1, 3)):
        asked = filled(maybe(rng, 35, requirements(rng)))
        asked.pop("rate_limit", None)
        asked.pop("destructive_budget", None)
        asked["require_distinct_approvers"] = asked.get("min_approvals", 0) > 1
        delegation = {"require_delegation": lambda: True, "delegation_scopes": lambda: ["read"]}
        match = maybe(rng, 2, conditions(rng)) | maybe(rng, 30, delegation)
        rule = {"name": f"r{number}", "effect": rng.choice(effects), "match": match, **asked}
        rules.append(filled(rule))
    return {"default_verdict": rng.choice(VERDICTS), "rules": rules}


def draw_fail_closed(rng: Random) -> Dict:
    fields = {
        "required_fields": lambda: some(rng, REQUIRED, 3),
        "required_high_risk_fields": lambda: some(rng, REQUIRED_HIGH, 5),
    }
    classes = some(rng, RISKS)
    return filled({"enabled": likely(rng, 35), "risk_classes": classes} | maybe(rng, 60, fields))


def draw_rule(rng: Random, moment: Moment) -> Dict:
    rule = {
        "name": f"{rng.choice(RULE_NAMES)} {rng.randrange(4)}",
        "priority": rng.choice([-1, 0, 1, 1, 1, 2]),
        "effect": rng.choice(["allow", *VERDICTS]),
        "match": draw_match(rng),
        **maybe(rng, 18, constraints(rng, moment)),
        **maybe(rng, 3, evidence_options(rng)),
        **maybe(rng, 12, codes(rng) | requirements(rng)),
        **(maybe(rng, 30, agent_options(rng)) if likely(rng, 15) else {}),
        **(maybe(rng, 30, credential_options(rng)) if likely(rng, 15) else {}),
    }
    if rule.get("require_context_evidence"):
        rule["required_context_evidence_mode"] = "required"
    if rule.get("min_approvals", 0) > 1:
        rule["require_distinct_approvers"] = True
    return filled(rule)


def codes(rng: Random) -> dict[str, Callable[[], Any]]:
    return {
        "reason_codes": lambda: some(rng, ["ok", "why"]),
        "violations": lambda: some(rng, ["v1", "v2"]),
    }


def constraints(rng: Random, moment: Moment) -> dict[str, Callable[[], Any]]:
    return {
        "endpoint": lambda: draw_endpoint(rng),
        "dataflow": lambda: draw_dataflow(rng),
        "freeze_window": lambda: draw_freeze(rng, moment),
        "sandbox": lambda: draw_sandbox_rule(rng),
    }


def evidence_options(rng: Random) -> dict[str, Callable[[], Any]]:
    return {
        "require_context_evidence": lambda: True,
        "required_context_evidence_mode": lambda: "required",
        "max_context_age_seconds": lambda: 60,
    }


def requirements(rng: Random) -> dict[str, Callable[[], Any]]:
    return {
        "rate_limit": lambda: draw_limit(rng),
        "destructive_budget": lambda: draw_limit(rng),
        "min_approvals": lambda: rng.randint(1, 3),
        "require_distinct_approvers": lambda: True,
        "require_broker_credential": lambda: True,
        "broker_reference": lambda: rng.choice(["vault/a", "vault/b"]),
        "broker_scopes": lambda: some(rng, SCOPES),
    }


def draw_limit(rng: Random) -> Dict:
    return {
        "requests": rng.randint(1, 3),
        "window": rng.choice(["minute", "hour"]),
        "scope": rng.choice(["tool", "identity", "tool_identity"]),
    }


def agent_options(rng: Random) -> dict[str, Callable[[], Any]]:
    return {
        "require_declared_agent": lambda: True,
        "allowed_agent_ids": lambda: some(rng, NAMES),
        "denied_agent_ids": lambda: some(rng, NAMES),
        "required_agent_manifest_digest": lambda: rng.choice(DIGESTS),
        "allowed_agent_manifest_publishers": lambda: some(rng, ["acme", "other"]),
        "allowed_agent_manifest_sources": lambda: some(rng, SKILL_SOURCES),
        "required_agent_lifecycle_states": lambda: some(rng, ["active", "approved"]),
        "require_agent_owner": lambda: True,
        "require_unexpired_agent": lambda: True,
    }


def credential_options(rng: Random) -> dict[str, Callable[[], Any]]:
    return {
        "require_jit_credential": lambda: True,
        "block_standing_credentials": lambda: True,
        "allowed_credential_sources": lambda: some(rng, CREDENTIAL_SOURCES),
        "allowed_credential_issuers": lambda: some(rng, ISSUERS),
        "allowed_credential_access_types": lambda: some(rng, ACCESS),
        "max_credential_ttl_seconds": lambda: 600,
    }


def draw_match(rng: Random) -> Dict:
    return maybe(rng, 4, conditions(rng) | delegation_conditions(rng))


def conditions(rng: Random) -> dict[str, Callable[[], Any]]:
    return {
        "tool_names": lambda: some(rng, TOOLS),
        "risk_classes": lambda: some(rng, RISKS),
        "identities": lambda: some(rng, NAMES),
        "workspace_prefixes": lambda: some(rng, ["/srv", "/w", "/x"]),
        "target_kinds": lambda: some(rng, KINDS),
        "target_values": lambda: some(rng, PATHS, 4),
        "endpoint_classes": lambda: some(rng, CLASSES, 4),
        "discovery_method": lambda: some(rng, DISCOVERIES),
        "data_classes": lambda: some(rng, SENSITIVITIES),
        "destination_kinds": lambda: some(rng, KINDS),
        "destination_values": lambda: some(rng, PATHS, 4),
        "destination_operations": lambda: some(rng, OPERATIONS[1:]),
        "tool_annotations": lambda: {rng.choice(HINTS): likely(rng, 50)},
        "skill_publishers": lambda: some(rng, ["acme", "other"]),
        "skill_sources": lambda: some(rng, SKILL_SOURCES),
        "provenance_sources": lambda: some(rng, SOURCES),
        "context_tool_names": lambda: some(rng, TOOLS),
        "context_data_classes": lambda: some(rng, SENSITIVITIES),
        "context_endpoint_classes": lambda: some(rng, CLASSES),
        "context_autonomy_levels": lambda: some(rng, ["full", "none"]),
    }


def delegation_conditions(rng: Random) -> dict[str, Callable[[], Any]]:
    return {
        "require_delegation": lambda: True,
        "allowed_delegator_identities": lambda: some(rng, NAMES),
        "allowed_delegate_identities": lambda: some(rng, NAMES),
        "delegation_scopes": lambda: some(rng, SCOPES),
        "max_delegation_depth": lambda: rng.randrange(3),
    }


def draw_endpoint(rng: Random) -> Dict:
    fields = {
        "path_allowlist": lambda: some(rng, PATTERNS),
        "path_denylist": lambda: some(rng, PATTERNS),
        "domain_allowlist": lambda: some(rng, DOMAINS),
        "domain_denylist": lambda: some(rng, DOMAINS),
        "egress_classes": lambda: some(rng, ["net.http", "net.dns"]),
        "destructive_action": lambda: rng.choice(HOLDS),
    }
    given = maybe(rng, 40, fields)
    if likely(rng, 30):
        given["egress_classes"] = ["net.http"]
    names = {"reason_code": "endpoint_code", "violation": "endpoint_violation"}
    return filled({"enabled": bool(given), "action": rng.choice(HOLDS), **names, **given})


def draw_dataflow(rng: Random) -> Dict:
    lists = {
        "destination_kinds": lambda: some(rng, KINDS),
        "destination_values": lambda: some(rng, PATHS),
        "destination_operations": lambda: some(rng, OPERATIONS[1:]),
    }
    names = {"reason_code": "flow_code", "violation": "flow_violation"}
    sources = {"tainted_sources": some(rng, SOURCES)}
    return {
        "enabled": True,
        "action": rng.choice(HOLDS),
        **sources,
        **names,
        **maybe(rng, 35, lists),
    }


def draw_freeze(rng: Random, moment: Moment) -> Dict:
    filters = {"environments": lambda: ["prod"], "risk_classes": lambda: some(rng, RISKS)}
    return {
        "enabled": True,
        "timezone": rng.choice([moment.zone] * 3 + _ZONES),
        "effect": rng.choice(HOLDS),
        "windows": [draw_window(rng, moment) for _ in range(rng.randint(1, 2))],
        **maybe(rng, 30, filters | {"reason": lambda: "audit"}),
    }


def draw_window(rng: Random, moment: Moment) -> Dict:
    """Draw a span that often begins or ends at the very moment, and sometimes means nothing."""
    day = moment.wall[:10]
    starts = [moment.wall, moment.wall, f"{day}T00:00:00", "2026-01-01T00:00:00", "soon"]
    ends = [moment.wall, f"{day}T23:59:59", f"{day}T23:59:59", "2026-12-31T1:00:00.5", "24:00"]
    return {
        "name": rng.choice(["first", "second"]),
        "start": rng.choice(starts),
        "end": rng.choice(ends),
    }


def draw_sandbox_rule(rng: Random) -> Dict:
    fields: dict[str, Callable[[], Any]] = {
        f"allowed_{mode}s": lambda pool=pool: some(rng, pool)  # type: ignore[misc]  # binds the loop's value
        for mode, pool in MODES.items()
    }
    fields["max_timeout_seconds"] = lambda: 60
    fields["allowed_writable_path_prefixes"] = lambda: rng.choice([["/srv"], ["/srv"], ["/"]])
    fields["required_read_only_roots"] = lambda: ["/usr"]
    return {"enabled": True, **maybe(rng, 40, fields)}
