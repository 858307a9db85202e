import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gait_engine.api.chain import verify_chain, verify_session_chain
from gait_engine.api.envelope import encode, exit_code, failure
from gait_engine.contract.answers.verify import VerifyAnswer, VerifyChainAnswer
from gait_engine.contract.keys import KeySources
from gait_engine.crypto.keys import SigningKey, generate_key, key_text
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from gait_engine.store.zipwrite import build_zip
from tests.support.hosts import FrozenHost
from tests.support.packs import (
    PEERS,
    SUMMARY,
    bare_trace,
    guard_manifest,
    runpack_members,
    signed,
    signed_trace,
    write_pack,
    write_public_key,
    write_record,
)
from tests.support.process import ROOT

SESSIONS = ROOT / "tests" / "golden" / "session"
MEMBERS = {SUMMARY: b"{}"}
NOTHING_KNOWN = VerifyChainAnswer(ok=False, run=VerifyAnswer(ok=False))


@pytest.fixture
def key(frozen_host: FrozenHost, tmp_path: Path) -> SigningKey:
    """A key whose public half stands in k.pub."""
    made = generate_key(frozen_host)
    write_public_key(tmp_path / "k.pub", made)
    return made


@pytest.fixture
def run(frozen_host: FrozenHost, tmp_path: Path) -> str:
    """The demo runpack, unsigned, in run.zip."""
    (tmp_path / "run.zip").write_bytes(b"".join(build_zip(runpack_members(frozen_host))))
    return "run.zip"


KEYS = KeySources(public_key="k.pub")


@pytest.fixture
def whole(frozen_host: FrozenHost, tmp_path: Path, key: SigningKey, run: str) -> FrozenHost:
    """A host whose folder holds run.zip, t.json, e.zip and k.pub, all sound."""
    write_record(tmp_path / "t.json", signed_trace(key))
    write_pack(tmp_path / "e.zip", signed(guard_manifest(MEMBERS), key), MEMBERS)
    return frozen_host


def failed(host: FrozenHost, *, kind: type[GaitError] = InvalidInput, **parts: Any) -> GaitError:
    with pytest.raises(kind) as caught:
        verify_chain(host=host, **{"run": "run.zip", **parts})
    return caught.value


def known(error: GaitError) -> VerifyChainAnswer:
    assert isinstance(error.answer, VerifyChainAnswer)
    return error.answer


def test_all_parts_of_the_peers_making_verify(frozen_host: FrozenHost) -> None:
    shutil.copytree(PEERS, frozen_host.cwd, dirs_exist_ok=True)
    answer = verify_chain(
        run="srun.zip", trace="t.json", pack="e.zip", profile="strict", keys=KEYS, host=frozen_host
    )
    assert answer.ok
    assert answer.run.signature_status == "verified"
    assert answer.trace is not msgspec.UNSET
    assert (answer.trace.verdict, answer.trace.signature_status) == ("block", "verified")
    assert answer.pack is not msgspec.UNSET
    assert (answer.pack.pack_id, answer.pack.files_checked) == ("pack_2f87eec6e8bacef5", 4)


def test_the_parts_that_were_not_named_are_not_in_the_answer(whole: FrozenHost) -> None:
    answer = verify_chain(run="run.zip", host=whole)
    assert answer.ok
    assert msgspec.to_builtins(answer).keys() == {"ok", "run"}
    assert msgspec.to_builtins(answer.run).keys() == {
        *("ok", "path", "run_id", "manifest_digest", "files_checked", "signature_status"),
        *("signature_note", "next_commands"),
    }


def test_a_run_is_found_by_its_id(frozen_host: FrozenHost, tmp_path: Path) -> None:
    (tmp_path / "gait-out").mkdir()
    packed = b"".join(build_zip(runpack_members(frozen_host)))
    (tmp_path / "gait-out" / "runpack_run_demo.zip").write_bytes(packed)
    answer = verify_chain(run="run_demo", host=frozen_host)
    assert (answer.ok, answer.run.path) == (True, "gait-out/runpack_run_demo.zip")


