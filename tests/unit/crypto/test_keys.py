import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from gait_engine.contract.keys import KeySources
from gait_engine.crypto.keys import (
    DEV_KEY_WARNING,
    KeyCheck,
    Signer,
    SigningKey,
    check_keys,
    decode_base64,
    generate_key,
    key_id,
    key_source_label,
    key_text,
    load_signer,
    load_verify_key,
    parse_private_key,
    parse_public_key,
    signing_is_requested,
)
from gait_engine.errors import InvalidInput
from gait_engine.host import Host
from tests.support.hosts import FrozenHost

PRIVATE = "BysdxEcFY2/YpGUMTKbCWQ+lWUbsQNkc9EWEqEZr1X1l3kzoiNCS9Ish0JA+dZERoPD4BEKNIo/2TB+fZVdivw=="
PUBLIC = "Zd5M6IjQkvSLIdCQPnWREaDw+ARCjSKP9kwfn2VXYr8="
KEY_ID = "c1b7b87052d4b8461aa4da647713bf56ea4421156c6850ad4d261cb2d63f117b"
OTHER_PUBLIC = "SSFrgVDxJ1oB/WtXPTmbVEOjnG2XcTTzdUlrFexFBU0="
HALVES_DISAGREE = (
    "BysdxEcFY2/YpGUMTKbCWQ+lWUbsQNkc9EWEqEZr1X2fCwOM9TR0zz8wKnKueneBbl5mppRJTjbjXPdaW9tEGQ=="
)


class KeyRing(FrozenHost):
    """A host whose files are a mapping."""

    def __init__(self, files: Mapping[str, str], **env: str) -> None:
        super().__init__(Path("/"), env)
        self.files = files


def read(path: str, *, limit: int, host: Host, what: str) -> bytes:
    assert isinstance(host, KeyRing)
    if path not in host.files:
        raise InvalidInput(f"{what} {path}: no such file")
    content = host.files[path].encode()
    assert len(content) <= limit
    return content


RING = KeyRing(
    {"a.key": PRIVATE + "\n", "a.pub": PUBLIC + "\n", "b.pub": OTHER_PUBLIC, "bad": "!!!!"},
    PK=PRIVATE,
    PUB=f"\u3000 {PUBLIC}\n",
    BLANK=" \u3000\n",
)


def test_the_key_id_is_the_digest_of_the_public_key() -> None:
    assert key_id(base64.b64decode(PUBLIC)) == KEY_ID
    assert parse_private_key(PRIVATE.encode(), "a.key").key_id == KEY_ID


def test_the_public_key_is_the_second_half_even_where_the_seed_disagrees() -> None:
    key = parse_private_key(HALVES_DISAGREE.encode(), "x.key")
    assert key.key_id == "47fa96caa36013a12a782f18d195031c4813b5b21b31d4592d93f9c9ed981c99"
    assert key.public_key == base64.b64decode(HALVES_DISAGREE)[32:]


def test_a_generated_pair_belongs_together_and_comes_from_the_hosts_entropy() -> None:
    key = generate_key(KeyRing({}))
    again = generate_key(KeyRing({}))
    assert key.private_bytes == again.private_bytes
    assert key.private_bytes[:32] == hashlib.shake_256((1).to_bytes(8)).digest(32)
    assert generate_key(RING).private_bytes != generate_key(RING).private_bytes


def test_the_public_half_of_a_generated_pair_is_that_of_rfc_8032() -> None:
    class Fixed(FrozenHost):
        def entropy(self, count: int) -> bytes:
            seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
            return bytes.fromhex(seed)[:count]

    assert (
        generate_key(Fixed(Path("/"))).public_key.hex()
        == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )


def test_the_text_of_a_key_file_is_base64_and_one_line_feed() -> None:
    assert key_text(base64.b64decode(PRIVATE)) == f"{PRIVATE}\n".encode()
    assert key_text(base64.b64decode(PUBLIC)) == f"{PUBLIC}\n".encode()


@pytest.mark.parametrize(
    "text",
    [
        PUBLIC,
        PUBLIC + "\n",
        f" \t\r\n{PUBLIC} \t\r\n",
        PUBLIC[:20] + "\n" + PUBLIC[20:],
        PUBLIC[:20] + "\r\n" + PUBLIC[20:],
        PUBLIC[:-1] + "\n=",
        PUBLIC[:-2] + "9=",
    ],
    ids=["bare", "line", "padded", "LF inside", "CRLF inside", "LF before =", "unused bits set"],
)
def test_spellings_of_a_key_that_are_read(text: str) -> None:
    assert parse_public_key(text.encode(), "p") == base64.b64decode(PUBLIC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!!!!",
        PUBLIC[:-1],
        PUBLIC + "=",
        PUBLIC + "====",
        PUBLIC.replace("+", "-"),
        PUBLIC[:20] + " " + PUBLIC[20:],
        PUBLIC[:20] + "!" + PUBLIC[20:],
        PUBLIC[:20] + "\x0b" + PUBLIC[20:],
        "\ufeff" + PUBLIC,
        "\u3000" + PUBLIC,
        PUBLIC + "\0",
        PUBLIC + PUBLIC,
        "=" * 44,
        "ZGV5" * 11,
        base64.b64encode(b"x" * 31).decode(),
        base64.b64encode(b"x" * 33).decode(),
        PRIVATE,
        hashlib.sha256(b"").hexdigest(),
        "-----BEGIN PUBLIC KEY-----\n" + PUBLIC,
    ],
    ids=[
        *("empty", "junk", "no padding", "more padding", "padding of nothing", "URL alphabet"),
        *("space inside", "! inside", "VT inside", "BOM", "wide space", "NUL", "two keys"),
        *("only padding", "33 bytes unpadded", "31 bytes", "33 bytes", "private", "hex", "PEM"),
    ],
)
def test_spellings_of_a_key_that_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_public_key(text.encode(), "p.pub")
    assert (caught.value.exit_code, caught.value.code) == (6, "invalid_input")
    assert caught.value.message.startswith("public key p.pub: ")


