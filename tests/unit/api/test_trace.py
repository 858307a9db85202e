"""Verified traces: one, or every line of a journal, each fault with its line."""

import sys
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gait_engine.api.trace import MAX_TRACE_BYTES, show, verify
from gait_engine.contract.answers.trace import TraceVerifyAnswer
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from tests.support.gates import (
    SIGNED,
    evaluated,
    furnish,
    intent_text,
    options,
    streamed,
    traces_of,
    write_lines,
)
from tests.support.hosts import FrozenHost
from tests.support.tokens import KEY

PUBLIC: Final = KeySources(public_key="gate.pub")
UNUSED_BITS: Final = b'=="'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    furnish(tmp_path)
    return tmp_path


@pytest.fixture
def journal(frozen_host: FrozenHost, folder: Path) -> Path:
    """A journal of three signed traces."""
    write_lines(folder, *(intent_text(args={"n": number}) for number in range(3)))
    streamed(frozen_host, trace_out="t.jsonl", **SIGNED)
    return folder / "t.jsonl"


def checked(host: FrozenHost, path: str = "t.jsonl") -> TraceVerifyAnswer:
    return verify(path, keys=PUBLIC, host=host)


def failed(host: FrozenHost, path: str = "t.jsonl") -> TraceVerifyAnswer:
    with pytest.raises(VerificationFailed) as caught:
        checked(host, path)
    answer: TraceVerifyAnswer = caught.value.answer
    assert (answer.ok, answer.signature_status, caught.value.exit_code) == (False, "failed", 2)
    return answer


# ---------------------------------------------------------------- one trace


@pytest.mark.parametrize("name", ["t.json", "t.jsonl"])
def test_a_written_trace_verifies_whatever_its_name_ends_in(
    frozen_host: FrozenHost, folder: Path, name: str
) -> None:
    said = evaluated(frozen_host, trace_out=name, **SIGNED)
    answer = checked(frozen_host, name)
    assert (answer.ok, answer.signature_status, answer.key_id) == (True, "verified", KEY.key_id)
    assert (answer.trace_id, answer.verdict) == (said.trace_id, "allow")
    assert answer.traces_checked == 0


@pytest.mark.parametrize("name", ["t.json", "t.jsonl"])
def test_a_trace_of_a_key_that_is_forgotten_does_not(
    frozen_host: FrozenHost, folder: Path, name: str
) -> None:
    evaluated(frozen_host, trace_out=name)
    assert failed(frozen_host, name).key_id == ""


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((b'"allow"', b'"block"'), "verification_failed"),
        ((b'"verdict"', b'"note":1,"verdict"'), "json_unsigned_field"),
        ((b'"verdict"', b'"verdict":"block","verdict"'), "json_duplicate_key"),
    ],
)
def test_a_changed_trace_fails_and_one_that_is_ambiguous_shows_nothing_of_itself(
    frozen_host: FrozenHost, folder: Path, change: tuple[bytes, bytes], code: str
) -> None:
    evaluated(frozen_host, trace_out="t.json", **SIGNED)
    path = folder / "t.json"
    path.write_bytes(path.read_bytes().replace(*change))
    with pytest.raises(VerificationFailed) as caught:
        checked(frozen_host, "t.json")
    assert caught.value.code == code
    answer = caught.value.answer
    assert answer.path == "t.json"
    assert (answer.verdict == "") == (code != "verification_failed")


@pytest.mark.parametrize("text", [None, b"", b"{", b"[]", b'{"verdict":1}'])
def test_what_is_no_trace_is_invalid_input(
    frozen_host: FrozenHost, folder: Path, text: bytes | None
) -> None:
    if text is not None:
        (folder / "t.json").write_bytes(text)
    with pytest.raises(InvalidInput):
        checked(frozen_host, "t.json")


@pytest.mark.parametrize("name", ["t.json", "t.jsonl"])
def test_without_a_key_nothing_is_verified(
    frozen_host: FrozenHost, journal: Path, name: str
) -> None:
    with pytest.raises(InvalidInput, match="trace key: none given"):
        verify(name, keys=NO_KEYS, host=frozen_host)


@pytest.mark.parametrize("keys", [KeySources("none.pub"), KeySources("gate.key")])
def test_a_key_that_cannot_be_used_is_invalid_input(
    frozen_host: FrozenHost, journal: Path, keys: KeySources
) -> None:
    with pytest.raises(InvalidInput):
        verify("t.jsonl", keys=keys, host=frozen_host)


# ---------------------------------------------------------------- journals


def test_every_line_of_a_journal_is_checked(frozen_host: FrozenHost, journal: Path) -> None:
    answer = checked(frozen_host)
    assert (answer.ok, answer.signature_status) == (True, "verified")
    assert (answer.traces_checked, answer.traces_failed, answer.failures) == (3, 0, ())
    assert (answer.trace_id, answer.verdict, answer.key_id) == ("", "", "")


def test_a_line_that_was_changed_is_named_with_its_trace(
    frozen_host: FrozenHost, journal: Path
) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"allow"', b'"block"')
    journal.write_bytes(b"\n" + b"".join(lines))
    answer = failed(frozen_host)
    assert (answer.traces_checked, answer.traces_failed) == (3, 1)
    (fault,) = answer.failures
    assert fault.line == 3
    assert f'"trace_id":"{fault.trace_id}"'.encode() in lines[1]
    assert fault.error.startswith("signed_digest: ")