def test_a_changed_run_fails_the_chain_but_trace_and_pack_are_still_checked(
    whole: FrozenHost,
) -> None:
    members = {**runpack_members(whole), "run.json": b"{}"}
    (whole.cwd / "run.zip").write_bytes(b"".join(build_zip(members)))
    answer = verify_chain(run="run.zip", trace="t.json", pack="e.zip", keys=KEYS, host=whole)
    assert (answer.ok, answer.run.ok, answer.error) == (False, False, "")
    assert answer.trace is not msgspec.UNSET
    assert answer.pack is not msgspec.UNSET
    assert (answer.trace.ok, answer.trace.verdict, answer.pack.ok) == (True, "allow", True)
    assert exit_code(answer) == 2


@pytest.mark.parametrize("part", ["trace", "pack"])
def test_one_failed_part_fails_the_chain(part: str, whole: FrozenHost, key: SigningKey) -> None:
    if part == "trace":
        write_record(whole.cwd / "t.json", bare_trace())
    else:
        write_pack(whole.cwd / "e.zip", signed(guard_manifest({"x": b""}), key), {"x": b"other"})
    answer = verify_chain(run="run.zip", trace="t.json", pack="e.zip", keys=KEYS, host=whole)
    assert (answer.ok, answer.run.ok, answer.error) == (False, True, "")
    assert exit_code(answer) == 2


def test_a_required_signature_is_required_of_run_and_pack(whole: FrozenHost) -> None:
    write_pack(whole.cwd / "e.zip", guard_manifest(MEMBERS), MEMBERS)
    answer = verify_chain(
        run="run.zip", pack="e.zip", require_signature=True, keys=KEYS, host=whole
    )
    assert answer.pack is not msgspec.UNSET
    assert (answer.run.ok, answer.pack.ok) == (False, False)
    assert (len(answer.run.signature_errors), len(answer.pack.signature_errors)) == (1, 1)


def test_a_trace_needs_a_key_and_the_run_is_told_before_that(whole: FrozenHost) -> None:
    error = failed(whole, trace="t.json")
    assert "key" in error.message
    assert known(error).run.ok
    assert known(error).trace is msgspec.UNSET


def test_an_unreadable_trace_is_invalid_input_beside_the_verified_run(whole: FrozenHost) -> None:
    error = failed(whole, trace="no.json", keys=KEYS)
    assert known(error).run.run_id == "run_demo"
    answer = failure(error)
    assert (exit_code(answer), answer.ok, answer.error_code) == (6, False, "invalid_input")


def test_an_unreadable_pack_is_invalid_input_beside_run_and_trace(whole: FrozenHost) -> None:
    error = failed(whole, trace="t.json", pack="run.zip", keys=KEYS)
    trace = known(error).trace
    assert trace is not msgspec.UNSET
    assert (trace.ok, trace.verdict) == (True, "allow")
    assert known(error).pack is msgspec.UNSET


@pytest.mark.parametrize(
    "options",
    [
        {"run": ""},
        {"run": "no.zip"},
        {"run": "run_unknown"},
        {"profile": "lax"},
        {"profile": "strict"},
        {"keys": KeySources(public_key="no.pub")},
        {"keys": KeySources(public_key="k.pub", public_key_env="K")},
    ],
)
def test_nothing_is_known_after_an_error_of_usage_key_or_run(
    options: dict[str, Any], whole: FrozenHost
) -> None:
    assert known(failed(whole, **options)) == NOTHING_KNOWN


def test_a_refused_trace_is_not_shown_and_its_verdict_nowhere(whole: FrozenHost) -> None:
    write_record(whole.cwd / "t.json", bare_trace(), approved_by="mallory")
    error = failed(whole, kind=VerificationFailed, trace="t.json", keys=KEYS)
    assert (error.code, known(error).trace) == ("json_unsigned_field", msgspec.UNSET)
    printed = encode(failure(error))
    assert b'"verdict"' not in printed
    assert b'"hazards":[{"code":"json_unsigned_field"' in printed


