"""Judging the signatures of a manifest: one valid one is enough, the faults of others are listed.

Contract: runpack.md 2.3, 5.1.
"""

from collections.abc import Callable
from typing import NamedTuple

from gait_engine.contract.common import Signature, SignatureStatus


class SignatureVerdict(NamedTuple):
    """How the signatures of a manifest fared against one key."""

    status: SignatureStatus
    errors: tuple[str, ...]
    total: int
    valid: int

    def is_accepted(self, *, required: bool) -> bool:
        """Tell whether the artifact may pass with these signatures."""
        return self.status == "verified" if required else self.status != "failed"


def judge_signatures(
    signatures: tuple[Signature, ...],
    digest: Callable[[], str],
    key: bytes | None,
    *,
    required: bool,
) -> SignatureVerdict:
    """Check each signature over what `digest` returns; it is called only when there is a need."""
    if not signatures:
        errors = ("the manifest is not signed, expected a signature",) if required else ()
        return SignatureVerdict("missing", errors, 0, 0)
    if key is None:
        return SignatureVerdict("skipped", ("no public key to check with",), len(signatures), 0)
    from gait_engine.crypto.sign import check_signature

    covered = digest()
    reasons = [check_signature(covered, signature, key) for signature in signatures]
    faults = [f"signature {number}: {reason}" for number, reason in enumerate(reasons, 1) if reason]
    valid = reasons.count("")
    status: SignatureStatus = "verified" if valid else "failed"
    return SignatureVerdict(status, tuple(sorted(faults)), len(signatures), valid)
