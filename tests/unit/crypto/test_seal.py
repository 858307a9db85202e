from typing import Any

import pytest
from nacl import bindings
from nacl.exceptions import UnavailableError

from gait_engine.crypto.seal import holds_seal_key, parse_seal_key, seal, unseal
from gait_engine.errors import DependencyMissing, InvalidInput

KEY, NONCE = bytes(range(32)), bytes(range(12))


def test_the_cipher_is_aes_256_gcm_as_nist_published_it() -> None:
    """Test case 14 of the GCM specification: zero key, zero nonce, one zero block."""
    sealed = seal(bytes(16), bytes(32), bytes(12))
    assert sealed.hex() == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"


@pytest.mark.parametrize("plain", [b"", b"x", bytes(100_000)])
def test_what_was_sealed_comes_out_again(plain: bytes) -> None:
    assert unseal(seal(plain, KEY, NONCE), KEY, NONCE, "f") == plain


@pytest.mark.parametrize("bit", range(8 * 17))
def test_no_bit_of_the_ciphertext_or_tag_can_change(bit: int) -> None:
    sealed = bytearray(seal(b"x", KEY, NONCE))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidInput, match="not authentic"):
        unseal(bytes(sealed), KEY, NONCE, "f")


@pytest.mark.parametrize("size", [0, 8, 11, 13, 16, 24])
def test_a_nonce_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(InvalidInput, match=f"{size} bytes, expected 12"):
        unseal(seal(b"x", KEY, NONCE), KEY, bytes(size), "f")


def test_a_text_shorter_than_its_tag_is_refused() -> None:
    with pytest.raises(InvalidInput, match="15 bytes, expected 16 or more"):
        unseal(bytes(15), KEY, NONCE, "f")


def test_another_key_opens_nothing() -> None:
    with pytest.raises(InvalidInput, match="not authentic"):
        unseal(seal(b"x", KEY, NONCE), bytes(32), NONCE, "f")


def test_a_processor_without_aes_is_a_missing_dependency(monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_args: Any) -> bytes:
        raise UnavailableError("no AES-NI")

    sealed = seal(b"x", KEY, NONCE)
    monkeypatch.setattr(bindings, "crypto_aead_aes256gcm_encrypt", unavailable)
    monkeypatch.setattr(bindings, "crypto_aead_aes256gcm_decrypt", unavailable)
    with pytest.raises(DependencyMissing, match="no AES instructions"):
        seal(b"x", KEY, NONCE)
    with pytest.raises(DependencyMissing, match="no AES instructions"):
        unseal(sealed, KEY, NONCE, "f")


@pytest.mark.parametrize(
    ("text", "found"),
    [(b"c2hvcnQ=", "5 bytes"), (b"_" * 44, "not padded standard base64"), (b"", "0 bytes")],
)
def test_a_key_of_another_form_is_refused_and_not_shown(text: bytes, found: str) -> None:
    with pytest.raises(InvalidInput, match=found) as caught:
        parse_seal_key(text, "'env:K'")
    assert not text or text.decode() not in caught.value.message


def test_a_key_in_place_of_a_name_is_spotted() -> None:
    assert holds_seal_key("A" * 43 + "=")
    assert not holds_seal_key("GAIT_KEY")
    assert not holds_seal_key("QUJD")
