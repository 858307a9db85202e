"""Ed25519 keys: their text form, their ids, and which one a command is to use.

Key text never enters a message. Files are read through the function a caller hands in, so this
package knows nothing of the file system. Contract: runpack.md 2.1, 2.2.
"""

import re
from binascii import a2b_base64, b2a_base64
from typing import Final, Literal, NamedTuple, Protocol

from gait_engine.contract.keys import KeySources
from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.text import normal, trim

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 32
PRIVATE_BYTES: Final = SEED_BYTES + PUBLIC_BYTES
KEY_FILE_LIMIT: Final = 64 * 1024

DEV_KEY_WARNING: Final = (
    "dev key mode: signed with a key that is forgotten now, nobody can verify it later"
)

_FILE_WHITE_SPACE: Final = b" \t\r\n"
_is_base64: Final = re.compile(
    rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?"
).fullmatch

_Half = Literal["public", "private"]


class ReadFile(Protocol):
    """Reads a whole input; `store.inputs.read_input` is one."""

    def __call__(self, path: str, *, limit: int, host: Host, what: str) -> bytes:
        """Return the content, at most `limit` bytes."""
        ...


class SigningKey:
    """A private key that never shows itself."""

    __slots__ = ("key_id", "private_bytes")

    def __init__(self, private_bytes: bytes) -> None:
        self.private_bytes = private_bytes
        self.key_id = key_id(self.public_key)
        """SHA-256 hex of the public key."""

    def __repr__(self) -> str:
        return f"SigningKey(key_id={self.key_id!r})"

    @property
    def public_key(self) -> bytes:
        """The last 32 bytes, never recomputed from the seed."""
        return self.private_bytes[SEED_BYTES:]


class Signer(NamedTuple):
    """What a command signs with, and what its user should know of that."""

    key: SigningKey
    warnings: tuple[str, ...] = ()


class KeyCheck(NamedTuple):
    """The answer of `keys verify`."""

    key_id: str
    public_key_source: str
    private_key_source: str


def key_id(public_key: bytes) -> str:
    """Return the id of a public key: 64 lower-case hex characters."""
    return sha256_hex(public_key)


def generate_key(host: Host) -> SigningKey:
    """Make a fresh key pair."""
    from nacl import bindings  # verifying an unsigned artifact must not pay for it

    _, private = bindings.crypto_sign_seed_keypair(host.entropy(SEED_BYTES))
    return SigningKey(private)


def key_text(key: bytes) -> bytes:
    """Return the content of a key file: base64 and a line feed."""
    return b2a_base64(key)


def parse_public_key(text: bytes, where: str) -> bytes:
    """Read the text of a public key file; `where` names it in errors.

    Raises InvalidInput.
    """
    return _parse(text, PUBLIC_BYTES, f"public key {where}", "32 bytes")


def parse_private_key(text: bytes, where: str) -> SigningKey:
    """Read the text of a private key file; `where` names it in errors.

    The halves may disagree, as for the peer: the second one is the public key. Raises
    InvalidInput.
    """
    wanted = "64 bytes, seed and public key"
    return SigningKey(_parse(text, PRIVATE_BYTES, f"private key {where}", wanted))


def decode_base64(text: bytes) -> bytes | None:
    """Decode standard padded base64, line ends inside ignored; None for anything else.

    Unused bits after the last byte may be set, as for the peer.
    """
    packed = text.translate(None, b"\r\n")
    return a2b_base64(packed) if _is_base64(packed) else None


def key_source_label(path: str, env_name: str) -> str:
    """Name a key source as answers do: `path:<p>`, `env:<NAME>` or `derived`."""
    if path:
        return f"path:{path}"
    return f"env:{env_name}" if env_name else "derived"


def load_verify_key(sources: KeySources, host: Host, read: ReadFile) -> bytes | None:
    """Return the public key to verify with; a public source wins, none at all is None.

    Raises InvalidInput. Contract: runpack.md 2.2.
    """
    _refuse_both(sources)
    if sources.public_key or sources.public_key_env:
        return _load_public(sources, host, read)
    if sources.private_key or sources.private_key_env:
        return _load_private(sources, host, read).public_key
    return None


def signing_is_requested(mode: str, sources: KeySources) -> bool:
    """Tell whether `run record` and its like are to sign: a mode or a private source is named."""
    return any(trim(text) for text in (mode, sources.private_key, sources.private_key_env))


