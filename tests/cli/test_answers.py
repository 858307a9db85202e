"""With --json stdout holds one object and nothing else, the same bytes a Python caller gets."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import keys, session
from gait_engine.api.capture import capture
from gait_engine.api.chain import verify_chain, verify_session_chain
from gait_engine.api.demo import demo
from gait_engine.api.doctor import DoctorRequest, doctor
from gait_engine.api.envelope import correlation_id, encode, exit_code, failure, seal
from gait_engine.api.index import find_inbox, index
from gait_engine.api.record import RecordRequest, record
from gait_engine.api.reduce import reduce
from gait_engine.api.run import diff, inspect, receipt, replay
from gait_engine.api.verify import verify
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.answers.run import CaptureAnswer, DiffAnswer
from gait_engine.contract.index import Limits
from gait_engine.contract.keys import KeySources
from gait_engine.errors import GaitError
from tests.conftest import Answer as Said
from tests.support import runs, sessions
from tests.support.hosts import FrozenHost

Gait = Callable[..., Said]
Api = Callable[[FrozenHost], Answer]
JOURNAL = sessions.JOURNAL
PRIVATE = "gait-out/keys/gait_private.key"

FINE: dict[str, tuple[tuple[str, ...], Api]] = {
    "demo": (("demo",), lambda host: demo(host=host)),
    "verify": (("verify", "p.zip"), lambda host: verify("p.zip", host=host)),
    "verify by id": (("verify", "run_demo"), lambda host: verify("run_demo", host=host)),
    "verify files": (
        ("verify", "p.zip", "--files"),
        lambda host: verify("p.zip", host=host, with_files=True),
    ),
    "verify damaged": (("verify", "bad.zip"), lambda host: verify("bad.zip", host=host)),
    "verify chain": (
        ("verify", "chain", "--run", "p.zip"),
        lambda host: verify_chain(run="p.zip", host=host),
    ),
    "verify session-chain": (
        ("verify", "session-chain", "s/j_chain.json"),
        lambda host: verify_session_chain("s/j_chain.json", host=host),
    ),
    "record": (
        ("run", "record", "input.json", "--run-id", "r"),
        lambda host: record(RecordRequest(input="input.json", run_id="r"), host=host),
    ),
    "inspect": (("run", "inspect", "p.zip"), lambda host: inspect("p.zip", host=host)),
    "inspect full": (
        ("run", "inspect", "--from", "p.zip", "--full"),
        lambda host: inspect("p.zip", host=host, full=True),
    ),
    "replay": (("run", "replay", "p.zip"), lambda host: replay("p.zip", host=host)),
    "diff": (("run", "diff", "p.zip", "q.zip"), lambda host: diff("p.zip", "q.zip", host=host)),
    "diff details": (
        ("run", "diff", "p.zip", "q.zip", "--details", "--privacy", "metadata"),
        lambda host: diff("p.zip", "q.zip", host=host, details=True, privacy="metadata"),
    ),
    "reduce": (("run", "reduce", "p.zip"), lambda host: reduce("p.zip", host=host)),
    "receipt": (("run", "receipt", "p.zip"), lambda host: receipt("p.zip", host=host)),
    "session status": (
        ("run", "session", "status", "--journal", JOURNAL),
        lambda host: session.status(JOURNAL, host=host),
    ),
    "capture": (("capture", "--from", "p.zip"), lambda host: capture("p.zip", host=host)),
    "keys init": (
        ("keys", "init", "--force"),
        lambda host: keys.init(force=True, host=FrozenHost(host.cwd)),
    ),
    "keys verify": (
        ("keys", "verify", "--private-key", PRIVATE),
        lambda host: keys.verify(KeySources(private_key=PRIVATE), host=host),
    ),
    "doctor": (("doctor",), lambda host: doctor(DoctorRequest(), host=host)),
    "doctor for production": (
        ("doctor", "--production-readiness"),
        lambda host: doctor(DoctorRequest(production_readiness=True), host=host),
    ),
    "index": (("index",), lambda host: index(host=host)),
    "index inbox": (
        ("index", "--inbox", "--no-cache", "--root", "."),
        lambda host: find_inbox(["."], host=host, use_cache=False),
    ),
    "index limits": (
        ("index", "--root", ".", "--max-files", "2", "--max-file-mb", "1"),
        lambda host: index(["."], limits=Limits(2, 1024 * 1024), host=host),
    ),
    "index roots": (
        ("index", "--root", ".", "--root", "nowhere"),
        lambda host: index([".", "nowhere"], host=host),
    ),
}

REFUSED: dict[str, tuple[tuple[str, ...], Api, Answer | None]] = {
    "missing": (("verify", "no.zip"), lambda host: verify("no.zip", host=host), None),
    "profile": (
        ("verify", "p.zip", "--profile", "x"),
        lambda host: verify("p.zip", host=host, profile="x"),
        None,
    ),
    "hazard": (
        ("run", "inspect", "twice.zip"),
        lambda host: inspect("twice.zip", host=host),
        None,
    ),
    "unsafe": (
        ("run", "replay", "p.zip", "--real-tools"),
        lambda host: replay("p.zip", host=host, real_tools=True),
        None,
    ),
    "diff": (
        ("run", "diff", "p.zip", "no.zip"),
        lambda host: diff("p.zip", "no.zip", host=host),
        DiffAnswer(ok=False),
    ),
    "record": (
        ("run", "record", "no.json"),
        lambda host: record(RecordRequest(input="no.json"), host=host),
        None,
    ),
    "capture": (
        ("capture", "--from", "no.zip"),
        lambda host: capture("no.zip", host=host),
        CaptureAnswer(ok=False),
    ),
}


@pytest.fixture(autouse=True)
def desk(frozen_host: FrozenHost) -> Path:
    """A folder with something for every command to work on."""
    folder = frozen_host.cwd
    runs.runpack(folder, "p.zip", intents=[runs.intent("a"), runs.intent("é<&>")])
    runs.runpack(folder, "q.zip", intents=[runs.intent("a", tool_name="other")])
    runs.runpack(folder, "bad.zip", run={"x": 1})
    members = runs.members_of(folder / "bad.zip")
    (folder / "bad.zip").write_bytes(runs.archive({**members, "run.json": b"{}"}))
    data = runs.members() | {"intents.jsonl": b'{"intent_id":"a","intent_id":"b"}\n'}
    (folder / "twice.zip").write_bytes(runs.sealed(data))
    (folder / "input.json").write_text(json.dumps(runs.run_input(runs.call(1))))
    demo(host=frozen_host)
    keys.init(host=FrozenHost(folder))
    sessions.begun(frozen_host, events=1)
    session.checkpoint(JOURNAL, out="cp.zip", host=frozen_host)
    return folder


def only_object(stdout: str) -> dict[str, Any]:
    """Read stdout as exactly one JSON object on one line."""
    assert stdout.endswith("}\n")
    assert stdout.count("\n") == 1
    found: dict[str, Any] = json.loads(stdout)
    return found


@pytest.mark.parametrize("name", FINE)
def test_command_line_and_python_answer_with_the_same_bytes(
    gait: Gait, frozen_host: FrozenHost, name: str
) -> None:
    argv, api = FINE[name]
    argv = (*argv, "--json")
    answer = api(frozen_host)
    said = gait(*argv)
    assert said.stdout.encode() == encode(seal(answer, argv))
    assert said.exit_code == exit_code(answer)
    assert said.stderr == ""


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_has_the_same_bytes_too(gait: Gait, frozen_host: FrozenHost, name: str) -> None:
    argv, api, base = REFUSED[name]
    argv = (*argv, "--json")
    with pytest.raises(GaitError) as caught:
        api(frozen_host)
    said = gait(*argv)
    assert said.stdout.encode() == encode(seal(failure(caught.value, base), argv))
    assert said.exit_code == caught.value.exit_code
    assert said.stderr == ""


@pytest.mark.parametrize("name", [*FINE, *REFUSED])
def test_an_answer_carries_the_id_of_its_command_line_and_sorted_keys(
    gait: Gait, name: str
) -> None:
    argv = FINE[name][0] if name in FINE else REFUSED[name][0]
    found = only_object(gait(*argv, "--json").stdout)
    assert found["correlation_id"] == correlation_id([*argv, "--json"])
    assert_sorted(found)


def assert_sorted(value: Any) -> None:
    if isinstance(value, dict):
        assert list(value) == sorted(value)
        for member in value.values():
            assert_sorted(member)
    if isinstance(value, list):
        for item in value:
            assert_sorted(item)


USAGE_ERRORS = [
    ("nope",), ("", "x"), ("-x",), ("--files", "verify", "p.zip"), ("verifyx", "p.zip"),
    ("run",), ("run", "nope"), ("run", "--help"), ("run", "session"), ("run", "session", "nope"),
    ("keys",), ("keys", "nope"), ("mcp-verify", "x"),
    ("verify",), ("verify", "p.zip", "q.zip"), ("verify", "p.zip", "--nope"),
    ("verify", "p.zip", "-f"), ("verify", "-h"), ("verify", "p.zip", "--profile"),
    ("verify", "p.zip", "--files=1"), ("verify", "p.zip", "--files=yes"),
    ("verify", "p.zip", "--files="), ("verify", "p.zip", "--jso"), ("verify", "p.zip", "---files"),
    ("verify", "chain", "p.zip"), ("verify", "session-chain"),
    ("run", "record"), ("run", "record", "a.json", "--input", "b.json"),
    ("run", "inspect"), ("run", "inspect", "p.zip", "--from", "q.zip"),
    ("run", "replay"), ("run", "replay", "p.zip", "q.zip"),
    ("run", "diff"), ("run", "diff", "p.zip"), ("run", "diff", "p.zip", "q.zip", "p.zip"),
    ("run", "diff", "p.zip", "q.zip", "--privacy", "some"),
    ("run", "reduce"), ("run", "reduce", "p.zip", "--predicate", "x"), ("run", "receipt"),
    ("capture",), ("capture", "p.zip"), ("capture", "--from", "p.zip", "--save-as", "x"),
    ("demo", "x"), ("demo", "--durable", "--policy"), ("index", "x"), ("version", "x"),
    ("keys", "init", "x"), ("keys", "verify"), ("completion",), ("completion", "tcsh"),
]  # fmt: skip


@pytest.mark.parametrize("argv", USAGE_ERRORS, ids=" ".join)
def test_every_mistake_on_the_command_line_is_one_object_and_exit_6(
    gait: Gait, desk: Path, argv: tuple[str, ...]
) -> None:
    before = runs.tree(desk)
    said = gait(*argv, "--json")
    found = only_object(said.stdout)
    assert (said.exit_code, said.stderr) == (6, "")
    assert found["ok"] is False
    assert (found["error_code"], found["error_category"]) == ("invalid_input", "invalid_input")
    assert found["retryable"] is False
    assert found["error"]
    assert found["hint"]
    assert not found["error"].endswith(".")
    assert "Traceback" not in said.stdout
    assert runs.tree(desk) == before


@pytest.mark.parametrize("argv", USAGE_ERRORS, ids=" ".join)
def test_without_json_the_mistake_is_told_on_stderr_with_its_code_and_its_fix(
    gait: Gait, argv: tuple[str, ...]
) -> None:
    said = gait(*argv)
    assert said.exit_code == 6
    if said.stdout:
        assert argv[0] in {"run", "keys"}
        assert said.stdout.startswith(f"Usage: gait {argv[0]} ")
        assert said.stderr == ""
        return
    first, second, third = said.stderr.splitlines()[:3]
    assert first.startswith("error: ")
    assert second == "code:  invalid_input"
    assert third.startswith("fix:   ")


@pytest.mark.parametrize("name", REFUSED)
def test_without_json_a_refusal_says_nothing_on_stdout(gait: Gait, name: str) -> None:
    argv = REFUSED[name][0]
    said = gait(*argv)
    assert (said.stdout, said.exit_code) == ("", gait(*argv, "--json").exit_code)
    assert said.stderr.startswith("error: ")


@pytest.mark.parametrize("where", [0, 1, 2, 3])
def test_json_counts_wherever_it_stands(gait: Gait, where: int) -> None:
    argv = ["verify", "p.zip", "--nope"]
    argv.insert(where, "--json")
    assert only_object(gait(*argv).stdout)["error_code"] == "invalid_input"


@pytest.mark.parametrize(
    ("argv", "kind", "old", "new"),
    [
        (("mcp-verify",), "command", "gait mcp-verify", "gait mcp verify"),
        (("capture", "--from", "p.zip", "--save-as", "x"), "flag", "--save-as", "--out"),
    ],
)
def test_a_spelling_of_old_names_its_successor(
    gait: Gait, argv: tuple[str, ...], kind: str, old: str, new: str
) -> None:
    found = only_object(gait(*argv, "--json").stdout)
    assert found["migration"] == {
        "kind": kind,
        f"deprecated_{kind}": old,
        f"replacement_{kind}": new,
    }
    assert new in found["hint"]


def test_a_negative_verdict_has_no_error_and_exits_2(gait: Gait) -> None:
    said = gait("verify", "bad.zip", "--json")
    assert said.exit_code == 2
    assert not {"error", "error_code", "hint", "retryable"} & only_object(said.stdout).keys()


def test_a_demo_that_is_not_here_yet_exits_7(gait: Gait) -> None:
    said = gait("demo", "--durable", "--json")
    assert said.exit_code == 7
    assert only_object(said.stdout)["error_code"] == "dependency_missing"


def test_a_refused_replay_exits_8(gait: Gait) -> None:
    argv = ("run", "replay", "p.zip", "--real-tools", "--unsafe-real-tools", "--json")
    said = gait(*argv)
    found = only_object(said.stdout)
    assert (said.exit_code, found["error_code"]) == (8, "unsafe_operation")
    assert found["requested_unsafe"] is True


def test_a_failed_comparison_still_has_an_empty_summary(gait: Gait) -> None:
    found = only_object(gait("run", "diff", "p.zip", "q.zip", "--output", "no/x", "--json").stdout)
    assert found["summary"] == {
        "intents_changed": False,
        "manifest_changed": False,
        "refs_changed": False,
        "results_changed": False,
        "run_id_left": "",
        "run_id_right": "",
    }
    assert not {"privacy", "output"} & found.keys()
