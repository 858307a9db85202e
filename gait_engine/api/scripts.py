"""Approving scripts for every time they run, and listing those that are (gate.md 8)."""

from typing import Final, NamedTuple

from msgspec import UNSET

from gait_engine.contract.answers.scripts import (
    ScriptApprovalAnswer,
    ScriptListAnswer,
    ScriptRow,
)
from gait_engine.contract.approvedscript import APPROVED_SCRIPT_SCHEMA, ApprovedScript
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.errors import InvalidInput, quoted
from gait_engine.gate.approvedscripts import enter, is_expired, read_registry, signed_entry
from gait_engine.gate.intent import read_intent
from gait_engine.gate.policy import load
from gait_engine.gate.policydigest import policy_digest
from gait_engine.gate.script import step_intents
from gait_engine.host import Host
from gait_engine.store.inputs import read_input
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import from_ns, parse_duration

DEFAULT_TTL: Final = "168h"
_PATTERN_DIGITS: Final = 12


class ScriptApproval(NamedTuple):
    """Which script to approve under which policy, by whom, for how long; blank means not given."""

    policy: str
    intent: str
    registry: str
    approver: str
    pattern_id: str = ""
    ttl: str = DEFAULT_TTL
    scope: tuple[str, ...] = ()
    key_mode: str = "dev"
    keys: KeySources = NO_KEYS


def approve(request: ScriptApproval, *, host: Host) -> ScriptApprovalAnswer:
    """Enter a script into a registry, signed, in the place of an entry of the same pattern id.

    Raises InvalidInput, also for an intent that is no script, StateContention, IoFailure; then
    the registry is as it was.
    """
    _require_given(request)
    bare = _entry(request, host)
    from gait_engine.crypto.keys import load_signer

    key, warnings = load_signer(request.key_mode, request.keys, host, read_input)
    entry = signed_entry(bare, key)
    enter(request.registry, entry, host=host)
    return ScriptApprovalAnswer(
        ok=True,
        pattern_id=entry.pattern_id,
        policy_digest=entry.policy_digest,
        script_hash=entry.script_hash,
        tool_sequence=entry.tool_sequence,
        registry_path=request.registry,
        expires_at=entry.expires_at,
        warnings=warnings,
    )


def list_scripts(registry: str, *, host: Host) -> ScriptListAnswer:
    """List a registry, signatures unchecked; one that is missing is empty. Raises InvalidInput."""
    _require("registry", registry)
    now_ns = host.now_ns()
    rows = tuple(_row(entry, now_ns) for entry in read_registry(registry, host=host))
    return ScriptListAnswer(ok=True, registry=registry, count=len(rows), entries=rows)


def _require_given(request: ScriptApproval) -> None:
    for option in ("policy", "intent", "registry", "approver"):
        _require(option, getattr(request, option))


def _require(option: str, value: str) -> None:
    if not trim(value):
        raise InvalidInput(f"option --{option}: {quoted(value)}, expected a value")


def _entry(request: ScriptApproval, host: Host) -> ApprovedScript:
    now_ns, ttl_ns = host.now_ns(), _positive(request.ttl)
    policy = load(request.policy, host=host)
    intent = _script(request.intent, host)
    return ApprovedScript(
        schema_id=APPROVED_SCRIPT_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=from_ns(now_ns),
        producer_version=host.producer_version,
        pattern_id=trim(request.pattern_id) or f"pattern_{intent.script_hash[:_PATTERN_DIGITS]}",
        policy_digest=policy_digest(policy),
        script_hash=intent.script_hash,
        tool_sequence=tuple(step.tool_name for step in step_intents(intent)),
        scope=request.scope,
        approver_identity=request.approver,
        expires_at=from_ns(now_ns + ttl_ns),
    )


def _positive(ttl: str) -> int:
    duration = parse_duration(ttl)
    if duration <= 0:
        raise InvalidInput(f"option --ttl: {quoted(ttl)}, expected more than 0")
    return duration


def _script(path: str, host: Host) -> NormalIntent:
    intent = read_intent(path, host=host)
    if intent.script is UNSET:
        raise InvalidInput(
            f"intent {quoted(path, 200)}: a single call, expected a script",
            where=path,
            hint="gait approve approves a single call",
        )
    return intent


def _row(entry: ApprovedScript, now_ns: int) -> ScriptRow:
    return ScriptRow(
        pattern_id=entry.pattern_id,
        approver_identity=entry.approver_identity,
        policy_digest=entry.policy_digest,
        script_hash=entry.script_hash,
        tool_sequence=entry.tool_sequence,
        scope=entry.scope,
        expires_at=entry.expires_at,
        expired=is_expired(entry, now_ns),
    )
