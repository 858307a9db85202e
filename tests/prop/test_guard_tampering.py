"""The tamper bar of evidence packs: nothing of one can change and still verify.

Bytes are changed in the archive as it lies there, and in members of an archive that is otherwise
made anew, checksums and all.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gait_engine.api import guard
from gait_engine.api.envelope import exit_code
from gait_engine.api.keys import init
from gait_engine.contract.keys import KeySources
from gait_engine.contract.pack import PACK_MANIFEST
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.guard.evidence import EvidencePaths
from gait_engine.guard.sealed import KeyRequest
from gait_engine.store.zipwrite import build_zip
from tests.support import runs
from tests.support.evidence import write_trace
from tests.support.hosts import FrozenHost

MASKS: Final = (0xFF, 0x01, 0x80, 0x49)
REFUSED: Final = {2, 6}
PRIVATE: Final = KeySources(private_key="gait-out/keys/gait_private.key")
PUBLIC: Final = KeySources(public_key="gait-out/keys/gait_public.key")

ExitOf = Callable[..., int]

tampering = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def pack(frozen_host: FrozenHost) -> bytes:
    """A signed pack with a trace and a PDF in it."""
    init(host=frozen_host)
    runs.runpack(frozen_host.cwd)
    write_trace(frozen_host.cwd / "t.json", "t")
    request = guard.PackRequest(
        run="./p.zip",
        paths=EvidencePaths(trace="t.json"),
        render_pdf=True,
        out="e.zip",
        key_mode="prod",
        keys=PRIVATE,
    )
    guard.pack(request, host=frozen_host)
    return (frozen_host.cwd / "e.zip").read_bytes()


@pytest.fixture
def members(pack: bytes, tmp_path: Path) -> dict[str, bytes]:
    return runs.members_of_sealed(pack, tmp_path / "m.zip")


@pytest.fixture
def exit_of(frozen_host: FrozenHost) -> ExitOf:
    """What `guard verify` would exit with; anything but a GaitError is a failed test."""

    def judge(data: bytes, keys: KeySources = PUBLIC) -> int:
        (frozen_host.cwd / "changed.zip").write_bytes(data)
        try:
            return exit_code(guard.verify("changed.zip", host=frozen_host, keys=keys))
        except GaitError as exc:
            return exc.exit_code

    return judge


def rebuilt(members: Mapping[str, bytes]) -> bytes:
    return b"".join(build_zip(members))


def test_the_pack_itself_verifies(pack: bytes, members: dict[str, bytes], exit_of: ExitOf) -> None:
    assert exit_of(pack) == exit_of(pack, KeySources()) == 0
    assert rebuilt(members) == pack


@pytest.mark.parametrize("mask", MASKS)
def test_no_byte_of_the_archive_can_change_even_without_a_key(
    mask: int, pack: bytes, exit_of: ExitOf
) -> None:
    survived = []
    for position in range(mask % 5, len(pack), 5):
        changed = bytearray(pack)
        changed[position] ^= mask
        if exit_of(bytes(changed), KeySources()) not in REFUSED:
            survived.append(position)
    assert survived == []


def test_no_end_of_the_archive_can_be_cut_off(pack: bytes, exit_of: ExitOf) -> None:
    assert {exit_of(pack[:size]) for size in range(0, len(pack), 97)} <= REFUSED


@tampering
@given(data=st.data())
def test_no_byte_of_a_member_can_change_with_the_checksums_made_anew(
    data: st.DataObject, members: dict[str, bytes], exit_of: ExitOf
) -> None:
    name = data.draw(st.sampled_from(sorted(members)))
    body = bytearray(members[name])
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    assert exit_of(rebuilt({**members, name: bytes(body)})) in REFUSED


def test_no_member_can_be_removed_or_renamed(members: dict[str, bytes], exit_of: ExitOf) -> None:
    for name, body in members.items():
        rest = {other: kept for other, kept in members.items() if other != name}
        assert exit_of(rebuilt(rest), KeySources()) in REFUSED, name
        assert exit_of(rebuilt({**rest, f"x{name}": body})) in REFUSED, name


@tampering
@given(name=st.text("abcxyz._/0", min_size=1, max_size=9), body=st.binary(max_size=9))
def test_no_member_can_be_added(
    name: str, body: bytes, members: dict[str, bytes], exit_of: ExitOf
) -> None:
    try:
        changed = rebuilt({**members, name: body})
    except GaitError:  # a name that not even the writer takes
        return
    assert name not in members
    assert exit_of(changed, KeySources()) == 2


@tampering
@given(plain=st.binary(max_size=40), data=st.data())
def test_no_bit_of_an_encrypted_file_can_change_under_its_nonce_and_tag(
    plain: bytes, data: st.DataObject, tmp_path: Path
) -> None:
    host = FrozenHost(tmp_path, {"K": "A" * 43 + "="})
    source, sealed, opened = (tmp_path / name for name in ("f", "f.gaitenc", "out"))
    source.write_bytes(plain)
    key = KeyRequest(env_name="K")
    guard.encrypt("f", host=host, key=key)
    record = json.loads(sealed.read_bytes())
    assert guard.decrypt("f.gaitenc", host=host, key=key, out="back").plain_size == len(plain)
    assert (tmp_path / "back").read_bytes() == plain
    field = data.draw(st.sampled_from(["nonce", "ciphertext"]))
    changed = bytearray(b64decode(record[field]))
    bit = data.draw(st.integers(0, 8 * len(changed) - 1))
    changed[bit // 8] ^= 1 << bit % 8
    sealed.write_text(json.dumps(record | {field: b64encode(changed).decode()}), encoding="utf-8")
    with pytest.raises(InvalidInput):
        guard.decrypt("f.gaitenc", host=host, key=key, out="out")
    assert not opened.exists()


def test_another_manifest_over_changed_members_is_not_signed(
    members: dict[str, bytes], exit_of: ExitOf
) -> None:
    changed = members["trace_summary.json"].replace(b"allow", b"block")
    old, new = (sha256(body).hexdigest() for body in (members["trace_summary.json"], changed))
    manifest = members[PACK_MANIFEST].replace(old.encode(), new.encode())
    assert changed != members["trace_summary.json"]
    forged = {**members, "trace_summary.json": changed, PACK_MANIFEST: manifest}
    assert exit_of(rebuilt(forged)) == 2
