"""The context of an intent in normal form (gate.md 1.6)."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from gait_engine.contract import intent as contract
from gait_engine.contract.common import EVIDENCE_MODES
from gait_engine.contract.intent import AgentIdentity, Context, SandboxClaim
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
    """Bring a context into normal form; a field that is not given is not looked at.

    Raises InvalidInput for a missing identity, workspace or risk class, a value outside its
    enumeration or in the wrong order of time, and a raw credential.
    """
    given = msgspec.structs.asdict(context)
    normalised = {
        name: read(value, source, name) for name, read in _FIELDS.items() if (value := given[name])
    }
    for name in _REQUIRED:
        required(normalised.get(name, ""), source, name)
    normalised["phase"] = normalised.get("phase") or contract.PHASES[-1]
    return Context(**normalised)


def _trimmed(text: str, source: Source, name: str) -> str:
    del source, name
    return trim(text)


def _workspace(text: str, source: Source, name: str) -> str:
    return _trimmed(text, source, name).replace("\\", "/")


def _word(text: str, source: Source, name: str) -> str:
    del source, name
    return normal(text)


def _word_of(allowed: tuple[str, ...]) -> Callable[[str, Source, str], str]:
    return lambda text, source, name: one_of(normal(text), allowed, source, name)


def _texts(texts: tuple[str, ...], source: Source, name: str) -> tuple[str, ...]:
    del source, name
    return _unique_sorted(texts)


def _unique_sorted(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(unique_sorted(list(texts))) if texts else ()


def _auth_context(text: Raw, source: Source, name: str) -> Raw | UnsetType:
    source = below(source, f".{name}")
    plain = read_object(text)
    trim_object(plain, source)
    refuse_raw_credentials(plain, source)
    return write_object(plain) if plain else UNSET


def _agent_identity(claim: AgentIdentity, source: Source, name: str) -> AgentIdentity:
    source = below(source, f".{name}")
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


def _sandbox(claim: SandboxClaim, source: Source, name: str) -> SandboxClaim | UnsetType:
    """Normalise a sandbox; one that says nothing counts as absent."""
    source = below(source, f".{name}")
    modes = {
        mode: one_of(normal(getattr(claim, mode)), allowed, source, mode)
        for mode, allowed in (
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


_REQUIRED: Final = ("identity", "workspace", "risk_class")
_FIELDS: Final[Mapping[str, Callable[[Any, Source, str], Any]]] = {
    "identity": _trimmed,
    "workspace": _workspace,
    "risk_class": _word,
    "phase": _word_of(contract.PHASES),
    "agent_identity": _agent_identity,
    "credential_source": _word_of(contract.CREDENTIAL_SOURCES),
    "credential_access_type": _word_of(contract.CREDENTIAL_ACCESS_TYPES),
    "credential_ttl_seconds": not_negative,
    "credential_scopes": _texts,
    "context_set_digest": digest_or_empty,
    "context_evidence_mode": _word_of(EVIDENCE_MODES),
    "context_refs": _texts,
    "auth_context": _auth_context,
    "sandbox": _sandbox,
    **dict.fromkeys(_TRIMMED, _trimmed),
}
"""How each field is brought into normal form, in the order in which faults are reported."""
