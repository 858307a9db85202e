"""Random cases of evaluation: a policy, an intent as given, and the circumstances of both.

One seed, one case. Nothing here is judged; the model and the evaluator do that.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final, TypedDict

from tests.support.gatedrawsintent import (
    DIGESTS,
    NAMES,
    NOON,
    SENSITIVITIES,
    TOOLS,
    ZERO_TIME,
    Dict,
    digest_of,
    draw_intent,
    likely,
    maybe,
    some,
)
from tests.support.gatedrawspolicy import MOMENTS, Moment, draw_policy

POLICY_DIGEST: Final = "a" * 64
"""What the gate of a case calls its policy; approved scripts name this one or another."""
UNREADABLE: Final = [
    "missing",
    "no JSON",
    "other schema",
    "entry without selector",
    "prefix of nothing",
]


class Case(TypedDict):
    """Everything a decision depends on.

    `at` is the time of evaluation, the wall clock stands at noon. `kill_switch` is a list of
    entries, a way of being unreadable, or None. A `..._fault` cannot be read.
    """

    policy: Dict
    intent: Dict
    at: str
    local: str
    profile: str
    kill_switch: list[Dict] | str | None
    envelope: Dict | None
    inventory: Dict
    inventory_fault: bool
    scripts: list[Dict]
    scripts_fault: bool


def draw_pair(seed: int) -> tuple[Dict, Dict]:
    """Return a policy and an intent that is already prepared."""
    rng = Random(seed)  # noqa: S311  # reproducible on purpose
    return draw_policy(rng), draw_intent(rng)


def draw_case(rng: Random) -> Case:
    moment = rng.choice(MOMENTS)
    intent = draw_intent(rng)
    envelope = draw_envelope(rng, intent) if likely(rng, 50) else None
    return {
        "policy": draw_policy(rng, moment),
        "intent": intent,
        "at": moment.at if likely(rng, 80) else NOON,
        "local": rng.choice(["UTC", "Europe/Berlin"]),
        "profile": "oss-prod" if likely(rng, 10) else "standard",
        "kill_switch": draw_kill_switch(rng, moment),
        "envelope": envelope,
        "inventory": draw_inventory(rng) if likely(rng, 40) else {},
        # with an envelope it depends on the order of the checks which of two errors is told
        "inventory_fault": envelope is None and likely(rng, 4),
        "scripts": draw_scripts(rng, intent),
        "scripts_fault": envelope is None and likely(rng, 4),
    }


def draw_kill_switch(rng: Random, moment: Moment) -> list[Dict] | str | None:
    if likely(rng, 65):
        return None
    if likely(rng, 12):
        return rng.choice(UNREADABLE)
    return [draw_kill_entry(rng, number, moment) for number in range(rng.randint(1, 3))]


def draw_kill_entry(rng: Random, number: int, moment: Moment) -> Dict:
    selectors: dict[str, Callable[[], Any]] = {
        "agent_id": lambda: rng.choice(NAMES),
        "identity": lambda: rng.choice(NAMES),
        "tool_name": lambda: rng.choice([*TOOLS, "script"]),
        "environment": lambda: rng.choice(["prod", "dev"]),
        "target_kind": lambda: rng.choice(["path", "url"]),
        "target_value": lambda: rng.choice(["/srv/a.txt", "/etc/passwd", "https://y.test/"]),
        "path_prefixes": lambda: some(rng, ["/etc", "/srv/b", "/"]),
        "workspace_prefixes": lambda: some(rng, ["/srv", "/w", "/x"]),
    }
    names = {"entry_id": lambda: f"k{number}", "expires_at": lambda: draw_expiry(rng, moment)}
    chosen = rng.sample(sorted(selectors), rng.choice([1, 1, 1, 2]))
    entry = {name: selectors[name]() for name in chosen} | maybe(rng, 60, names)
    if likely(rng, 15):  # a name alone stops everything
        entry = {"entry_id": f"k{number}"}
    return {"enabled": likely(rng, 85), "created_at": NOON, **entry}


def draw_expiry(rng: Random, moment: Moment) -> str:
    return rng.choice([ZERO_TIME, moment.at, "2026-02-01T00:00:00Z", "2027-01-01T00:00:00Z"])


def draw_envelope(rng: Random, intent: Dict) -> Dict:
    """Draw the evidence of an envelope, mostly what the intent claims; ages may be negative."""
    claimed = intent["context"].get("context_evidence_mode", "required")
    return {
        "digest": DIGESTS[0] if likely(rng, 90) else DIGESTS[1],
        "mode": claimed if likely(rng, 80) else rng.choice(["best_effort", "required"]),
        "ages_seconds": [rng.choice([-5, 0, 60, 61]) for _ in range(rng.randrange(3))],
        "created_seconds_ago": rng.choice([0, 60, 61]),
    }


def draw_inventory(rng: Random) -> Dict:
    return {
        tool: {
            "tool_name": tool,
            "data_class": rng.choice(["", *SENSITIVITIES]),
            "endpoint_class": rng.choice(["fs.read", "net.http"]),
            "autonomy_level": rng.choice(["full", "none"]),
        }
        for tool in some(rng, [*TOOLS, "script"], 3)
    }


def draw_scripts(rng: Random, intent: Dict) -> list[Dict]:
    """Draw approved scripts, many of them nearly the one at hand."""
    if likely(rng, 40 if "script" in intent else 90):
        return []
    return [draw_approved(rng, intent, number) for number in range(rng.randint(1, 2))]


def draw_approved(rng: Random, intent: Dict, number: int) -> Dict:
    steps = intent.get("script", {"steps": []})["steps"]
    scopes = [
        *("risk:low", "risk:high", "tool:script", "tool:t.run", "endpoint:fs.read"),
        *("workspace_prefix:/w", "workspace_prefix:/srv", "other:x"),
    ]
    said = {
        "policy_digest": lambda: "b" * 64,
        "script_hash": lambda: "c" * 64,
        "approver_identity": lambda: rng.choice([*NAMES, "ALICE"]),
        "tool_sequence": lambda: ["t.read"],
        "scope": lambda: some(rng, scopes),
        "expires_at": lambda: rng.choice([NOON, "2026-02-05T12:00:01Z"]),
    }
    return {
        "pattern_id": f"pattern_{number}",
        "policy_digest": POLICY_DIGEST,
        "script_hash": digest_of({"steps": steps}),
        "tool_sequence": sorted({step["tool_name"] for step in steps}) or ["t.read"],
        "approver_identity": "ann",
        "expires_at": "2026-12-31T00:00:00Z",
        **maybe(rng, 12, said),
    }
