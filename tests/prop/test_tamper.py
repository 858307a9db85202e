"""The tamper bar: no changed, cut, added or removed byte of a runpack survives `verify`.

The whole verb is asked here; how the reader alone fares is test_ziptamper's affair.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from gait_engine.api import keys
from gait_engine.api.demo import demo_runpack
from gait_engine.api.envelope import exit_code
from gait_engine.api.verify import verify
from gait_engine.contract.keys import KeySources
from gait_engine.errors import GaitError
from gait_engine.store.zipread import open_archive
from gait_engine.store.zipwrite import build_zip
from tests.support import runs
from tests.support.hosts import FrozenHost

PEERS: Final = Path(__file__).parents[1] / "data" / "peer_run_demo.zip"
MASKS: Final = (0xFF, 0x01, 0x80, 0x49)
REFUSED: Final = {2, 6}
UNUSED_BITS: Final = {(356, bit) for bit in range(2, 8)} | {(1408, 6), (1408, 7)}
"""Byte and bit of the padding before the empty last block of two deflate streams of the peer's
demo runpack: no decoder reads it, so nothing that a member says can change with it."""

Exit = Callable[[bytes], int]


@pytest.fixture
def exit_of(frozen_host: FrozenHost) -> Exit:
    """What `verify` would exit with on an archive; anything but a GaitError is a failed test."""

    def judge(data: bytes) -> int:
        (frozen_host.cwd / "p.zip").write_bytes(data)
        try:
            return exit_code(verify("p.zip", host=frozen_host))
        except GaitError as exc:
            return exc.exit_code

    return judge


@pytest.fixture
def demo_members(frozen_host: FrozenHost) -> dict[str, bytes]:
    return dict(demo_runpack(frozen_host).members)


@pytest.fixture
def ours(demo_members: dict[str, bytes]) -> bytes:
    """The demo runpack as we write it."""
    return b"".join(build_zip(demo_members))


@pytest.fixture
def peers() -> bytes:
    return PEERS.read_bytes()


def flipped(data: bytes, at: int, mask: int) -> bytes:
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def survivors(data: bytes, mask: int, exit_of: Exit) -> list[int]:
    """Return where a flip leaves `verify` with any exit code but those of a refusal."""
    return [at for at in range(len(data)) if exit_of(flipped(data, at, mask)) not in REFUSED]


def test_the_untouched_runpacks_verify(ours: bytes, peers: bytes, exit_of: Exit) -> None:
    assert (exit_of(ours), exit_of(peers)) == (0, 0)


@pytest.mark.parametrize("mask", MASKS, ids=hex)
def test_each_flipped_byte_of_our_runpack_fails(mask: int, ours: bytes, exit_of: Exit) -> None:
    assert survivors(ours, mask, exit_of) == []


@pytest.mark.parametrize("mask", MASKS, ids=hex)
def test_each_flipped_byte_of_the_peers_runpack_fails_but_for_padding(
    mask: int, peers: bytes, exit_of: Exit
) -> None:
    harmless = {at for at, _ in UNUSED_BITS if padding_only(at, mask)}
    assert set(survivors(peers, mask, exit_of)) == harmless


def padding_only(at: int, mask: int) -> bool:
    return all((at, bit) in UNUSED_BITS for bit in range(8) if mask >> bit & 1)


@pytest.mark.parametrize("at", [356, 1408])
def test_the_listed_padding_bits_are_all_that_verify_cannot_see(
    at: int, peers: bytes, exit_of: Exit
) -> None:
    unseen = {(at, bit) for bit in range(8) if exit_of(flipped(peers, at, 1 << bit)) == 0}
    assert unseen == {(place, bit) for place, bit in UNUSED_BITS if place == at}


@pytest.mark.parametrize("name", ["ours", "peers"])
def test_each_truncation_fails(name: str, request: pytest.FixtureRequest, exit_of: Exit) -> None:
    data: bytes = request.getfixturevalue(name)
    cuts = [*range(0, len(data), 64), len(data) - 1]
    assert [cut for cut in cuts if exit_of(data[:cut]) not in REFUSED] == []


@pytest.mark.parametrize("name", ["manifest.json", *runs.DATA])
def test_each_removed_member_fails(
    name: str, demo_members: dict[str, bytes], exit_of: Exit
) -> None:
    del demo_members[name]
    assert exit_of(runs.archive(demo_members)) in REFUSED


@pytest.mark.parametrize("name", ["a.txt", "run.json.bak", "zzz", "evidence/x", "run.JSON", "sub/"])
@pytest.mark.parametrize("body", [b"", b"x"], ids=["empty", "one byte"])
def test_each_added_member_fails(
    name: str, body: bytes, demo_members: dict[str, bytes], exit_of: Exit
) -> None:
    assert exit_of(runs.archive({**demo_members, name: body})) in REFUSED


@pytest.mark.parametrize("name", runs.DATA)
@pytest.mark.parametrize("change", [b" ", b"\n", b"{}\n"])
def test_each_byte_added_to_a_member_fails(
    name: str, change: bytes, demo_members: dict[str, bytes], exit_of: Exit
) -> None:
    longer = {**demo_members, name: demo_members[name] + change}
    assert exit_of(runs.archive(longer)) == 2


def test_members_that_changed_places_fail(demo_members: dict[str, bytes], exit_of: Exit) -> None:
    swapped = {
        **demo_members,
        "intents.jsonl": demo_members["results.jsonl"],
        "results.jsonl": demo_members["intents.jsonl"],
    }
    assert exit_of(runs.archive(swapped)) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"run_id": "run_other"},
        {"created_at": "2026-02-05T00:00:01Z"},
        {"capture_mode": "raw"},
        {"producer_version": "9.9.9"},
        {"manifest_digest": "0" * 64},
        {"manifest_digest": ""},
        {"files": []},
        {"files": None},
    ],
    ids=str,
)
def test_each_changed_manifest_field_fails(
    changes: dict[str, Any], demo_members: dict[str, bytes], exit_of: Exit
) -> None:
    manifest = json.loads(demo_members["manifest.json"]) | changes
    forged = {**demo_members, "manifest.json": runs.canonical(manifest)}
    assert exit_of(runs.archive(forged)) == 2


class TestSignedRunpack:
    """A signature covers the manifest's own text, digest included."""

    @pytest.fixture
    def signed(self, frozen_host: FrozenHost) -> dict[str, bytes]:
        keys.init(host=frozen_host)
        answer = runs.recorded(
            frozen_host,
            runs.run_input(runs.call(1)),
            key_mode="prod",
            keys=KeySources(private_key="gait-out/keys/gait_private.key"),
        )
        assert answer.signature_status == "signed"
        with open_archive(frozen_host.cwd / answer.bundle) as archive:
            return {name: archive.read(name) for name in archive.names}

    @pytest.fixture
    def signed_exit_of(self, frozen_host: FrozenHost) -> Exit:
        sources = KeySources(public_key="gait-out/keys/gait_public.key")

        def judge(data: bytes) -> int:
            (frozen_host.cwd / "p.zip").write_bytes(data)
            try:
                answer = verify("p.zip", host=frozen_host, keys=sources, require_signature=True)
                return exit_code(answer)
            except GaitError as exc:
                return exc.exit_code

        return judge

    def test_it_verifies_with_the_key(self, signed: dict[str, bytes], signed_exit_of: Exit) -> None:
        assert signed_exit_of(runs.archive(signed)) == 0

    @pytest.mark.parametrize("mask", MASKS, ids=hex)
    def test_each_flipped_byte_of_its_manifest_fails(
        self, mask: int, signed: dict[str, bytes], signed_exit_of: Exit
    ) -> None:
        text = signed["manifest.json"]
        found = [
            at
            for at in range(len(text))
            if signed_exit_of(runs.archive({**signed, "manifest.json": flipped(text, at, mask)}))
            not in REFUSED
        ]
        assert found == []

    def test_a_manifest_rebuilt_around_other_records_fails(
        self, signed: dict[str, bytes], signed_exit_of: Exit
    ) -> None:
        kept = json.loads(signed["manifest.json"])["signatures"]
        data = {name: signed[name] for name in runs.DATA} | {"intents.jsonl": b""}
        assert signed_exit_of(runs.sealed(data, signatures=kept)) == 2

    @pytest.mark.parametrize("signatures", [[], None, [{}]], ids=str)
    def test_a_manifest_whose_signature_was_taken_out_fails(
        self, signatures: Any, signed: dict[str, bytes], signed_exit_of: Exit
    ) -> None:
        manifest = json.loads(signed["manifest.json"]) | {"signatures": signatures}
        bare = {**signed, "manifest.json": runs.canonical(manifest)}
        assert signed_exit_of(runs.archive(bare)) == 2
