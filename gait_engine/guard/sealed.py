"""Encrypting a file with a key from outside, and decrypting it again.

Key text is never shown, not even in an error. Contract: guard-doctor-registry.md D.
"""

from binascii import b2a_base64
from typing import NamedTuple

import msgspec

from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.guard import (
    ALGORITHM,
    ENCRYPTED_SCHEMA,
    ENCRYPTED_SUFFIX,
    EncryptedArtifact,
    KeySource,
)
from gait_engine.errors import InvalidInput, VerificationFailed, quoted
from gait_engine.guard.keycommand import key_text_of
from gait_engine.host import Host
from gait_engine.runpack.envelope import first_value
from gait_engine.wire.canonical import canonical
from gait_engine.wire.digest import same_digest, sha256_hex
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import from_ns


class KeyRequest(NamedTuple):
    """Where a key is to come from: a variable, or what a command says; the variable wins."""

    env_name: str = ""
    command: str = ""
    command_args: str = ""


class SealKey(NamedTuple):
    """A key, and what may be told of where it came from."""

    key: bytes
    source: KeySource

    def __repr__(self) -> str:
        return f"SealKey(source={self.source!r})"


def load_seal_key(request: KeyRequest, *, host: Host) -> SealKey:
    """Fetch the key. Raises InvalidInput for none, an unusable one, or a command that fails."""
    from gait_engine.crypto.seal import holds_seal_key, parse_seal_key

    name, command = trim(request.env_name), trim(request.command)
    if any(map(holds_seal_key, (name, command))):
        raise InvalidInput(
            "encryption key: key text itself, expected the name of a variable or command",
            hint="put the key into a variable; as an argument other users can see it",
        )
    if name:
        text = trim(host.env.get(name, ""))
        where, source = quoted(f"env:{name}"), KeySource(mode="env", ref=name)
        if not text:
            raise InvalidInput(f"encryption key {where}: unset or blank, expected a key")
    elif command:
        text = trim(key_text_of(command, request.command_args, host=host))
        where, source = "of the command", KeySource(mode="command", command=command)
    else:
        raise InvalidInput(
            "encryption key: none given, expected one source",
            hint="give --key-env NAME or --key-command PROGRAM",
        )
    return SealKey(parse_seal_key(text.encode(errors="surrogateescape"), where), source)


def encrypt(plain: bytes, key: SealKey, *, host: Host) -> EncryptedArtifact:
    """Seal bytes under a fresh nonce. Raises DependencyMissing without AES in hardware."""
    from gait_engine.crypto.seal import NONCE_BYTES, seal

    nonce = host.entropy(NONCE_BYTES)
    return EncryptedArtifact(
        schema_id=ENCRYPTED_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=from_ns(host.now_ns()),
        producer_version=host.producer_version,
        algorithm=ALGORITHM,
        key_source=key.source,
        nonce=_base64(nonce),
        ciphertext=_base64(seal(plain, key.key, nonce)),
        plain_sha256=sha256_hex(plain),
        plain_size=len(plain),
    )


def artifact_bytes(artifact: EncryptedArtifact) -> bytes:
    """Return the content of an encrypted file. Raises InvalidInput for names not in UTF-8."""
    return canonical(msgspec.to_builtins(artifact))


def parse_artifact(text: bytes, path: str) -> EncryptedArtifact:
    """Read an encrypted file: its first JSON value, whatever follows.

    Raises InvalidInput, also for an unknown field; VerificationFailed for an ambiguous text.
    """
    source = Source(path, hazard=VerificationFailed, digested=False, closed=True)
    return read_record(first_value(text, source), EncryptedArtifact, source)


def decrypt(artifact: EncryptedArtifact, key: SealKey, path: str) -> bytes:
    """Open an encrypted file. Raises InvalidInput unless all of it is what was sealed."""
    from gait_engine.crypto.seal import unseal

    nonce = _decoded(artifact.nonce, "nonce", path)
    plain = unseal(_decoded(artifact.ciphertext, "ciphertext", path), key.key, nonce, path)
    recorded, found = artifact.plain_sha256, sha256_hex(plain)
    if recorded and not same_digest(recorded, found):
        raise InvalidInput(
            f"{path} $.plain_sha256: {quoted(recorded)}, expected {found}", where=path
        )
    return plain


def encrypted_path(path: str) -> str:
    """Name the encrypted form of a file."""
    return f"{path}{ENCRYPTED_SUFFIX}"


def decrypted_path(path: str) -> str:
    """Name the plain form of an encrypted file."""
    stem = path.removesuffix(ENCRYPTED_SUFFIX)
    return stem if stem != path else f"{path}.plain"


def _base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode()


def _decoded(text: str, name: str, path: str) -> bytes:
    from gait_engine.crypto.keys import decode_base64

    decoded = decode_base64(text.encode(errors="replace"))
    if decoded is None:
        raise InvalidInput(
            f"{path} $.{name}: not padded standard base64, expected some", where=path
        )
    return decoded
