"""An output is never written over what a command reads or what a session has sealed."""

from pathlib import Path

import pytest

from gait_engine.api import session
from gait_engine.api.capture import capture
from gait_engine.api.reduce import reduce
from gait_engine.api.run import diff
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from tests.support.hosts import FrozenHost
from tests.support.process import ENTRY, python

JOURNAL = "s/j.jsonl"


@pytest.fixture
def failing(frozen_host: FrozenHost) -> Path:
    """A runpack with one call that has no result."""
    from gait_engine.api.record import RecordRequest, record

    text = '{"run":{"run_id":"run_x"},"intents":[{"intent_id":"i","tool_name":"t","args":{}}]}'
    (frozen_host.cwd / "in.json").write_text(text)
    record(RecordRequest(input="in.json"), host=frozen_host)
    return frozen_host.cwd / "gait-out" / "runpack_run_x.zip"


@pytest.fixture
def sealed(frozen_host: FrozenHost) -> Path:
    """A session with one checkpoint, s/c1.zip, and one event after it."""
    session.start(JOURNAL, session_id="s", run_id="r", host=frozen_host)
    event = session.EventInput(tool_name="t", verdict="allow")
    session.append(JOURNAL, event, host=frozen_host)
    session.checkpoint(JOURNAL, out="s/c1.zip", host=frozen_host)
    session.append(JOURNAL, event, host=frozen_host)
    return frozen_host.cwd / "s"


def refused(path: Path) -> pytest.RaisesExc[InvalidInput]:
    return pytest.raises(InvalidInput, match="expected another file")


@pytest.mark.parametrize(
    "spelling", ["gait-out/runpack_run_x.zip", "{root}", "link/runpack_run_x.zip"]
)
def test_no_command_replaces_the_runpack_it_reads(
    failing: Path, frozen_host: FrozenHost, spelling: str
) -> None:
    (frozen_host.cwd / "link").symlink_to(failing.parent)
    before = failing.read_bytes()
    out = spelling.format(root=failing)
    for command in (
        lambda: capture("run_x", out=out, host=frozen_host),
        lambda: diff("run_x", "run_x", output=out, host=frozen_host),
        lambda: reduce("run_x", out=out, host=frozen_host),
        lambda: reduce("run_x", out="r.zip", report_out=out, host=frozen_host),
    ):
        with refused(failing) as caught:
            command()
        assert caught.value.code == "path_unsafe"
    assert failing.read_bytes() == before


def test_a_reduction_and_its_report_are_two_files(failing: Path, frozen_host: FrozenHost) -> None:
    with refused(failing):
        reduce("run_x", out="r.zip", report_out="./r.zip", host=frozen_host)
    assert not (frozen_host.cwd / "r.zip").exists()


@pytest.mark.parametrize(
    "own", ["j.jsonl", "j.jsonl.state.json", "j.jsonl.lock", "j_chain.json", "c1.zip"]
)
def test_a_checkpoint_or_compaction_never_lands_on_what_the_session_keeps(
    sealed: Path, frozen_host: FrozenHost, own: str
) -> None:
    before = {path.name: path.read_bytes() for path in sealed.iterdir()}
    for out in (f"s/{own}", str(sealed / own)):
        with refused(sealed):
            session.checkpoint(JOURNAL, out=out, host=frozen_host)
    if own != "j.jsonl":  # naming the journal itself means in place
        with refused(sealed):
            session.compact(JOURNAL, out=str(sealed / own), host=frozen_host)
    assert {path.name: path.read_bytes() for path in sealed.iterdir()} == before


def test_a_chain_never_lands_on_the_runpack_of_its_checkpoint(
    sealed: Path, frozen_host: FrozenHost
) -> None:
    with refused(sealed):
        session.checkpoint(JOURNAL, out="s/c2.zip", chain_out="./s/c2.zip", host=frozen_host)
    assert not (sealed / "c2.zip").exists()


def test_a_checkpoint_whose_runpack_was_swapped_is_not_captured(
    sealed: Path, failing: Path, frozen_host: FrozenHost
) -> None:
    assert capture("s/j_chain.json", host=frozen_host).ok
    (sealed / "c1.zip").write_bytes(failing.read_bytes())
    with pytest.raises(VerificationFailed, match="expected the sealed"):
        capture("s/j_chain.json", host=frozen_host)


def test_a_working_folder_that_is_gone_is_an_input_error(tmp_path: Path) -> None:
    code = (
        f"import os, sys; os.rmdir(os.getcwd()); sys.argv[1:] = ['verify', 'x', '--json']; {ENTRY}"
    )
    folder = tmp_path / "gone"
    folder.mkdir()
    done = python(code, cwd=folder)
    assert done.returncode == 6
    assert "working directory" in done.stdout


def test_a_journal_of_blank_lines_only_is_no_journal(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "blank.jsonl").write_bytes(b"\n" * 3_000_000)
    with pytest.raises(GaitError):
        session.status("blank.jsonl", host=frozen_host)
