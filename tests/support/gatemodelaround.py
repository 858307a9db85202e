"""The naive model, circumstances: the kill switch and the approved scripts (gate.md 3.8, 8)."""

from collections.abc import Callable
from datetime import timedelta

from tests.support.gatedraws import POLICY_DIGEST, Case
from tests.support.gatedrawsintent import NOON, ZERO_TIME, Dict, digest_of
from tests.support.gatemodelfreeze import instant
from tests.support.gatemodelrule import union


def is_spoilt(case: Case) -> bool:
    """Tell a registry of approved scripts that cannot be used: unreadable, or an entry expired."""
    if asks_for_evidence(case["policy"]):
        return False
    late = any(instant(entry["expires_at"]) <= instant(NOON) for entry in case["scripts"])
    return case["scripts_fault"] or late


def asks_for_evidence(policy: Dict) -> bool:
    options = {"required_context_evidence_mode", "max_context_age_seconds"}
    closed = policy.get("fail_closed", {}).get("required_fields", [])
    return "context_evidence" in closed or any(options & set(r) for r in policy.get("rules", []))


def model_registry(case: Case, intent: Dict, *, spoilt: bool) -> tuple[str, str]:
    """Return the pattern that approves a script, and what is said of the registry."""
    if spoilt or not case["scripts"] or asks_for_evidence(case["policy"]):
        return "", ""
    if "script" not in intent:
        return "", "not_script"
    for entry in case["scripts"]:
        if is_approved(entry, intent):
            return entry["pattern_id"], "approved_script_match"
    return "", "approved_script_not_found"


def asking(intent: Dict) -> list[str]:
    """Name everyone on whose behalf a call is made: none of them may approve it."""
    context, delegation = intent["context"], intent.get("delegation", {})
    names = [context["identity"], context.get("agent_id", "")]
    names += [delegation.get("requester_identity", "")]
    for link in delegation.get("chain", []):
        names += [link["delegator_identity"], link["delegate_identity"]]
    return names


def is_approved(entry: Dict, intent: Dict) -> bool:
    steps = intent["script"]["steps"]
    classes = [t["endpoint_class"] for step in steps for t in step.get("targets", [])]
    folder = cleaned(intent["context"]["workspace"]) + "/"
    met: dict[str, Callable[[str], bool]] = {
        "risk": lambda wanted: intent["context"]["risk_class"] == wanted,
        "tool": lambda wanted: wanted == "script",
        "workspace_prefix": lambda wanted: folder.startswith(f"{wanted}/"),
        "endpoint": lambda wanted: wanted in classes,
    }
    scopes = [scope.split(":", 1) for scope in entry.get("scope", [])]
    own = [name.casefold() for name in asking(intent)]
    return (
        entry["approver_identity"].casefold() not in own
        and entry["policy_digest"] == POLICY_DIGEST
        and entry["script_hash"] == digest_of(intent["script"])
        and entry["tool_sequence"] == [step["tool_name"] for step in steps]
        and all(kind in met and met[kind](wanted) for kind, wanted in scopes)
    )


def model_kill_switch(state: list[Dict] | str | None, intent: Dict, at: str) -> Dict | None:
    """Judge a kill switch (gate.md 3.8); None where none is configured."""
    if state is None:
        return None
    if isinstance(state, str):
        return shown_kill("unavailable", ["kill_switch_state_unavailable"])
    hits = [entry for entry in state if is_in_force(entry, at) and stops(entry, intent)]
    if not hits:
        return shown_kill("inactive", [])
    codes = union([[f"kill_switch_{name}_active" for name in selectors(entry)] for entry in hits])
    ids = union([[entry["entry_id"]] for entry in hits if "entry_id" in entry])
    return shown_kill("active", sorted(["kill_switch_active", *codes]), ids)


def shown_kill(status: str, codes: list[str], ids: list[str] | None = None) -> Dict:
    first = next((code for code in codes if code != "kill_switch_active"), "".join(codes[:1]))
    shown = {"status": status, "reason_codes": codes, "reason_code": first}
    return shown | {"matched_entry_ids": ids or []}


def is_in_force(entry: Dict, at: str) -> bool:
    expires_at = entry.get("expires_at", ZERO_TIME)
    lasts = expires_at == ZERO_TIME or instant(expires_at) - instant(at) > timedelta(0)
    return bool(entry["enabled"]) and lasts


def selectors(entry: Dict) -> list[str]:
    names = {
        "agent_id": "agent_id", "identity": "identity", "tool_name": "tool_name",
        "environment": "environment", "target_kind": "target", "target_value": "target",
        "path_prefixes": "path", "workspace_prefixes": "workspace",
    }  # fmt: skip
    return [name for field, name in names.items() if field in entry]


def stops(entry: Dict, intent: Dict) -> bool:
    context = intent["context"]
    calls = [intent, *intent.get("script", {"steps": []})["steps"]]
    targets = [target for call in calls for target in call.get("targets", [])]
    paths = [cleaned(target["value"]) for target in targets if target["kind"] == "path"]
    met: dict[str, Callable[[], bool]] = {
        "agent_id": lambda: entry["agent_id"] == context.get("agent_id", ""),
        "identity": lambda: entry["identity"] == context["identity"],
        "tool_name": lambda: entry["tool_name"] == intent["tool_name"],
        "environment": lambda: entry["environment"] == context.get("environment", "").lower(),
        "target": lambda: any(
            entry.get("target_kind", target["kind"]) == target["kind"]
            and entry.get("target_value", target["value"]) == target["value"]
            for target in targets
        ),
        "path": lambda: any(is_under(path, p) for path in paths for p in entry["path_prefixes"]),
        "workspace": lambda: any(
            is_under(cleaned(context["workspace"]), p) for p in entry["workspace_prefixes"]
        ),
    }
    return all(met[name]() for name in selectors(entry))


def is_under(path: str, prefix: str) -> bool:
    return f"{path}/".startswith(f"{prefix.rstrip('/')}/")


def cleaned(path: str) -> str:
    """Clean an absolute path; both slashes separate."""
    kept: list[str] = []
    for part in path.replace("\\", "/").split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    return "/" + "/".join(kept)
