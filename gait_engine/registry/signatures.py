"""The signatures of a registry pack: there is no unsigned mode, and one valid one is enough.

Contract: guard-doctor-registry.md G.
"""

import msgspec

from gait_engine.contract.common import Signature
from gait_engine.contract.registry import RegistryPack
from gait_engine.crypto.sign import check_signature
from gait_engine.wire.digest import Digest, same_digest


def signature_fault(pack: RegistryPack, digest: Digest, key: bytes) -> str:
    """Return why no signature of a manifest with this digest is valid; empty if one is."""
    if not pack.signatures:
        return "the manifest is not signed, expected a signature"
    first = ""
    for number, signature in enumerate(pack.signatures, 1):
        reason = check_signature(digest, _spelled(signature, digest), key)
        if not reason:
            return ""
        first = first or f"signature {number} of {len(pack.signatures)}: {reason}"
    return first


def _spelled(signature: Signature, digest: Digest) -> Signature:
    """Spell the signed digest as it is compared: the case of its letters does not matter."""
    if same_digest(signature.signed_digest, digest):
        return msgspec.structs.replace(signature, signed_digest=digest)
    return signature
