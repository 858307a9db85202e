import json
import os
from pathlib import Path
from typing import Any

import pytest

from gait_engine.contract.broker import BrokerAnswer
from gait_engine.errors import DependencyMissing, InvalidInput
from gait_engine.gate.broker.command import ALLOWLIST, ask_command, command_line
from gait_engine.wire.timestamps import ZERO
from tests.support.brokers import asked, machine, program
from tests.support.hosts import FrozenHost


def told(output: str | bytes, folder: Path) -> BrokerAnswer:
    """Ask a program that says just this."""
    text = output if isinstance(output, bytes) else output.encode()
    argv = program(f"import sys; sys.stdout.buffer.write({text!r})")
    return ask_command(asked(), machine(folder), argv=argv, seconds=60)


def refusal(output: str | bytes, folder: Path) -> str:
    with pytest.raises(DependencyMissing) as caught:
        told(output, folder)
    assert caught.value.code == "broker_credential_missing"
    return caught.value.message


def test_a_program_is_asked_with_the_object_that_the_digest_covers(tmp_path: Path) -> None:
    copy = """
import sys
open("request.json", "w").write(sys.stdin.read())
print('{"credential_ref": "ref:abc"}')
"""
    request = asked(scopes="Admin,<all>", context={"session_id": "s1"})
    answer = ask_command(request, machine(tmp_path), argv=program(copy), seconds=60)
    assert answer.credential_ref == "ref:abc"
    assert (tmp_path / "request.json").read_text() == (
        '{"ToolName":"db.query","Identity":"agent-7","Workspace":"/srv/app","SessionID":"s1",'
        '"RequestID":"","RunID":"","JobID":"","Reference":"egress",'
        '"Scope":["\\u003call\\u003e","admin","read","write"],'
        f'"TargetBinding":"{request.target_binding}"}}'
    )


def test_an_answer_may_be_a_reference_alone(tmp_path: Path) -> None:
    answer = told('{"credential_ref":"ref:abc"}\n', tmp_path)
    assert answer == BrokerAnswer(credential_ref="ref:abc")


def test_an_answer_may_say_more(tmp_path: Path) -> None:
    said = {
        "issued_by": "b",
        "credential_ref": "ref:abc",
        "source": "aws_sts",
        "access_type": "jit",
        "issuer": "i",
        "subject": "s",
        "owner": "o",
        "scope": ["read", "write"],
        "target_binding": "t",
        "run_binding": "r",
        "job_binding": "j",
        "request_digest": "d",
        "issued_at": "2026-02-05T12:00:00Z",
        "expires_at": "2026-02-05T13:00:00Z",
        "ttl_seconds": 60,
    }
    answer = told(json.dumps(said), tmp_path)
    for field, value in said.items():
        assert getattr(answer, field) == (tuple(value) if isinstance(value, list) else value)


def test_null_is_unsaid_and_what_no_field_is_is_forgotten(tmp_path: Path) -> None:
    answer = told('{"credential_ref":"r","issued_at":null,"scope":null,"more":[1]}', tmp_path)
    assert answer == BrokerAnswer(credential_ref="r", issued_at=ZERO)


@pytest.mark.parametrize(
    "output",
    [
        *("", "null x", "[]", '"ref:abc"', "ref:abc", '{"credential_ref":"r"} {}'),
        *('{"credential_ref":7}', '{"credential_ref":"r","scope":"read"}'),
        *('{"credential_ref":"r","ttl_seconds":5.0}', '{"credential_ref":"r","issued_at":"now"}'),
        *('{"credential_ref":"r","credential_ref":"s"}', '{"Credential_Ref":"r"}'),
        *(b'{"credential_ref":"\xff"}', '{"credential_ref":"\\ud800"}'),
    ],
)
def test_an_answer_that_is_not_clear_is_none(output: str | bytes, tmp_path: Path) -> None:
    assert refusal(output, tmp_path) == (
        "credential command answer: no answer of a broker,"
        " expected a JSON object with credential_ref"
    )


@pytest.mark.parametrize("output", ["null", "{}", '{"credential_ref":" "}'])
def test_an_answer_without_reference_is_none(output: str, tmp_path: Path) -> None:
    assert "no credential_ref" in refusal(output, tmp_path)


