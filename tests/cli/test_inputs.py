"""Inputs that are not what a command wants: one clear error for each, and nothing written."""

import json
import os
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import session
from tests.conftest import Answer
from tests.support import runs, sessions
from tests.support.hosts import FrozenHost
from tests.support.process import ENTRY, python

if sys.platform == "win32":
    pytest.skip("pipes, links and devices are POSIX", allow_module_level=True)

Gait = Callable[..., Answer]

VERBS: dict[str, tuple[str, ...]] = {
    "verify": ("verify", "{}.zip"),
    "verify chain run": ("verify", "chain", "--run", "{}.zip"),
    "verify chain trace": (
        "verify", "chain", "--run", "p.zip", "--trace", "{}.json", "--public-key", "pub.key",
    ),
    "verify chain pack": ("verify", "chain", "--run", "p.zip", "--pack", "{}.zip"),
    "verify session-chain": ("verify", "session-chain", "{}.json"),
    "record": ("run", "record", "--input", "{}.json"),
    "record envelope": (
        "run", "record", "in.json", "--context-envelope", "{}.json",
        "--context-evidence-mode", "required",
    ),
    "record key": ("run", "record", "in.json", "--private-key", "{}.key"),
    "inspect": ("run", "inspect", "{}.zip"),
    "inspect chain": ("run", "inspect", "./{}.json"),
    "replay": ("run", "replay", "{}.zip"),
    "diff left": ("run", "diff", "{}.zip", "p.zip"),
    "diff right": ("run", "diff", "p.zip", "./{}.json"),
    "reduce": ("run", "reduce", "{}.zip"),
    "receipt": ("run", "receipt", "{}.zip"),
    "capture": ("capture", "--from", "{}.zip"),
    "capture json": ("capture", "--from", "./{}.json"),
    "verify key": ("verify", "p.zip", "--public-key", "{}.key"),
    "keys verify": ("keys", "verify", "--private-key", "{}.key"),
    "session status": ("run", "session", "status", "--journal", "{}.json"),
    "session compact": ("run", "session", "compact", "--journal", "{}.json"),
    "session repair": ("run", "session", "repair", "--journal", "{}.json"),
}  # fmt: skip
KINDS = (
    "missing", "folder", "pipe", "device", "endless", "socket", "dangling", "circle", "empty",
    "text", "binary", "null", "list", "nul_bytes", "huge", "deep", "below_a_file",
    "long" + "g" * 300,
)  # fmt: skip
ENDINGS = (".zip", ".json", ".key")
CONTENTS = {
    "empty": b"",
    "text": b"this is no artifact\n",
    "binary": bytes(range(256)) * 64,
    "null": b"null",
    "list": b"[1,2,3]",
    "nul_bytes": b"\0" * 4096,
    "deep": b"[" * 100_000,
}
HUGE = 3 * 2**30


@pytest.fixture
def desk(frozen_host: FrozenHost) -> Iterator[Path]:
    """A folder with a runpack, an input, and one file of every wrong kind under every ending."""
    folder = frozen_host.cwd
    runs.runpack(folder)
    (folder / "in.json").write_text(json.dumps(runs.run_input()))
    (folder / "pub.key").write_text("A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n")
    (folder / "file").write_bytes(b"")
    ears = socket.socket(socket.AF_UNIX)
    for ending in ENDINGS:
        lay_out(folder, ending)
        with socket.socket(socket.AF_UNIX) as ear:
            bind_beside(ear, folder, f"socket{ending}")
    yield folder
    ears.close()


def bind_beside(ear: socket.socket, folder: Path, name: str) -> None:
    """Bind through a short name: the path of a socket may not be long."""
    here = os.open(folder, os.O_RDONLY)
    try:
        ear.bind(f"/proc/self/fd/{here}/{name}" if sys.platform == "linux" else str(folder / name))
    finally:
        os.close(here)


def lay_out(folder: Path, ending: str) -> None:
    for name, body in CONTENTS.items():
        (folder / f"{name}{ending}").write_bytes(body)
    (folder / f"folder{ending}").mkdir()
    os.mkfifo(folder / f"pipe{ending}")
    (folder / f"device{ending}").symlink_to("/dev/null")
    (folder / f"endless{ending}").symlink_to("/dev/zero")
    (folder / f"dangling{ending}").symlink_to(folder / "nowhere")
    (folder / f"circle{ending}").symlink_to(folder / f"circle{ending}")
    with (folder / f"huge{ending}").open("wb") as file:
        file.truncate(HUGE)


def facts(folder: Path) -> dict[str, Any]:
    """Describe everything in a folder without reading it; a lock may have come and gone."""
    found = {}
    for path in sorted(folder.rglob("*")):
        seen = path.lstat()
        when = 0 if stat.S_ISDIR(seen.st_mode) else seen.st_mtime_ns
        found[str(path)] = (seen.st_mode, seen.st_size, when, seen.st_ino)
    return found


