"""`run replay`: every call answered, nothing real run without every switch."""

import os
import select
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api.envelope import exit_code
from gait_engine.api.run import replay
from gait_engine.contract.answers.run import ReplayAnswer, ReplayStep
from gait_engine.errors import InvalidInput, UnsafeOperation
from gait_engine.runpack import tools
from gait_engine.runpack.replay import stub_type
from tests.support import runs
from tests.support.hosts import FrozenHost
from tests.support.runs import intent, result, runpack

GATE = "GAIT_ALLOW_REAL_REPLAY"


def text_digest(text: str | bytes) -> str:
    return sha256(text if isinstance(text, bytes) else text.encode()).hexdigest()


@pytest.fixture
def open_host(tmp_path: Path) -> FrozenHost:
    """A host on which the variable for real tools is set."""
    return FrozenHost(tmp_path, {GATE: "1"})


class TestGates:
    """Each missing switch refuses, before the run is even looked for."""

    @pytest.mark.parametrize(
        ("options", "env"),
        [
            ({"real_tools": True}, "1"),
            ({"real_tools": True, "allow_tools": "echo"}, "1"),
            ({"real_tools": True, "unsafe_real_tools": True}, "1"),
            ({"real_tools": True, "unsafe_real_tools": True, "allow_tools": " , ,"}, "1"),
            ({"real_tools": True, "unsafe_real_tools": True, "allow_tools": "echo"}, ""),
            ({"real_tools": True, "unsafe_real_tools": True, "allow_tools": "echo"}, "true"),
            ({"real_tools": True, "unsafe_real_tools": True, "allow_tools": "echo"}, "01"),
        ],
        ids=str,
    )
    def test_a_missing_switch_refuses(
        self, tmp_path: Path, options: dict[str, Any], env: str
    ) -> None:
        with pytest.raises(UnsafeOperation) as caught:
            replay("nowhere", host=FrozenHost(tmp_path, {GATE: env}), **options)
        assert runs.exit_code_of(caught.value) == (8, "unsafe_operation")
        assert isinstance(caught.value.answer, ReplayAnswer)
        assert caught.value.answer.requested_unsafe == options.get("unsafe_real_tools", False)

    def test_the_variable_may_have_another_name(self, tmp_path: Path) -> None:
        runpack(tmp_path)
        host = FrozenHost(tmp_path, {"MY_GATE": " 1 "})
        asked: dict[str, Any] = {
            "real_tools": True,
            "unsafe_real_tools": True,
            "allow_tools": "echo",
        }
        with pytest.raises(UnsafeOperation):
            replay("p.zip", host=host, **asked)
        with pytest.raises(InvalidInput, match="reference capture"):
            replay("p.zip", host=host, unsafe_real_tools_env="MY_GATE", **asked)

    def test_the_unsafe_switch_alone_stays_with_stubs(
        self, frozen_host: FrozenHost, tmp_path: Path
    ) -> None:
        runpack(tmp_path, intents=[intent("a", tool_name="echo")], results=[result("a")])
        answer = replay("p.zip", host=frozen_host, unsafe_real_tools=True)
        assert (answer.mode, answer.requested_unsafe) == ("stub", True)
        assert answer.steps[0].execution == "recorded"

    def test_a_reference_capture_has_nothing_to_run(
        self, open_host: FrozenHost, tmp_path: Path
    ) -> None:
        runpack(tmp_path)
        with pytest.raises(InvalidInput) as caught:
            replay(
                "p.zip",
                host=open_host,
                real_tools=True,
                unsafe_real_tools=True,
                allow_tools="echo",
            )
        assert "--capture-mode raw" in caught.value.hint


