import os
import shutil
import stat
from pathlib import Path

import msgspec
import pytest

from gait_engine.api.capture import capture
from gait_engine.contract.answers.run import CaptureAnswer
from gait_engine.contract.capture import CaptureReceipt
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from gait_engine.store.zipwrite import build_zip
from tests.support.hosts import FrozenHost
from tests.support.packs import bare_trace, runpack_members, write_record
from tests.support.process import ROOT

GOLDEN = ROOT / "tests" / "golden"
RECEIPT = Path("gait-out/capture.json")


@pytest.fixture
def sessions(tmp_path: Path) -> FrozenHost:
    """A host whose folder holds chain.json with three checkpoints."""
    shutil.copytree(GOLDEN / "session" / "capture-chain-latest", tmp_path, dirs_exist_ok=True)
    return FrozenHost(tmp_path)


def refused(source: str, host: FrozenHost, **options: str) -> GaitError:
    """Return the error of a capture that must fail, and must not have written anything."""
    with pytest.raises(GaitError) as caught:
        capture(source, host=host, **options)
    assert not (host.cwd / RECEIPT).exists()
    return caught.value


def write_runpack(path: Path, host: FrozenHost, **changed: bytes) -> None:
    names = {"run": "run.json", "evil": "evil.txt"}
    members = {**runpack_members(host), **{names[name]: body for name, body in changed.items()}}
    path.write_bytes(b"".join(build_zip(members)))


@pytest.mark.parametrize(
    ("case", "source"),
    [("runpack/capture-default-out", "run_alpha"), ("session/capture-chain-latest", "chain.json")],
)
def test_the_receipt_has_the_bytes_the_peer_writes(case: str, source: str, tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / case, tmp_path, dirs_exist_ok=True)
    capture(source, host=FrozenHost(tmp_path))
    expected = (GOLDEN / case / "expected" / "capture.json").read_bytes()
    assert (tmp_path / RECEIPT).read_bytes() == expected


def test_a_captured_runpack_is_named_with_its_run(frozen_host: FrozenHost, tmp_path: Path) -> None:
    write_runpack(tmp_path / "p.zip", frozen_host)
    answer = capture("p.zip", out="c/d/r.json", host=frozen_host)
    assert msgspec.to_builtins(answer) == {
        "ok": True,
        "schema_id": "gait.capture.receipt",
        "schema_version": "1.0.0",
        "from": "p.zip",
        "artifact_type": "runpack",
        "artifact_path": "p.zip",
        "run_id": "run_demo",
        "output_path": "c/d/r.json",
    }
    receipt = msgspec.json.decode((tmp_path / "c/d/r.json").read_bytes(), type=CaptureReceipt)
    assert (receipt.source, receipt.run_id) == ("p.zip", "run_demo")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_receipt_is_its_owners_alone_and_so_are_the_folders_made_for_it(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    write_runpack(tmp_path / "p.zip", frozen_host)
    capture("p.zip", out="c/r.json", host=frozen_host)
    assert stat.S_IMODE((tmp_path / "c/r.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o750


def test_a_runpack_under_the_name_of_a_json_file_is_still_a_runpack(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    write_runpack(tmp_path / "p.json", frozen_host)
    assert capture("./p.json", host=frozen_host).run_id == "run_demo"


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"run": b"{}"}, "verification_failed"), ({"evil": b""}, "zip_unlisted_entry")],
)
def test_a_runpack_that_does_not_verify_gets_no_receipt(
    changed: dict[str, bytes], code: str, frozen_host: FrozenHost, tmp_path: Path
) -> None:
    write_runpack(tmp_path / "p.zip", frozen_host, **changed)
    error = refused("p.zip", frozen_host)
    assert isinstance(error, VerificationFailed)
    assert error.code == code
    assert error.answer == CaptureAnswer(ok=False, source="p.zip")


def test_a_valid_trace_is_captured_without_a_run(frozen_host: FrozenHost, tmp_path: Path) -> None:
    write_record(tmp_path / "t.json", bare_trace(run_id="run_x"))
    answer = capture("t.json", host=frozen_host)
    assert (answer.artifact_type, answer.artifact_path, answer.run_id) == ("trace", "t.json", "")
    assert (tmp_path / RECEIPT).exists()


