import pytest

from gait_engine.wire.digest import is_hex64, same_digest, sha256_hex, value_digest

EMPTY_OBJECT = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
NULL = "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b"


def test_bytes_are_digested_as_they_are() -> None:
    assert sha256_hex(b"{}") == EMPTY_OBJECT
    assert sha256_hex(b"{ }") != EMPTY_OBJECT


def test_a_value_is_digested_through_its_canonical_form() -> None:
    assert value_digest({}) == EMPTY_OBJECT
    assert value_digest(None) == NULL
    assert value_digest({"b": 1.0, "a": 1}) == sha256_hex(b'{"a":1,"b":1}')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NULL, True),
        (NULL.upper(), False),
        (NULL[:-1], False),
        (NULL + "0", False),
        (NULL + "\n", False),
        (f"sha256:{NULL}", False),
        ("٣" * 64, False),
        ("", False),
    ],
)
def test_a_digest_is_64_lower_case_hex_characters(*, text: str, expected: bool) -> None:
    assert is_hex64(text) is expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (NULL, NULL, True),
        (NULL, NULL.upper(), True),
        (NULL, EMPTY_OBJECT, False),
        ("abcdef", "abcde", False),
        ("k", "\u212a", False),
        ("\u212a", "\u212a", True),
        ("é", "É", False),
    ],
)
def test_digests_are_compared_without_ascii_case(*, left: str, right: str, expected: bool) -> None:
    assert same_digest(left, right) is expected
    assert same_digest(right, left) is expected
