"""Which key tokens are checked with (gate.md 6.2, 7)."""

from collections.abc import Iterable

from gait_engine.contract.keys import KeySources
from gait_engine.crypto.keys import load_verify_key
from gait_engine.errors import InvalidInput
from gait_engine.gate.setup import Gate
from gait_engine.host import Host
from gait_engine.store.inputs import read_input


def token_key(gate: Gate, sources: Iterable[KeySources], what: str, *, host: Host) -> bytes:
    """Return the public key of the first source given, else of the gate's own key.

    Raises InvalidInput under oss-prod, where the gate's own key does not stand for people.
    """
    for keys in sources:
        key = load_verify_key(keys, host, read_input)
        if key is not None:
            return key
    if gate.is_oss_prod:
        raise InvalidInput(
            f"{what} key: none given, expected one under --profile oss-prod",
            hint=f"add --{what}-public-key FILE",
        )
    return gate.signer.key.public_key
