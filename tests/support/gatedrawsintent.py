"""Random intents in normal form, as plain dicts; a member that is empty is left out.

Values come from small pools, so that rules match, lists hit and constraints clash often.
"""

import hashlib
import json
from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any, Final

Dict = dict[str, Any]

ZERO_TIME: Final = "0001-01-01T00:00:00Z"
NOON: Final = "2026-02-05T12:00:00Z"
DIGESTS: Final = ["0" * 64, "1" * 64]
TOOLS: Final = ["t.read", "t.write", "t.run"]
RISKS: Final = ["low", "high", "critical"]
KINDS: Final = ["path", "url", "host", "bucket", "other"]
PATHS: Final = [
    *("/srv/a.txt", "/srv/b.txt", "/srv/b/c.txt", "/etc/passwd"),
    *("/srv/../etc/passwd", "/srv\\..\\etc"),
]
INFERRED_DOMAINS: Final = {
    "https://api.x.test/v1": "api.x.test",
    "https://y.test/": "y.test",
    "//y.test/x": "y.test",
    "https://bad host/": "",
    "z.test": "",
    "api.x.test": "api.x.test",
    "http://y.test:80/p": "y.test",
    ":80": "",
}
"""The domain that the contract infers of a value (gate.md 1.2)."""
VALUES: Final = {
    "url": [
        "https://api.x.test/v1",
        "https://y.test/",
        "//y.test/x",
        "https://bad host/",
        "z.test",
    ],
    "host": ["api.x.test", "http://y.test:80/p", ":80"],
}
CLASSES: Final = ["fs.read", "fs.write", "fs.delete", "proc.exec", "net.http", "net.dns", "other"]
OPERATIONS: Final = ["", "read", "write", "delete"]
DISCOVERIES: Final = ["mcp", "unknown"]
SENSITIVITIES: Final = ["pii", "public"]
SOURCES: Final = ["user", "tool_output", "external", "system"]
NAMES: Final = ["alice", "bob", "carol"]
SCOPES: Final = ["read", "write"]
ENVIRONMENTS: Final = ["prod", "PROD", "dev"]
ACCESS: Final = ["jit", "standing", "cloud_admin"]
CREDENTIAL_SOURCES: Final = ["env", "aws_sts"]
ISSUERS: Final = ["sts", "Vault"]
PUBLISHERS: Final = ["Acme", "x"]
SKILL_SOURCES: Final = ["git", "registry"]
HINTS: Final = ("read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint")
MODES: Final = {
    "network_mode": ["disabled", "full"],
    "env_exposure_mode": ["allowlist", "full"],
    "filesystem_isolation": ["container", "none"],
    "user_mode": ["root", "unprivileged"],
}
_FLAGS: Final = ("destructive", *HINTS)
_TARGET_ORDER: Final = (
    *("kind", "value", "operation", "sensitivity", "endpoint_class", "endpoint_domain"),
    *("destructive", "discovery_method", *HINTS),
)


def some(rng: Random, pool: list[Any], most: int = 2) -> list[Any]:
    """Return one to `most` of a pool, sorted."""
    return sorted(rng.sample(pool, rng.randint(1, min(most, len(pool)))))


def likely(rng: Random, percent: int) -> bool:
    return rng.randrange(100) < percent


def maybe(rng: Random, percent: int, fields: dict[str, Callable[[], Any]]) -> Dict:
    """Give each field its value with some likelihood."""
    return {name: value() for name, value in fields.items() if likely(rng, percent)}


def filled(fields: Dict) -> Dict:
    """Leave out what is empty."""
    return {name: value for name, value in fields.items() if value not in ("", False, [], {})}


