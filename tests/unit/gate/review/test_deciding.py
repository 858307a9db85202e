import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gait_engine.contract.answers.review import ReviewMintAnswer
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.contract.review import MUST_READ, DenyRequest, ReviewEvent, ReviewTarget
from gait_engine.crypto.keys import generate_key, key_text
from gait_engine.errors import (
    GaitError,
    InvalidInput,
    PolicyBlocked,
    VerificationFailed,
)
from gait_engine.gate.review.deciding import check_mint, deny, mint
from gait_engine.gate.review.reviewlog import read_events, unfinished, verified_lines
from gait_engine.gate.tokens.tokenfile import read_approval
from tests.support import faults
from tests.support.hosts import FrozenHost
from tests.support.reviews import (
    LOG,
    RULE,
    SCOPE,
    SETTING,
    TARGET,
    TRACE,
    approve,
    around,
    ask,
    request,
    tree,
    waiting_call,
    write_intent,
    write_policy,
)
from tests.support.tokens import KEY


@pytest.fixture(autouse=True)
def call(frozen_host: FrozenHost) -> Path:
    """A working directory with one call that waits."""
    waiting_call(frozen_host)
    return frozen_host.cwd


def events(host: FrozenHost) -> list[ReviewEvent]:
    return [line.event for line in read_events(LOG, host=host)]


def kinds(host: FrozenHost) -> list[str]:
    return [event.event for event in events(host)]


def tokens(folder: Path) -> list[str]:
    names = (file.name for file in folder.glob("approval_*.json"))
    return sorted(name for name in names if not name.startswith("approval_audit_"))


def refused(host: FrozenHost, **changes: Any) -> GaitError:
    """Return the refusal of a request; nothing may have been written."""
    asked = request(host, **changes)
    before = tree(host.cwd)
    with pytest.raises(GaitError) as found:
        mint(asked, around(host))
    assert tree(host.cwd) == before
    assert not check_mint(asked, around(host)).can_mint
    return found.value


def test_a_token_is_minted_between_two_lines_of_the_log(frozen_host: FrozenHost) -> None:
    answer = mint(request(frozen_host, note="as agreed"), around(frozen_host))
    given = read_approval(answer.token_path, host=frozen_host)
    assert given.token is not None
    assert answer.token_path == f"approval_{answer.token_id}.json"
    assert (given.token.approver_identity, given.token.reason_code) == ("alice", "ticket_4211")
    assert (given.token.scope, given.token.max_targets, given.token.max_ops) == (SCOPE, 1, 1)
    assert given.token.expires_at == answer.expires_at == "2026-02-05T12:15:00Z"
    assert (answer.valid, answer.required, answer.log_line) == (1, 2, 2)
    assert answer.written == (answer.token_path, LOG)
    first, second = events(frozen_host)
    assert (first.event, first.token_id, second.event) == ("intent_to_mint", "", "minted")
    assert second.token_id == answer.token_id
    for event in (first, second):
        assert (event.reviewer, event.reason_code, event.note) == (
            *("alice", "ticket_4211", "as agreed"),
        )
        assert (event.trace_id, event.ttl, event.key_id) == (answer.trace_id, "15m0s", KEY.key_id)
        assert (event.scope, event.seen) == (SCOPE, MUST_READ)
    assert len(list(verified_lines(LOG, host=frozen_host))) == 2


def test_the_gate_lets_the_call_pass_once_enough_people_have_minted(
    frozen_host: FrozenHost,
) -> None:
    first = mint(request(frozen_host), around(frozen_host))
    second = mint(request(frozen_host, approver="bob"), around(frozen_host))
    assert second.valid == 2
    ask(frozen_host, trace="t2.json", approval_token=first.token_path,
        approval_token_chain=second.token_path, approval_public_key="k.pub")  # fmt: skip
    assert json.loads((frozen_host.cwd / "t2.json").read_bytes())["verdict"] == "allow"


