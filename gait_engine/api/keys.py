"""Making, rotating and checking key pairs (runpack.md 2.2)."""

from typing import TYPE_CHECKING

from gait_engine.contract.answers.base import HazardNote
from gait_engine.contract.answers.keys import KeysAnswer
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.host import Host
from gait_engine.store.layout import KEYS_DIR

if TYPE_CHECKING:
    from gait_engine.crypto.keys import Signer

DEFAULT_PREFIX = "gait"
DEV, PROD = "dev", "prod"


def init(
    *, out_dir: str = KEYS_DIR, prefix: str = DEFAULT_PREFIX, force: bool = False, host: Host
) -> KeysAnswer:
    """Make a key pair: two files, both or neither, an existing one only with `force`."""
    from gait_engine.crypto.keys import generate_key, key_text
    from gait_engine.store.keyfiles import key_paths, write_key_pair

    paths, key = key_paths(out_dir, prefix), generate_key(host)
    write_key_pair(paths, key_text(key.private_bytes), key_text(key.public_key), host, force=force)
    return KeysAnswer(
        ok=True,
        prefix=paths.prefix,
        key_id=key.key_id,
        public_key_path=paths.public,
        private_key_path=paths.private,
    )


def rotate(*, out_dir: str = KEYS_DIR, prefix: str = DEFAULT_PREFIX, host: Host) -> KeysAnswer:
    """Make the successor of a pair under a name with the time in it; the old pair stays."""
    from gait_engine.store.keyfiles import rotated_prefix

    return init(out_dir=out_dir, prefix=rotated_prefix(prefix, host), host=host)


def verify(keys: KeySources, *, host: Host) -> KeysAnswer:
    """Load a private key and hold a public one against it. Raises InvalidInput."""
    from gait_engine.crypto.keys import check_keys
    from gait_engine.store.inputs import read_input
    from gait_engine.store.keyfiles import key_file_notes

    check = check_keys(keys, host, read_input)
    notes = key_file_notes(keys.private_key, host) if keys.private_key else ()
    return KeysAnswer(
        ok=True,
        key_id=check.key_id,
        public_key_source=check.public_key_source,
        private_key_source=check.private_key_source,
        hazards=tuple(HazardNote(code=code, where=where) for code, where in notes),
    )


def verification_key(keys: KeySources, host: Host) -> bytes | None:
    """Return the public key that the key flags name; None when they name none."""
    if keys.is_empty:
        return None
    from gait_engine.crypto.keys import load_verify_key
    from gait_engine.store.inputs import read_input

    return load_verify_key(keys, host, read_input)


def project_key(host: Host) -> tuple[str, KeySources]:
    """Return the key mode and the private key that `.gait/config.yaml` names for the gate.

    Without a key to keep it is dev. Raises InvalidInput for a file that cannot be read as one.
    """
    from gait_engine.contract.gateoptions import GateOptions
    from gait_engine.gate.config import with_config

    found = with_config(GateOptions(), host=host).options
    if found.key_mode.strip().lower() != PROD:
        return DEV, NO_KEYS
    named = KeySources(private_key=found.private_key, private_key_env=found.private_key_env)
    return PROD, named


def signer(mode: str, keys: KeySources, host: Host) -> "Signer | None":
    """Return what to sign with; None when neither a key mode nor a private key is given."""
    if not mode.strip() and keys == NO_KEYS:
        return None
    from gait_engine.crypto.keys import load_signer, signing_is_requested
    from gait_engine.store.inputs import read_input

    return load_signer(mode, keys, host, read_input) if signing_is_requested(mode, keys) else None
