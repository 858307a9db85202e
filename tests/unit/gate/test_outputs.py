"""Where the gate may write: nowhere that a file would be lost, checked before anything happens."""

import os
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from gait_engine.api import gate as api
from gait_engine.errors import GaitError, InvalidInput
from tests.support.gates import (
    SIGNED,
    evaluated,
    files_in,
    furnish,
    options,
    streamed,
    write_envelope,
    write_lines,
    write_policy,
    write_scripts,
    write_switch,
)
from tests.support.hosts import FrozenHost

OUTPUTS: Final = (
    "trace_out",
    "approval_audit_out",
    "delegation_audit_out",
    "credential_evidence_out",
)
INPUTS: Final[dict[str, str]] = {
    "policy": "policy.yaml",
    "intent": "intent.json",
    "intents": "intents.jsonl",
    "context_envelope": "env.json",
    "approval_token": "t.json",
    "approval_token_chain": "a.json, t.json",
    "delegation_token": "t.json",
    "delegation_token_chain": "t.json,a.json",
    "approval_public_key": "gate.pub",
    "approval_private_key": "gate.key",
    "delegation_public_key": "gate.pub",
    "delegation_private_key": "gate.key",
    "private_key": "gate.key",
    "kill_switch_state": "ks.json",
    "rate_limit_state": "rl.json",
    "wrkr_inventory": "inv.json",
    "approved_script_registry": "scripts.json",
    "approved_script_public_key": "gate.pub",
    "config": "config.yaml",
}
PADDED: Final = {"approval_token": " t.json"}
each_output = pytest.mark.parametrize("output", OUTPUTS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with every kind of input; each rate-limited call counts."""
    furnish(tmp_path, {"rate_limit": {"requests": 9}}, default_verdict="block")
    write_lines(tmp_path, b"{}")
    write_envelope(tmp_path)
    write_switch(tmp_path)
    write_scripts(tmp_path, "a.read")
    for name in ("t.json", "a.json", "rl.json", "inv.json", "config.yaml"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


def refused(host: FrozenHost, **fields: Any) -> GaitError:
    """Evaluate what must be refused; no file may change."""
    before = contents(host.cwd)
    with pytest.raises(InvalidInput) as caught:
        evaluated(host, **{"rate_limit_state": "counted.json", **fields})
    assert contents(host.cwd) == before
    return caught.value


@each_output
@pytest.mark.parametrize("path", ["../x.json", "a/../../x.json", "..", ".", "./", "/", "a/.."])
def test_a_path_that_climbs_out_or_is_a_folder_by_its_name_is_refused(
    frozen_host: FrozenHost, folder: Path, output: str, path: str
) -> None:
    assert refused(frozen_host, **{output: path}).exit_code == 6


@each_output
@pytest.mark.parametrize("option", INPUTS)
def test_no_output_takes_the_place_of_an_input(
    frozen_host: FrozenHost, folder: Path, output: str, option: str
) -> None:
    asked = {"rate_limit_state": "rl.json", option: INPUTS[option]}
    name = INPUTS[option].rpartition(",")[2].strip()
    for spelled in (name, f"./x/../{name}", str(folder / name)):
        error = refused(frozen_host, **asked, **{output: spelled})
        assert (error.code, "expected another file" in error.message) == ("path_unsafe", True)


@each_output
def test_no_output_takes_the_place_of_the_default_config(
    frozen_host: FrozenHost, folder: Path, output: str
) -> None:
    (folder / ".gait").mkdir()
    assert refused(frozen_host, **{output: ".gait/config.yaml"}).code == "path_unsafe"


@pytest.mark.parametrize("spelled", [" policy.yaml ", "policy.yaml"])
def test_an_input_is_known_however_it_is_padded(
    frozen_host: FrozenHost, folder: Path, spelled: str
) -> None:
    error = refused(frozen_host, **PADDED, trace_out="t.json")
    assert "is an approval token" in error.message
    assert refused(frozen_host, trace_out=spelled).code == "path_unsafe"


@pytest.mark.parametrize("first", OUTPUTS)
@pytest.mark.parametrize("second", OUTPUTS)
def test_no_two_outputs_are_one_file(
    frozen_host: FrozenHost, folder: Path, first: str, second: str
) -> None:
    if first != second:
        error = refused(frozen_host, **{first: "out.json", second: "./out.json"})
        assert error.code == "path_unsafe"


@pytest.mark.skipif(sys.platform == "win32", reason="links are POSIX")
@each_output
def test_a_link_to_an_input_is_that_input(
    frozen_host: FrozenHost, folder: Path, output: str
) -> None:
    (folder / "link.json").symlink_to("policy.yaml")
    assert refused(frozen_host, **{output: "link.json"}).code == "path_unsafe"


@each_output
def test_a_folder_is_refused_before_a_limit_is_counted(
    frozen_host: FrozenHost, folder: Path, output: str
) -> None:
    (folder / "out").mkdir()
    error = refused(frozen_host, **{output: "out/"})
    assert "a folder, expected a file name" in error.message


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are POSIX")
@each_output
def test_a_pipe_or_device_is_refused_before_a_limit_is_counted(
    frozen_host: FrozenHost, folder: Path, output: str
) -> None:
    os.mkfifo(folder / "pipe")
    for path in ("pipe", "/dev/stdout", "/dev/null"):
        assert refused(frozen_host, **{output: path}).code == "path_unsafe"


def test_one_record_never_takes_the_place_of_a_journal(
    frozen_host: FrozenHost, folder: Path
) -> None:
    (folder / "traces.jsonl").write_bytes(b"{}\n")
    error = refused(frozen_host, trace_out="traces.jsonl")
    assert (error.code, "--intents" in error.hint) == ("path_unsafe", True)


def test_a_stream_and_an_open_gate_go_on_with_a_journal_that_is_there(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, default_verdict="allow")
    intent = (folder / "intent.json").read_bytes()
    write_lines(folder, intent)
    for _ in range(2):
        assert streamed(frozen_host, trace_out="t.jsonl")[0].ok
        gate = api.open_gate(options(trace_out="t.jsonl"), host=frozen_host)
        assert api.decide(gate, intent, host=frozen_host).ok
    assert len((folder / "t.jsonl").read_bytes().splitlines()) == 4


def test_a_stream_never_writes_into_itself(frozen_host: FrozenHost, folder: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        streamed(frozen_host, trace_out="intents.jsonl")
    assert "is the stream of intents" in caught.value.message
    assert (folder / "intents.jsonl").read_bytes() == b"{}\n"


@pytest.mark.parametrize("path", ["new/deep/t.json", "x/../t.json", " t.json "])
def test_the_path_is_shown_as_given_and_its_folders_are_made(
    frozen_host: FrozenHost, folder: Path, path: str
) -> None:
    answer = evaluated(frozen_host, rate_limit_state="rl2.json", trace_out=path, **SIGNED)
    assert answer.trace_path == path.strip()
    assert (folder / os.path.normpath(path.strip())).is_file()
    assert not (folder / "x").exists()


def test_what_has_no_path_is_named_after_the_trace(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(
        folder,
        {
            "require_broker_credential": True,
            "broker_reference": "egress",
        },
        default_verdict="block",
    )
    answer = evaluated(frozen_host, credential_broker="stub")
    assert answer.trace_path == f"trace_{answer.trace_id}.json"
    assert answer.credential_evidence_path == f"credential_evidence_{answer.trace_id}.json"
    write_policy(folder, default_verdict="require_approval")
    held = evaluated(frozen_host)
    assert held.approval_audit_path == f"approval_audit_{held.trace_id}.json"
    for path in (answer.trace_path, answer.credential_evidence_path, held.approval_audit_path):
        assert (folder / path).is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links are POSIX")
def test_a_file_has_mode_0600_and_a_link_in_its_place_is_replaced(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, default_verdict="allow")
    (folder / "victim").write_bytes(b"untouched")
    (folder / "t.json.link").symlink_to("victim")
    evaluated(frozen_host, trace_out="t.json.link")
    assert (folder / "victim").read_bytes() == b"untouched"
    written = (folder / "t.json.link").lstat()
    assert (written.st_mode & 0o777, (folder / "t.json.link").is_symlink()) == (0o600, False)