def words(verb: str, kind: str) -> list[str]:
    name = "file/x" if kind == "below_a_file" else kind
    return [word.replace("{}", name) for word in VERBS[verb]]


@pytest.mark.parametrize("verb", VERBS)
def test_every_wrong_kind_of_input_is_one_clear_error_and_changes_nothing(
    gait: Gait, desk: Path, verb: str
) -> None:
    for kind in KINDS:
        before = facts(desk)
        said = gait(*words(verb, kind), "--json")
        found = json.loads(said.stdout)
        told = f"{kind}: {found}"
        assert facts(desk) == before, told
        assert (found["ok"], said.stderr) == (False, ""), told
        if (verb, kind) == ("verify chain trace", "null"):
            assert (
                said.exit_code == 2
            )  # a trace that says nothing, so unsigned: judged, not refused
            continue
        assert said.exit_code == 6, told
        assert found["error_category"] == "invalid_input", told
        assert len(found["error"]) < 700, told


@pytest.mark.parametrize("verb", VERBS)
def test_an_input_that_is_not_there_is_named(gait: Gait, desk: Path, verb: str) -> None:
    said = gait(*words(verb, "missing"))
    assert said.exit_code == 6
    assert "missing." in said.stderr.splitlines()[0]


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is not kept everywhere")
@pytest.mark.parametrize("verb", ["record", "verify", "diff right", "capture json", "keys verify"])
def test_a_huge_input_is_refused_by_its_size_not_by_reading_it(desk: Path, verb: str) -> None:
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29)); {ENTRY}"
    done = python(limited, [*words(verb, "huge"), "--json"], cwd=desk)
    found = json.loads(done.stdout)
    assert done.returncode == 6
    assert "MemoryError" not in found["error"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("verb", VERBS)
def test_an_input_that_may_not_be_read_is_refused(gait: Gait, desk: Path, verb: str) -> None:
    for ending in ENDINGS:
        (desk / f"text{ending}").chmod(0)
    said = gait(*words(verb, "text"), "--json")
    assert said.exit_code == 6


WRONG_KIND = {
    "a chain to verify": ("verify", "./s/j_chain.json"),
    "a chain to replay": ("run", "replay", "./s/j_chain.json"),
    "a chain to reduce": ("run", "reduce", "./s/j_chain.json"),
    "a journal to inspect": ("run", "inspect", "./s/j.jsonl"),
    "a runpack as a chain": ("verify", "session-chain", "p.zip"),
    "a runpack as an input": ("run", "record", "p.zip"),
    "a runpack as a journal": ("run", "session", "status", "--journal", "p.zip"),
    "a runpack as an evidence pack": ("verify", "chain", "--run", "p.zip", "--pack", "p.zip"),
    "an input to verify": ("verify", "./in.json"),
    "a chain and a runpack": ("run", "diff", "./s/j_chain.json", "p.zip"),
    "a public key as a private one": ("keys", "verify", "--private-key", "pub.key"),
}


@pytest.mark.parametrize("name", WRONG_KIND)
def test_an_artifact_of_another_kind_is_refused(
    gait: Gait, desk: Path, frozen_host: FrozenHost, name: str
) -> None:
    sessions.begun(frozen_host, events=1)
    session.checkpoint(sessions.JOURNAL, out="cp.zip", host=frozen_host)
    before = facts(desk)
    said = gait(*WRONG_KIND[name], "--json")
    found = json.loads(said.stdout)
    assert (said.exit_code, found["error_category"]) == (6, "invalid_input"), found
    assert facts(desk) == before


SESSION = ("run", "session")
OUTPUTS = {
    "record": ("run", "record", "in.json", "--out-dir", "{}"),
    "diff": ("run", "diff", "p.zip", "p.zip", "--output", "{}"),
    "capture": ("capture", "--from", "p.zip", "--out", "{}"),
    "keys": ("keys", "init", "--out-dir", "{}"),
    "journal": (*SESSION, "start", "--journal", "{}", "--session-id", "s", "--run-id", "r"),
    "compact": (*SESSION, "compact", "--journal", "s/j.jsonl", "--out", "{}"),
    "checkpoint": (*SESSION, "checkpoint", "--journal", "s/j.jsonl", "--out", "{}"),
}


@pytest.mark.parametrize("verb", OUTPUTS)
@pytest.mark.parametrize(
    "place",
    ["pipe.zip", "/dev/null", "/dev/fd/1", "file/x", "/proc/self/x", "circle.zip/x", "g" * 300],
)
def test_an_output_that_cannot_be_one_is_refused(
    gait: Gait, desk: Path, frozen_host: FrozenHost, verb: str, place: str
) -> None:
    sessions.begun(frozen_host, events=1)
    before = facts(desk)
    argv = [word.replace("{}", place) for word in OUTPUTS[verb]]
    said = gait(*argv, "--json")
    found = json.loads(said.stdout)
    assert (said.exit_code, found["error_category"]) == (6, "invalid_input"), found
    assert facts(desk) == before
