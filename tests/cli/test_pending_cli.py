"""`gait pending` at the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gait_engine.api import review
from gait_engine.contract.review import DenyRequest
from tests.conftest import Answer
from tests.support.hosts import FrozenHost
from tests.support.reviews import SETTING, TARGET, approve, waiting_call

Gait = Callable[..., Answer]
KEY = ("--approval-public-key", "k.pub")


@pytest.fixture
def call(frozen_host: FrozenHost) -> Path:
    """A working directory with one call that waits."""
    waiting_call(frozen_host)
    return frozen_host.cwd


@pytest.mark.usefixtures("call")
def test_a_pending_call_as_text(gait: Gait, frozen_host: FrozenHost) -> None:
    approve(frozen_host)
    review.deny(DenyRequest(TARGET, "carol", "not_in_ticket"), SETTING, host=frozen_host)
    said = gait("pending", *KEY)
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [
        "1 pending",
        "",
        "! tool.delete  by svc-etl",
        "  target     delete /srv/db.conf",
        "  approvals  1 of 2, by bob",
        "  risk       high  destructive  production",
        "  rule       approve-delete",
        "  asked      2026-02-05T12:00:00Z",
        "  trace      ./trace.json",
        "  denied     2026-02-05T12:00:00Z by carol: not_in_ticket",
        "",
        "searched ./gait-out: ok, 0 traces",
        "searched .: ok, 1 trace",
    ]


@pytest.mark.usefixtures("call")
def test_without_a_key_and_without_files_it_says_what_it_does_not_know(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    (frozen_host.cwd / "trace_9.json").write_text("x")
    said = gait("pending")
    assert "  approvals  ? of 2" in said.stdout
    assert "approvals were not counted: add --approval-public-key FILE" in said.stdout
    assert "not read: ./trace_9.json: invalid_input" in said.stdout
    (frozen_host.cwd / "policy.yaml").unlink()
    (frozen_host.cwd / "intent.json").unlink()
    lines = gait("pending").stdout.splitlines()
    assert lines[2:8] == [
        "! tool.delete  by svc-etl",
        "  approvals  not known",
        "  risk       production",
        "  rule       default_verdict",
        "  asked      2026-02-05T12:00:00Z",
        "  trace      ./trace.json",
    ]
    assert lines[8] == "  blocked    intent_missing, policy_missing"


@pytest.mark.usefixtures("call")
def test_a_call_that_an_unverified_trace_answers_is_not_hidden_in_silence(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    trace = json.loads((frozen_host.cwd / "trace.json").read_text())
    trace |= {"verdict": "allow", "observed_at": "2026-02-05T12:00:01Z"}
    (frozen_host.cwd / "later.json").write_text(json.dumps(trace))
    lines = gait("pending", *KEY).stdout.splitlines()
    assert lines[:4] == [
        "0 pending",
        "",
        "! 1 call not listed, answered by unverified traces: ./later.json: allow",
        "to check traces: add --trace-public-key FILE",
    ]
    answer = json.loads(gait("pending", "--json").stdout)
    assert answer["traces_checked"] is False
    assert [(one["trace_path"], one["verdict"]) for one in answer["answered_unverified"]] == [
        ("./later.json", "allow")
    ]
    checked = json.loads(gait("pending", "--trace-public-key", "k.pub", "--json").stdout)
    assert (checked["traces_checked"], checked["answered_unverified"]) == (True, [])
    assert {one["error_code"] for one in checked["unread"]} == {"trace_signature_invalid"}
    shown = gait("review", "show", "--trace", "trace.json", "--trace-public-key", "k.pub").stdout
    assert "  trace_signature_invalid  trace.json" in shown


def test_many_and_long_targets_are_cut(gait: Gait, frozen_host: FrozenHost) -> None:
    paths = ["/a" + "x" * 80, "/b", "/c", "/d", "/e"]
    waiting_call(frozen_host, targets=[{"kind": "path", "value": path} for path in paths])
    # endpoint class `other` is what the rule does not match: the default verdict decides
    policy = "default_verdict: require_approval\n"
    (frozen_host.cwd / "policy.yaml").write_text(policy)
    gait("gate", "eval", "--policy", "policy.yaml", "--intent", "intent.json", "--no-config")
    said = gait("pending", *KEY).stdout
    assert "…(+" in said
    assert "             and 2 more" in said
    assert all(len(line) <= 80 for line in said.splitlines())


def test_nothing_pending_is_said_in_one_line(gait: Gait) -> None:
    said = gait("pending")
    assert (said.exit_code, said.stdout.splitlines()[0]) == (0, "0 pending")


@pytest.mark.usefixtures("call")
def test_a_token_that_does_not_count_says_why(gait: Gait, frozen_host: FrozenHost) -> None:
    approve(frozen_host)
    frozen_host.now += 24 * 3600 * 10**9
    assert "0 of 2; not counted: approval_token_expired" in gait("pending", *KEY).stdout


@pytest.mark.usefixtures("call")
def test_pending_calls_in_json(gait: Gait) -> None:
    said = gait("pending", "--json", *KEY, "--root", ".")
    answer = json.loads(said.stdout)
    assert (said.exit_code, answer["ok"], answer["count"]) == (0, True, 1)
    assert answer["items"][0]["is_approvable"] is True
    assert answer["roots"] == [{"path": ".", "state": "ok", "artifacts": 1}]
    assert answer["unread"] == []


@pytest.mark.parametrize(
    "argv", [("x",), ("--root", "none"), ("--approval-public-key", "none"), ("--nope",)]
)
def test_what_cannot_be_looked_at_is_bad_input(gait: Gait, argv: tuple[str, ...]) -> None:
    said = gait("pending", "--json", *argv)
    assert (said.exit_code, json.loads(said.stdout)["ok"]) == (6, False)