def test_a_reference_is_one_line_of_at_most_256_bytes(tmp_path: Path) -> None:
    assert told(json.dumps({"credential_ref": "é" * 128}), tmp_path).credential_ref == "é" * 128
    assert "256 bytes" in refusal(json.dumps({"credential_ref": "é" * 128 + "x"}), tmp_path)
    for reference in ("a\nb", "a\rb", "a\tb", "ab\n"):
        assert "line break or tab" in refusal(json.dumps({"credential_ref": reference}), tmp_path)


@pytest.mark.parametrize("provider", ["aws", "okta_cyberark", "command", "made up"])
def test_the_receipt_of_a_provider_is_refused(provider: str, tmp_path: Path) -> None:
    output = json.dumps({"provider": provider, "credential_ref": "ref:abc"})
    assert "the receipt of a provider" in refusal(output, tmp_path)


def test_a_reference_that_is_a_credential_itself_is_refused(tmp_path: Path) -> None:
    message = refusal('{"credential_ref":"ghp_planted"}', tmp_path)
    assert "a credential itself" in message
    assert "planted" not in message


@pytest.mark.parametrize(
    ("command", "args", "argv"),
    [
        (" /bin/echo ", "", ("/bin/echo",)),
        ("echo", " a b ,,c", ("echo", "a b", "c")),
    ],
)
def test_arguments_are_separated_by_commas(
    command: str, args: str, argv: tuple[str, ...], frozen_host: FrozenHost
) -> None:
    assert command_line(command, args, host=frozen_host) == argv


@pytest.mark.parametrize(
    ("command", "found"),
    [
        *(("", "not given"), (" \t", "not given"), ("/bin/echo x", "without white space")),
        *(("a\u00a0b", "without white space"), ("a\nb", "without white space")),
    ],
)
def test_a_command_is_one_path_without_white_space(
    command: str, found: str, frozen_host: FrozenHost
) -> None:
    with pytest.raises(InvalidInput, match=found):
        command_line(command, "", host=frozen_host)


@pytest.mark.parametrize(
    ("allowlist", "command", "is_allowed"),
    [
        ("", "/bin/echo", True),
        (" ", "/bin/echo", True),
        ("cat, /bin/echo", "/bin/echo", True),
        ("/bin/../bin//echo", "/bin/./echo", True),
        ("echo", "/bin/echo", True),
        ("echo", "echo", True),
        ("./echo", "echo", True),
        ("cat,/bin/sh", "/bin/echo", False),
        ("/bin/echo", "echo", False),
        ("/bin/echo", "/opt/echo", False),
        ("/bin/echo", "/bin/../opt/bin/echo", False),
        ("Echo", "/bin/echo", False),
        ("/bin", "/bin/echo", False),
        (",", "/bin/echo", False),
    ],
)
def test_an_allowlist_names_paths_and_programs(
    allowlist: str, command: str, tmp_path: Path, *, is_allowed: bool
) -> None:
    host = FrozenHost(tmp_path, {ALLOWLIST: allowlist})
    if is_allowed:
        assert command_line(command, "", host=host) == (command,)
    else:
        with pytest.raises(InvalidInput, match=ALLOWLIST) as caught:
            command_line(command, "", host=host)
        assert caught.value.exit_code == 6


@pytest.mark.skipif(os.name == "nt", reason="needs links and executable scripts")
def test_the_path_that_was_allowed_is_the_one_that_runs(tmp_path: Path) -> None:
    for folder in ("bin", "far", "far/away"):
        (tmp_path / folder).mkdir()
    write_script(tmp_path / "bin" / "tool", "ref:right")
    (tmp_path / "far" / "bin").mkdir()
    write_script(tmp_path / "far" / "bin" / "tool", "ref:wrong")
    (tmp_path / "link").symlink_to(tmp_path / "far" / "away")
    host = machine(tmp_path, **{ALLOWLIST: str(tmp_path / "bin" / "tool")})
    argv = command_line(f"{tmp_path}/link/../bin/tool", "", host=host)
    assert ask_command(asked(), host, argv=argv, seconds=60).credential_ref == "ref:right"


def write_script(path: Path, reference: str) -> None:
    answer: dict[str, Any] = {"credential_ref": reference}
    path.write_text(f"#!/bin/sh\ncat >/dev/null\necho '{json.dumps(answer)}'\n")
    path.chmod(0o755)