def test_a_trace_that_lacks_something_gets_no_receipt(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    write_record(tmp_path / "t.json", bare_trace(verdict="maybe"))
    error = refused("t.json", frozen_host)
    assert isinstance(error, InvalidInput)
    assert error.where == "t.json $.verdict"


def test_a_trace_with_an_uncovered_field_gets_no_receipt(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    write_record(tmp_path / "t.json", bare_trace(), approved_by="mallory")
    assert refused("t.json", frozen_host).code == "json_unsigned_field"


@pytest.mark.parametrize(
    ("checkpoint", "runpack"),
    [
        ("", "cp3.zip"),
        ("latest", "cp3.zip"),
        (" Latest ", "cp3.zip"),
        ("2", "cp2.zip"),
        ("002", "cp2.zip"),
        ("2abc", "cp2.zip"),
    ],
)
def test_a_checkpoint_is_meant_by_its_number_or_the_last_one_listed(
    checkpoint: str, runpack: str, sessions: FrozenHost
) -> None:
    answer = capture("chain.json", checkpoint=checkpoint, host=sessions)
    assert (answer.artifact_type, answer.artifact_path) == ("runpack", runpack)
    assert (answer.session_chain_path, answer.run_id) == ("chain.json", "run_sess")


@pytest.mark.parametrize("checkpoint", ["9", "0", "abc", "-1", "1" * 5000])
def test_an_unknown_checkpoint_is_invalid_input_that_names_the_known_ones(
    checkpoint: str, sessions: FrozenHost
) -> None:
    error = refused("chain.json", sessions, checkpoint=checkpoint)
    assert isinstance(error, InvalidInput)
    assert error.message.endswith("one of 1, 2, 3")
    assert error.answer == CaptureAnswer(ok=False, source="chain.json")


def test_a_chain_may_leave_its_schema_out(sessions: FrozenHost) -> None:
    chain = msgspec.json.decode((sessions.cwd / "chain.json").read_bytes())
    del chain["schema_id"]
    (sessions.cwd / "chain.json").write_bytes(msgspec.json.encode(chain))
    assert capture("chain.json", host=sessions).artifact_path == "cp3.zip"


def test_the_runpack_of_a_checkpoint_need_not_be_there(sessions: FrozenHost) -> None:
    (sessions.cwd / "cp3.zip").unlink()
    assert capture("chain.json", host=sessions).artifact_path == "cp3.zip"


@pytest.mark.parametrize(
    "text",
    [b"{}", b"[]", b"no json", b'{"schema_id":"gait.gate.result"}', b'{"schema_id":5}', b""],
)
def test_other_json_is_invalid_input(text: bytes, frozen_host: FrozenHost, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(text)
    error = refused("x.json", frozen_host)
    assert isinstance(error, InvalidInput)
    assert error.answer == CaptureAnswer(ok=False, source="x.json")


def test_ambiguous_json_is_refused_whatever_it_claims_to_be(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    text = b'{"schema_id":"gait.gate.trace","schema_id":"gait.runpack.session_chain"}'
    (tmp_path / "x.json").write_bytes(text)
    error = refused("x.json", frozen_host)
    assert (error.exit_code, error.code) == (2, "json_duplicate_key")


@pytest.mark.parametrize("source", ["no.zip", "no.json", "run_unknown", "folder.json"])
def test_a_source_that_is_not_there_is_named_in_the_answer(
    source: str, frozen_host: FrozenHost, tmp_path: Path
) -> None:
    (tmp_path / "folder.json").mkdir()
    error = refused(source, frozen_host)
    assert isinstance(error, InvalidInput)
    assert error.answer == CaptureAnswer(ok=False, source=source)


def test_no_source_at_all_is_a_usage_error_without_an_answer(frozen_host: FrozenHost) -> None:
    assert refused("", frozen_host).answer is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs")
def test_a_pipe_is_refused_at_once(frozen_host: FrozenHost, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.json")
    assert isinstance(refused("t.json", frozen_host), InvalidInput)


def test_a_receipt_that_cannot_be_written_leaves_nothing_behind(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    write_runpack(tmp_path / "p.zip", frozen_host)
    (tmp_path / "taken").mkdir()
    error = refused("p.zip", frozen_host, out="taken")
    assert isinstance(error, InvalidInput)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.zip", "taken"]