def test_a_token_goes_where_it_is_asked_to(frozen_host: FrozenHost) -> None:
    answer = mint(request(frozen_host, out=" d/t.json "), around(frozen_host))
    assert answer.written[0] == answer.token_path
    file = frozen_host.cwd / "d/t.json"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("changes", "kind", "code", "field"),
    [
        ({"intent_digest": "00" * 32}, PolicyBlocked, "review_changed", ""),
        ({"policy_digest": "00" * 32}, PolicyBlocked, "review_changed", ""),
        ({"phrase": ""}, PolicyBlocked, "review_phrase_mismatch", "phrase"),
        ({"phrase": "approve 000000"}, PolicyBlocked, "review_phrase_mismatch", "phrase"),
        ({"seen": ()}, PolicyBlocked, "review_not_read", "seen"),
        ({"seen": MUST_READ[:2]}, PolicyBlocked, "review_not_read", "seen"),
        ({"approver": " "}, InvalidInput, "invalid_input", "approver"),
        ({"approver": "ali\u200bce"}, InvalidInput, "text_control_characters", "approver"),
        ({"approver": "svc-etl"}, PolicyBlocked, "self_approval", "approver"),
        ({"approver": "SVC-ETL"}, PolicyBlocked, "self_approval", "approver"),
        ({"approver": "аlice"}, PolicyBlocked, "approver_lookalike", "approver"),
        ({"reason_code": ""}, InvalidInput, "invalid_input", "reason"),
        ({"reason_code": "a\x1b"}, InvalidInput, "text_control_characters", "reason"),
        ({"note": "a\u202e"}, InvalidInput, "text_control_characters", "note"),
        ({"ttl": "1d"}, InvalidInput, "invalid_input", "ttl"),
        ({"ttl": ""}, InvalidInput, "invalid_input", "ttl"),
        ({"ttl": "0"}, InvalidInput, "invalid_input", "ttl"),
        ({"ttl": "-15m"}, InvalidInput, "invalid_input", "ttl"),
        ({"ttl": "24h0m0.000000001s"}, PolicyBlocked, "review_ttl_exceeded", "ttl"),
        ({"scope": ()}, PolicyBlocked, "review_scope_lacking", "scope"),
        ({"scope": SCOPE[:2]}, PolicyBlocked, "review_scope_lacking", "scope"),
        ({"scope": (*SCOPE, "tool:x")}, PolicyBlocked, "review_scope_surplus", "scope"),
        ({"scope": ("*",)}, PolicyBlocked, "review_phrase_mismatch", "extra_phrases"),
        ({"max_targets": -1}, InvalidInput, "invalid_input", "limits"),
        ({"max_ops": -1}, InvalidInput, "invalid_input", "limits"),
        ({"out": "k.key"}, InvalidInput, "invalid_input", "out"),
        ({"out": LOG}, InvalidInput, "path_unsafe", "out"),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused_and_the_form_says_where(
    frozen_host: FrozenHost,
    changes: dict[str, Any],
    kind: type[GaitError],
    code: str,
    field: str,
) -> None:
    error = refused(frozen_host, **changes)
    assert (type(error), error.code) == (kind, code)
    found = check_mint(request(frozen_host, **changes), around(frozen_host)).faults
    assert [(one.field, one.code) for one in found] == [(field, code)]


@pytest.mark.parametrize(
    ("args", "targets", "limits", "code"),
    [
        (1, 2, {"max_targets": 1}, "approval_token_max_targets_exceeded"),
        (1, 2, {"max_ops": 1}, "approval_token_max_ops_exceeded"),
    ],
)
def test_limits_below_what_the_call_does_are_refused(
    frozen_host: FrozenHost, args: int, targets: int, limits: dict[str, int], code: str
) -> None:
    many = [{"kind": "path", "value": f"/{n}", "operation": "delete"} for n in range(targets)]
    waiting_call(frozen_host, args={"n": args}, targets=many)
    assert refused(frozen_host, **({"max_targets": 2, "max_ops": 2} | limits)).code == code


def test_any_tool_needs_a_phrase_of_its_own(frozen_host: FrozenHost) -> None:
    for scope in (("*",), (*SCOPE, "*")):
        asked = request(frozen_host, scope=scope, extra_phrases=("any tool",), out=f"{len(scope)}")
        assert mint(asked, around(frozen_host)).scope == tuple(sorted(scope))
        asked = request(frozen_host, approver="x")
        (frozen_host.cwd / f"{len(scope)}").unlink()


def test_a_surplus_beside_any_tool_is_still_one(frozen_host: FrozenHost) -> None:
    error = refused(frozen_host, scope=("*", "tool:x"), extra_phrases=("any tool",))
    assert error.code == "review_scope_surplus"


def test_a_danger_needs_its_phrase_to_the_letter(frozen_host: FrozenHost) -> None:
    waiting_call(frozen_host, args={"note": "ok\u202efnoc.bd"})
    for typed in ((), ("hidden character",), ("Hidden character seen",)):
        assert refused(frozen_host, extra_phrases=typed).code == "review_phrase_mismatch"
    asked = request(frozen_host, extra_phrases=("hidden character seen",))
    assert mint(asked, around(frozen_host)).ok


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key_mode": "dev", "signing_keys": NO_KEYS}, "key_dev"),
        ({"key_mode": "dev"}, "key_dev"),
        ({"signing_keys": NO_KEYS}, "key_missing"),
        ({"approval_keys": KeySources(public_key="other.pub")}, "key_mismatch"),
    ],
)
def test_a_key_that_no_gate_checks_with_is_refused(
    frozen_host: FrozenHost, changes: dict[str, Any], code: str
) -> None:
    other = generate_key(frozen_host)
    (frozen_host.cwd / "other.pub").write_bytes(key_text(other.public_key))
    with pytest.raises(PolicyBlocked) as found:
        mint(request(frozen_host), around(frozen_host, SETTING._replace(**changes)))
    assert found.value.code == code
    assert not (frozen_host.cwd / LOG).exists()


