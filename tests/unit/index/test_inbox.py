"""The inbox: each thing that needs a person once, as grave as it is, worst first."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import session
from gait_engine.api.index import find_inbox, inbox, scan, settled_traces
from gait_engine.api.pending import pending
from gait_engine.api.review import show
from gait_engine.contract.answers.inbox import InboxAnswer, InboxItem
from gait_engine.contract.keys import KeySources
from gait_engine.contract.review import ReviewSetting
from gait_engine.errors import InvalidInput
from gait_engine.index.families import families
from tests.support import artifacts, reviews, runs, scouting, sessions
from tests.support.hosts import FrozenHost

OUT = "gait-out"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / OUT
    path.mkdir()
    return path


def checked_with(key: str) -> ReviewSetting:
    return ReviewSetting(roots=(), approval_keys=KeySources(public_key=key))


def found(host: FrozenHost, **options: Any) -> InboxAnswer:
    return find_inbox([OUT], host=host, use_cache=False, **options)


def told(items: Iterable[InboxItem]) -> list[tuple[str, str, str]]:
    return [(item.severity, item.kind, item.what) for item in items]


def tampered(path: Path, name: str = "results.jsonl") -> None:
    members = runs.members_of(artifacts.runpack(path))
    path.write_bytes(runs.archive({**members, name: b"{}\n"}))


def test_nothing_needs_a_person_where_all_is_well(frozen_host: FrozenHost, folder: Path) -> None:
    artifacts.write_each(folder)
    (folder / "regress_result.json").unlink()
    (folder / "s_chain.json").unlink()
    answer = found(frozen_host)
    assert (answer.ok, answer.count, answer.items) == (True, 0, ())
    assert answer.artifacts == answer.unneeded == len(artifacts.EACH) - 2
    assert [root.artifacts for root in answer.roots] == [answer.artifacts]


def test_a_damaged_runpack_is_critical_and_says_which_file(
    frozen_host: FrozenHost, folder: Path
) -> None:
    tampered(folder / "p.zip")
    (item,) = found(frozen_host).items
    assert told([item]) == [
        ("critical", "verify", "run_x: 'results.jsonl' is not what was recorded")
    ]
    assert (item.paths, item.run_id) == ((f"{OUT}/p.zip",), "run_x")
    assert item.checked_at == "2026-02-05T12:00:00Z"
    assert item.error_code == "verification_failed"


def test_a_member_that_is_gone_or_cannot_be_read_is_named(
    frozen_host: FrozenHost, folder: Path
) -> None:
    whole = artifacts.runpack(folder / "a.zip")
    members = runs.members_of(whole)
    del members["run.json"]
    (folder / "b.zip").write_bytes(runs.archive(members))
    data = bytearray(whole.read_bytes())
    at = data.index(b'"gait.runpack.refs"')
    data[at] ^= 1
    (folder / "c.zip").write_bytes(data)
    answer = found(frozen_host)
    states = {one.path: one.state for one in answer.checked}
    assert states == {
        f"{OUT}/a.zip": "intact",
        f"{OUT}/b.zip": "damaged",
        f"{OUT}/c.zip": "unreadable",
    }
    whats = [item.what for item in answer.items if item.kind == "verify"]
    assert "run_x: 'run.json' is missing" in whats
    assert len(whats) == 2


def test_packs_and_chains_are_verified_too(frozen_host: FrozenHost, folder: Path) -> None:
    artifacts.pack(folder / "evidence_pack_1.zip", contents=[{"path": "x", "sha256": "0" * 64}])
    artifacts.chain(folder / "s_chain.json")
    kinds = {item.paths[0]: item.kind for item in found(frozen_host).items}
    assert kinds == {f"{OUT}/evidence_pack_1.zip": "verify", f"{OUT}/s_chain.json": "verify"}


def test_a_chain_is_checked_again_when_a_runpack_it_names_changes(
    frozen_host: FrozenHost, folder: Path
) -> None:
    sessions.begun(frozen_host, events=1)
    session.checkpoint(sessions.JOURNAL, out=f"{OUT}/1.zip", host=frozen_host)
    (frozen_host.cwd / "s" / "j_chain.json").rename(folder / "j_chain.json")
    frozen_host.now = 4 * 10**18
    rows = list(scan([OUT], host=frozen_host))
    assert [item.kind for item in inbox(rows, host=frozen_host).items] == []
    (folder / "1.zip").write_bytes(b"x")
    items = inbox(rows, host=frozen_host).items
    assert {item.paths for item in items} == {(f"{OUT}/1.zip",), (f"{OUT}/j_chain.json",)}


class TestApprovals:
    def test_a_waiting_call_that_can_do_harm_is_critical(self, frozen_host: FrozenHost) -> None:
        reviews.waiting_call(frozen_host)
        answer = find_inbox(host=frozen_host, use_cache=False)
        (item,) = answer.items
        assert told([item]) == [
            ("critical", "approval", "tool.delete /srv/db.conf by svc-etl, 0 of 2")
        ]
        assert item.paths == ("./trace.json",)
        assert item.intent_digest
        assert not answer.tokens_checked

    def test_without_the_intent_it_is_said_what_is_not_known(self, frozen_host: FrozenHost) -> None:
        reviews.waiting_call(frozen_host)
        (frozen_host.cwd / "intent.json").unlink()
        (item,) = find_inbox(host=frozen_host, use_cache=False).items
        assert told([item]) == [("high", "approval", "tool.delete by svc-etl, approvals not known")]

    def test_an_expired_token_of_a_harmless_call_is_low(self, frozen_host: FrozenHost) -> None:
        rule = {"name": "r", "effect": "require_approval", "match": {"tool_names": ["tool.write"]}}
        reviews.waiting_call(frozen_host)
        reviews.write_policy(frozen_host.cwd, rule)
        reviews.write_intent(
            frozen_host.cwd,
            tool_name="tool.write",
            targets=[],
            context={"identity": "bob", "workspace": "/srv", "risk_class": "low"},
        )
        reviews.ask(frozen_host)
        reviews.approve(frozen_host, scope=("tool:tool.write",))
        frozen_host.now += 12 * 3600 * 10**9
        answer = find_inbox(setting=checked_with("k.pub"), host=frozen_host, use_cache=False)
        assert answer.tokens_checked
        assert told(answer.items) == [("low", "approval", "tool.write by bob, token expired")]

    def test_a_call_with_enough_approvals_waits_no_more(self, frozen_host: FrozenHost) -> None:
        reviews.waiting_call(frozen_host)
        reviews.approve(frozen_host, "a.json", approver_identity="alice")
        reviews.approve(frozen_host, "b.json", approver_identity="carol")
        answer = find_inbox(setting=checked_with("k.pub"), host=frozen_host, use_cache=False)
        assert answer.items == ()

    def test_traces_that_nobody_was_asked_about_are_not_read_again(
        self, frozen_host: FrozenHost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reviews.waiting_call(frozen_host)
        artifacts.trace(frozen_host.cwd / "trace_other.json")
        rows = list(scan(host=frozen_host, use_cache=False))
        (frozen_host.cwd / "trace_other.json").write_bytes(b"{")
        answer = inbox(rows, host=frozen_host, use_cache=False)
        assert [item.kind for item in answer.items] == ["approval"]

    def test_what_nobody_waits_for_any_more_is_not_read(self, frozen_host: FrozenHost) -> None:
        reviews.waiting_call(frozen_host)
        rows = list(scan(host=frozen_host, use_cache=False))
        waited_for = inbox(rows, host=frozen_host, use_cache=False)
        left = inbox(rows, host=frozen_host, use_cache=False, proceed=lambda: False)
        assert [item.kind for item in waited_for.items] == ["approval"]
        assert left.items == ()

    def test_settled_traces_may_be_passed_by_and_all_else_is_the_same(
        self, frozen_host: FrozenHost
    ) -> None:
        reviews.waiting_call(frozen_host)
        artifacts.trace(frozen_host.cwd / "trace_other.json")
        rows = {row.path: row for row in scan(host=frozen_host, use_cache=False)}
        settled = settled_traces(rows)
        assert [path for path in rows if path in settled] == ["./trace_other.json"]
        assert "trace_other.json" not in settled
        setting = reviews.SETTING
        (waits,) = pending(setting, host=frozen_host).items
        shown = show(reviews.TARGET, setting, host=frozen_host)
        (frozen_host.cwd / "trace_other.json").write_bytes(b"{")
        again = pending(setting, host=frozen_host, passed_by=settled)
        assert (again.items, again.unread) == ((waits,), ())
        assert show(reviews.TARGET, setting, host=frozen_host, passed_by=settled) == shown

    def test_a_key_that_cannot_be_used_is_an_error(self, frozen_host: FrozenHost) -> None:
        with pytest.raises(InvalidInput):
            find_inbox(setting=checked_with("no.pub"), host=frozen_host, use_cache=False)


class TestTraces:
    def test_blocks_are_gathered_by_tool_and_reason(
        self, frozen_host: FrozenHost, folder: Path
    ) -> None:
        for number, (tool, reason) in enumerate([("a", "r1"), ("a", "r1"), ("a", "r2"), ("b", "")]):
            artifacts.trace(
                folder / f"t{number}.json",
                tool_name=tool,
                verdict="block",
                violations=[reason] if reason else [],
                observed_at=f"2026-02-05T12:00:0{number}Z",
            )
        items = found(frozen_host).items
        assert told(items) == [
            ("high", "trace", "b: blocked"),
            ("high", "trace", "a: r2"),
            ("high", "trace", "a ×2: r1"),
        ]
        assert items[2].paths == (f"{OUT}/t1.json", f"{OUT}/t0.json")
        assert (items[2].count, items[2].reason) == (2, "r1")
        assert items[2].at == "2026-02-05T12:00:01Z"

    def test_an_item_of_many_files_names_twenty_and_counts_all(
        self, frozen_host: FrozenHost, folder: Path
    ) -> None:
        blocks = [{"verdict": "block", "trace_id": str(n)} for n in range(30)]
        artifacts.trace_journal(folder / "t.jsonl", *blocks)
        answer = found(frozen_host)
        (item,) = answer.items
        assert (item.count, len(item.paths)) == (30, 20)
        assert (answer.artifacts, answer.unneeded) == (31, 1)


class TestFamilies:
    def test_a_grave_family_is_one_item(self, frozen_host: FrozenHost, folder: Path) -> None:
        for name in ("a", "b"):
            scouting.scout_run(
                folder,
                f"runpack_{name}.zip",
                tools=["fs.delete", "payment.transfer"],
                status="blocked",
            )
        scouting.scout_run(folder, "runpack_c.zip")
        answer = found(frozen_host)
        (item,) = answer.items
        assert (item.kind, item.what) == ("family", "×2 runs: result_status_blocked")
        assert item.severity in ("critical", "high")
        assert item.paths == (f"{OUT}/runpack_a.zip", f"{OUT}/runpack_b.zip")
        assert (item.run_id, answer.runs_compared) == ("run_runpack_a", 3)

    def test_a_damaged_run_is_in_no_family(self, frozen_host: FrozenHost, folder: Path) -> None:
        tampered(folder / "runpack_p.zip")
        answer = found(frozen_host)
        assert answer.runs_compared == 0
        assert [item.kind for item in answer.items] == ["verify"]


def test_a_failed_regress_result_names_fixture_and_reason(
    frozen_host: FrozenHost, folder: Path
) -> None:
    artifacts.regress(folder / "regress_result.json")
    artifacts.regress(folder / "passed.json", status="pass")
    (item,) = found(frozen_host).items
    assert told([item]) == [("medium", "regress", "nightly: unexpected_tool")]
    assert item.fixture == "nightly"


def test_what_cannot_be_read_is_listed_with_code_and_place(
    frozen_host: FrozenHost, folder: Path
) -> None:
    (folder / "trace_91.json").write_bytes(b"\x1b[2K verdict: allow")
    (item,) = found(frozen_host).items
    assert (item.severity, item.kind, item.error_code) == ("medium", "unread", "invalid_input")
    assert item.what.startswith("trace_91.json: not JSON")
    assert item.where == f"{OUT}/trace_91.json"
    assert "\x1b" not in item.what


def test_what_is_refused_because_readers_could_differ_is_high(
    frozen_host: FrozenHost, folder: Path
) -> None:
    path = artifacts.trace(folder / "t.json")
    path.write_bytes(path.read_bytes().replace(b"{", b'{"verdict":"block",', 1))
    (item,) = found(frozen_host).items
    assert (item.severity, item.kind, item.error_code) == ("high", "unread", "json_duplicate_key")


@pytest.mark.parametrize(("events", "count"), [(49, 0), (50, 1)])
def test_a_session_with_many_appends_and_no_checkpoint_is_low(
    frozen_host: FrozenHost, folder: Path, events: int, count: int
) -> None:
    artifacts.session(folder / "s.jsonl", events=events)
    items = found(frozen_host).items
    assert told(items) == [("low", "session", "sess_1: no checkpoint for 50 appends")] * count


def test_items_come_worst_first_then_newest(frozen_host: FrozenHost, folder: Path) -> None:
    for age, name in enumerate(("old", "new")):
        path = folder / f"{name}.zip"
        tampered(path)
        os.utime(path, ns=(artifacts.OLD_NS + age, artifacts.OLD_NS + age))
    artifacts.session(folder / "s.jsonl", events=60)
    artifacts.trace(folder / "t.json", verdict="block")
    (folder / "trace_1.json").write_bytes(b"")
    items = found(frozen_host).items
    assert [item.severity for item in items] == ["critical", "critical", "high", "medium", "low"]
    assert [item.paths[0] for item in items[:2]] == [f"{OUT}/new.zip", f"{OUT}/old.zip"]


def test_whoever_is_told_to_stop_says_what_was_left_out(
    frozen_host: FrozenHost, folder: Path
) -> None:
    for name in "abc":
        artifacts.runpack(folder / f"{name}.zip")
    rows = list(scan([OUT], host=frozen_host))
    answer = inbox(rows, host=frozen_host, use_cache=False, proceed=lambda: False)
    assert (len(answer.checked), answer.unchecked, answer.runs_compared) == (1, 2, 0)


def test_text_of_others_is_cut_and_spelled(frozen_host: FrozenHost, folder: Path) -> None:
    name = "\x1b[2J\u202e\n" + "x" * 100_000
    artifacts.trace(folder / "t.json", verdict="block", tool_name=name, violations=[name])
    (item,) = found(frozen_host).items
    assert item.what.isprintable()
    assert "\u202e" not in item.what
    assert len(item.what) < 120
    assert item.tool_name == name


def test_a_file_that_changes_after_the_scan_is_judged_as_it_is(
    frozen_host: FrozenHost, folder: Path
) -> None:
    artifacts.runpack(folder / "p.zip")
    rows = list(scan([OUT], host=frozen_host))
    (folder / "p.zip").unlink()
    (item,) = inbox(rows, host=frozen_host, use_cache=False).items
    assert (item.kind, item.severity) == ("verify", "critical")


def test_a_time_that_no_calendar_holds_is_not_known(frozen_host: FrozenHost, folder: Path) -> None:
    artifacts.regress(folder / "r.json")
    (row,) = scan([OUT], host=frozen_host)
    far = type(row)(**{**_fields(row), "at_ns": 4 * 10**20})
    (item,) = inbox([far], host=frozen_host, use_cache=False).items
    assert (item.at, item.at_ns) == ("", 4 * 10**20)


def _fields(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def test_the_answer_is_plain_json(frozen_host: FrozenHost, folder: Path) -> None:
    from gait_engine.api.envelope import encode

    tampered(folder / "p.zip")
    plain = json.loads(encode(found(frozen_host)))
    assert plain["items"][0]["kind"] == "verify"
    assert plain["checked"][0] == {
        "path": f"{OUT}/p.zip",
        "kind": "runpack",
        "state": "damaged",
        "checked_at": "2026-02-05T12:00:00Z",
        "what": "'results.jsonl' is not what was recorded",
        "error_code": "verification_failed",
        "where": f"{OUT}/p.zip",
    }


def test_only_what_a_sweep_takes_for_a_runpack_is_in_a_family(frozen_host: FrozenHost) -> None:
    folder = frozen_host.cwd / "d"
    for name in ("runpack_a.zip", "s_91_cp_0001.zip"):
        scouting.scout_run(folder, name)
    rows = list(scan(("d",), host=frozen_host))
    found, compared = families(rows, frozen_host)
    assert (len(rows), compared) == (2, 1)
    assert [path for one in found for path in one.artifact_pointers] == ["d/runpack_a.zip"]
