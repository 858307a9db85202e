"""Ed25519 signatures over digests: the message is the 32 raw bytes, not their hex text.

The caller computes the digest of what the contract signs. Contract: runpack.md 2.3.
"""

from binascii import b2a_base64
from typing import Final

from nacl import bindings
from nacl.exceptions import BadSignatureError

from gait_engine.contract.common import Signature
from gait_engine.crypto.keys import SigningKey, decode_base64, key_id
from gait_engine.errors import quoted
from gait_engine.wire.digest import is_hex64

ALGORITHM: Final = "ed25519"
SIGNATURE_BYTES: Final = 64


def sign_digest(digest_hex: str, key: SigningKey) -> Signature:
    """Sign a digest of 64 lower-case hex characters."""
    signed = bindings.crypto_sign(bytes.fromhex(digest_hex), key.private_bytes)
    return Signature(
        alg=ALGORITHM,
        key_id=key.key_id,
        sig=b2a_base64(signed[:SIGNATURE_BYTES], newline=False).decode(),
        signed_digest=digest_hex,
    )


def check_signature(digest_hex: str, signature: Signature, public_key: bytes) -> str:
    """Return why a signature does not cover the digest, in the contract's order; empty if it does.

    Everything is compared exactly; an empty key id passes. Contract: runpack.md 2.3.
    """
    return _fault_of_claims(digest_hex, signature, public_key) or _fault_of_bytes(
        digest_hex, signature.sig, public_key
    )


def _fault_of_claims(digest_hex: str, signature: Signature, public_key: bytes) -> str:
    signed = signature.signed_digest
    if not signed:
        return f"signed_digest: empty, expected {digest_hex}"
    if signed != digest_hex:
        return f"signed_digest: {quoted(signed)}, expected {digest_hex}"
    if not is_hex64(signed):
        return f"signed_digest: {quoted(signed)}, expected 64 lower-case hex characters"
    if signature.alg != ALGORITHM:
        return f"alg: {quoted(signature.alg)}, expected {ALGORITHM}"
    own_id = key_id(public_key)
    if signature.key_id not in ("", own_id):
        return f"key_id: {quoted(signature.key_id)}, expected {own_id}"
    return ""


def _fault_of_bytes(digest_hex: str, sig: str, public_key: bytes) -> str:
    decoded = decode_base64(sig.encode(errors="replace"))
    if decoded is None:
        return "sig: not padded standard base64, expected 64 bytes"
    if len(decoded) != SIGNATURE_BYTES:
        return f"sig: {len(decoded)} bytes, expected 64"
    try:
        bindings.crypto_sign_open(decoded + bytes.fromhex(digest_hex), public_key)
    except BadSignatureError:
        return "sig: does not match, expected a signature by this key over this digest"
    return ""