def test_a_lower_ceiling_is_kept(frozen_host: FrozenHost) -> None:
    setting = SETTING._replace(max_ttl="10m")
    with pytest.raises(PolicyBlocked) as found:
        mint(request(frozen_host), around(frozen_host, setting))
    assert found.value.code == "review_ttl_exceeded"


@pytest.mark.parametrize(
    ("approver", "code"),
    [("bob", "approver_repeated"), ("Bob", "approver_lookalike"), (" bob ", "approver_repeated")],
)
def test_the_second_approval_must_be_of_somebody_else(
    frozen_host: FrozenHost, approver: str, code: str
) -> None:
    approve(frozen_host)
    assert refused(frozen_host, approver=approver).code == code


def test_enough_approvals_are_not_added_to(frozen_host: FrozenHost) -> None:
    approve(frozen_host, "a.json", approver_identity="carol")
    approve(frozen_host, "b.json")
    assert refused(frozen_host).code == "approvals_complete"


def test_who_delegated_the_call_cannot_approve_it(frozen_host: FrozenHost) -> None:
    links = [{"delegator_identity": "lead", "delegate_identity": "svc-etl"}]
    waiting_call(frozen_host, delegation={"requester_identity": "svc-etl", "chain": links})
    assert refused(frozen_host, approver="lead").code == "self_approval"
    answer = mint(request(frozen_host), around(frozen_host))
    token = json.loads((frozen_host.cwd / answer.token_path).read_bytes())
    assert len(token["delegation_binding_digest"]) == 64


@pytest.mark.parametrize("file", ["intent.json", "policy.yaml"])
@pytest.mark.parametrize("named", [(), ("intent.json", "policy.yaml")])
def test_a_file_swapped_after_it_was_shown_is_refused(
    frozen_host: FrozenHost, file: str, named: tuple[str, ...]
) -> None:
    target = ReviewTarget(TRACE, *named)
    asked = request(frozen_host, target=target)
    if file == "intent.json":
        write_intent(frozen_host.cwd, args={"path": "/srv/other.conf"})
    else:
        write_policy(frozen_host.cwd, RULE | {"min_approvals": 1})
    before = tree(frozen_host.cwd)
    with pytest.raises(PolicyBlocked) as found:
        mint(asked, around(frozen_host))
    assert (found.value.code, found.value.exit_code) == ("review_changed", 3)
    assert tree(frozen_host.cwd) == before


def test_a_trace_swapped_after_it_was_shown_is_refused(frozen_host: FrozenHost) -> None:
    asked = request(frozen_host)
    write_intent(frozen_host.cwd, args={"path": "/srv/other.conf"})
    ask(frozen_host)
    with pytest.raises(PolicyBlocked) as found:
        mint(asked, around(frozen_host))
    assert found.value.code == "review_changed"


def test_a_log_that_cannot_be_written_lets_no_token_be_minted(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "gait-out").mkdir()
    for content, code in ((b"torn", "journal_torn"), (b"{}\n", "review_log_broken")):
        (frozen_host.cwd / LOG).write_bytes(content)
        assert refused(frozen_host).code == code
    (frozen_host.cwd / LOG).unlink()
    (frozen_host.cwd / LOG).mkdir()
    assert refused(frozen_host).code == "path_unsafe"