@pytest.mark.parametrize("size", [0, 32, 63, 65, 96])
def test_a_private_key_has_exactly_64_bytes(size: int) -> None:
    with pytest.raises(InvalidInput, match=f"{size} bytes, expected 64 bytes"):
        parse_private_key(base64.b64encode(b"x" * size), "p")


@pytest.mark.parametrize(
    "text", ["AAAA=", "AAAA====", "A===", "AA=A", "AA==AAAA", "====", "A", "AB"]
)
def test_padding_stands_where_it_must_and_nowhere_else(text: str) -> None:
    assert decode_base64(text.encode()) is None


def test_bytes_beyond_ascii_are_no_base64() -> None:
    assert decode_base64("ä===".encode()) is None
    assert decode_base64(b"\xff\xff\xff\xff") is None


def test_a_signing_key_never_shows_itself() -> None:
    shown = f"{parse_private_key(PRIVATE.encode(), 'a')!r} {Signer(generate_key(RING))!s}"
    assert KEY_ID in shown
    assert PRIVATE[:10] not in shown
    assert repr(base64.b64decode(PRIVATE)[:8])[2:-1] not in shown


@pytest.mark.parametrize(
    ("path", "name", "wanted"),
    [("p.key", "", "path:p.key"), ("", "PK", "env:PK"), ("", "", "derived"), ("p", "E", "path:p")],
)
def test_the_label_of_a_source(path: str, name: str, wanted: str) -> None:
    assert key_source_label(path, name) == wanted


class TestVerifyKey:
    @pytest.mark.parametrize(
        ("sources", "wanted"),
        [
            (KeySources(), None),
            (KeySources(public_key="a.pub"), PUBLIC),
            (KeySources(public_key_env="PUB"), PUBLIC),
            (KeySources(private_key="a.key"), PUBLIC),
            (KeySources(private_key_env="PK"), PUBLIC),
            (KeySources(public_key="b.pub", private_key="a.key"), OTHER_PUBLIC),
            (KeySources(public_key="b.pub", private_key="missing"), OTHER_PUBLIC),
            (KeySources(public_key_env="PUB", private_key_env="UNSET"), PUBLIC),
        ],
    )
    def test_a_public_source_wins_over_a_private_one(
        self, sources: KeySources, wanted: str | None
    ) -> None:
        expected = None if wanted is None else base64.b64decode(wanted)
        assert load_verify_key(sources, RING, read) == expected

    @pytest.mark.parametrize(
        "sources",
        [
            KeySources(public_key="a.pub", public_key_env="PUB"),
            KeySources(private_key="a.key", private_key_env="PK"),
            KeySources(public_key="a.pub", private_key="a.key", private_key_env="PK"),
            KeySources(public_key="missing"),
            KeySources(public_key="bad"),
            KeySources(public_key="a.key"),
            KeySources(private_key="a.pub"),
            KeySources(public_key=" "),
            KeySources(public_key_env="UNSET"),
            KeySources(public_key_env="BLANK"),
            KeySources(private_key_env="PUB"),
        ],
    )
    def test_an_unusable_source_is_refused(self, sources: KeySources) -> None:
        with pytest.raises(InvalidInput) as caught:
            load_verify_key(sources, RING, read)
        assert (caught.value.exit_code, caught.value.code) == (6, "invalid_input")


