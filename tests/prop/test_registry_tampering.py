"""The tamper bar of registry packs: what was installed cannot change and still verify.

Three kinds of byte may change without changing what is signed, and are named here: the case of
letters in type, publisher and source, which are digested in lower case; that of a signed digest;
and the bits that base64 leaves over after the last byte of a signature.
"""

import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gait_engine.api import registry as api
from gait_engine.api.envelope import exit_code
from gait_engine.contract.answers.registry import RegistryVerifyAnswer
from gait_engine.contract.keys import KeySources
from gait_engine.contract.registry import RegistryPack
from gait_engine.crypto.keys import generate_key, key_text
from gait_engine.errors import GaitError
from gait_engine.registry.manifest import manifest_bytes, pack_digest, parse_pack
from tests.support.hosts import FrozenHost
from tests.support.registries import read, signed, spelled, unsigned

REFUSED: Final = {2, 6}
PUBLIC: Final = KeySources(public_key="pub.key")
LOWER_CASED: Final = (b'"pack_type":"', b'"publisher":"', b'"source":"', b'"signed_digest":"')
LETTERS: Final = string.ascii_letters.encode()

Verify = Callable[[bytes], RegistryVerifyAnswer | GaitError]

tampering = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def installed(frozen_host: FrozenHost) -> Path:
    """An installed manifest with every field there is."""
    key = generate_key(frozen_host)
    (frozen_host.cwd / "pub.key").write_bytes(key_text(key.public_key))
    more = {"risk_class": "high", "use_case": "payments", "provenance": {"n": 1.5, "é": [None]}}
    (frozen_host.cwd / "m.json").write_bytes(spelled(signed(key, **more)))
    request = api.InstallRequest(cache_dir="cache")
    answer = api.install("m.json", request, keys=PUBLIC, host=frozen_host)
    return frozen_host.cwd / answer.metadata_path


@pytest.fixture
def verify(frozen_host: FrozenHost, installed: Path) -> Verify:
    """What `registry verify` says of other bytes in that place, by its pin as well."""

    def judge(data: bytes) -> RegistryVerifyAnswer | GaitError:
        installed.write_bytes(data)
        try:
            path = str(installed.relative_to(frozen_host.cwd))
            return api.verify(path, keys=PUBLIC, host=frozen_host)
        except GaitError as exc:
            return exc

    return judge


def code_of(found: RegistryVerifyAnswer | GaitError) -> int:
    return found.exit_code if isinstance(found, GaitError) else exit_code(found)


def harmless(data: bytes) -> Iterator[tuple[int, frozenset[int]]]:
    """Yield each position whose byte may be another one, with those that it may be."""
    for name in LOWER_CASED:
        start = data.index(name) + len(name)
        for position in range(start, data.index(b'"', start)):
            if data[position] in LETTERS:
                yield position, frozenset({data[position] ^ 0x20})
    last = data.index(b'=="') - 1
    alphabet = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()
    kept = alphabet.index(data[last]) >> 4
    yield last, frozenset(alphabet[kept << 4 : (kept + 1) << 4])


def test_what_was_installed_verifies(installed: Path, verify: Verify) -> None:
    assert code_of(verify(installed.read_bytes())) == 0


@pytest.mark.parametrize("mask", [0xFF, 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01])
def test_no_byte_that_is_signed_can_change(mask: int, installed: Path, verify: Verify) -> None:
    data = installed.read_bytes()
    may_be = dict(harmless(data))
    before = verify(data)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= mask
        after = verify(bytes(changed))
        if changed[position] in may_be.get(position, ()):
            assert after == before, position
        else:
            assert code_of(after) in REFUSED, position


def test_no_end_can_be_cut_off(installed: Path, verify: Verify) -> None:
    data = installed.read_bytes()
    assert {code_of(verify(data[:size])) for size in range(len(data))} <= REFUSED


@pytest.mark.parametrize("mask", [0xFF, 0x80, 0x20, 0x01])
def test_no_byte_of_a_pin_can_change_but_the_case_of_its_letters(
    mask: int, frozen_host: FrozenHost, installed: Path, verify: Verify
) -> None:
    pin = frozen_host.cwd / "cache/pins/baseline.pin"
    whole = pin.read_bytes()
    for position in range(len(whole.rstrip())):
        changed = bytearray(whole)
        changed[position] ^= mask
        pin.write_bytes(changed)
        is_same = changed.lower() == whole
        assert code_of(verify(installed.read_bytes())) == (0 if is_same else 2), position


@tampering
@given(data=st.data())
def test_nothing_can_be_put_in_or_taken_out(
    data: st.DataObject, installed: Path, verify: Verify
) -> None:
    whole = installed.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(start + 9, len(whole))))
    more = data.draw(st.binary(max_size=9))
    changed = whole[:start] + more + whole[end:]
    found = verify(changed)
    installed.write_bytes(whole)
    if code_of(found) not in REFUSED:
        assert found == verify(whole)
        assert pack_digest(parse_pack(changed, "c")) == pack_digest(parse_pack(whole, "w"))


# Reading what was written gives the same pack, whatever an honest publisher wrote.

TEXT = st.text(max_size=8)
NAMES = TEXT.filter(lambda text: bool(text.strip()) and text not in (".", "..")).filter(
    lambda text: not any(char in "/\\" or char < " " or "\x7f" <= char <= "\x9f" for char in text)
)
FREE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e300, 1e300) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    fields=st.fixed_dictionaries(
        {"pack_name": NAMES, "pack_version": NAMES},
        optional={
            "publisher": TEXT,
            "source": TEXT,
            "risk_class": TEXT,
            "compatibility": st.lists(TEXT, max_size=3),
            "provenance": st.dictionaries(TEXT, FREE, max_size=3),
            "created_at": st.sampled_from(["2026-02-05T12:00:00.50+05:30", "0001-01-01T00:00:00Z"]),
        },
    )
)
def test_an_installed_manifest_is_a_fixed_point(fields: dict[str, object]) -> None:
    pack: RegistryPack = read(unsigned(**fields))
    written = manifest_bytes(pack)
    again = parse_pack(written, "again")
    assert manifest_bytes(again) == written
    assert pack_digest(again) == pack_digest(pack)