def test_a_key_whose_halves_disagree_is_found_out_when_the_token_is_read_back(
    frozen_host: FrozenHost,
) -> None:
    other = generate_key(frozen_host)
    broken = KEY.private_bytes[:32] + other.public_key
    (frozen_host.cwd / "k.key").write_bytes(key_text(broken))
    with pytest.raises(VerificationFailed) as found:
        mint(request(frozen_host), around(frozen_host))
    (name,) = tokens(frozen_host.cwd)
    assert found.value.code == "review_token_unverified"
    assert found.value.answer.written == (LOG, name)
    assert found.value.hint == "remove the token file: it has not been found to be good"
    assert kinds(frozen_host) == ["intent_to_mint", "aborted"]
    assert events(frozen_host)[1].note == "review_token_unverified"


def fresh(host: FrozenHost, before: dict[str, bytes]) -> None:
    """Put the working directory back as it was."""
    shutil.rmtree(host.cwd / "gait-out", ignore_errors=True)
    for name in tree(host.cwd).keys() - before.keys():
        (host.cwd / name).unlink()
    for name, content in before.items():
        (host.cwd / name).write_bytes(content)


def test_a_token_that_somebody_swaps_at_once_is_found_out(frozen_host: FrozenHost) -> None:
    asked = request(frozen_host, out="t.json")
    approve(frozen_host, "foreign.json", approver_identity="mallory")
    foreign, before = (frozen_host.cwd / "foreign.json").read_bytes(), tree(frozen_host.cwd)
    calls = faults.calls_of(lambda: mint(asked, around(frozen_host)))
    fresh(frozen_host, before)
    _, of_token, *_ = (n for n, call in enumerate(calls, start=1) if call == "link")

    def swap(_name: str, real: Any, args: tuple[Any, ...], _kw: dict[str, Any]) -> None:
        assert Path(args[1]).name == "t.json"
        real(*args)
        Path(args[1]).unlink()
        Path(args[1]).write_bytes(foreign)

    with faults.fault_at(of_token, swap), pytest.raises(VerificationFailed) as found:
        mint(asked, around(frozen_host))
    assert "another token than the one that was signed" in found.value.message
    assert found.value.answer.written == (LOG, "t.json")


def failed_at(n: int, work: Callable[[], object]) -> GaitError | None:
    """Run the work on a disk that fails at its n-th call; None if that does no harm."""
    try:
        with faults.fault_at(n, faults.fail(errno.EIO)):
            work()
    except GaitError as exc:
        return exc
    return None


def test_at_every_failure_of_the_disk_the_error_says_what_exists(frozen_host: FrozenHost) -> None:
    asked = request(frozen_host)
    before = tree(frozen_host.cwd)
    calls = faults.calls_of(lambda: mint(asked, around(frozen_host)))
    seen: set[tuple[str, ...]] = set()
    for n in range(1, len(calls) + 1):
        fresh(frozen_host, before)
        error = failed_at(n, lambda: mint(asked, around(frozen_host)))
        if error is None:
            continue
        made = tree(frozen_host.cwd).keys() - before.keys()
        exists = sorted(name for name in made if not name.endswith(".lock"))
        written = error.answer.written if isinstance(error.answer, ReviewMintAnswer) else ()
        assert sorted(written) == exists, calls[n - 1]
        assert all(name in error.message for name in exists)
        logged = kinds(frozen_host)
        assert not tokens(frozen_host.cwd) or logged[0] == "intent_to_mint"
        assert "minted" not in logged or tokens(frozen_host.cwd)
        seen.add(tuple(logged))
    assert {(), ("intent_to_mint", "aborted"), ("intent_to_mint",)} <= seen


def is_torn(host: FrozenHost) -> bool:
    log = host.cwd / LOG
    return log.exists() and not log.read_bytes().endswith(b"\n")


def test_a_process_that_dies_leaves_no_token_without_a_line_in_the_log(
    frozen_host: FrozenHost,
) -> None:
    asked = request(frozen_host)
    before = tree(frozen_host.cwd)
    calls = faults.calls_of(lambda: mint(asked, around(frozen_host)))
    outcomes: set[tuple[int, bool]] = set()
    for n in range(1, len(calls) + 1):
        fresh(frozen_host, before)
        assert faults.killed_at(n, lambda: mint(asked, around(frozen_host))) == faults.KILLED
        minted = tokens(frozen_host.cwd)
        if is_torn(frozen_host):
            continue
        logged = kinds(frozen_host)
        assert not minted or logged[:1] == ["intent_to_mint"], calls[n - 1]
        assert "minted" not in logged or minted, calls[n - 1]
        outcomes.add((len(logged), bool(minted)))
        if logged == ["intent_to_mint"]:
            assert unfinished(read_events(LOG, host=frozen_host)) == (1,)
    assert outcomes >= {(0, False), (1, False), (1, True), (2, True)}


