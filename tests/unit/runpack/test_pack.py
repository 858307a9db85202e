"""Building a runpack: canonical members, the manifest over them, nothing else."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from gait_engine.contract.common import Record
from gait_engine.contract.runpack import DATA_MEMBERS, Intent, Refs, Run
from gait_engine.crypto.keys import generate_key
from gait_engine.errors import InvalidInput
from gait_engine.runpack.pack import Runpack, build_runpack, jsonl, write_runpack
from gait_engine.runpack.verify import verify_runpack
from gait_engine.wire.timestamps import Timestamp
from tests.support import runs
from tests.support.hosts import FrozenHost

RUN = Run(run_id="run_x", created_at=Timestamp(runs.STARTED), producer_version="1.2.3")


def built(**options: object) -> Runpack:
    given = {"intents": b"", "results": b"", "capture_mode": "reference", **options}
    return build_runpack(RUN, Refs(run_id="run_x"), **given)  # type: ignore[arg-type]  # a test's own table


def test_records_are_lines_of_canonical_json() -> None:
    records: list[Record] = [Intent(intent_id="b<&>"), Intent(intent_id="é", tool_name="\u2028")]
    first, second, rest = jsonl(records).split(b"\n")
    assert b'"intent_id":"b<&>"' in first
    assert '"intent_id":"é"'.encode() in second
    assert rest == b""
    assert jsonl([]) == b""
    for line in (first, second):
        assert line == runs.canonical(json.loads(line))


def test_the_manifest_takes_over_what_the_run_says() -> None:
    manifest = built(capture_mode="raw").manifest
    assert (manifest.run_id, manifest.created_at) == ("run_x", runs.STARTED)
    assert (manifest.producer_version, manifest.capture_mode) == ("1.2.3", "raw")


def test_the_manifest_lists_the_digests_of_the_data_members() -> None:
    pack = built(intents=b"one\n", results=b"two\n")
    assert pack.manifest.files is not None
    listed = {file.path: file.sha256 for file in pack.manifest.files}
    assert tuple(listed) == DATA_MEMBERS
    assert listed == {name: sha256(pack.members[name]).hexdigest() for name in DATA_MEMBERS}


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_what_is_built_verifies(frozen_host: FrozenHost, tmp_path: Path, *, signed: bool) -> None:
    key = generate_key(frozen_host) if signed else None
    write_runpack(tmp_path / "p.zip", built(key=key))
    public = key.public_key if key else None
    answer = verify_runpack(tmp_path / "p.zip", key=public, required=signed)
    assert (answer.ok, answer.signatures_valid) == (True, int(signed))


def test_an_archive_replaces_a_file_but_no_folder(tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_bytes(b"old")
    write_runpack(tmp_path / "p.zip", built())
    assert verify_runpack(tmp_path / "p.zip").ok
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidInput):
        write_runpack(tmp_path / "folder", built())
