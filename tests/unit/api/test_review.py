from pathlib import Path

import pytest

from gait_engine.api import review
from gait_engine.contract.keys import KeySources
from gait_engine.contract.review import DenyRequest, ReviewTarget
from gait_engine.errors import InvalidInput, PolicyBlocked, VerificationFailed
from tests.support.hosts import FrozenHost
from tests.support.reviews import (
    LOG,
    SETTING,
    TARGET,
    ask,
    request,
    tree,
    waiting_call,
    write_intent,
)


@pytest.fixture(autouse=True)
def call(frozen_host: FrozenHost) -> Path:
    """A working directory with one call that waits."""
    waiting_call(frozen_host)
    return frozen_host.cwd


def test_a_review_from_the_first_look_to_the_token(frozen_host: FrozenHost) -> None:
    shown = review.show(TARGET, SETTING, host=frozen_host)
    assert shown.is_approvable
    assert review.changed(shown, SETTING, host=frozen_host) == ()
    asked = request(frozen_host)
    assert review.check(asked, SETTING, host=frozen_host).can_mint
    minted = review.mint(asked, SETTING, host=frozen_host)
    log = review.log(host=frozen_host)
    assert [event.event for event in log.events] == ["intent_to_mint", "minted"]
    assert log.events[1].token_id == minted.token_id
    assert (log.unfinished, log.chain, log.head) == ((), "", "")


def test_the_agents_side_is_told_the_command_that_uses_the_token(frozen_host: FrozenHost) -> None:
    setting = SETTING._replace(approval_keys=KeySources(public_key="k.pub"))
    minted = review.mint(request(frozen_host), setting, host=frozen_host)
    (command,) = minted.next_commands
    assert command == (
        "gait gate eval --policy ./policy.yaml --intent ./intent.json"
        f" --approval-token {minted.token_path} --approval-public-key k.pub"
    )


def test_the_command_names_every_token_that_the_call_needs(frozen_host: FrozenHost) -> None:
    first = review.mint(request(frozen_host), SETTING, host=frozen_host)
    second = review.mint(request(frozen_host, approver="carol"), SETTING, host=frozen_host)
    assert (second.valid, second.beside) == (2, (f"./{first.token_path}",))
    (command,) = second.next_commands
    assert command.endswith(
        f"--approval-token {second.token_path} --approval-token-chain ./{first.token_path}"
    )


def test_for_an_intent_in_a_stream_there_is_no_such_command(frozen_host: FrozenHost) -> None:
    line = (frozen_host.cwd / "intent.json").read_text()
    (frozen_host.cwd / "intent.json").unlink()
    (frozen_host.cwd / "stream.jsonl").write_text(line + "\n")
    minted = review.mint(request(frozen_host), SETTING, host=frozen_host)
    assert (minted.intent_path, minted.next_commands) == ("./stream.jsonl:1", ())


def test_showing_checking_and_asking_what_changed_write_nothing(frozen_host: FrozenHost) -> None:
    asked, before = request(frozen_host), tree(frozen_host.cwd)
    shown = review.show(TARGET, SETTING, host=frozen_host)
    review.changed(shown, SETTING, host=frozen_host)
    review.check(asked, SETTING, host=frozen_host)
    review.log(host=frozen_host)
    assert tree(frozen_host.cwd) == before


def test_what_changed_since_it_was_shown_is_not_signed(frozen_host: FrozenHost) -> None:
    asked = request(frozen_host)
    shown = review.show(TARGET, SETTING, host=frozen_host)
    write_intent(frozen_host.cwd, args={"path": "/etc/passwd"})
    assert [one.code for one in review.changed(shown, SETTING, host=frozen_host)] == [
        "review_changed"
    ]
    with pytest.raises(PolicyBlocked) as found:
        review.mint(asked, SETTING, host=frozen_host)
    assert (found.value.code, found.value.exit_code) == ("review_changed", 3)


def test_a_denied_call_goes_on_waiting(frozen_host: FrozenHost) -> None:
    answer = review.deny(DenyRequest(TARGET, "carol", "not_in_ticket"), SETTING, host=frozen_host)
    assert (answer.log_path, answer.log_line) == (LOG, 1)
    shown = review.show(TARGET, SETTING, host=frozen_host)
    assert [notice.code for notice in shown.banners] == ["denied_before"]
    assert shown.is_approvable


def test_a_verified_log_has_a_head_to_keep(frozen_host: FrozenHost) -> None:
    deny = DenyRequest(TARGET, "carol", "no")
    heads = set()
    for count in (1, 2):
        review.deny(deny, SETTING, host=frozen_host)
        log = review.log(verify=True, host=frozen_host)
        assert (log.chain, log.lines_checked, log.count) == ("intact", count, count)
        heads.add(log.head)
    assert len(heads) == 2


def test_nothing_to_verify_is_not_verified(frozen_host: FrozenHost) -> None:
    assert review.log(host=frozen_host).count == 0
    with pytest.raises(InvalidInput, match="no event in it"):
        review.log(verify=True, host=frozen_host)


def test_a_touched_log_is_listed_but_does_not_verify(frozen_host: FrozenHost) -> None:
    review.deny(DenyRequest(TARGET, "carol", "no"), SETTING, host=frozen_host)
    log = frozen_host.cwd / LOG
    log.write_bytes(log.read_bytes().replace(b"carol", b"clara"))
    assert review.log(host=frozen_host).events[0].reviewer == "clara"
    with pytest.raises(VerificationFailed) as found:
        review.log(verify=True, host=frozen_host)
    assert found.value.answer.broken_line == 1


def test_a_call_may_be_reviewed_by_its_files_alone(frozen_host: FrozenHost) -> None:
    ask(frozen_host, trace="elsewhere/t.json")
    files = ReviewTarget(intent="intent.json", policy="policy.yaml")
    minted = review.mint(request(frozen_host, target=files), SETTING, host=frozen_host)
    assert minted.ok


def test_a_form_is_warned_of_what_is_granted_all_the_same(frozen_host: FrozenHost) -> None:
    def cautions(**changes: object) -> list[tuple[str, str]]:
        answer = review.check(request(frozen_host, **changes), SETTING, host=frozen_host)
        return [(one.field, one.code) for one in answer.cautions]

    assert cautions(ttl="1h") == []
    assert cautions(ttl="1h0m1s") == [("ttl", "review_ttl_long")]
    assert cautions(ttl="25h") == []
    assert cautions(scope=("*",)) == [("scope", "review_any_tool")]


def test_the_time_left_of_a_token_ends_when_the_gate_refuses_it(frozen_host: FrozenHost) -> None:
    minted = review.mint(request(frozen_host), SETTING, host=frozen_host)
    assert review.seconds_left(minted.expires_at, host=frozen_host) == 900
    frozen_host.now += 899 * 10**9 + 1
    assert review.seconds_left(minted.expires_at, host=frozen_host) == 0
    frozen_host.now += 10**12
    assert review.seconds_left(minted.expires_at, host=frozen_host) == 0
    with pytest.raises(InvalidInput):
        review.seconds_left("soon", host=frozen_host)