def digest_of(plain: Any) -> str:
    """Digest plain ASCII values without fractions, for which this is JCS."""
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def draw_intent(rng: Random) -> Dict:
    call = draw_call(rng)
    context = draw_context(rng)
    intent = {**call, "args": {}, "context": context}
    if likely(rng, 30):
        intent |= draw_script(rng, call)
    calls = [intent, *intent.get("script", {"steps": []})["steps"]]
    if likely(rng, 25):
        bound = rng.choice(calls).get("targets", [])
        context["credential_target_binding"] = rng.choice([digest_of(bound), DIGESTS[0]])
    if likely(rng, 50):
        intent["delegation"] = draw_delegation(rng)
    if likely(rng, 50):
        intent["skill_provenance"] = {
            "skill_name": "s",
            "publisher": rng.choice(PUBLISHERS),
            "source": rng.choice(SKILL_SOURCES),
        }
    return intent


def draw_script(rng: Random, call: Dict) -> Dict:
    """Draw the members of a script; what it does not say of itself its steps say."""
    steps = [{**draw_call(rng), "args": {"n": n}} for n in range(rng.randint(1, 4))]
    own = call if likely(rng, 30) else {}
    targets = own.get("targets") or [t for step in steps for t in step.get("targets", [])]
    entries = own.get("arg_provenance") or [
        entry for step in steps for entry in step.get("arg_provenance", [])
    ]
    return {
        "tool_name": "script",
        "args": {"why": "x"} if likely(rng, 10) else {},
        "script": {"steps": steps},
        "targets": sorted_targets(targets),
        "arg_provenance": sorted_entries(entries),
    }


def draw_call(rng: Random) -> Dict:
    entries = [
        {"arg_path": rng.choice(["$.a", "$.b"]), "source": rng.choice(SOURCES)}
        for _ in range(rng.randrange(3))
    ]
    targets = [draw_target(rng) for _ in range(rng.choice([0, 0, 1, 1, 1, 2]))]
    call = {
        "tool_name": rng.choice(TOOLS),
        "targets": sorted_targets(targets),
        "arg_provenance": sorted_entries(entries),
    }
    return filled(call)


def sorted_entries(entries: list[Dict]) -> list[Dict]:
    pairs = sorted({(entry["arg_path"], entry["source"]) for entry in entries})
    return [{"arg_path": path, "source": source} for path, source in pairs]


def sorted_targets(targets: list[Dict]) -> list[Dict]:
    """Bring a list of targets in order, each once."""
    rows = {
        tuple(target.get(name, name not in _FLAGS and "") for name in _TARGET_ORDER)
        for target in targets
    }
    return [filled(dict(zip(_TARGET_ORDER, row, strict=True))) for row in sorted(rows)]


def draw_target(rng: Random) -> Dict:
    kind = rng.choice(KINDS)
    value = rng.choice(VALUES.get(kind, PATHS))
    inferred = INFERRED_DOMAINS.get(value, "") if kind in VALUES else ""
    kind_of_call = rng.choice(CLASSES)
    operation = rng.choice(OPERATIONS)
    hints = {hint: likely(rng, 10 if hint == "destructive_hint" else 50) for hint in HINTS}
    destroys = kind_of_call in ("fs.delete", "proc.exec") or operation == "delete"
    return {
        "kind": kind,
        "value": value,
        "operation": operation,
        "sensitivity": rng.choice(["", *SENSITIVITIES]),
        "endpoint_class": kind_of_call,
        "endpoint_domain": "y.test" if likely(rng, 10) else inferred,
        "destructive": destroys or hints["destructive_hint"] or likely(rng, 10),
        "discovery_method": rng.choice(DISCOVERIES),
        **hints,
    }


def draw_context(rng: Random) -> Dict:
    return {
        "identity": rng.choice(NAMES),
        "workspace": rng.choice(["/srv/app", "/w", "/x/../w/y"]),
        "risk_class": rng.choice(["low", *RISKS]),
        "phase": rng.choice(["apply", "apply", "plan"]),
        **maybe(rng, 50, who(rng) | credential(rng)),
        **filled(maybe(rng, 50, evidence(rng))),
        **filled({"sandbox": draw_claim(rng)} if likely(rng, 75) else {}),
    }


