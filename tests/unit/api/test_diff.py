"""`run diff`: which parts of two runs differ, and what it writes."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gait_engine.api import session
from gait_engine.api.envelope import exit_code
from gait_engine.api.run import diff
from gait_engine.contract.answers.run import DiffAnswer, RecordChange
from gait_engine.errors import GaitError, InvalidInput
from tests.support import runs, sessions
from tests.support.hosts import FrozenHost
from tests.support.runs import intent, receipt, result

LATER = "2026-02-05T11:00:00Z"


def compared(host: FrozenHost, left: Any, right: Any, **options: Any) -> DiffAnswer:
    """Compare two runs given by their parts; `manifest` overwrites fields of a manifest."""
    for name, given in (("l.zip", left), ("r.zip", right)):
        parts = dict(given)
        manifest = parts.pop("manifest", {})
        extra = parts.pop("extra", {})
        data = runs.members(**parts) | extra
        (host.cwd / name).write_bytes(runs.sealed(data, **manifest))
    return diff("l.zip", "r.zip", host=host, **options)


def change_of(answer: DiffAnswer, section: str, key: str) -> RecordChange:
    (found,) = [c for c in answer.changes if (c.section, c.id) == (section, key)]
    return found


def plain(raw: Any) -> Any:
    return None if raw is msgspec.UNSET else json.loads(bytes(raw))


@pytest.mark.parametrize(
    ("left", "right", "flag"),
    [
        ({"manifest": {"capture_mode": "raw"}}, {}, "manifest"),
        ({"extra": {"x.bin": b""}}, {}, "manifest"),
        ({"intents": [intent("a")]}, {}, "intents"),
        ({"intents": [intent("a")]}, {"intents": [intent("a", tool_name="u")]}, "intents"),
        ({"intents": [intent("a")]}, {"intents": [intent("a", args_digest="0")]}, "intents"),
        ({"intents": [intent("a")]}, {"intents": [intent("a", args={"x": 1})]}, "intents"),
        ({"intents": [intent("a")]}, {"intents": [intent("a", schema_id="o")]}, "intents"),
        ({"results": [result("a")]}, {"results": [result("a", status="e")]}, "results"),
        ({"results": [result("a")]}, {"results": [result("b")]}, "results"),
        ({"refs": {"receipts": [receipt("r")]}}, {}, "refs"),
        ({"refs": {"context_set_digest": "0" * 64}}, {}, "refs"),
        ({"refs": {"schema_id": "other"}}, {}, "refs"),
    ],
    ids=str,
)
def test_each_part_has_its_flag_and_only_it_is_raised(
    frozen_host: FrozenHost, left: Any, right: Any, flag: str
) -> None:
    answer = compared(frozen_host, left, right, details=True)
    raised = {
        part
        for part in ("manifest", "intents", "results", "refs")
        if getattr(answer.summary, f"{part}_changed")
    }
    assert raised == {flag}
    assert (answer.ok, exit_code(answer), answer.error) == (False, 2, "")
    assert {change.section for change in answer.changes if change.state != "same"} == {flag}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"run": {"env": {"os": "a"}, "timeline": []}}, {}),
        ({"manifest": {"created_at": LATER, "signatures": [{"alg": "x"}]}}, {}),
        ({"intents": [intent("a", args={})]}, {"intents": [intent("a")]}),
        ({"intents": [intent("a", args={"n": 1.0})]}, {"intents": [intent("a", args={"n": 1})]}),
        ({"intents": [intent("a", unknown=1)]}, {"intents": [intent("a")]}),
        ({"intents": [intent("b"), intent("a")]}, {"intents": [intent("a"), intent("b")]}),
        ({"intents": [intent("a", tool_name="x"), intent("a")]}, {"intents": [intent("a")]}),
        ({"refs": {"context_evidence_mode": ""}}, {}),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_count_is_no_difference(
    frozen_host: FrozenHost, left: Any, right: Any
) -> None:
    answer = compared(frozen_host, left, right, details=True)
    assert answer.ok
    assert exit_code(answer) == 0
    assert {change.state for change in answer.changes} <= {"same"}


def test_one_sided_ids_are_listed_by_side_and_sorted(frozen_host: FrozenHost) -> None:
    left = {"intents": [intent("c"), intent("a"), intent("b")], "results": [result("l")]}
    right = {"intents": [intent("b"), intent("é"), intent("z")], "results": [result("r")]}
    summary = compared(frozen_host, left, right).summary
    assert (summary.left_only_intents, summary.right_only_intents) == (("a", "c"), ("z", "é"))
    assert (summary.left_only_results, summary.right_only_results) == (("l",), ("r",))


def test_members_on_one_side_are_listed(frozen_host: FrozenHost) -> None:
    answer = compared(frozen_host, {"extra": {"b": b"", "a": b""}}, {"extra": {"c": b""}})
    assert answer.summary.files_changed == ("a", "b", "c")


class TestContext:
    """Drift of the context: none, only of when it was fetched, or of what it says."""

    @pytest.mark.parametrize(
        ("left", "right", "kind"),
        [
            ([receipt("r")], [receipt("r")], "none"),
            ([receipt("r")], [receipt("r", retrieved_at=LATER)], "runtime_only"),
            ([receipt("r")], [receipt("r", content_digest="9" * 64)], "semantic"),
            ([receipt("r")], [receipt("s")], "semantic"),
            ([receipt("a"), receipt("b")], [receipt("b"), receipt("a")], "none"),
        ],
    )
    def test_drift_is_classified(
        self, frozen_host: FrozenHost, left: Any, right: Any, kind: str
    ) -> None:
        summary = compared(
            frozen_host, {"refs": {"receipts": left}}, {"refs": {"receipts": right}}
        ).summary
        assert summary.context_drift_classification == kind
        assert summary.refs_changed == (kind != "none")
        assert summary.context_runtime_only_changes == (kind == "runtime_only")

    def test_another_set_digest_with_other_times_is_runtime_drift_of_one_run(
        self, frozen_host: FrozenHost
    ) -> None:
        left = {"context_set_digest": "1" * 64, "receipts": [receipt("r")]}
        right = {"context_set_digest": "2" * 64, "receipts": [receipt("r", retrieved_at=LATER)]}
        answer = compared(frozen_host, {"refs": left}, {"refs": right})
        assert answer.summary.context_drift_classification == "runtime_only"
        answer = compared(frozen_host, {"refs": left}, {"refs": right | {"run_id": "run_y"}})
        assert answer.summary.context_drift_classification == "semantic"

    def test_metadata_counts_receipts_and_nothing_else(self, frozen_host: FrozenHost) -> None:
        left = {"refs": {"receipts": [receipt("r")], "context_set_digest": "1" * 64}}
        right = {"refs": {"receipts": [receipt("s")]}}
        same = compared(frozen_host, left, right, privacy="metadata", details=True)
        assert (same.ok, same.summary.context_drift_classification) == (True, "none")
        more = compared(frozen_host, left, {}, privacy="metadata", details=True)
        assert (more.summary.refs_changed, more.summary.context_drift_classification) == (
            True,
            "none",
        )
        (difference,) = change_of(more, "refs", "refs.json").differences
        assert (difference.path, plain(difference.left), plain(difference.right)) == (
            "receipts",
            1,
            0,
        )


class TestDetails:
    def test_they_come_when_asked_for_only(self, frozen_host: FrozenHost) -> None:
        parts = {"intents": [intent("a")]}
        bare = compared(frozen_host, parts, parts)
        assert (bare.changes, bare.manifest_digest_left) == ((), "")
        full = compared(frozen_host, parts, parts, details=True)
        assert len(full.manifest_digest_left) == 64
        assert [(c.section, c.id, c.state) for c in full.changes] == [
            ("manifest", "manifest.json", "same"),
            ("intents", "a", "same"),
            ("refs", "refs.json", "same"),
        ]

    def test_a_change_names_the_leaf_and_both_values(self, frozen_host: FrozenHost) -> None:
        left = intent("a", args={"deep": {"x": [1, 2], "y": "same"}, "gone": None})
        right = intent("a", args={"deep": {"x": [1, 3], "y": "same"}, "new": "<b>"})
        answer = compared(frozen_host, {"intents": [left]}, {"intents": [right]}, details=True)
        change = change_of(answer, "intents", "a")
        assert (change.state, change.label) == ("changed", "tool.x")
        assert [(d.path, plain(d.left), plain(d.right)) for d in change.differences] == [
            ("args.deep.x", [1, 2], [1, 3]),
            ("args.gone", None, None),
            ("args.new", None, "<b>"),
        ]
        gone = change.differences[1]
        assert (gone.left, gone.right) == (msgspec.Raw(b"null"), msgspec.UNSET)

    @pytest.mark.parametrize(
        ("left", "right"),
        [(True, 1), (False, 0), ([True], [1]), ({"x": False}, {"x": 0}), ("1", 1), (None, "")],
        ids=str,
    )
    def test_values_that_python_takes_for_equal_are_still_a_difference(
        self, frozen_host: FrozenHost, left: Any, right: Any
    ) -> None:
        answer = compared(
            frozen_host,
            {"intents": [intent("a", args={"v": left})]},
            {"intents": [intent("a", args={"v": right})]},
            details=True,
        )
        assert answer.summary.intents_changed
        assert change_of(answer, "intents", "a").state == "changed"

    def test_a_number_is_the_same_however_it_is_spelled(self, frozen_host: FrozenHost) -> None:
        spelled = (b"72057594037927940", b"7.205759403792794e16")
        for name, number in zip(("l.zip", "r.zip"), spelled, strict=True):
            line = b'{"args":{"n":' + number + b',"m":[1.0,1e2]},"intent_id":"a"}\n'
            data = runs.members() | {"intents.jsonl": line}
            (frozen_host.cwd / name).write_bytes(runs.sealed(data))
        answer = diff("l.zip", "r.zip", host=frozen_host, details=True)
        assert answer.ok
        assert change_of(answer, "intents", "a").state == "same"

    def test_positions_and_one_sided_records(self, frozen_host: FrozenHost) -> None:
        left = {"intents": [intent("a"), intent("b")]}
        right = {"intents": [intent("b"), intent("c", tool_name="new")]}
        answer = compared(frozen_host, left, right, details=True)
        found = [
            (c.id, c.state, c.position_left, c.position_right, c.label)
            for c in answer.changes
            if c.section == "intents"
        ]
        assert found == [
            ("a", "left_only", 1, 0, "tool.x"),
            ("b", "same", 2, 1, "tool.x"),
            ("c", "right_only", 0, 2, "new"),
        ]
        assert change_of(answer, "intents", "a").right is msgspec.UNSET

    def test_a_receipt_named_like_the_member_hides_nothing(self, frozen_host: FrozenHost) -> None:
        left = {"context_set_digest": "1" * 64, "receipts": [receipt("refs.json")]}
        right = {"context_set_digest": "2" * 64, "receipts": [receipt("refs.json")]}
        answer = compared(frozen_host, {"refs": left}, {"refs": right}, details=True)
        states = [(c.id, c.state) for c in answer.changes if c.section == "refs"]
        assert states == [("refs.json", "changed"), ("refs.json", "same")]

    def test_receipts_of_one_id_are_compared_each(self, frozen_host: FrozenHost) -> None:
        left = [receipt("r"), receipt("r", content_digest="3" * 64)]
        right = [receipt("r", content_digest="4" * 64), receipt("r", content_digest="3" * 64)]
        answer = compared(
            frozen_host, {"refs": {"receipts": left}}, {"refs": {"receipts": right}}, details=True
        )
        states = [c.state for c in answer.changes if c.id == "r"]
        assert states == ["changed", "same"]


class TestOutput:
    @pytest.mark.parametrize("right", [{}, {"intents": [intent("a")]}], ids=["same", "different"])
    def test_the_summary_is_written_whether_or_not_they_differ(
        self, frozen_host: FrozenHost, tmp_path: Path, right: Any
    ) -> None:
        answer = compared(frozen_host, {}, right, output="d.json")
        text = (tmp_path / "d.json").read_bytes()
        assert answer.output == "d.json"
        assert text == b'{"privacy":"full","summary":' + msgspec.json.encode(answer.summary) + b"}"
        if os.name == "posix":
            assert stat.S_IMODE((tmp_path / "d.json").stat().st_mode) == 0o600

    def test_a_dash_is_a_file_name(self, frozen_host: FrozenHost, tmp_path: Path) -> None:
        compared(frozen_host, {}, {}, output="-")
        assert (tmp_path / "-").is_file()

    def test_a_missing_folder_is_not_made(self, frozen_host: FrozenHost, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput):
            compared(frozen_host, {}, {}, output="no/d.json")
        assert not (tmp_path / "no").exists()

    def test_a_link_is_replaced_not_followed(self, frozen_host: FrozenHost, tmp_path: Path) -> None:
        (tmp_path / "victim").write_bytes(b"precious")
        (tmp_path / "d.json").symlink_to(tmp_path / "victim")
        compared(frozen_host, {}, {}, output="d.json")
        assert (tmp_path / "victim").read_bytes() == b"precious"


@pytest.mark.parametrize("privacy", ["Full", "none", "full,metadata", " "])
def test_an_unknown_privacy_mode_is_refused(frozen_host: FrozenHost, privacy: str) -> None:
    with pytest.raises(InvalidInput, match="expected full or metadata"):
        compared(frozen_host, {}, {}, privacy=privacy)


@pytest.mark.parametrize(("privacy", "shown"), [("", "full"), ("metadata", "metadata")])
def test_the_answer_says_how_it_compared(frozen_host: FrozenHost, privacy: str, shown: str) -> None:
    assert compared(frozen_host, {}, {}, privacy=privacy).privacy == shown


@pytest.mark.parametrize("broken", ["l.zip", "r.zip"])
def test_a_tampered_side_refuses_the_comparison(frozen_host: FrozenHost, broken: str) -> None:
    compared(frozen_host, {}, {})
    path = frozen_host.cwd / broken
    path.write_bytes(runs.archive(runs.members_of(path) | {"run.json": b"{}"}))
    with pytest.raises(InvalidInput) as caught:
        diff("l.zip", "r.zip", host=frozen_host)
    assert caught.value.where == f"{broken}!run.json"


class TestChains:
    @pytest.fixture
    def chains(self, frozen_host: FrozenHost) -> None:
        """Two chains: one with two checkpoints, one with the first of them and another second."""
        sessions.begun(frozen_host, events=1)
        session.checkpoint(sessions.JOURNAL, out="1.zip", host=frozen_host)
        chain = frozen_host.cwd / "s" / "j_chain.json"
        (frozen_host.cwd / "one.json").write_bytes(chain.read_bytes())
        session.append(sessions.JOURNAL, sessions.CALL, host=frozen_host)
        session.checkpoint(sessions.JOURNAL, out="2.zip", host=frozen_host)
        (frozen_host.cwd / "two.json").write_bytes(chain.read_bytes())

    @pytest.mark.usefixtures("chains")
    def test_chains_are_compared_checkpoint_by_checkpoint(self, frozen_host: FrozenHost) -> None:
        assert diff("./two.json", "./two.json", host=frozen_host).ok
        answer = diff("./one.json", "./two.json", host=frozen_host, privacy="anything")
        assert (answer.ok, exit_code(answer), answer.privacy) == (False, 2, "anything")
        assert answer.summary.files_changed == ("right_only_checkpoint_2",)
        assert answer.summary.manifest_changed
        assert answer.summary.refs_changed

    @pytest.mark.usefixtures("chains")
    def test_a_chain_and_a_runpack_do_not_compare(self, frozen_host: FrozenHost) -> None:
        runs.runpack(frozen_host.cwd)
        with pytest.raises(GaitError) as caught:
            diff("./one.json", "p.zip", host=frozen_host)
        assert caught.value.exit_code == 6
