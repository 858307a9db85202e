import json
import os
from pathlib import Path

import msgspec
import pytest

from gait_engine.api.pending import DEFAULT_ROOTS
from gait_engine.contract.trace import Trace
from gait_engine.errors import InvalidInput
from gait_engine.gate.review.finding import FoundTrace, Survey, newest_states
from gait_engine.gate.review.places import (
    is_in_journal,
    read_record_text,
    walk,
)
from gait_engine.gate.trace import read_trace
from gait_engine.store.walk import root_state
from gait_engine.wire.jsonwrite import compact, pretty
from gait_engine.wire.timestamps import ZERO, Timestamp
from tests.support.hosts import FrozenHost
from tests.support.reviews import TRACE, approve, waiting_call, write_intent, write_policy


@pytest.fixture
def call(frozen_host: FrozenHost) -> Path:
    """A working directory with one call that waits."""
    waiting_call(frozen_host)
    return frozen_host.cwd


def survey(host: FrozenHost, *roots: str) -> Survey:
    wanted = tuple((root, 8) for root in roots) or DEFAULT_ROOTS
    return Survey(walk(wanted, host), {}, host)


def unread(found: Survey) -> dict[str, tuple[str, str]]:
    return {one.path: (one.kind, one.error_code) for one in found.unread}


def trace_of(host: FrozenHost) -> Trace:
    return read_trace(TRACE, host=host)


def paths(host: FrozenHost, *roots: tuple[str, int]) -> list[str]:
    return [file.path for file in walk(roots, host)]


def test_folders_are_searched_as_deep_as_asked(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "a/b/c").mkdir(parents=True)
    for place in ("x.json", "a/x.json", "a/b/x.yml", "a/b/c/x.jsonl", "a/x.txt"):
        (frozen_host.cwd / place).touch()
    assert paths(frozen_host, (".", 0)) == ["./x.json"]
    assert paths(frozen_host, (".", 1)) == ["./a/x.json", "./x.json"]
    assert paths(frozen_host, ("a/", 2)) == ["a/b/c/x.jsonl", "a/b/x.yml", "a/x.json"]
    assert paths(frozen_host, ("none", 2)) == []


def test_a_file_under_two_roots_is_seen_once(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "a").mkdir()
    (frozen_host.cwd / "a/x.json").touch()
    assert paths(frozen_host, ("a", 1), ("./a", 1), (".", 3)) == ["a/x.json"]


def test_links_pipes_and_records_of_audits_are_passed_by(frozen_host: FrozenHost) -> None:
    folder = frozen_host.cwd
    (folder / "real").mkdir()
    (folder / "real/x.json").touch()
    (folder / "link.json").symlink_to("real/x.json")
    (folder / "folder").symlink_to("real")
    os.mkfifo(folder / "pipe.json")
    (folder / "approval_audit_1.json").touch()
    assert paths(frozen_host, (".", 2)) == ["./real/x.json"]


@pytest.mark.parametrize(("name", "state"), [("d", "ok"), ("no", "missing"), ("f", "unreadable")])
def test_a_root_says_whether_it_can_be_searched(
    frozen_host: FrozenHost, name: str, state: str
) -> None:
    (frozen_host.cwd / "d").mkdir()
    (frozen_host.cwd / "f").touch()
    assert root_state(name, frozen_host) == state


def test_a_line_of_a_journal_has_a_place_of_its_own(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "j.jsonl").write_bytes(b"one\ntwo\ntorn")
    assert read_record_text("j.jsonl:2", host=frozen_host, what="x") == b"two"
    for place in ("j.jsonl:3", "j.jsonl:9"):
        with pytest.raises(InvalidInput, match="no whole line"):
            read_record_text(place, host=frozen_host, what="x")
    assert [is_in_journal(p) for p in ("j.jsonl:2", "j.jsonl", "j.json:2", "j.jsonl:0")] == [
        *(True, False, False, False)
    ]


