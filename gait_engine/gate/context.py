"""The context of an intent in normal form (gate.md 1.6)."""

import re
from typing import Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from gait_engine.contract import intent as contract
from gait_engine.contract.intent import AgentIdentity, Context, SandboxClaim
from gait_engine.contract.runpack import EVIDENCE_MODES
from gait_engine.errors import quoted
from gait_engine.gate.credentials import looks_raw, refuse_raw_credentials
from gait_engine.gate.fields import (
    below,
    digest_or_empty,
    not_negative,
    one_of,
    require_order,
    required,
)
from gait_engine.gate.freeform import read_object, trim_object, write_object
from gait_engine.gate.paths import clean_path
from gait_engine.wire.jsonread import Source
from gait_engine.wire.text import lower, normal, trim, unique_sorted
from gait_engine.wire.timestamps import to_utc

_TRIMMED: Final = (
    *("agent_id", "run_id", "workflow_id", "repo", "environment", "job_id", "session_id"),
    *("request_id", "credential_ref", "credential_issuer", "credential_subject"),
    *("credential_owner", "credential_target_binding", "credential_run_binding"),
    *("credential_job_binding", "approval_ref", "wrkr_inventory_ref", "agent_action_bom_ref"),
    "environment_fingerprint",
)
_EVIDENCE_PREFIXES: Final = ("ref:", "receipt:", "proof:", "sandbox:", "sha256:")
_assigns_a_variable: Final = re.compile("[A-Za-z_][A-Za-z0-9_]*=").match
_NO_SANDBOX: Final = SandboxClaim()


def normalise_context(context: Context, source: Source) -> Context:
    """Bring a context into normal form.

    Raises InvalidInput for a missing identity, workspace or risk class, a value outside its
    enumeration or in the wrong order of time, and a raw credential.
    """
    unblanked = {
        name: trimmed
        for name in _TRIMMED
        if (text := getattr(context, name)) and (trimmed := trim(text)) != text
    }
    return msgspec.structs.replace(
        context,
        identity=required(trim(context.identity), source, "identity"),
        workspace=required(trim(context.workspace), source, "workspace").replace("\\", "/"),
        risk_class=required(normal(context.risk_class), source, "risk_class"),
        phase=one_of(normal(context.phase) or "apply", contract.PHASES, source, "phase"),
        agent_identity=_agent_identity(context.agent_identity, below(source, ".agent_identity")),
        credential_source=one_of(
            normal(context.credential_source),
            contract.CREDENTIAL_SOURCES,
            source,
            "credential_source",
        ),
        credential_access_type=one_of(
            normal(context.credential_access_type),
            contract.CREDENTIAL_ACCESS_TYPES,
            source,
            "credential_access_type",
        ),
        credential_ttl_seconds=not_negative(
            context.credential_ttl_seconds, source, "credential_ttl_seconds"
        ),
        credential_scopes=_unique_sorted(context.credential_scopes),
        context_set_digest=digest_or_empty(
            context.context_set_digest, source, "context_set_digest"
        ),
        context_evidence_mode=one_of(
            normal(context.context_evidence_mode),
            EVIDENCE_MODES,
            source,
            "context_evidence_mode",
        ),
        context_refs=_unique_sorted(context.context_refs),
        auth_context=_auth_context(context.auth_context, below(source, ".auth_context")),
        sandbox=_sandbox(context.sandbox, below(source, ".sandbox")),
        **unblanked,
    )


def _unique_sorted(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(unique_sorted(list(texts))) if texts else ()


def _auth_context(text: Raw | UnsetType, source: Source) -> Raw | UnsetType:
    if text is UNSET:
        return UNSET
    plain = read_object(text)
    trim_object(plain, source)
    refuse_raw_credentials(plain, source)
    return write_object(plain) if plain else UNSET


def _agent_identity(claim: AgentIdentity | UnsetType, source: Source) -> AgentIdentity | UnsetType:
    if claim is UNSET:
        return UNSET
    issued, approved, expires = claim.issued_at, claim.approved_at, claim.expires_at
    require_order(issued, approved, source, "approved_at", may_equal=True)
    require_order(issued, expires, source, "expires_at")
    require_order(approved, expires, source, "expires_at")
    return msgspec.structs.replace(
        claim,
        lifecycle_states=_unique_sorted(claim.lifecycle_states),
        owner=trim(claim.owner),
        publisher=trim(claim.publisher),
        source=normal(claim.source),
        manifest_digest=digest_or_empty(claim.manifest_digest, source, "manifest_digest"),
        issued_at=to_utc(issued),
        approved_at=to_utc(approved),
        expires_at=to_utc(expires),
    )


def _sandbox(claim: SandboxClaim | UnsetType, source: Source) -> SandboxClaim | UnsetType:
    """Normalise a sandbox; one that says nothing counts as absent."""
    if claim is UNSET:
        return UNSET
    modes = {
        name: one_of(normal(getattr(claim, name)), allowed, source, name)
        for name, allowed in (
            ("network_mode", contract.NETWORK_MODES),
            ("env_exposure_mode", contract.ENV_EXPOSURE_MODES),
            ("filesystem_isolation", contract.FILESYSTEM_ISOLATIONS),
            ("user_mode", contract.USER_MODES),
        )
    }
    normalised = SandboxClaim(
        **modes,
        writable_paths=_paths(claim.writable_paths, source, "writable_paths"),
        read_only_roots=_paths(claim.read_only_roots, source, "read_only_roots"),
        timeout_seconds=not_negative(claim.timeout_seconds, source, "timeout_seconds"),
        evidence_ref=_evidence_ref(claim.evidence_ref, source),
        evidence_digest=digest_or_empty(claim.evidence_digest, source, "evidence_digest"),
    )
    return UNSET if normalised == _NO_SANDBOX else normalised


def _paths(paths: tuple[str, ...], source: Source, field: str) -> tuple[str, ...]:
    cleaned = {clean_path(_no_variable(trim(path), source, field)) for path in paths}
    return tuple(sorted(_no_variable(path, source, field) for path in cleaned - {"."}))


def _no_variable(text: str, source: Source, field: str) -> str:
    """Refuse `NAME=value`: an environment variable, where a secret may stand."""
    if _assigns_a_variable(text):
        name = text.partition("=")[0]
        raise source.reject(
            f"an assignment to {quoted(name)}, expected none", f"{source.root}.{field}"
        )
    return text


def _evidence_ref(text: str, source: Source) -> str:
    ref = _no_variable(trim(text), source, "evidence_ref")
    if looks_raw(ref) and not lower(ref).startswith(_EVIDENCE_PREFIXES):
        wanted = "a reference such as receipt:ID"
        raise source.reject(f"a raw credential, expected {wanted}", f"{source.root}.evidence_ref")
    return ref
