"""The sandbox that a rule demands against the one an intent claims and proves.

Contract: gate.md 3.4 (7).
"""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, UnsetType

from gait_engine.contract.decision import SandboxDecision
from gait_engine.contract.intent import SandboxClaim
from gait_engine.contract.policy import SandboxRule
from gait_engine.gate.paths import is_below

_NOT_CLAIMED: Final = SandboxDecision(status="missing", reason_codes=("sandbox_metadata_missing",))
_STATUS_RANK: Final = {"missing": 0, "disallowed": 1, "invalid": 2, "valid": 3}
_DIMENSIONS: Final = (
    ("network_mode", "allowed_network_modes"),
    ("env_exposure_mode", "allowed_env_exposure_modes"),
    ("filesystem_isolation", "allowed_filesystem_isolations"),
    ("user_mode", "allowed_user_modes"),
)
"""What every claim must say, and the list of the rule it is held against."""


def sandbox_decision(rule: SandboxRule, claim: SandboxClaim | UnsetType) -> SandboxDecision:
    """Judge a claim; every reason is a violation too."""
    if claim is UNSET:
        return _NOT_CLAIMED
    codes = tuple(sorted(_faults(rule, claim)))
    return SandboxDecision(
        status=_status(codes),
        network_mode=claim.network_mode,
        env_exposure_mode=claim.env_exposure_mode,
        timeout_seconds=claim.timeout_seconds,
        filesystem_isolation=claim.filesystem_isolation,
        user_mode=claim.user_mode,
        evidence_ref=claim.evidence_ref,
        evidence_digest=claim.evidence_digest,
        reason_codes=codes,
    )


def pick_sandbox(decisions: list[SandboxDecision]) -> SandboxDecision:
    """Return the decision that is shown for several: the gravest."""
    return min(decisions, key=lambda shown: (_STATUS_RANK[shown.status], shown.evidence_digest))


def _status(codes: tuple[str, ...]) -> str:
    if not codes:
        return "valid"
    return "missing" if any(code.endswith("_missing") for code in codes) else "disallowed"


def _faults(rule: SandboxRule, claim: SandboxClaim) -> Iterator[str]:
    if not claim.evidence_ref or not claim.evidence_digest:
        yield "sandbox_evidence_missing"
    for dimension, allowed in _DIMENSIONS:
        yield from _dimension_faults(dimension, getattr(claim, dimension), getattr(rule, allowed))
    yield from _timeout_faults(rule.max_timeout_seconds, claim.timeout_seconds)
    yield from _path_faults(rule, claim)


def _dimension_faults(dimension: str, claimed: str, allowed: tuple[str, ...]) -> Iterator[str]:
    if not claimed:
        yield f"sandbox_{dimension}_missing"
    elif allowed and claimed not in allowed:
        yield f"sandbox_{dimension}_disallowed"


def _timeout_faults(limit: int, claimed: int) -> Iterator[str]:
    if claimed <= 0:
        yield "sandbox_timeout_missing"
    elif 0 < limit < claimed:
        yield "sandbox_timeout_exceeded"


def _path_faults(rule: SandboxRule, claim: SandboxClaim) -> Iterator[str]:
    prefixes, roots = rule.allowed_writable_path_prefixes, rule.required_read_only_roots
    if prefixes and not all(
        any(is_below(path, prefix) for prefix in prefixes) for path in claim.writable_paths
    ):
        yield "sandbox_writable_path_disallowed"
    # the peer asks whether what is claimed is listed, not whether what is listed is claimed
    if roots and not set(claim.read_only_roots) <= set(roots):
        yield "sandbox_read_only_root_missing"
