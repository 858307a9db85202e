"""One changed byte anywhere is never taken for the signed original."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gait_engine.crypto.keys import SigningKey, generate_key
from gait_engine.errors import GaitError
from gait_engine.gate.trace import check_trace, read_trace
from gait_engine.guard.verify import verify_pack
from gait_engine.store.zipread import open_archive
from tests.support.hosts import FrozenHost
from tests.support.packs import (
    embedding,
    guard_manifest,
    runpack_members,
    signed,
    signed_trace,
    write_pack,
    write_record,
)

CHANGES = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
UNUSED_BITS = b'=="'
"""The last character before the padding of a signature carries four bits that mean nothing."""

no_fresh_folder = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def key(frozen_host: FrozenHost) -> SigningKey:
    return generate_key(frozen_host)


def changed(data: bytes, change: tuple[float, int]) -> tuple[bytes, int]:
    at, mask = int(change[0] * len(data)), change[1]
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :], at


@no_fresh_folder
@given(change=CHANGES)
def test_a_trace_with_one_changed_byte_does_not_verify(
    change: tuple[float, int], frozen_host: FrozenHost, tmp_path: Path, key: SigningKey
) -> None:
    path = write_record(tmp_path / "t.json", signed_trace(key, latency_ms=0.25))
    original = read_trace("t.json", host=frozen_host)
    data = path.read_bytes()
    text, at = changed(data, change)
    path.write_bytes(text)
    try:
        trace = read_trace("t.json", host=frozen_host)
    except GaitError:
        return
    passed = check_trace(trace, key.public_key, shown="t.json").ok
    assert not passed or trace == original or data[at + 1 : at + 4] == UNUSED_BITS


@no_fresh_folder
@given(change=CHANGES)
def test_a_pack_with_one_changed_byte_does_not_verify_or_holds_the_same(
    change: tuple[float, int], frozen_host: FrozenHost, tmp_path: Path, key: SigningKey
) -> None:
    members = embedding(runpack_members(frozen_host))
    path = tmp_path / "e.zip"
    write_pack(path, signed(guard_manifest(members), key), members)
    data = path.read_bytes()
    text, at = changed(data, change)
    path.write_bytes(text)
    try:
        passed = verify_pack(str(path), key=key.public_key, required=True).ok
    except GaitError:
        return
    if passed and data[at + 1 : at + 4] != UNUSED_BITS:
        with open_archive(path) as archive:
            assert {name: archive.read(name) for name in members} == members