def load_signer(mode: str, sources: KeySources, host: Host, read: ReadFile) -> Signer:
    """Return the key that a key mode asks for; an empty mode is `prod`.

    Dev makes a key that is never kept and warns. Prod needs exactly one private source; a public
    one given beside it must match. Raises InvalidInput. Contract: runpack.md 2.2.
    """
    sources = KeySources(*(source if trim(source) else "" for source in sources))
    match normal(mode):
        case "dev":
            if any(sources):
                raise InvalidInput(
                    "key mode: 'dev' with a key source, expected none",
                    hint="use --key-mode prod to sign with that key, or leave the key out:"
                    " --no-config leaves out one that .gait/config.yaml names",
                )
            return Signer(generate_key(host), (DEV_KEY_WARNING,))
        case "prod" | "":
            return Signer(_load_matching(sources, host, read))
        case _:
            raise InvalidInput(f"key mode: {quoted(mode)}, expected dev or prod")


def check_keys(sources: KeySources, host: Host, read: ReadFile) -> KeyCheck:
    """Load the private key in prod mode and hold a public one against it.

    Raises InvalidInput where one is unusable or they are no pair.
    """
    key = _load_matching(sources, host, read)
    return KeyCheck(
        key.key_id,
        key_source_label(sources.public_key, sources.public_key_env),
        key_source_label(sources.private_key, sources.private_key_env),
    )


def _load_matching(sources: KeySources, host: Host, read: ReadFile) -> SigningKey:
    _refuse_both(sources)
    if not (sources.private_key or sources.private_key_env):
        raise InvalidInput(
            "private key: none given, expected one source",
            hint="give --private-key or --private-key-env, or make a pair with gait keys init",
        )
    key = _load_private(sources, host, read)
    if sources.public_key or sources.public_key_env:
        _refuse_mismatch(key, _load_public(sources, host, read))
    return key


def _refuse_both(sources: KeySources) -> None:
    for half, path, name in (
        ("public", sources.public_key, sources.public_key_env),
        ("private", sources.private_key, sources.private_key_env),
    ):
        if path and name:
            raise InvalidInput(
                f"{half} key: both a file and an environment variable, expected one of them"
            )


def _refuse_mismatch(key: SigningKey, public_key: bytes) -> None:
    if key.public_key != public_key:
        raise InvalidInput(
            f"key pair: public key {key_id(public_key)} beside private key {key.key_id}, "
            "expected two halves of one pair"
        )


def _load_public(sources: KeySources, host: Host, read: ReadFile) -> bytes:
    path, name = sources.public_key, sources.public_key_env
    text = _read_source("public", path, name, host, read)
    return parse_public_key(text, quoted(key_source_label(path, name), 200))


def _load_private(sources: KeySources, host: Host, read: ReadFile) -> SigningKey:
    path, name = sources.private_key, sources.private_key_env
    text = _read_source("private", path, name, host, read)
    return parse_private_key(text, quoted(key_source_label(path, name), 200))


def _read_source(half: _Half, path: str, name: str, host: Host, read: ReadFile) -> bytes:
    if _holds_key(path or name):
        raise InvalidInput(
            f"{half} key: key text itself, expected the name of a file or variable",
            hint="put the key into a file; as an argument other users can see it",
        )
    if path:
        return _read_file(half, path, host, read)
    value = trim(host.env.get(name, ""))
    if not value:
        raise InvalidInput(f"{half} key {quoted('env:' + name)}: unset or blank, expected a key")
    return value.encode(errors="surrogateescape")


def _read_file(half: _Half, path: str, host: Host, read: ReadFile) -> bytes:
    try:
        return read(path, limit=KEY_FILE_LIMIT, host=host, what=f"{half} key")
    except InvalidInput as exc:
        if isinstance(exc.__cause__, FileNotFoundError):  # a fresh clone: no pair was made yet
            exc.hint = "make a pair with gait keys init, or name the file that holds the key"
        raise


def _holds_key(argument: str) -> bool:
    """Spot a key given in place of its name, which an error text would repeat."""
    key = decode_base64(argument.encode(errors="replace"))
    return key is not None and len(key) in (SEED_BYTES, PRIVATE_BYTES)


def _parse(text: bytes, size: int, what: str, wanted: str) -> bytes:
    key = decode_base64(text.strip(_FILE_WHITE_SPACE))
    if key is None:
        raise InvalidInput(f"{what}: not padded standard base64, expected {wanted}")
    if len(key) != size:
        raise InvalidInput(f"{what}: {len(key)} bytes, expected {wanted}")
    return key