def test_intent_and_policy_are_found_by_their_digests_whatever_their_names(
    call: Path, frozen_host: FrozenHost
) -> None:
    (call / "intent.json").rename(call / "a.json")
    (call / "policy.yaml").rename(call / "z.yml")
    write_intent(call, "b.json", args={"path": "/other"})
    write_policy(call, {"name": "x", "effect": "allow"}, name="other.yaml")
    found, trace = survey(frozen_host), trace_of(frozen_host)
    intent = found.intent(trace.intent_digest, trace.tool_name)
    policy = found.policy(trace.policy_digest)
    assert intent is not None
    assert policy is not None
    assert (intent.place, policy.place) == ("./a.json", "./z.yml")
    assert found.intent(trace.intent_digest, "another.tool") is intent
    assert found.policy("00" * 32) is None
    assert found.intent("00" * 32, trace.tool_name) is None


def test_a_policy_in_json_is_one_too(call: Path, frozen_host: FrozenHost) -> None:
    (call / "policy.yaml").rename(call / "policy.json")
    found = survey(frozen_host).policy(trace_of(frozen_host).policy_digest)
    assert found is not None
    assert found.place == "./policy.json"


def test_a_script_is_looked_for_among_scripts(frozen_host: FrozenHost) -> None:
    steps = [{"tool_name": "tool.delete", "args": {}}]
    waiting_call(frozen_host, script={"steps": steps}, targets=[])
    trace = trace_of(frozen_host)
    assert trace.tool_name == "script"
    assert survey(frozen_host).intent(trace.intent_digest, "script") is not None


