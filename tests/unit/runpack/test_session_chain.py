"""Chain files: reading, verifying, comparing, listing."""

import json
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import session
from gait_engine.contract.answers.verify import SessionChainAnswer
from gait_engine.contract.session import Chain
from gait_engine.errors import InvalidInput, VerificationFailed
from gait_engine.runpack.chain import diff_chains, inspect_chain, read_chain, verify_chain_file
from tests.support.hosts import FrozenHost
from tests.support.sessions import CALL, JOURNAL, begun

CHAIN = "s/j_chain.json"


@pytest.fixture
def host(frozen_host: FrozenHost) -> FrozenHost:
    """A host in whose folder a session with three checkpoints lies."""
    begun(frozen_host)
    for number in (1, 2, 3):
        session.append(JOURNAL, CALL, host=frozen_host)
        session.checkpoint(JOURNAL, out=f"cp{number}.zip", host=frozen_host)
    return frozen_host


def changed(host: FrozenHost, **changes: Any) -> None:
    """Change fields of the chain; a key such as `2.sequence_end` is of the second checkpoint."""
    chain = json.loads((host.cwd / CHAIN).read_bytes())
    for key, value in changes.items():
        index, _, field = key.rpartition(".")
        (chain["checkpoints"][int(index) - 1] if index else chain)[field] = value
    (host.cwd / CHAIN).write_text(json.dumps(chain))


def verified(host: FrozenHost, *, required: bool = False) -> SessionChainAnswer:
    return verify_chain_file(CHAIN, host=host, required=required)


def test_a_chain_as_written_verifies(host: FrozenHost) -> None:
    assert verified(host) == SessionChainAnswer(
        ok=True, chain_path=CHAIN, session_id="sess_1", run_id="run_1", checkpoints_checked=3
    )


@pytest.mark.parametrize(
    ("changes", "links"),
    [
        ({"2.checkpoint_index": 4}, ["index 4", "digest", "index 3"]),
        ({"2.checkpoint_digest": "0" * 64}, ["digest", "previous digest"]),
        ({"2.prev_checkpoint_digest": "0" * 64}, ["previous digest", "digest"]),
        ({"1.prev_checkpoint_digest": "0" * 64}, ["digest"]),
        ({"2.sequence_start": 1}, ["begins at sequence 1", "digest"]),
        ({"1.sequence_start": 0}, ["begins at sequence 0", "digest"]),
        ({"1.sequence_end": 2}, ["digest", "begins at sequence 2"]),
    ],
    ids=str,
)
def test_every_broken_link_is_told(
    host: FrozenHost, changes: dict[str, Any], links: list[str]
) -> None:
    changed(host, **changes)
    answer = verified(host)
    assert not answer.ok
    assert len(answer.linkage_errors) == len(links)
    assert all(link in told for link, told in zip(links, answer.linkage_errors, strict=True))
    assert answer.checkpoint_errors == ()


def test_a_changed_manifest_digest_breaks_link_and_runpack(host: FrozenHost) -> None:
    changed(host, **{"3.manifest_digest": "0" * 64})
    answer = verified(host)
    assert (len(answer.linkage_errors), len(answer.checkpoint_errors)) == (1, 1)