@pytest.mark.parametrize("line", [b"{", b"null", b"[]", b'{"a":1}', b" ", b'{"verdict":1}'])
def test_a_line_that_is_no_trace_is_named(
    frozen_host: FrozenHost, journal: Path, line: bytes
) -> None:
    journal.write_bytes(journal.read_bytes() + line + b"\n")
    answer = failed(frozen_host)
    assert [(fault.line, bool(fault.error)) for fault in answer.failures] == [(4, True)]


def test_a_last_line_that_is_torn_is_named_even_where_only_its_end_is_missing(
    frozen_host: FrozenHost, journal: Path
) -> None:
    whole = journal.read_bytes()
    for cut in (1, 2, 100):
        journal.write_bytes(whole[:-cut])
        answer = failed(frozen_host)
        assert [(fault.line, fault.error) for fault in answer.failures] == [
            (3, "the line is torn, expected a line feed")
        ]


def test_what_is_appended_after_a_torn_line_is_whole(
    frozen_host: FrozenHost, journal: Path
) -> None:
    journal.write_bytes(journal.read_bytes()[:-9])
    streamed(frozen_host, trace_out="t.jsonl", **SIGNED)
    answer = failed(frozen_host)
    assert (answer.traces_checked, [fault.line for fault in answer.failures]) == (6, [3])


@pytest.mark.parametrize("text", [b"", b"\n\n"])
def test_a_journal_without_a_trace_is_not_verified(
    frozen_host: FrozenHost, folder: Path, text: bytes
) -> None:
    (folder / "t.jsonl").write_bytes(text)
    assert failed(frozen_host).traces_checked == 0


def test_of_many_faults_a_hundred_are_listed_and_all_are_counted(
    frozen_host: FrozenHost, journal: Path
) -> None:
    journal.write_bytes(journal.read_bytes() + b"{}\n" * 150)
    answer = failed(frozen_host)
    assert (answer.traces_checked, answer.traces_failed, len(answer.failures)) == (153, 150, 100)


def test_the_first_fault_is_told_in_the_error(frozen_host: FrozenHost, journal: Path) -> None:
    journal.write_bytes(b"{}\n" + journal.read_bytes())
    with pytest.raises(VerificationFailed, match=r"traces 't\.jsonl': line 1: signature: none"):
        checked(frozen_host)


def test_a_journal_of_another_key_fails_line_by_line(
    frozen_host: FrozenHost, journal: Path
) -> None:
    streamed(frozen_host, trace_out="t.jsonl")
    answer = failed(frozen_host)
    assert [fault.line for fault in answer.failures] == [4, 5, 6]


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(
    frozen_host: FrozenHost, folder: Path
) -> None:
    with (folder / "t.jsonl").open("wb") as file:
        file.truncate(MAX_TRACE_BYTES + 1)
    with pytest.raises(InvalidInput, match="expected less than"):
        checked(frozen_host)


@pytest.mark.skipif(sys.platform == "win32", reason="links are POSIX")
def test_a_journal_is_not_read_through_a_link(frozen_host: FrozenHost, journal: Path) -> None:
    (journal.parent / "link.jsonl").symlink_to("t.jsonl")
    with pytest.raises(InvalidInput, match="a link"):
        checked(frozen_host, "link.jsonl")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(change=st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)))
def test_a_journal_with_one_changed_byte_is_never_taken_for_another(
    frozen_host: FrozenHost, journal: Path, change: tuple[float, int]
) -> None:
    data, original = journal.read_bytes(), traces_of(journal)
    at = int(change[0] * len(data))
    journal.write_bytes(data[:at] + bytes([data[at] ^ change[1]]) + data[at + 1 :])
    try:
        passed = checked(frozen_host).ok
    except GaitError:
        passed = False
    assert not passed or data[at + 1 : at + 4] == UNUSED_BITS or traces_of(journal) == original
    journal.write_bytes(data)


def test_a_single_trace_and_its_line_in_a_journal_say_the_same(
    frozen_host: FrozenHost, folder: Path
) -> None:
    asked: dict[str, Any] = {**SIGNED, "rate_limit_state": options().rate_limit_state}
    evaluated(frozen_host, trace_out="one.json", **asked)
    write_lines(folder, (folder / "intent.json").read_bytes())
    streamed(frozen_host, trace_out="t.jsonl", **asked)
    assert traces_of(folder / "one.json") == traces_of(folder / "t.jsonl")


# ---------------------------------------------------------------- one shown


def test_a_line_of_a_journal_is_shown_by_its_number(journal: Path, frozen_host: FrozenHost) -> None:
    said = show("t.jsonl:2", keys=PUBLIC, host=frozen_host)
    assert (said.path, said.line, said.signature_status) == ("t.jsonl", 2, "verified")
    for target in ("t.jsonl:4", "t.jsonl:x", "none.json", "none.jsonl:1"):
        with pytest.raises(GaitError):
            show(target, keys=NO_KEYS, host=frozen_host)


def test_a_file_of_that_whole_name_goes_before_a_line(
    journal: Path, frozen_host: FrozenHost
) -> None:
    (journal.parent / "t.jsonl:2").write_bytes(journal.read_bytes().splitlines()[2])
    third = show("t.jsonl:3", keys=NO_KEYS, host=frozen_host)
    said = show("t.jsonl:2", keys=NO_KEYS, host=frozen_host)
    assert (said.line, said.trace) == (0, third.trace)
