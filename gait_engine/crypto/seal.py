"""AES-256-GCM over whole files: sealed with one key, opened with the same one or not at all.

libsodium does this only on processors with AES instructions: tables in memory would give the key
away through the cache. Elsewhere the answer is DependencyMissing, never a slower cipher.
Contract: guard-doctor-registry.md D.
"""

from typing import Final

from nacl import bindings
from nacl.exceptions import CryptoError, UnavailableError

from gait_engine.crypto.keys import decode_base64
from gait_engine.errors import DependencyMissing, InvalidInput, quoted

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16


def seal(plain: bytes, key: bytes, nonce: bytes) -> bytes:
    """Encrypt; the 16 bytes of the tag stand at the end.

    A nonce must never be used twice with one key. Raises DependencyMissing.
    """
    try:
        return bindings.crypto_aead_aes256gcm_encrypt(plain, None, nonce, key)
    except UnavailableError as exc:
        raise _no_hardware() from exc


def unseal(sealed: bytes, key: bytes, nonce: bytes, where: str) -> bytes:
    """Decrypt what `seal` made; not a byte comes out unless all of it is authentic.

    Raises InvalidInput for another key, a changed byte or a wrong size; DependencyMissing.
    """
    if len(nonce) != NONCE_BYTES:
        raise InvalidInput(
            f"nonce of {quoted(where, 200)}: {len(nonce)} bytes, expected {NONCE_BYTES}",
            where=where,
        )
    if len(sealed) < TAG_BYTES:
        raise InvalidInput(
            f"ciphertext of {quoted(where, 200)}: {len(sealed)} bytes, "
            f"expected {TAG_BYTES} or more",
            where=where,
        )
    try:
        return bindings.crypto_aead_aes256gcm_decrypt(sealed, None, nonce, key)
    except UnavailableError as exc:
        raise _no_hardware() from exc
    except CryptoError as exc:
        raise InvalidInput(
            f"encrypted file {quoted(where, 200)}: not authentic under this key, expected the key "
            "it was sealed with and no changed byte",
            where=where,
            hint="give the key it was encrypted with, or fetch the file again",
        ) from exc


def parse_seal_key(text: bytes, where: str) -> bytes:
    """Read the text of a key, base64 of 32 bytes; `where` names it, the text is never shown.

    Raises InvalidInput.
    """
    key = decode_base64(text)
    if key is None or len(key) != KEY_BYTES:
        found = "not padded standard base64" if key is None else f"{len(key)} bytes"
        raise InvalidInput(
            f"encryption key {where}: {found}, expected base64 of {KEY_BYTES} bytes",
            hint="make one with: head -c 32 /dev/urandom | base64",
        )
    return key


def holds_seal_key(argument: str) -> bool:
    """Spot a key given in place of its name, which an answer or an error would repeat."""
    key = decode_base64(argument.encode(errors="replace"))
    return key is not None and len(key) == KEY_BYTES


def _no_hardware() -> DependencyMissing:
    return DependencyMissing(
        "aes-256-gcm: no AES instructions in this processor, expected some",
        hint="run the command on a machine with AES-NI or the ARM crypto extensions",
    )
