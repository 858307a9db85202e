import base64
import hashlib
from typing import Final

import msgspec
import pytest

from gait_engine.contract.common import Signature
from gait_engine.crypto.keys import key_id, parse_private_key
from gait_engine.crypto.sign import check_signature, sign_digest

PRIVATE = (
    b"BysdxEcFY2/YpGUMTKbCWQ+lWUbsQNkc9EWEqEZr1X1l3kzoiNCS9Ish0JA+dZERoPD4BEKNIo/2TB+fZVdivw=="
)
KEY = parse_private_key(PRIVATE, "test")
DIGEST = "2bd42092868b2f99a97d3f07b6bc6722ca16702a616f18f8ec3baabae0c9c70d"
OTHER_DIGEST = hashlib.sha256(b"other").hexdigest()
PEERS = Signature(
    alg="ed25519",
    key_id="c1b7b87052d4b8461aa4da647713bf56ea4421156c6850ad4d261cb2d63f117b",
    sig="qg3nHvfG8uinQH6d+D2+5ejJsH0CdOAMZNv4KOS79tXEuoEODAn92W5mjinWZFKxoD0CctllCzBSAKowFDMnDQ==",
    signed_digest=DIGEST,
)
"""What the peer wrote for this key and digest."""

RAW = base64.b64decode(PEERS.sig)
GROUP_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
IDENTITY: Final = "01" + 31 * "00"

SMALL_ORDER_KEYS = {
    "order 1": IDENTITY,
    "order 1, sign set": "01" + 30 * "00" + "80",
    "order 2": "ec" + 30 * "ff" + "7f",
    "order 2, sign set": "ec" + 31 * "ff",
    "order 4": 32 * "00",
    "order 4, sign set": 31 * "00" + "80",
    "order 8": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "order 8, sign set": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "order 8, other": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "order 8, other, sign set": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0 spelled as p": "ed" + 30 * "ff" + "7f",
    "1 spelled as p+1": "ee" + 30 * "ff" + "7f",
    "1 spelled as p+1, sign set": "ee" + 31 * "ff",
}


def altered(**changes: str) -> Signature:
    return msgspec.structs.replace(PEERS, **changes)


def with_raw(raw: bytes) -> Signature:
    return altered(sig=base64.b64encode(raw).decode())


def fault(signature: Signature, digest: str = DIGEST, public_key: bytes = KEY.public_key) -> str:
    """Return the name of the field that is at fault."""
    return check_signature(digest, signature, public_key).partition(":")[0]


def test_signing_gives_the_bytes_the_peer_wrote() -> None:
    assert sign_digest(DIGEST, KEY) == PEERS


def test_the_peers_signature_is_valid() -> None:
    assert check_signature(DIGEST, PEERS, KEY.public_key) == ""


def test_an_empty_key_id_is_allowed() -> None:
    assert check_signature(DIGEST, altered(key_id=""), KEY.public_key) == ""


def test_line_ends_inside_and_unused_bits_are_allowed() -> None:
    sig = PEERS.sig
    assert check_signature(DIGEST, altered(sig=f"{sig[:10]}\r\n{sig[10:]}\n"), KEY.public_key) == ""
    assert check_signature(DIGEST, altered(sig=sig[:-3] + "R=="), KEY.public_key) == ""


@pytest.mark.parametrize(
    ("changes", "at_fault"),
    [
        ({"signed_digest": ""}, "signed_digest"),
        ({"signed_digest": DIGEST.upper()}, "signed_digest"),
        ({"signed_digest": DIGEST[:-1]}, "signed_digest"),
        ({"signed_digest": f"sha256:{DIGEST}"}, "signed_digest"),
        ({"signed_digest": f"{DIGEST} "}, "signed_digest"),
        ({"signed_digest": OTHER_DIGEST}, "signed_digest"),
        ({"alg": ""}, "alg"),
        ({"alg": "Ed25519"}, "alg"),
        ({"alg": "ed25519ph"}, "alg"),
        ({"alg": "none"}, "alg"),
        ({"alg": "HS256"}, "alg"),
        ({"key_id": PEERS.key_id[:16]}, "key_id"),
        ({"key_id": PEERS.key_id.upper()}, "key_id"),
        ({"key_id": f"sha256:{PEERS.key_id}"}, "key_id"),
        ({"key_id": key_id(b"x" * 32)}, "key_id"),
        ({"sig": ""}, "sig"),
        ({"sig": PEERS.sig.rstrip("=")}, "sig"),
        ({"sig": PEERS.sig.replace("+", "-")}, "sig"),
        ({"sig": f" {PEERS.sig}"}, "sig"),
        ({"sig": PEERS.sig + "!"}, "sig"),
        ({"sig": PEERS.sig + "===="}, "sig"),
        ({"sig": "\ud800" * 88}, "sig"),
        ({"sig": RAW.hex()}, "sig"),
        ({"sig": f"base64:{PEERS.sig}"}, "sig"),
    ],
)
def test_an_altered_field_is_at_fault(changes: dict[str, str], at_fault: str) -> None:
    assert fault(altered(**changes)) == at_fault