class TestStubs:
    def test_a_recorded_result_is_answered_as_it_stands(
        self, frozen_host: FrozenHost, tmp_path: Path
    ) -> None:
        runpack(tmp_path, intents=[intent("a")], results=[result("a", status="weird")])
        answer = replay("p.zip", host=frozen_host)
        assert answer.steps == (
            ReplayStep(
                intent_id="a",
                tool_name="tool.x",
                status="weird",
                execution="recorded",
                result_digest="b" * 64,
            ),
        )
        assert (answer.ok, answer.mode, answer.run_id) == (True, "stub", "run_x")
        assert (answer.warnings, answer.requested_unsafe) == ((), False)

    @pytest.mark.parametrize(
        ("tool", "stub"),
        [
            ("http.get", "http"), ("web_fetch", "http"), ("URL", "http"), ("file.read", "file"),
            ("path", "file"), ("fs.list", "file"), ("write", "file"), ("db.insert", "db"),
            ("run_sql", "db"), ("query", "db"), ("table.drop", "db"), ("queue", "queue"),
            ("topic", "queue"), ("publish", "queue"), ("kafka", "queue"), (" HTTP ", "http"),
            ("http.file.db", "http"), ("file.db", "file"), ("db.queue", "db"), ("tool.x", ""),
            ("", ""), ("profile", "file"), ("curl", "http"), ("FILE\u0130", "file"),
        ],
    )  # fmt: skip
    def test_the_first_word_that_fits_gives_the_stub(self, tool: str, stub: str) -> None:
        assert stub_type(tool) == stub

    def test_a_stub_answers_with_a_digest_of_who_asked_for_what(
        self, frozen_host: FrozenHost, tmp_path: Path
    ) -> None:
        call = intent("a", tool_name=" Web.FETCH ", args_digest=f" {'A' * 64}")
        runpack(tmp_path, intents=[call], run={"run_id": "run_r"})
        answer = replay("p.zip", host=frozen_host)
        (step,) = answer.steps
        assert (step.status, step.execution, step.stub_type) == ("stubbed", "stubbed", "http")
        assert step.result_digest == text_digest(f"run_r:a:web.fetch:{'a' * 64}:http")
        assert answer.ok

    def test_a_call_that_nothing_answers_is_missing_and_fails_the_replay(
        self, frozen_host: FrozenHost, tmp_path: Path
    ) -> None:
        runpack(tmp_path, intents=[intent("b"), intent("a"), intent("c", tool_name="db.x")])
        answer = replay("p.zip", host=frozen_host)
        assert (answer.ok, exit_code(answer)) == (False, 2)
        assert answer.missing_results == ("a", "b")
        assert [(step.status, step.execution, step.result_digest) for step in answer.steps[:2]] == [
            ("missing_result", "missing", "")
        ] * 2
        assert answer.error == ""

    @pytest.mark.parametrize(
        "parts",
        [
            {"intents": [intent("a"), intent("a")], "results": [result("a")]},
            {"intents": [intent("a")], "results": [result("a"), result("a")]},
            {"results": [result("u"), result("u")]},
        ],
        ids=["intents", "results", "results of nobody"],
    )
    def test_a_repeated_id_leaves_the_answer_open(
        self, frozen_host: FrozenHost, tmp_path: Path, parts: dict[str, Any]
    ) -> None:
        runpack(tmp_path, **parts)
        with pytest.raises(InvalidInput, match="repeated"):
            replay("p.zip", host=frozen_host)

    def test_a_replay_writes_nothing(self, frozen_host: FrozenHost, tmp_path: Path) -> None:
        args = {"path": "pwned", "content": "x"}
        runpack(tmp_path, intents=[intent("a", tool_name="file.write", args=args)])
        before = runs.tree(tmp_path)
        replay("p.zip", host=frozen_host)
        assert runs.tree(tmp_path) == before

    def test_an_empty_run_replays(self, frozen_host: FrozenHost, tmp_path: Path) -> None:
        runpack(tmp_path)
        answer = replay("p.zip", host=frozen_host)
        assert (answer.ok, answer.steps) == (True, ())


Really = Callable[..., ReplayStep]