@pytest.mark.parametrize("content", [None, b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_a_runpack_that_cannot_be_opened_is_told_not_raised(
    host: FrozenHost, content: bytes | None
) -> None:
    pack = host.cwd / "cp2.zip"
    pack.unlink()
    if content is not None:
        pack.write_bytes(content)
    answer = verified(host)
    assert len(answer.checkpoint_errors) == 1
    assert answer.checkpoint_errors[0].startswith("checkpoint 2: ")
    assert answer.linkage_errors == ()


def test_every_changed_byte_of_a_runpack_is_noticed(host: FrozenHost) -> None:
    pack = host.cwd / "cp1.zip"
    sound = pack.read_bytes()
    for offset in range(0, len(sound), 97):
        pack.write_bytes(sound[:offset] + bytes([sound[offset] ^ 1]) + sound[offset + 1 :])
        assert not verified(host).ok, f"byte {offset}"


def test_runpacks_are_looked_for_from_the_working_directory(
    host: FrozenHost, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    answer = verify_chain_file(str(host.cwd / CHAIN), host=FrozenHost(elsewhere))
    assert len(answer.checkpoint_errors) == 3


def test_unsigned_runpacks_fail_only_where_a_signature_is_required(host: FrozenHost) -> None:
    assert len(verified(host, required=True).checkpoint_errors) == 3
    assert verified(host).ok


@pytest.mark.parametrize(
    "changes",
    [
        {"schema_id": "gait.runpack.run"},
        {"schema_version": "2.0.0"},
        {"session_id": ""},
        {"run_id": None},
        {"checkpoints": []},
        {"checkpoints": None},
        {"2.sequence_end": 1.5},
    ],
    ids=str,
)
def test_a_file_that_is_no_chain_is_invalid(host: FrozenHost, changes: dict[str, Any]) -> None:
    changed(host, **changes)
    with pytest.raises(InvalidInput):
        verified(host)


def test_missing_schema_fields_and_unknown_ones_are_accepted(host: FrozenHost) -> None:
    changed(host, schema_id=None, schema_version="", extra=1, **{"1.extra": 1})
    assert verified(host).ok


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"run_id"', b'"run_id": "x", "run_id"', "json_duplicate_key"),
        (b'"schema_id"', b'"Schema_Id"', "json_case_variant_key"),
        (b'"sess_1"', b'"\xff"', "json_lossy_text"),
    ],
)
def test_an_ambiguous_chain_fails_verification(
    host: FrozenHost, old: bytes, new: bytes, code: str
) -> None:
    path = host.cwd / CHAIN
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    with pytest.raises(VerificationFailed) as caught:
        verified(host)
    assert caught.value.code == code


def chain(host: FrozenHost, *indices: int, **changes: Any) -> Chain:
    """Read the chain with only these checkpoints, fields changed as by `changed`."""
    kept = (host.cwd / CHAIN).read_bytes()
    changed(host, **changes)
    document = json.loads((host.cwd / CHAIN).read_bytes())
    document["checkpoints"] = [document["checkpoints"][index - 1] for index in indices]
    (host.cwd / CHAIN).write_text(json.dumps(document))
    found = read_chain(CHAIN, host=host)
    (host.cwd / CHAIN).write_bytes(kept)
    return found


@pytest.mark.parametrize(
    ("left", "right", "files"),
    [
        ((1, 2, 3), (1, 2, 3), ()),
        ((1, 2, 3), (3, 2, 1), ()),
        ((1, 2), (2, 3), ("left_only_checkpoint_1", "right_only_checkpoint_3")),
    ],
)
def test_chains_are_compared_by_index(
    host: FrozenHost, left: tuple[int, ...], right: tuple[int, ...], files: tuple[str, ...]
) -> None:
    summary = diff_chains(chain(host, *left), chain(host, *right))
    assert summary.files_changed == files
    flags = (summary.manifest_changed, summary.intents_changed, summary.results_changed)
    assert {*flags, summary.refs_changed} == {bool(files)}


def test_only_the_checkpoint_digest_counts_when_chains_are_compared(host: FrozenHost) -> None:
    left = chain(host, 1, 2, 3)
    same = chain(host, 1, 2, 3, run_id="other", **{"2.runpack_path": "x.zip"})
    other = chain(host, 1, 2, 3, **{"2.checkpoint_digest": "0" * 64})
    assert diff_chains(left, same).files_changed == ()
    assert diff_chains(left, same).run_id_right == "other"
    assert diff_chains(left, other).files_changed == ("checkpoint_2",)


def test_the_checkpoints_of_a_chain_are_listed_by_index(host: FrozenHost) -> None:
    answer = inspect_chain(chain(host, 3, 1, 2), shown="./c.json")
    assert (answer.artifact_type, answer.path, answer.checkpoint_count) == (
        "session_chain",
        "./c.json",
        3,
    )
    assert [entry.runpack_path for entry in answer.checkpoints] == ["cp1.zip", "cp2.zip", "cp3.zip"]