def who(rng: Random) -> dict[str, Callable[[], Any]]:
    return {
        "agent_id": lambda: rng.choice(NAMES),
        "agent_identity": lambda: draw_agent(rng),
        "run_id": lambda: rng.choice(["r1", "r2"]),
        "job_id": lambda: rng.choice(["j1", "j2"]),
        "workflow_id": lambda: "w",
        "repo": lambda: "r",
        "environment": lambda: rng.choice(ENVIRONMENTS),
        "approval_ref": lambda: "a",
        "wrkr_inventory_ref": lambda: "i",
        "agent_action_bom_ref": lambda: "b",
    }


def credential(rng: Random) -> dict[str, Callable[[], Any]]:
    return {
        "credential_ref": lambda: "ref:x",
        "credential_source": lambda: rng.choice(CREDENTIAL_SOURCES),
        "credential_access_type": lambda: rng.choice(ACCESS),
        "credential_issuer": lambda: rng.choice(ISSUERS),
        "credential_ttl_seconds": lambda: rng.choice([60, 600, 601, 900]),
        "credential_run_binding": lambda: rng.choice(["r1", "r2"]),
        "credential_job_binding": lambda: rng.choice(["j1", "j2"]),
    }


def evidence(rng: Random) -> dict[str, Callable[[], Any]]:
    return {
        "context_set_digest": lambda: DIGESTS[0],
        "context_evidence_mode": lambda: rng.choice(["best_effort", "required"]),
        "auth_context": lambda: draw_auth(rng),
    }


def draw_agent(rng: Random) -> Dict:
    later = ["2026-02-05T12:00:01Z", "2026-12-31T00:00:00Z"]
    times = {"issued_at": ZERO_TIME, "approved_at": ZERO_TIME, "expires_at": ZERO_TIME}
    said = {
        "owner": lambda: "team",
        "publisher": lambda: rng.choice(PUBLISHERS),
        "source": lambda: rng.choice(SKILL_SOURCES),
        "manifest_digest": lambda: rng.choice(DIGESTS),
        "lifecycle_states": lambda: some(rng, ["active", "approved", "Active"], 3),
        "expires_at": lambda: rng.choice([NOON, *later]),
        "revoked": lambda: likely(rng, 30),
    }
    return filled(times | maybe(rng, 70, said))


def draw_auth(rng: Random) -> Dict:
    said = {
        "wrkr.tool_name": lambda: rng.choice([*TOOLS, "T.READ", 1]),
        "wrkr.data_class": lambda: rng.choice(["pii", "PII", None]),
        "wrkr.endpoint_class": lambda: rng.choice(["fs.read", "net.http"]),
        "wrkr.autonomy_level": lambda: rng.choice(["full", "none"]),
        "context_age_seconds": lambda: rng.choice([0, 60, 61]),
    }
    return maybe(rng, 60, said)


def draw_claim(rng: Random) -> Dict:
    fields: dict[str, Callable[[], Any]] = {
        mode: lambda pool=pool: rng.choice(pool)  # type: ignore[misc]  # binds the loop's value
        for mode, pool in MODES.items()
    }
    fields["timeout_seconds"] = lambda: rng.choice([30, 60, 61])
    fields["evidence_ref"] = lambda: "ref:1"
    fields["evidence_digest"] = lambda: rng.choice(DIGESTS)
    paths = {
        "writable_paths": lambda: some(rng, ["/srv", "/srv/a", "/srvx", "/etc"]),
        "read_only_roots": lambda: some(rng, ["/usr", "/etc"]),
    }
    return maybe(rng, 90, fields) | maybe(rng, 50, paths)


def draw_delegation(rng: Random) -> Dict:
    times = {"issued_at": ZERO_TIME, "expires_at": ZERO_TIME}
    people = [rng.choice(NAMES) for _ in range(rng.choice([1, 2, 3]))]
    links = [
        filled(
            {
                "delegator_identity": giver,
                "delegate_identity": taker,
                "scope_class": rng.choice(["", *SCOPES]),
                **times,
            }
        )
        for giver, taker in pairwise(people)
    ]
    scope = rng.choice(["", *SCOPES])
    return filled({"requester_identity": people[-1], "scope_class": scope, "chain": links, **times})