def test_the_form_is_told_what_would_come_of_it(frozen_host: FrozenHost) -> None:
    approve(frozen_host)
    before = tree(frozen_host.cwd)
    answer = check_mint(request(frozen_host), around(frozen_host))
    assert (answer.can_mint, answer.faults) == (True, ())
    assert (answer.expires_at, answer.ttl) == ("2026-02-05T12:15:00Z", "15m0s")
    assert (answer.counts_as, answer.required) == (2, 2)
    assert answer.phrases == (request(frozen_host).phrase,)
    assert answer.writes[1] == LOG
    assert tree(frozen_host.cwd) == before
    assert mint(request(frozen_host), around(frozen_host)).token_path == answer.writes[0]


def test_the_form_is_told_all_its_faults_at_once(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "policy.yaml").unlink()
    asked = request(frozen_host, ttl="1d", approver="", phrase="", max_ops=-1, scope=("*",))
    answer = check_mint(asked, around(frozen_host))
    assert [one.field for one in answer.faults] == [
        *("", "", "approver", "ttl", "limits", "phrase", "extra_phrases")
    ]
    assert (answer.writes, answer.counts_as, answer.ttl) == ((), 0, "")


DENY = DenyRequest(TARGET, " carol ", "not_in_ticket", note="ask again", seen=("rule",))


def test_a_denial_is_logged_and_changes_nothing_else(frozen_host: FrozenHost) -> None:
    before = tree(frozen_host.cwd)
    answer = deny(DENY, around(frozen_host))
    (event,) = events(frozen_host)
    assert (event.event, event.reviewer, event.reason_code) == ("denied", "carol", "not_in_ticket")
    assert (event.scope, event.seen, event.note) == (("tool:tool.delete",), ("rule",), "ask again")
    assert (answer.log_line, answer.trace_id) == (1, event.trace_id)
    assert tree(frozen_host.cwd).keys() - before.keys() == {LOG}


def test_a_call_can_be_denied_without_its_files_and_without_a_key(
    frozen_host: FrozenHost,
) -> None:
    call = request(frozen_host)
    (frozen_host.cwd / "intent.json").unlink()
    (frozen_host.cwd / "policy.yaml").unlink()
    shown = DENY._replace(intent_digest=call.intent_digest, policy_digest=call.policy_digest)
    answer = deny(shown, around(frozen_host, SETTING._replace(signing_keys=NO_KEYS)))
    assert answer.intent_digest == call.intent_digest


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reviewer": " "}, "invalid_input"),
        ({"reviewer": "a\u202e"}, "text_control_characters"),
        ({"reason_code": ""}, "invalid_input"),
        ({"note": "\x07"}, "text_control_characters"),
        ({"phrase": "deny 000000"}, "review_phrase_mismatch"),
        ({"intent_digest": "00" * 32}, "review_changed"),
        ({"policy_digest": "00" * 32}, "review_changed"),
        ({"target": ReviewTarget()}, "invalid_input"),
    ],
)
def test_a_denial_that_is_not_filled_in_is_refused_and_nothing_is_logged(
    frozen_host: FrozenHost, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(GaitError) as found:
        deny(DENY._replace(**changes), around(frozen_host))
    assert found.value.code == code
    assert not (frozen_host.cwd / LOG).exists()


def test_a_denial_with_its_phrase_is_taken(frozen_host: FrozenHost) -> None:
    digest = request(frozen_host).intent_digest
    assert deny(DENY._replace(phrase=f"deny {digest[-6:]}"), around(frozen_host)).ok


def test_a_denial_on_a_failing_disk_is_whole_or_not_there(frozen_host: FrozenHost) -> None:
    before = tree(frozen_host.cwd)
    calls = faults.calls_of(lambda: deny(DENY, around(frozen_host)))
    for n in range(1, len(calls) + 1):
        fresh(frozen_host, before)
        error = failed_at(n, lambda: deny(DENY, around(frozen_host)))
        assert kinds(frozen_host) == (["denied"] if error is None else []), n