class TestSigner:
    @pytest.mark.parametrize(
        ("mode", "sources", "wanted"),
        [
            ("", KeySources(), False),
            (" ", KeySources(private_key=" ", private_key_env="\u3000"), False),
            ("", KeySources(public_key="a.pub"), False),
            ("dev", KeySources(), True),
            ("nonsense", KeySources(), True),
            ("", KeySources(private_key="a.key"), True),
            ("", KeySources(private_key_env="PK"), True),
        ],
    )
    def test_signing_is_requested_by_a_mode_or_a_private_source(
        self, mode: str, sources: KeySources, *, wanted: bool
    ) -> None:
        assert signing_is_requested(mode, sources) is wanted

    @pytest.mark.parametrize("mode", ["dev", " DEV "])
    def test_dev_makes_a_fresh_key_and_warns_once(self, mode: str) -> None:
        first, second = (load_signer(mode, KeySources(), RING, read) for _ in range(2))
        assert first.warnings == second.warnings == (DEV_KEY_WARNING,)
        assert first.key is not None
        assert second.key is not None
        assert first.key.key_id != second.key.key_id

    @pytest.mark.parametrize("mode", ["prod", " Prod ", "", " "])
    @pytest.mark.parametrize(
        "sources",
        [
            KeySources(private_key="a.key"),
            KeySources(private_key_env="PK"),
            KeySources(private_key="a.key", private_key_env=" "),
            KeySources(private_key="a.key", public_key="a.pub"),
        ],
    )
    def test_prod_and_no_mode_load_the_private_key(self, mode: str, sources: KeySources) -> None:
        signer = load_signer(mode, sources, RING, read)
        assert signer.key is not None
        assert (signer.key.key_id, signer.warnings) == (KEY_ID, ())

    @pytest.mark.parametrize(
        ("mode", "sources"),
        [
            ("dev", KeySources(private_key="a.key")),
            ("dev", KeySources(private_key_env="UNSET")),
            ("dev", KeySources(public_key="a.pub")),
            ("prod", KeySources()),
            ("prod", KeySources(public_key="a.pub")),
            ("prod", KeySources(private_key=" ")),
            ("prod", KeySources(private_key="a.key", private_key_env="PK")),
            ("prod", KeySources(private_key="a.pub")),
            ("prod", KeySources(private_key_env="BLANK")),
            ("prod", KeySources(private_key="a.key", public_key="b.pub")),
            ("prod", KeySources("a.pub", "PUB", "a.key")),
            ("test", KeySources(private_key="a.key")),
            ("production", KeySources(private_key="a.key")),
        ],
    )
    def test_every_other_combination_is_refused(self, mode: str, sources: KeySources) -> None:
        with pytest.raises(InvalidInput) as caught:
            load_signer(mode, sources, RING, read)
        assert (caught.value.exit_code, caught.value.code) == (6, "invalid_input")


class TestCheck:
    @pytest.mark.parametrize(
        ("sources", "wanted"),
        [
            (KeySources(private_key="a.key"), KeyCheck(KEY_ID, "derived", "path:a.key")),
            (KeySources(private_key_env="PK"), KeyCheck(KEY_ID, "derived", "env:PK")),
            (
                KeySources(private_key="a.key", public_key="a.pub"),
                KeyCheck(KEY_ID, "path:a.pub", "path:a.key"),
            ),
            (
                KeySources(private_key="a.key", public_key_env="PUB"),
                KeyCheck(KEY_ID, "env:PUB", "path:a.key"),
            ),
        ],
    )
    def test_the_answer_names_the_key_and_its_sources(
        self, sources: KeySources, wanted: KeyCheck
    ) -> None:
        assert check_keys(sources, RING, read) == wanted

    def test_keys_that_are_no_pair_are_refused_by_their_ids(self) -> None:
        with pytest.raises(InvalidInput, match=f"{KEY_ID}, expected two halves of one pair"):
            check_keys(KeySources(private_key="a.key", public_key="b.pub"), RING, read)

    @pytest.mark.parametrize("sources", [KeySources(), KeySources(public_key="a.pub")])
    def test_a_private_key_is_required(self, sources: KeySources) -> None:
        with pytest.raises(InvalidInput, match="private key: none given"):
            check_keys(sources, RING, read)


SECRET = base64.b64encode(bytes(range(64))).decode()


@pytest.mark.parametrize(
    ("sources", "host"),
    [
        (KeySources(private_key="p"), KeyRing({"p": SECRET[:-4] + "!!=="})),
        (KeySources(private_key="p"), KeyRing({"p": SECRET[:-8]})),
        (KeySources(private_key="p"), KeyRing({"p": "c2VjcmV0LXZhbHVl"})),
        (KeySources(private_key_env="P"), KeyRing({}, P=SECRET + "x")),
        (KeySources(private_key=SECRET), KeyRing({})),
        (KeySources(private_key_env=SECRET), KeyRing({})),
        (KeySources(private_key=base64.b64encode(bytes(range(32))).decode()), KeyRing({})),
    ],
    ids=["junk", "cut", "other text", "in env", "as path", "as variable", "seed as path"],
)
def test_no_error_repeats_key_text(sources: KeySources, host: KeyRing) -> None:
    for load in (load_verify_key, check_keys):
        with pytest.raises(InvalidInput) as caught:
            load(sources, host, read)
        error = caught.value
        told = f"{error.message} {error.where} {error.hint}"
        assert SECRET[:6] not in told
        assert "c2Vj" not in told


def test_two_readings_of_one_key_sign_as_one() -> None:
    key = parse_private_key(PRIVATE.encode(), "a")
    assert isinstance(key, SigningKey)
    assert key.public_key == parse_public_key(PUBLIC.encode(), "a")
