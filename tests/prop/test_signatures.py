import base64
import hashlib

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.contract.common import Signature
from gait_engine.crypto.keys import SigningKey, decode_base64, key_text, parse_private_key
from gait_engine.crypto.sign import check_signature, sign_digest

SEED = bytes(range(32))
PUBLIC = bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
KEY = SigningKey(SEED + PUBLIC)
digests = st.binary(max_size=64).map(lambda data: hashlib.sha256(data).hexdigest())


@given(digests)
def test_what_was_signed_verifies(digest: str) -> None:
    assert check_signature(digest, sign_digest(digest, KEY), KEY.public_key) == ""


@given(digests, st.integers(0, 511))
def test_a_signature_with_one_bit_flipped_never_verifies(digest: str, bit: int) -> None:
    signature = sign_digest(digest, KEY)
    raw = bytearray(base64.b64decode(signature.sig))
    raw[bit // 8] ^= 1 << bit % 8
    flipped = msgspec.structs.replace(signature, sig=base64.b64encode(raw).decode())
    assert check_signature(digest, flipped, KEY.public_key) != ""


@given(digests, st.integers(0, 255))
def test_a_public_key_with_one_bit_flipped_never_verifies(digest: str, bit: int) -> None:
    public = bytearray(KEY.public_key)
    public[bit // 8] ^= 1 << bit % 8
    anonymous = msgspec.structs.replace(sign_digest(digest, KEY), key_id="")
    assert check_signature(digest, anonymous, bytes(public)) != ""


@given(digests, digests)
def test_a_signature_covers_its_own_digest_only(digest: str, other: str) -> None:
    moved = msgspec.structs.replace(sign_digest(digest, KEY), signed_digest=other)
    assert (check_signature(other, moved, KEY.public_key) == "") == (digest == other)


@given(digests, st.text(max_size=100), st.text(max_size=100), st.text(max_size=100))
def test_no_text_makes_the_check_crash_or_pass(digest: str, alg: str, owner: str, sig: str) -> None:
    claimed = Signature(alg=alg, key_id=owner, sig=sig, signed_digest=digest)
    assert check_signature(digest, claimed, KEY.public_key) != ""


@given(st.binary(max_size=100))
def test_base64_of_the_standard_library_is_read_back(data: bytes) -> None:
    assert decode_base64(base64.b64encode(data)) == data
    assert decode_base64(base64.encodebytes(data)) == data


@given(st.text(alphabet="ABab01+/=-_! \n", max_size=12))
def test_what_is_read_as_base64_differs_from_its_normal_form_in_unused_bits_only(text: str) -> None:
    data = decode_base64(text.encode())
    if data is not None:
        packed = text.replace("\n", "")
        normal = base64.b64encode(data).decode()
        assert len(packed) == len(normal)
        assert packed.count("=") == normal.count("=")
        assert packed.rstrip("=")[:-1] == normal.rstrip("=")[:-1]


@given(st.binary(min_size=64, max_size=64))
def test_a_private_key_file_round_trips(private: bytes) -> None:
    assert parse_private_key(key_text(private), "p").private_bytes == private