def test_lines_of_a_journal_are_traces_and_intents_but_never_tokens_or_policies(
    call: Path, frozen_host: FrozenHost
) -> None:
    approve(frozen_host)
    trace = trace_of(frozen_host)
    texts = [(call / name).read_bytes() for name in ("intent.json", "policy.yaml", "approval.json")]
    lines = [compact(trace), *(compact(json.loads(text)) for text in texts)]
    for name in ("intent.json", "policy.yaml", "approval.json", TRACE):
        (call / name).unlink()
    (call / "j.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    found = survey(frozen_host)
    assert [one.place for one in found.traces] == ["./j.jsonl:1"]
    intent = found.intent(trace.intent_digest, trace.tool_name)
    assert intent is not None
    assert intent.place == "./j.jsonl:2"
    assert found.policy(trace.policy_digest) is None
    assert found.approvals(trace.intent_digest) == []
    assert found.unread == []


def test_what_cannot_be_used_is_listed_with_its_code(call: Path, frozen_host: FrozenHost) -> None:
    trace = trace_of(frozen_host)
    text = (call / TRACE).read_bytes()
    (call / "trace_1.json").write_bytes(b"not JSON")
    (call / "trace_2.json").write_bytes(text.replace(b"{", b'{"note":1,', 1))
    (call / "trace_3.json").write_bytes(pretty(msgspec.structs.replace(trace, verdict="maybe")))
    (call / "j.jsonl").write_bytes(compact(trace) + b"\n" + compact(trace)[:-5])
    (call / "intent2.json").write_bytes(b'{"tool_name":"tool.delete","context":{},"a":1,"a":2}')
    (call / "bad.yaml").write_text("rules: [")
    (call / "compose.yaml").write_text("services: [")
    (call / "empty.yaml").mkdir()
    (call / "token.json").write_bytes(
        b'{"token_id":"x","approver_identity":7,"intent_digest":"%s"}' % b"0" * 1
    )
    found = survey(frozen_host)
    found.intent("00" * 32, "tool.delete")
    found.policy("00" * 32)
    found.approvals("0")
    assert unread(found) == {
        "./trace_1.json": ("trace", "invalid_input"),
        "./trace_2.json": ("trace", "json_unsigned_field"),
        "./trace_3.json": ("trace", "invalid_input"),
        "./j.jsonl:2": ("trace", "journal_torn"),
        "./intent2.json": ("intent", "json_duplicate_key"),
        "./bad.yaml": ("policy", "invalid_input"),
        "./token.json": ("approval_token", "invalid_input"),
    }


def test_a_file_that_cannot_be_opened_is_listed(
    call: Path, frozen_host: FrozenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gait_engine.gate.review.finding.MAX_RECORD_BYTES", 4)
    monkeypatch.setattr("gait_engine.gate.policy.MAX_BYTES", 4)
    (call / "j.jsonl").write_bytes(b"{}\n{}    \n")
    found = survey(frozen_host)
    found.policy("00" * 32)
    assert unread(found)["./trace.json"] == ("file", "invalid_input")
    assert unread(found)["./j.jsonl"] == ("file", "invalid_input")
    assert "./policy.yaml" not in unread(found)


def test_other_files_are_nobodys_business(frozen_host: FrozenHost) -> None:
    for name, text in {
        "package.json": '{"name":"x"}',
        "list.json": "[1]",
        "odd.json": '{"tool_name":7,"context":{},"verdict":"allow"}',
        "null.json": '{"tool_name":null,"context":{},"script":null}',
        "text.json": "what",
        "broken.jsonl": "{\n[]\n",
        "typed.json": '{"tool_name":7,"context":{}}',
    }.items():
        (frozen_host.cwd / name).write_text(text)
    found = survey(frozen_host)
    assert (found.traces, found.unread) == ([], [])


def test_a_trace_without_a_time_of_its_own_has_that_of_its_file(
    call: Path, frozen_host: FrozenHost
) -> None:
    timeless = msgspec.structs.replace(trace_of(frozen_host), observed_at=ZERO)
    (call / TRACE).write_bytes(pretty(timeless))
    os.utime(call / TRACE, ns=(5, 7_000_000_000))
    (found,) = survey(frozen_host).traces
    assert found.observed_ns == 7_000_000_000


@pytest.mark.parametrize(
    ("states", "newest"),
    [
        (["12 require_approval", "13 allow"], "allow"),
        (["13 allow", "12 require_approval"], "allow"),
        (["12 allow", "13 require_approval"], "require_approval"),
        (["12 allow", "12 require_approval"], "require_approval"),
        (["12 require_approval", "12 allow"], "require_approval"),
    ],
)
def test_the_newest_trace_of_a_call_is_its_state_and_of_two_the_one_that_asks(
    frozen_host: FrozenHost, call: Path, states: list[str], newest: str
) -> None:
    trace = trace_of(frozen_host)
    found = []
    for state in states:
        hour, verdict = state.split()
        at = Timestamp(f"2026-02-05T{hour}:00:00Z")
        own = msgspec.structs.replace(trace, observed_at=at, verdict=verdict)
        found.append(FoundTrace(verdict, own, int(hour)))
    other = msgspec.structs.replace(trace, policy_digest="00" * 32)
    found.append(FoundTrace("other", other, 99))
    assert [one.place for one in newest_states(found, 99)] == [newest, "other"]


@pytest.mark.parametrize(
    ("states", "newest"),
    [
        (["0 require_approval", "299 allow"], "allow"),
        (["0 require_approval", "301 allow"], "require_approval"),
        (["301 allow", "0 require_approval"], "require_approval"),
        (["400 allow", "301 require_approval"], "require_approval"),
        (["301 require_approval", "0 allow"], "allow"),
        (["301 allow"], "allow"),
    ],
)
def test_a_trace_from_the_future_is_newest_only_among_its_like(
    frozen_host: FrozenHost, call: Path, states: list[str], newest: str
) -> None:
    trace = trace_of(frozen_host)
    found = [
        FoundTrace(verdict, msgspec.structs.replace(trace, verdict=verdict), int(at) * 10**9)
        for at, verdict in map(str.split, states)
    ]
    assert [one.place for one in newest_states(found, 0)] == [newest]


def test_a_file_that_is_gone_when_it_is_looked_at_is_passed_by(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "a.json").touch()
    (frozen_host.cwd / "b.json").touch()
    found = walk((("./", 0),), frozen_host)
    assert next(found).path == "./a.json"
    (frozen_host.cwd / "b.json").unlink()
    assert list(found) == []
