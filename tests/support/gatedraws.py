"""Random policies and intents in normal form, as plain dicts; one seed, one pair.

Values come from small pools, so that rules match, lists hit and constraints clash often.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final

Dict = dict[str, Any]

VERDICTS: Final = ["allow", "block", "dry_run", "require_approval"]
HOLDS: Final = ["block", "require_approval"]
TOOLS: Final = ["t.read", "t.write", "t.run"]
RISKS: Final = ["low", "high"]
KINDS: Final = ["path", "url", "host", "bucket", "other"]
PATHS: Final = ["/srv/a.txt", "/srv/b/c.txt", "/etc/passwd", "/srv/../etc/passwd"]
URLS: Final = [
    ("https://api.x.test/v1", "api.x.test"),
    ("https://y.test/", "y.test"),
    ("z.test", ""),
]
CLASSES: Final = ["fs.read", "fs.write", "fs.delete", "proc.exec", "net.http", "net.dns", "other"]
OPERATIONS: Final = ["", "read", "write", "delete"]
SOURCES: Final = ["user", "tool_output", "external", "system"]
NAMES: Final = ["alice", "bob", "carol"]
SCOPES: Final = ["read", "write"]
ACCESS: Final = ["", "jit", "standing", "cloud_admin"]
PATTERNS: Final = ["/srv/**", "/srv/*", "/srv/a.txt", "/etc/?asswd", "/**"]
DOMAINS: Final = ["*.x.test", "y.test", "*", "?.test"]
WINDOWS: Final = [
    {"name": "past", "start": "2026-02-05T10:00:00", "end": "2026-02-05T12:00:00"},
    {"name": "now", "start": "2026-02-05T12:00:00", "end": "2026-02-05T13:00:00"},
    {"name": "odd", "start": "2026-02-06T00:00:00", "end": "2026-02-05T00:00:00"},
    {"name": "soon", "start": "soon", "end": "later"},
]
MODES: Final = {
    "network_mode": ["disabled", "full"],
    "env_exposure_mode": ["allowlist", "full"],
    "filesystem_isolation": ["container", "none"],
    "user_mode": ["root", "unprivileged"],
}


def draw_pair(seed: int) -> tuple[Dict, Dict]:
    """Return a policy and an intent."""
    rng = Random(seed)  # noqa: S311  # reproducible on purpose
    return draw_policy(rng), draw_intent(rng)


def some(rng: Random, pool: list[Any], most: int = 2) -> list[Any]:
    """Return one to `most` of a pool, sorted."""
    return sorted(rng.sample(pool, rng.randint(1, min(most, len(pool)))))


def likely(rng: Random, percent: int) -> bool:
    return rng.randrange(100) < percent


def maybe(rng: Random, percent: int, fields: dict[str, Callable[[], Any]]) -> Dict:
    """Give each field its value with some likelihood."""
    return {name: value() for name, value in fields.items() if likely(rng, percent)}


def draw_policy(rng: Random) -> Dict:
    closed = maybe(
        rng,
        40,
        {
            "required_fields": lambda: some(
                rng, ["targets", "arg_provenance", "endpoint_class", "delegation",
                      "context_evidence"]
            ),
            "required_high_risk_fields": lambda: some(
                rng, ["agent_id", "agent_identity", "run_id", "credential_ttl_seconds"]
            ),
        },
    )  # fmt: skip
    rules = [draw_rule(rng, n) for n in range(rng.randrange(5))]
    return {
        "default_verdict": rng.choice(VERDICTS),
        "fail_closed": {"enabled": likely(rng, 25), "risk_classes": ["high"], **closed},
        "scripts": maybe(
            rng,
            30,
            {
                "max_steps": lambda: rng.randint(1, 3),
                "require_approval_above": lambda: rng.randint(1, 3),
                "block_mixed_risk": lambda: True,
            },
        ),
        "rules": sorted(rules, key=lambda rule: (rule["priority"], rule["name"])),
    }


def draw_rule(rng: Random, number: int) -> Dict:
    return {
        "name": f"{rng.choice(['A', 'b c', 'd-e'])} {number}",
        "priority": rng.choice([1, 1, 2]),
        "effect": rng.choice(["allow", *VERDICTS]),
        "match": draw_match(rng),
        **maybe(
            rng,
            12,
            {
                "reason_codes": lambda: some(rng, ["ok", "why"]),
                "violations": lambda: some(rng, ["v1", "v2"]),
                "endpoint": lambda: draw_endpoint(rng),
                "dataflow": lambda: draw_dataflow(rng),
                "freeze_window": lambda: draw_freeze(rng),
                "sandbox": lambda: draw_sandbox_rule(rng),
                "rate_limit": lambda: {
                    "requests": rng.randint(1, 3),
                    "window": rng.choice(["minute", "hour"]),
                    "scope": rng.choice(["tool", "identity"]),
                },
                "min_approvals": lambda: rng.randint(1, 3),
                "require_distinct_approvers": lambda: True,
                "require_broker_credential": lambda: True,
                "broker_reference": lambda: rng.choice(["vault/a", "vault/b"]),
                "broker_scopes": lambda: some(rng, SCOPES),
                "max_context_age_seconds": lambda: 60,
            },
        ),
        **({} if likely(rng, 90) else EVIDENCE),
        **maybe(rng, 5, agent_options(rng) | credential_options(rng)),
    }


EVIDENCE: Final = {"require_context_evidence": True, "required_context_evidence_mode": "required"}


def agent_options(rng: Random) -> dict[str, Callable[[], Any]]:
    return {
        "require_declared_agent": lambda: True,
        "allowed_agent_ids": lambda: some(rng, NAMES),
        "denied_agent_ids": lambda: some(rng, NAMES),
        "require_agent_owner": lambda: True,
        "require_unexpired_agent": lambda: True,
        "required_agent_lifecycle_states": lambda: some(rng, ["active", "approved"]),
        "allowed_agent_manifest_publishers": lambda: some(rng, ["acme", "other"]),
    }


def credential_options(rng: Random) -> dict[str, Callable[[], Any]]:
    return {
        "require_jit_credential": lambda: True,
        "block_standing_credentials": lambda: True,
        "allowed_credential_sources": lambda: some(rng, ["env", "aws_sts"]),
        "max_credential_ttl_seconds": lambda: 600,
    }


def draw_match(rng: Random) -> Dict:
    return maybe(
        rng,
        6,
        {
            "tool_names": lambda: some(rng, TOOLS),
            "risk_classes": lambda: some(rng, RISKS),
            "identities": lambda: some(rng, NAMES),
            "workspace_prefixes": lambda: some(rng, ["/srv", "/w"]),
            "target_kinds": lambda: some(rng, KINDS),
            "target_values": lambda: some(rng, PATHS),
            "endpoint_classes": lambda: some(rng, CLASSES, 4),
            "discovery_method": lambda: some(rng, ["mcp", "unknown"]),
            "data_classes": lambda: some(rng, ["pii", "public"]),
            "destination_kinds": lambda: some(rng, KINDS),
            "destination_values": lambda: some(rng, PATHS),
            "destination_operations": lambda: some(rng, OPERATIONS[1:]),
            "tool_annotations": lambda: {"read_only_hint": likely(rng, 50)},
            "skill_publishers": lambda: some(rng, ["acme", "other"]),
            "skill_sources": lambda: some(rng, ["git", "registry"]),
            "provenance_sources": lambda: some(rng, SOURCES),
            "context_tool_names": lambda: some(rng, TOOLS),
            "context_data_classes": lambda: some(rng, ["pii", "public"]),
            "require_delegation": lambda: True,
            "allowed_delegator_identities": lambda: some(rng, NAMES),
            "allowed_delegate_identities": lambda: some(rng, NAMES),
            "delegation_scopes": lambda: some(rng, SCOPES),
            "max_delegation_depth": lambda: rng.randrange(3),
        },
    )


def draw_endpoint(rng: Random) -> Dict:
    lists = maybe(
        rng,
        35,
        {
            "path_allowlist": lambda: some(rng, PATTERNS),
            "path_denylist": lambda: some(rng, PATTERNS),
            "domain_allowlist": lambda: some(rng, DOMAINS),
            "domain_denylist": lambda: some(rng, DOMAINS),
            "egress_classes": lambda: some(rng, ["net.http", "net.dns"]),
            "destructive_action": lambda: rng.choice(HOLDS),
        },
    )
    codes = {"reason_code": "endpoint_code", "violation": "endpoint_violation"}
    return {"enabled": likely(rng, 90), "action": rng.choice(HOLDS), **codes, **lists}


def draw_dataflow(rng: Random) -> Dict:
    lists = maybe(
        rng,
        35,
        {
            "destination_kinds": lambda: some(rng, KINDS),
            "destination_values": lambda: some(rng, PATHS),
            "destination_operations": lambda: some(rng, OPERATIONS[1:]),
        },
    )
    codes = {"reason_code": "flow_code", "violation": "flow_violation"}
    sources = {"tainted_sources": some(rng, SOURCES)}
    return {"enabled": True, "action": rng.choice(HOLDS), **sources, **codes, **lists}


def draw_freeze(rng: Random) -> Dict:
    return {
        "enabled": True,
        "timezone": rng.choice(["UTC", "Etc/UTC", "Etc/UTC", "Mars/Base"]),
        "effect": rng.choice(HOLDS),
        "windows": rng.sample(WINDOWS, rng.randint(1, 2)),
        **maybe(rng, 40, {"environments": lambda: ["prod"]}),
    }


def draw_sandbox_rule(rng: Random) -> Dict:
    fields: dict[str, Callable[[], Any]] = {
        f"allowed_{mode}s": lambda pool=pool: some(rng, pool)  # type: ignore[misc]
        for mode, pool in MODES.items()
    }
    fields["max_timeout_seconds"] = lambda: 60
    fields["allowed_writable_path_prefixes"] = lambda: ["/srv"]
    return {"enabled": True, **maybe(rng, 40, fields)}


def draw_intent(rng: Random) -> Dict:
    steps = {"script": {"steps": [draw_call(rng) for _ in range(rng.randint(1, 4))]}}
    is_script = likely(rng, 30)
    return {
        **draw_call(rng),
        "context": draw_context(rng),
        **(steps | {"tool_name": "script"} if is_script else {}),
        **maybe(
            rng,
            50,
            {
                "delegation": lambda: draw_delegation(rng),
                "skill_provenance": lambda: {
                    "skill_name": "s",
                    "publisher": rng.choice(["Acme", "x"]),
                    "source": rng.choice(["git", "y"]),
                },
            },
        ),
    }


def draw_call(rng: Random) -> Dict:
    entries = [{"arg_path": "$.a", "source": rng.choice(SOURCES)} for _ in range(rng.randrange(3))]
    return {
        "tool_name": rng.choice(TOOLS),
        "targets": [draw_target(rng) for _ in range(rng.randrange(3))],
        "arg_provenance": entries,
    }


def draw_target(rng: Random) -> Dict:
    kind = rng.choice(KINDS)
    value, domain = rng.choice(URLS) if kind == "url" else (rng.choice(PATHS), "")
    if kind == "host":
        value = domain = rng.choice(["api.x.test", "y.test"])
    return {
        "kind": kind,
        "value": value,
        "endpoint_domain": domain,
        "operation": rng.choice(OPERATIONS),
        "sensitivity": rng.choice(["", "pii"]),
        "endpoint_class": rng.choice(CLASSES),
        "discovery_method": rng.choice(["mcp", "unknown"]),
        "destructive": likely(rng, 20),
        "read_only_hint": likely(rng, 50),
    }


def draw_context(rng: Random) -> Dict:
    return {
        "identity": rng.choice(NAMES),
        "workspace": rng.choice(["/srv/app", "/w", "/x"]),
        "risk_class": rng.choice(RISKS),
        "phase": rng.choice(["apply", "apply", "plan"]),
        **maybe(
            rng,
            50,
            {
                "agent_id": lambda: rng.choice(NAMES),
                "agent_identity": lambda: draw_agent(rng),
                "run_id": lambda: rng.choice(["r1", "r2"]),
                "environment": lambda: rng.choice(["prod", "PROD", "dev"]),
                "credential_ref": lambda: "ref:x",
                "credential_source": lambda: rng.choice(["env", "aws_sts"]),
                "credential_access_type": lambda: rng.choice(ACCESS),
                "credential_ttl_seconds": lambda: rng.choice([60, 600, 601]),
                "credential_run_binding": lambda: rng.choice(["r1", "r2"]),
                "context_set_digest": lambda: "0" * 64,
                "context_evidence_mode": lambda: rng.choice(["best_effort", "required"]),
                "auth_context": lambda: draw_auth(rng),
                "sandbox": lambda: draw_claim(rng),
            },
        ),
    }


def draw_agent(rng: Random) -> Dict:
    return maybe(
        rng,
        60,
        {
            "owner": lambda: "team",
            "publisher": lambda: rng.choice(["Acme", "x"]),
            "lifecycle_states": lambda: some(rng, ["active", "approved", "Active"]),
            "expires_at": lambda: rng.choice(["2026-02-05T12:00:00Z", "2026-02-05T12:00:01Z"]),
            "revoked": lambda: likely(rng, 30),
        },
    )


def draw_auth(rng: Random) -> Dict:
    return maybe(
        rng,
        60,
        {
            "wrkr.tool_name": lambda: rng.choice([*TOOLS, " T.READ ", 1]),
            "wrkr.data_class": lambda: rng.choice(["pii", "PII", None]),
            "context_age_seconds": lambda: rng.choice([0, 60, 61]),
        },
    )


def draw_claim(rng: Random) -> Dict:
    fields: dict[str, Callable[[], Any]] = {
        mode: lambda pool=pool: rng.choice(pool)  # type: ignore[misc]
        for mode, pool in MODES.items()
    }
    fields["timeout_seconds"] = lambda: rng.choice([30, 60, 61])
    fields["evidence_ref"] = lambda: "ref:1"
    fields["evidence_digest"] = lambda: "0" * 64
    return maybe(rng, 90, fields) | maybe(
        rng, 40, {"writable_paths": lambda: some(rng, ["/srv", "/srv/a", "/srvx", "/etc"])}
    )


def draw_delegation(rng: Random) -> Dict:
    chain = [
        {
            "delegator_identity": rng.choice(NAMES),
            "delegate_identity": rng.choice(NAMES),
            "scope_class": rng.choice(["", *SCOPES]),
        }
        for _ in range(rng.randrange(3))
    ]
    scope = rng.choice(["", *SCOPES])
    return {"requester_identity": rng.choice(NAMES), "scope_class": scope, "chain": chain}