def test_the_first_fault_in_the_order_of_the_contract_is_told() -> None:
    """signed_digest, alg, key_id, then the signature itself."""
    broken = {"signed_digest": OTHER_DIGEST, "alg": "x", "key_id": "x", "sig": "x"}
    told = []
    while broken:
        told.append(fault(altered(**broken)))
        broken.pop(told[-1])
    assert told == ["signed_digest", "alg", "key_id", "sig"]


@pytest.mark.parametrize("digest", ["", "ab", "zz" * 32, DIGEST.upper()])
def test_a_digest_of_another_form_is_never_signed_for(digest: str) -> None:
    assert fault(altered(signed_digest=digest), digest) == "signed_digest"


@pytest.mark.parametrize(
    "raw",
    {
        "63 bytes": RAW[:-1],
        "65 bytes": RAW + b"\0",
        "128 bytes": RAW + RAW,
        "all zero": bytes(64),
        "all ones": b"\xff" * 64,
        "halves swapped": RAW[32:] + RAW[:32],
        "R of identity, S of 0": bytes.fromhex(IDENTITY) + bytes(32),
        "S + L": RAW[:32]
        + (int.from_bytes(RAW[32:], "little") + GROUP_ORDER).to_bytes(32, "little"),
        "S - L mod 2^256": RAW[:32]
        + ((int.from_bytes(RAW[32:], "little") - GROUP_ORDER) % 2**256).to_bytes(32, "little"),
        "S = L": RAW[:32] + GROUP_ORDER.to_bytes(32, "little"),
        "negated S": RAW[:32]
        + (GROUP_ORDER - int.from_bytes(RAW[32:], "little")).to_bytes(32, "little"),
        "R negated": RAW[:31] + bytes([RAW[31] ^ 0x80]) + RAW[32:],
    }.items(),
    ids=lambda item: item[0],
)
def test_a_forged_or_malleable_signature_is_refused(raw: tuple[str, bytes]) -> None:
    assert fault(with_raw(raw[1])) == "sig"


@pytest.mark.parametrize("name", SMALL_ORDER_KEYS)
def test_a_key_under_which_anything_would_verify_is_refused(name: str) -> None:
    """With a key of small order, R of identity and S of 0 fits about every eighth message."""
    weak = bytes.fromhex(SMALL_ORDER_KEYS[name])
    for number in range(64):
        digest = hashlib.sha256(bytes([number])).hexdigest()
        forged = with_raw(bytes.fromhex(IDENTITY) + bytes(32))
        claimed = msgspec.structs.replace(forged, signed_digest=digest, key_id=key_id(weak))
        assert fault(claimed, digest, weak) == "sig"


def test_another_key_and_another_digest_are_refused() -> None:
    other = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert fault(altered(key_id=""), public_key=other) == "sig"
    assert fault(altered(signed_digest=OTHER_DIGEST), OTHER_DIGEST) == "sig"


def test_the_message_is_the_raw_digest_not_its_text() -> None:
    from nacl import bindings

    over_text = bindings.crypto_sign(DIGEST.encode(), KEY.private_bytes)[:64]
    assert fault(with_raw(over_text)) == "sig"


def test_a_reason_says_what_was_found_and_what_was_expected() -> None:
    assert check_signature(DIGEST, altered(alg="HS\x1b"), KEY.public_key) == (
        r"alg: 'HS\x1b', expected ed25519"
    )
