"""Laws of a session: whatever is done in whatever order, nothing is lost and every link holds."""

import tempfile
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gait_engine.api import session
from gait_engine.api.session import EventInput
from gait_engine.contract.answers.session import SessionStatus
from gait_engine.contract.session import VERDICTS
from gait_engine.errors import InvalidInput
from gait_engine.runpack.chain import read_chain, verify_chain_file
from gait_engine.runpack.journal import read_journal
from tests.support.hosts import FrozenHost
from tests.support.sessions import JOURNAL, begun, checkpoint, event, header, written

CHAIN: Final = "s/j_chain.json"
STEPS: Final = st.lists(
    st.sampled_from(["append", "append", "checkpoint", "compact", "forget", "repair"]), max_size=12
)


def status(host: FrozenHost) -> SessionStatus:
    found = session.status(JOURNAL, host=host).status
    assert isinstance(found, SessionStatus)
    return found


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_sequences_count_on_and_every_link_holds_whatever_is_done(steps: list[str]) -> None:
    """The model: the number of the last event, and of the last one sealed."""
    last = sealed = checkpoints = 0
    with tempfile.TemporaryDirectory() as folder:
        host = FrozenHost(Path(folder))
        begun(host)
        for step in steps:
            if step == "append":
                last += 1
                added = session.append(
                    JOURNAL, EventInput(tool_name="t", verdict="allow"), host=host
                )
                assert added.event
                assert added.event.sequence == last
            elif step == "checkpoint" and last > sealed:
                checkpoints += 1
                done = session.checkpoint(JOURNAL, out=f"{checkpoints}.zip", host=host).checkpoint
                assert done
                assert (done.sequence_start, done.sequence_end) == (sealed + 1, last)
                sealed = last
            elif step == "compact":
                session.compact(JOURNAL, host=host)
            elif step == "forget":
                (host.cwd / f"{JOURNAL}.state.json").unlink(missing_ok=True)
            else:
                session.repair(JOURNAL, host=host)
            assert status(host).checkpoint_count == checkpoints
        if checkpoints:
            assert verify_chain_file(CHAIN, host=host).checkpoints_checked == checkpoints
            assert verify_chain_file(CHAIN, host=host).ok


@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_the_state_cache_never_says_anything_but_what_the_journal_says(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        host = FrozenHost(Path(folder))
        begun(host, events=1)
        for number, step in enumerate(steps):
            if step == "append":
                session.append(JOURNAL, EventInput(tool_name="t", verdict="allow"), host=host)
            elif step == "checkpoint":
                try:
                    session.checkpoint(JOURNAL, out=f"{number}.zip", host=host)
                except InvalidInput:
                    continue
            elif step == "compact":
                session.compact(JOURNAL, host=host)
            cached = (host.cwd / f"{JOURNAL}.state.json").read_bytes()
            (host.cwd / f"{JOURNAL}.state.json").unlink()
            status(host)
            assert (host.cwd / f"{JOURNAL}.state.json").read_bytes() == cached


TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
CALLS: Final = st.builds(
    EventInput,
    tool_name=TEXT.map(lambda text: f"t{text}t"),
    verdict=st.sampled_from(VERDICTS),
    intent_id=TEXT,
    trace_id=TEXT,
    trace_path=TEXT,
    intent_digest=TEXT,
    policy_digest=TEXT,
    reason_codes=st.lists(TEXT, max_size=3).map(tuple),
    violations=st.lists(TEXT, max_size=3).map(tuple),
)


@given(st.lists(CALLS, min_size=1, max_size=4), TEXT)
@settings(max_examples=60, deadline=None)
def test_what_was_appended_is_read_back_and_sealed_whatever_the_text(
    calls: list[EventInput], ids: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        host = FrozenHost(Path(folder))
        session.start(JOURNAL, session_id=f"s{ids}s", run_id=f"r{ids}r", host=host)
        answers = [session.append(JOURNAL, call, host=host).event for call in calls]
        assert read_journal(host.cwd / JOURNAL, JOURNAL).events == tuple(answers)
        sealed = session.checkpoint(JOURNAL, out="cp.zip", host=host).checkpoint
        assert read_chain(CHAIN, host=host).checkpoints == (sealed,)
        assert verify_chain_file(CHAIN, host=host).ok


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_a_journal_cut_anywhere_is_whole_torn_or_refused_and_repair_loses_no_line(
    data: st.DataObject,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        host = FrozenHost(Path(folder))
        records = (header(), event(1, tool_name="é<"), event(2), checkpoint(1, 1, 1), event(3))
        journal = written(host, *records)
        text = journal.read_bytes()
        cut = data.draw(st.integers(text.index(b"\n") + 1, len(text)))
        journal.write_bytes(text[:cut])
        whole_lines = text[: text.rindex(b"\n", 0, cut) + 1]
        is_record = cut == len(text) or text[cut : cut + 1] == b"\n" or cut == len(whole_lines)
        if is_record:
            assert session.status(JOURNAL, host=host).ok
        else:
            with pytest.raises(InvalidInput) as caught:
                session.status(JOURNAL, host=host)
            assert caught.value.code == "journal_torn"
        session.repair(JOURNAL, host=host)
        kept = text[:cut] if is_record else whole_lines
        assert journal.read_bytes() == kept
        assert session.status(JOURNAL, host=host).ok


@given(st.sampled_from(["manifest_digest", "checkpoint_digest"]), st.integers(0, 63))
@settings(max_examples=60, deadline=None)
def test_a_changed_digit_in_a_link_never_goes_unnoticed(field: str, place: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        host = FrozenHost(Path(folder))
        begun(host, events=2)
        session.checkpoint(JOURNAL, out="1.zip", host=host)
        chain = read_chain(CHAIN, host=host)
        [link] = chain.checkpoints or ()
        digest = getattr(link, field)
        digit = "0" if digest[place] != "0" else "1"
        changes = {field: digest[:place] + digit + digest[place + 1 :]}
        changed = (msgspec.structs.replace(link, **changes),)
        text = msgspec.json.encode(msgspec.structs.replace(chain, checkpoints=changed))
        (host.cwd / CHAIN).write_bytes(text)
        assert not verify_chain_file(CHAIN, host=host).ok