@pytest.mark.skipif(sys.platform == "win32", reason="the tools are those of a POSIX shell")
class TestRealTools:
    """Only what the operator named runs, in the working directory, and a failure is an outcome."""

    @pytest.fixture
    def really(self, open_host: FrozenHost) -> Really:
        """Replay one call of a tool for real."""

        def call(tool: str, args: dict[str, Any] | None, allow: str = "") -> ReplayStep:
            payload = {} if args is None else {"args": args}
            data = runs.members([intent("a", tool_name=tool, **payload)], [result("a")])
            (open_host.cwd / "p.zip").write_bytes(runs.sealed(data, capture_mode="raw"))
            answer = replay(
                "p.zip",
                host=open_host,
                real_tools=True,
                unsafe_real_tools=True,
                allow_tools=allow or tool,
            )
            assert (answer.ok, answer.mode) == (True, "real")
            assert answer.warnings == (f"allow_tools={allow or tool}",)
            (step,) = answer.steps
            return step

        return call

    @pytest.mark.parametrize("tool", ["echo", "tool.echo", " ECHO "])
    @pytest.mark.parametrize(
        ("args", "said"),
        [({"message": " hi "}, "hi"), ({"message": ""}, "echo"), ({"message": 1}, "echo")],
        ids=str,
    )
    def test_echo_says_its_message(
        self, really: Really, tool: str, args: dict[str, Any], said: str
    ) -> None:
        step = really(tool, args)
        assert (step.status, step.execution) == ("ok", "executed")
        assert step.result_digest == text_digest(said)

    @pytest.mark.parametrize("tool", ["file.write", "fs.write", "write_file"])
    def test_a_file_is_written_where_the_call_says(
        self, really: Really, tool: str, tmp_path: Path
    ) -> None:
        step = really(tool, {"path": " new/dir/f.txt ", "content": "  é\n"})
        assert (tmp_path / "new/dir/f.txt").read_text() == "é"
        assert (step.status, step.result_digest) == ("ok", text_digest("é"))
        assert (tmp_path / "new/dir/f.txt").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o750

    @pytest.mark.parametrize("args", [{}, {"path": " "}, {"path": 7}, None], ids=str)
    def test_a_file_without_a_path_is_an_error(
        self, really: Really, args: dict[str, Any] | None
    ) -> None:
        step = really("file.write", args)
        assert step.status == "error"
        assert step.result_digest == text_digest("file.write requires args.path")

    def test_a_file_that_cannot_be_written_is_an_error(
        self, really: Really, tmp_path: Path
    ) -> None:
        (tmp_path / "in_the_way").mkdir()
        step = really("file.write", {"path": "in_the_way", "content": "x"})
        assert (step.status, step.execution) == ("error", "executed")

    @pytest.mark.parametrize("tool", ["shell.exec", "exec", "command.run"])
    def test_a_command_gives_the_digest_of_all_it_says(self, really: Really, tool: str) -> None:
        step = really(tool, {"command": "printf out; printf err >&2"})
        assert (step.status, step.result_digest) == ("ok", text_digest("outerr"))

    def test_a_command_runs_in_the_working_directory_without_input(
        self, really: Really, tmp_path: Path
    ) -> None:
        step = really("exec", {"command": "cat; pwd -P"})
        assert step.result_digest == text_digest(f"{tmp_path.resolve()}\n")

    def test_a_long_answer_is_cut(self, really: Really) -> None:
        command = "head -c 100000 /dev/zero; head -c 1000000 /dev/zero"
        assert really("exec", {"command": command}).result_digest == text_digest(b"\0" * 65_536)

    @pytest.mark.parametrize(
        ("command", "error"),
        [
            ("exit 3", "exit status 3"),
            ("no-such-command-anywhere 2>&1", "exit status 127"),
            ("  ", "shell.exec requires args.command"),
        ],
    )
    def test_a_command_that_fails_is_an_error_with_a_fixed_digest(
        self, really: Really, command: str, error: str
    ) -> None:
        step = really("exec", {"command": command})
        assert (step.status, step.result_digest) == ("error", text_digest(error))

    def test_a_command_that_ends_by_a_signal_is_an_error(self, really: Really) -> None:
        assert really("exec", {"command": "kill -9 $$"}).status == "error"

    @pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs a handle on a process")
    def test_a_command_that_does_not_end_is_ended_with_all_its_children(
        self, really: Really, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(tools, "_SHELL_SECONDS", 1.5)
        command = 'mkfifo gate; (read x <gate; echo x >pwned) & echo "$!" >child; wait'
        step = really("exec", {"command": command})
        assert step.status == "error"
        child = int((tmp_path / "child").read_text())
        assert ends(child)
        assert not (tmp_path / "pwned").exists()

    def test_a_command_that_says_too_much_is_ended_too(
        self, really: Really, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tools, "_SHELL_SECONDS", 0.3)
        assert really("exec", {"command": "while :; do echo y; done"}).status == "error"

    def test_a_command_that_closes_its_output_is_waited_for_no_longer(
        self, really: Really, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tools, "_SHELL_SECONDS", 0.3)
        assert really("exec", {"command": "exec >&- 2>&-; sleep 60"}).status == "error"

    def test_a_tool_that_is_allowed_but_unknown_is_an_error(self, really: Really) -> None:
        step = really("Tool.X", {})
        assert (step.status, step.execution) == ("error", "executed")
        assert step.result_digest == text_digest("unsupported real tool: Tool.X")

    def test_a_tool_that_is_not_allowed_is_answered_from_the_record(
        self, really: Really, tmp_path: Path
    ) -> None:
        step = really("exec", {"command": "touch pwned"}, allow="echo,EXEC2")
        assert step.execution == "recorded"
        assert not (tmp_path / "pwned").exists()

    def test_nothing_runs_when_an_id_is_repeated_later(
        self, open_host: FrozenHost, tmp_path: Path
    ) -> None:
        touch = intent("a", tool_name="exec", args={"command": "touch pwned"})
        data = runs.members([touch, intent("b"), intent("b")])
        (tmp_path / "p.zip").write_bytes(runs.sealed(data, capture_mode="raw"))
        with pytest.raises(InvalidInput, match="repeated"):
            replay(
                "p.zip",
                host=open_host,
                real_tools=True,
                unsafe_real_tools=True,
                allow_tools="exec",
            )
        assert not (tmp_path / "pwned").exists()


def ends(pid: int) -> bool:
    """Wait for the end of a process that is not ours to collect."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watch], [], [], 10)[0])
    finally:
        os.close(watch)
