"""The gate from Python: one call decided, or any number of them, each with its durable proof."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from gait_engine.api import gate as api
from gait_engine.api.trace import verify
from gait_engine.contract.answers.gate import GateAnswer
from gait_engine.contract.gateoptions import GateOptions
from gait_engine.contract.keys import KeySources
from gait_engine.errors import GaitError, InvalidInput, IoFailure, PolicyBlocked
from gait_engine.host import Host
from tests.conftest import Answer
from tests.support.brokers import BROKERED
from tests.support.faults import (
    DISK_ERRORS,
    KILLED,
    calls_of,
    fail,
    fault_at,
    in_children,
    killed_at,
)
from tests.support.gates import (
    READ,
    SIGNED,
    approve,
    evaluated,
    files_in,
    furnish,
    intent_text,
    options,
    stream_argv,
    streamed,
    trace_of,
    traces_of,
    without,
    write_envelope,
    write_intent,
    write_lines,
    write_policy,
    write_switch,
)
from tests.support.hosts import FrozenHost

VOLATILE: Final = ("correlation_id", "line", "exit_code")
KEY: Final = KeySources(public_key="gate.pub")
BY_TOOL: Final = (
    {"match": {"tool_name": "read"}},
    {"match": {"tool_name": "write"}, "effect": "require_approval"},
    {"match": {"tool_name": "drop"}, "effect": "block"},
)
FULL: Final[dict[str, Any]] = {
    "approval_public_key": "gate.pub",
    "approval_token": "token.json",
    "token_ledger": "used",
    "rate_limit_state": "rl.json",
    "kill_switch_state": "ks.json",
    "credential_broker": "stub",
    "trace_out": "out/t.json",
    "approval_audit_out": "out/a.json",
    "credential_evidence_out": "out/c.json",
    **SIGNED,
}
"""Options with which a decision does everything that a gate can do, and allows."""

FILES: Final = ("out/t.json", "out/a.json", "out/c.json")

posix = pytest.mark.skipif(sys.platform == "win32", reason="descriptors and forks are POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    furnish(tmp_path, *BY_TOOL, default_verdict="dry_run")
    return tmp_path


def intent(number: int) -> bytes:
    tool = ("read", "write", "drop", "other")[number % 4]
    return intent_text(tool_name=tool, args={"number": number}, targets=[READ])


# ---------------------------------------------------------------- a gate that stands open


def test_a_thousand_intents_are_decided_as_the_command_line_decides_them(
    frozen_host: FrozenHost, folder: Path, gait: Callable[..., Answer]
) -> None:
    gate = api.open_gate(GateOptions(policy="policy.yaml", trace_out="t.jsonl"), host=frozen_host)
    texts = [intent(number) for number in range(1_000)]
    answers = [api.decide(gate, text, host=frozen_host) for text in texts]
    write_lines(folder, *texts)
    said = gait(*stream_argv(trace_out="t.jsonl"))
    printed = [msgspec.json.decode(line, type=GateAnswer) for line in said.stdout.splitlines()]
    assert [without(one, *VOLATILE) for one in printed] == [
        without(one, *VOLATILE) for one in answers
    ]
    verdicts = [answer.verdict for answer in answers]
    assert verdicts == ["allow", "require_approval", "block", "dry_run"] * 250
    assert said.exit_code == 3


def test_one_intent_has_the_same_answer_by_every_road(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_intent(folder, tool_name="write")
    text = (folder / "intent.json").read_bytes()
    write_lines(folder, text)
    gate = api.open_gate(options(), host=frozen_host)
    (by_stream,) = streamed(frozen_host)
    by_file, by_text = evaluated(frozen_host), api.decide(gate, text, host=frozen_host)
    assert without(by_stream, *VOLATILE) == without(by_file, *VOLATILE)
    assert without(by_text, *VOLATILE) == without(by_file, *VOLATILE)


def test_policy_and_keys_stay_as_they_were_when_the_gate_was_opened(
    frozen_host: FrozenHost, folder: Path
) -> None:
    gate = api.open_gate(options(trace_out="t.jsonl", **SIGNED), host=frozen_host)
    write_policy(folder, default_verdict="block")
    (folder / "gate.key").unlink()
    assert api.decide(gate, intent(0), host=frozen_host).verdict == "allow"
    assert len(traces_of(folder / "t.jsonl")) == 1


def test_an_intent_is_named_in_its_errors_and_nothing_is_written(
    frozen_host: FrozenHost, folder: Path
) -> None:
    gate = api.open_gate(options(), host=frozen_host)
    before = files_in(folder)
    with pytest.raises(InvalidInput, match=r"call-7 \$\.context"):
        api.decide(gate, b'{"tool_name":"x"}', name="call-7", host=frozen_host)
    assert files_in(folder) == before


def test_a_decision_that_fails_leaves_nothing_for_the_next_one(
    frozen_host: FrozenHost, folder: Path
) -> None:
    gate = api.open_gate(options(trace_out="t.jsonl", **SIGNED), host=frozen_host)
    calls = calls_of(lambda: api.decide(gate, intent(0), host=frozen_host))
    with fault_at(calls.index("fsync") + 1, fail(28)), pytest.raises(IoFailure):
        api.decide(gate, intent(1), host=frozen_host)
    last = api.decide(gate, intent(3), host=frozen_host)
    assert [trace.trace_id for trace in traces_of(folder / "t.jsonl")][1:] == [last.trace_id]


def test_a_correlation_id_goes_into_the_trace(frozen_host: FrozenHost, folder: Path) -> None:
    api.evaluate(options(trace_out="t.json", **SIGNED), correlation_id="c-1", host=frozen_host)
    assert trace_of(folder / "t.json").correlation_id == "c-1"


def test_without_an_intent_there_is_nothing_to_decide(
    frozen_host: FrozenHost, folder: Path
) -> None:
    with pytest.raises(InvalidInput, match="option --intent: not given") as caught:
        evaluated(frozen_host, intent="")
    assert "--intents" in caught.value.hint


@pytest.mark.parametrize("path", ["../env.json", "a/../../env.json"])
def test_an_envelope_outside_the_working_directory_is_refused(
    frozen_host: FrozenHost, folder: Path, path: str
) -> None:
    with pytest.raises(InvalidInput, match="leaves the working directory"):
        evaluated(frozen_host, context_envelope=path)


def test_an_envelope_is_read_once_for_all_intents(frozen_host: FrozenHost, folder: Path) -> None:
    write_envelope(folder, "a")
    gate = api.open_gate(options(context_envelope=" env.json "), host=frozen_host)
    (folder / "env.json").unlink()
    answers = [api.decide(gate, intent(number), host=frozen_host) for number in range(2)]
    assert [answer.context_ref_count for answer in answers] == [1, 1]


# ---------------------------------------------------------------- streams


@pytest.fixture
def pipe(folder: Path) -> Iterator[tuple[str, int]]:
    """A pipe as a shell hands it in: its path to read from, and its end to write to."""
    reading, writing = os.pipe()
    yield f"/dev/fd/{reading}", writing
    os.close(reading)


@posix
def test_each_answer_comes_before_more_is_read_and_after_its_trace_is_durable(
    frozen_host: FrozenHost, folder: Path, pipe: tuple[str, int]
) -> None:
    path, writing = pipe
    asked = options(intent="", intents=path, trace_out="t.jsonl", **SIGNED)
    batches = api.evaluate_stream(asked, host=frozen_host)
    for number in range(3):
        os.write(writing, intent(number) + b"\n")
        (answer,) = next(batches)
        assert answer.line == number + 1
        assert traces_of(folder / "t.jsonl")[-1].trace_id == answer.trace_id
    os.write(writing, intent(3) + b"\n" + intent(4) + b"\n\n" + intent(5)[:9])
    assert [answer.line for answer in next(batches)] == [4, 5]
    os.write(writing, intent(5)[9:])
    os.close(writing)
    assert [[answer.line for answer in batch] for batch in batches] == [[7]]


def test_a_stream_that_is_left_early_is_closed(frozen_host: FrozenHost, folder: Path) -> None:
    write_lines(folder, intent(0), intent(1))
    before = os.open(os.devnull, os.O_RDONLY)
    os.close(before)
    batches = api.evaluate_stream(options(intents="intents.jsonl", intent=""), host=frozen_host)
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    after = os.open(os.devnull, os.O_RDONLY)
    os.close(after)
    assert after == before


def test_a_stream_that_can_no_longer_be_read_ends_with_an_error(
    frozen_host: FrozenHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lines(folder, intent(0))
    batches = api.evaluate_stream(options(intents="intents.jsonl", intent=""), host=frozen_host)
    assert next(batches)[0].ok

    def broken(descriptor: int, count: int) -> bytes:
        raise OSError(5, os.strerror(5))

    monkeypatch.setattr(os, "read", broken)
    with pytest.raises(IoFailure, match=r"intents 'intents\.jsonl'"):
        next(batches)


@pytest.mark.parametrize("path", ["none.jsonl", ".", ""])
def test_a_stream_that_is_not_there_is_an_error(
    frozen_host: FrozenHost, folder: Path, path: str
) -> None:
    with pytest.raises(InvalidInput, match="intents"):
        streamed(frozen_host, intents=path)


def test_what_cannot_be_judged_has_its_error_in_its_place(
    frozen_host: FrozenHost, folder: Path
) -> None:
    severe = intent_text(context={"risk_class": "high"})
    write_lines(folder, intent(0), b"{", b"", severe, intent(0), b'{"a":1,"a":1}')
    answers = streamed(frozen_host, wrkr_inventory="none.json")
    assert [(one.line, one.exit_code, one.verdict, one.error_code) for one in answers] == [
        (1, 0, "allow", ""),
        (2, 6, "", "invalid_input"),
        (4, 3, "", "policy_blocked"),
        (5, 0, "allow", ""),
        (6, 6, "", "json_duplicate_key"),
    ]
    assert [hazard.code for hazard in answers[-1].hazards] == ["json_duplicate_key"]
    assert answers[1].where == "line 2"
    (folder / "intent.json").write_bytes(severe)
    with pytest.raises(PolicyBlocked):
        evaluated(frozen_host, wrkr_inventory="none.json")


def test_a_switch_that_is_thrown_stops_the_next_call_of_a_stream(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_switch(folder)
    write_lines(folder, *(intent(0) for _ in range(3)))
    gate_options = options(intents="intents.jsonl", intent="", kill_switch_state="ks.json")
    seen: list[str] = []
    real_open = os.open

    def watched(path: Any, *args: Any, **kw: Any) -> int:
        """Throw the switch when the state is about to be read for the second call."""
        if str(path).endswith("ks.json"):
            seen.append("read")
            if len(seen) == 2:
                write_switch(folder, {"entry_id": "e"})
        return real_open(path, *args, **kw)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", watched)
        (answers,) = api.evaluate_stream(gate_options, host=frozen_host)
    assert [answer.verdict for answer in answers] == ["allow", "block", "block"]
    assert len(seen) == 3


@pytest.mark.parametrize("number", DISK_ERRORS)
def test_a_full_disk_leaves_no_answer_of_its_batch(
    frozen_host: FrozenHost, folder: Path, number: int
) -> None:
    write_lines(folder, intent(0), intent(1))
    asked = {"trace_out": "t.jsonl", "approval_audit_out": "a.jsonl", **SIGNED}
    streamed(frozen_host, **asked)
    calls = calls_of(lambda: streamed(frozen_host, **asked))
    lasting = [n for n, name in enumerate(calls, start=1) if name in ("write", "fsync")]
    for n in lasting:
        before = (folder / "t.jsonl").read_bytes()
        with fault_at(n, fail(number)), pytest.raises(IoFailure):
            streamed(frozen_host, **asked)
        assert (folder / "t.jsonl").read_bytes().startswith(before)
        traces_of(folder / "t.jsonl")


def test_in_a_folder_a_trace_that_cannot_be_written_costs_its_own_answer_alone(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_lines(folder, intent(0), intent(3))
    calls = calls_of(lambda: streamed(frozen_host, trace_out="out"))
    with fault_at(calls.index("fsync") + 1, fail(28)):
        first, second = streamed(frozen_host, trace_out="other")
    assert (first.ok, first.error_code, first.exit_code, first.verdict) == (
        *(False, "io_failure", 1, ""),
    )
    assert (second.ok, second.verdict) == (True, "dry_run")


@posix
def test_two_streams_at_once_share_a_journal(
    frozen_host: FrozenHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    write_lines(folder, *(intent(number) for number in range(50)))
    asked = options(intents="intents.jsonl", intent="", trace_out="t.jsonl", **SIGNED)

    def work() -> None:
        for _ in range(4):
            assert sum(map(len, api.evaluate_stream(asked, host=Host()))) == 50

    assert in_children([work, work]) == [0, 0]
    assert len(traces_of(folder / "t.jsonl")) == 400
    assert verify("t.jsonl", keys=KEY, host=frozen_host).traces_checked == 400


# ---------------------------------------------------------------- disks that fail


@pytest.fixture
def full(folder: Path) -> Path:
    """A folder with a call that is limited, approved once, brokered and watched by a switch."""
    rule = {**BROKERED, "effect": "require_approval", "rate_limit": {"requests": 9}}
    write_policy(folder, rule, default_verdict="block")
    write_switch(folder)
    (folder / "out").mkdir()
    host = FrozenHost(folder)
    approve(folder, evaluated(host, rate_limit_state="rl.json", trace_out="out/t.json", **SIGNED))
    return folder


def restore(folder: Path, files: dict[str, bytes]) -> None:
    """Bring a folder back to what it held."""
    for name in files_in(folder):
        if name not in files:
            (folder / name).unlink()
    for name, text in files.items():
        (folder / name).write_bytes(text)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


def torn(folder: Path, before: dict[str, bytes]) -> list[str]:
    """Name the files that are neither old nor whole."""
    changed = {name for name, text in contents(folder).items() if before.get(name) != text}
    return [
        name
        for name in sorted(changed)
        if ".tmp-" not in name and not name.endswith(".lock") and not is_whole(folder / name)
    ]


def is_whole(path: Path) -> bool:
    try:
        return bool(msgspec.json.decode(path.read_bytes()))
    except msgspec.DecodeError:
        return False


def outcome(host: FrozenHost) -> GateAnswer | GaitError:
    try:
        return evaluated(host, **FULL)
    except GaitError as exc:
        return exc


def calls_in(host: FrozenHost, before: dict[str, bytes]) -> list[str]:
    """Name the calls of an evaluation in a folder whose other folders have been made."""
    evaluated(host, **FULL)
    restore(host.cwd, before)
    return calls_of(lambda: evaluated(host, **FULL))


@pytest.mark.parametrize("number", DISK_ERRORS[:2])
def test_whichever_call_of_the_disk_fails_there_is_a_proven_verdict_or_none(
    frozen_host: FrozenHost, full: Path, number: int
) -> None:
    before = contents(full)
    tolerated = set()
    for n, name in enumerate(calls_in(frozen_host, before), start=1):
        restore(full, before)
        with fault_at(n, fail(number)):
            found = outcome(frozen_host)
        if isinstance(found, GateAnswer):
            tolerated.add(name)
            assert trace_of(full / "out/t.json").verdict == found.verdict == "allow"
            assert all((full / path).is_file() for path in FILES)
        else:
            assert (found.exit_code in (1, 6), found.answer) == (True, None), (n, name)
        assert torn(full, before) == [], (n, name)
    assert tolerated == {"unlink"}  # of a lock or a name that is used no more


@posix
def test_whenever_the_process_dies_every_file_is_old_or_whole(
    frozen_host: FrozenHost, full: Path
) -> None:
    before = contents(full)
    lasting = ("write", "fsync", "replace", "rename", "link", "unlink")
    for n, name in enumerate(calls_in(frozen_host, before), start=1):
        if name in lasting:
            restore(full, before)
            assert killed_at(n, lambda: evaluated(frozen_host, **FULL)) == KILLED
            assert torn(full, before) == []


def test_a_token_of_a_call_that_was_not_let_through_comes_back(
    frozen_host: FrozenHost, full: Path
) -> None:
    before = contents(full)
    calls = calls_in(frozen_host, before)
    restore(full, before)
    last_sync = len(calls) - calls[::-1].index("fsync")
    with fault_at(last_sync, fail(28)), pytest.raises(IoFailure):
        evaluated(frozen_host, **FULL)
    assert evaluated(frozen_host, **FULL).verdict == "allow"
    assert "approval_token_replayed" in evaluated(frozen_host, **FULL).reason_codes


@posix
def test_a_token_stays_used_up_where_the_process_died(frozen_host: FrozenHost, full: Path) -> None:
    before = contents(full)
    calls = calls_in(frozen_host, before)
    restore(full, before)
    last_sync = len(calls) - calls[::-1].index("fsync")
    assert killed_at(last_sync, lambda: evaluated(frozen_host, **FULL)) == KILLED
    assert "approval_token_replayed" in evaluated(frozen_host, **FULL).reason_codes


def test_a_trial_that_fails_gives_back_no_token_that_another_call_used_up(
    frozen_host: FrozenHost, full: Path
) -> None:
    assert evaluated(frozen_host, **FULL).verdict == "allow"
    (full / "file").write_bytes(b"")
    with pytest.raises(InvalidInput):
        evaluated(frozen_host, **FULL | {"trace_out": "file/t.json", "simulate": True})
    assert "approval_token_replayed" in evaluated(frozen_host, **FULL).reason_codes