def test_a_refused_pack_is_shown_as_failed_and_takes_the_traces_verdict_along(
    whole: FrozenHost,
) -> None:
    write_pack(whole.cwd / "e.zip", guard_manifest(MEMBERS), {**MEMBERS, "evil.txt": b""})
    error = failed(whole, kind=VerificationFailed, trace="t.json", pack="e.zip", keys=KEYS)
    answer = known(error)
    assert answer.pack is not msgspec.UNSET
    assert answer.trace is not msgspec.UNSET
    assert (answer.pack.ok, answer.pack.path, answer.pack.files_checked) == (False, "e.zip", 1)
    assert (answer.trace.ok, answer.trace.signature_status) == (True, "verified")
    assert b'"verdict":"allow"' not in encode(failure(error))


def test_a_refused_run_makes_the_whole_answer_a_refusal(whole: FrozenHost) -> None:
    members = {**runpack_members(whole), "evil.txt": b""}
    (whole.cwd / "run.zip").write_bytes(b"".join(build_zip(members)))
    answer = verify_chain(run="run.zip", trace="t.json", keys=KEYS, host=whole)
    assert (answer.ok, answer.error_code, exit_code(answer)) == (False, "zip_unlisted_entry", 2)
    assert [note.code for note in answer.hazards] == ["zip_unlisted_entry"]
    assert answer.run.files_checked == 4
    assert b'"verdict":"allow"' not in encode(answer)


def test_a_refused_run_hides_the_verdict_even_where_the_pack_cannot_be_read(
    whole: FrozenHost,
) -> None:
    members = {**runpack_members(whole), "evil.txt": b""}
    (whole.cwd / "run.zip").write_bytes(b"".join(build_zip(members)))
    error = failed(whole, trace="t.json", pack="no.zip", keys=KEYS)
    assert known(error).run.error_code == "zip_unlisted_entry"
    assert b'"verdict":"allow"' not in encode(failure(error))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no /dev/fd")
def test_a_key_that_comes_through_a_pipe_is_read_once(whole: FrozenHost, key: SigningKey) -> None:
    reading, writing = os.pipe()
    os.write(writing, key_text(key.public_key))
    os.close(writing)
    try:
        answer = verify_chain(
            run="run.zip",
            trace="t.json",
            pack="e.zip",
            keys=KeySources(public_key=f"/dev/fd/{reading}"),
            host=whole,
        )
    finally:
        os.close(reading)
    assert answer.ok


def session_host(tmp_path: Path, case: str) -> FrozenHost:
    shutil.copytree(SESSIONS / case, tmp_path, dirs_exist_ok=True)
    return FrozenHost(tmp_path)


def test_a_session_chain_of_the_peer_verifies(tmp_path: Path) -> None:
    answer = verify_session_chain("chain.json", host=session_host(tmp_path, "verify-ok"))
    assert (answer.ok, answer.checkpoints_checked) == (True, 3)
    assert (answer.chain_path, answer.session_id, answer.run_id) == (
        *("chain.json", "sess_1", "run_sess"),
    )


def test_a_signed_session_chain_passes_the_strict_profile(tmp_path: Path) -> None:
    host = session_host(tmp_path, "verify-signed-strict")
    assert verify_session_chain("chain.json", profile="strict", keys=KEYS, host=host).ok


def test_every_unsigned_checkpoint_fails_where_a_signature_is_required(tmp_path: Path) -> None:
    host = session_host(tmp_path, "verify-require-unsigned")
    answer = verify_session_chain("chain.json", require_signature=True, keys=KEYS, host=host)
    assert (answer.ok, len(answer.checkpoint_errors)) == (False, 3)


@pytest.mark.parametrize(
    ("chain", "profile"), [("", ""), ("no.json", ""), ("chain.json", "strict")]
)
def test_a_session_chain_that_cannot_be_judged_is_invalid_input(
    chain: str, profile: str, tmp_path: Path
) -> None:
    host = session_host(tmp_path, "verify-ok")
    with pytest.raises(InvalidInput):
        verify_session_chain(chain, profile=profile, host=host)
