"""`demo --incident`: the same bytes everywhere, no file of the user's touched, verdicts as told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from gait_engine.api import guard, regress, scout, trace
from gait_engine.api.chain import verify_session_chain
from gait_engine.api.demoincident import FILE_EXISTS, incident_demo
from gait_engine.api.incidentstory import read_story
from gait_engine.api.pending import pending, roots_of
from gait_engine.api.policytest import policy_test
from gait_engine.api.review import log, show
from gait_engine.api.session import status
from gait_engine.api.verify import verify
from gait_engine.contract.keys import DEMO_KEY_ID, KeySources
from gait_engine.contract.review import ReviewSetting, ReviewTarget
from gait_engine.crypto.keys import key_id, load_verify_key
from gait_engine.errors import InvalidInput
from gait_engine.runpack.chain import read_chain
from gait_engine.store.inputs import read_input
from tests.support import process
from tests.support.hosts import NOON_NS, FrozenHost

PUBLIC: Final = KeySources(public_key="gait-out/demo_keys/demo_public.key")
DELETION: Final = "gait-out/traces/trace_run_etl_1120_7.json"
TEN_YEARS_NS: Final = 10 * 365 * 86_400 * 10**9


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the incident; read only, by agreement."""
    folder = tmp_path_factory.mktemp("incident")
    incident_demo(host=FrozenHost(folder))
    return folder


@pytest.fixture
def host(built: Path) -> FrozenHost:
    return FrozenHost(built)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def named(folder: Path, pattern: str) -> Iterator[str]:
    found = sorted(path.relative_to(folder).as_posix() for path in folder.glob(pattern))
    assert found
    return iter(found)


def test_zone_hash_seed_and_folder_do_not_show(tmp_path: Path) -> None:
    trees = []
    for name, env in (("here", {}), ("there", {"TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7"})):
        folder = tmp_path / name
        folder.mkdir()
        done = process.gait("demo", "--incident", "--json", cwd=folder, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        trees.append(tree(folder))
    assert trees[0] == trees[1]


def test_neither_do_clock_and_random_numbers(built: Path, tmp_path: Path) -> None:
    host = FrozenHost(tmp_path, now_ns=NOON_NS + TEN_YEARS_NS)
    host.entropy(1)
    incident_demo(host=host)
    assert tree(tmp_path) == tree(built)


def test_the_answer_names_every_file_by_its_kind(frozen_host: FrozenHost, tmp_path: Path) -> None:
    answer = incident_demo(host=frozen_host)
    paths = [path for group in answer.made for path in group.paths]
    assert sorted(paths) == sorted(tree(tmp_path))
    assert (answer.files, answer.written) == (len(paths), len(paths))
    assert all(group.paths for group in answer.made)


def test_a_second_time_nothing_is_written_and_a_lost_file_comes_back(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    incident_demo(host=frozen_host)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert incident_demo(host=frozen_host).written == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    lost = tmp_path / "gait-out/policy.yaml"
    content = lost.read_bytes()
    lost.unlink()
    assert incident_demo(host=frozen_host).written == 1
    assert lost.read_bytes() == content


def test_the_commands_that_were_told_leave_it_as_it_is(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    incident_demo(host=frozen_host)
    before = tree(tmp_path)
    regress.run(regress.RunRequest(junit="gait-out/junit.xml"), host=frozen_host)
    scout.signal(scout.RunsRequest(sources=("gait-out",), keeps_going=True), host=frozen_host)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "path", ["gait.yaml", "gait-out/runpack_run_etl_1120.zip", "fixtures/etl_nightly/fixture.json"]
)
def test_a_file_of_the_users_is_left_and_nothing_is_written(
    path: str, frozen_host: FrozenHost, tmp_path: Path
) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_bytes(b"mine")
    with pytest.raises(InvalidInput) as caught:
        incident_demo(host=frozen_host)
    assert (caught.value.exit_code, caught.value.code) == (6, FILE_EXISTS)
    assert caught.value.where == path
    assert tree(tmp_path) == {path: b"mine"}


def test_so_is_one_of_the_same_size(frozen_host: FrozenHost, tmp_path: Path) -> None:
    incident_demo(host=frozen_host)
    spoiled = tmp_path / "gait-out/policy.yaml"
    spoiled.write_bytes(spoiled.read_bytes()[:-1] + b"#")
    before = tree(tmp_path)
    with pytest.raises(InvalidInput, match=r"policy\.yaml"):
        incident_demo(host=frozen_host)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("path", ["fixtures", "gait-out", "gait-out/traces"])
def test_a_file_where_a_folder_should_be_is_refused(
    path: str, frozen_host: FrozenHost, tmp_path: Path
) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_bytes(b"mine")
    with pytest.raises(InvalidInput):
        incident_demo(host=frozen_host)
    assert tree(tmp_path) == {path: b"mine"}


def test_a_folder_where_a_file_should_be_is_refused(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    (tmp_path / "gait.yaml").mkdir()
    with pytest.raises(InvalidInput) as caught:
        incident_demo(host=frozen_host)
    assert (caught.value.code, tree(tmp_path)) == (FILE_EXISTS, {})


def test_a_link_that_leads_elsewhere_is_refused(frozen_host: FrozenHost, tmp_path: Path) -> None:
    elsewhere = tmp_path.parent / f"{tmp_path.name}_elsewhere"
    elsewhere.mkdir()
    (tmp_path / "gait-out").symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(InvalidInput) as caught:
        incident_demo(host=frozen_host)
    assert (caught.value.code, list(elsewhere.iterdir())) == ("path_unsafe", [])


def test_every_run_but_one_verifies_and_of_that_the_results_alone_differ(
    built: Path, host: FrozenHost
) -> None:
    checked = [verify(path, host=host) for path in named(built, "gait-out/runpack_*.zip")]
    damaged = [one for one in checked if not one.ok]
    assert (len(checked), [one.run_id for one in damaged]) == (15, ["run_etl_1119"])
    assert [found.path for found in damaged[0].hash_mismatches] == ["results.jsonl"]
    assert damaged[0].missing_files == ()


def test_every_other_artifact_verifies(built: Path, host: FrozenHost) -> None:
    for path in named(built, "gait-out/sessions/*.zip"):
        assert verify(path, host=host).ok
    for path in named(built, "fixtures/*/*.zip"):
        assert verify(path, host=host).ok
    for path in named(built, "gait-out/traces/trace_*.json"):
        assert trace.verify(path, keys=PUBLIC, host=host).ok
    pack = next(named(built, "gait-out/evidence_pack_*.zip"))
    assert guard.verify(pack, require_signature=True, keys=PUBLIC, host=host).ok


def test_the_gate_said_of_each_call_what_the_run_holds(built: Path, host: FrozenHost) -> None:
    story = read_story()
    run = story.run("run_etl_1120")
    for number, (_, call) in enumerate(story.steps(run), 1):
        intent = f"gait-out/intents/run_etl_1120_{number}.json"
        decided = policy_test("gait-out/policy.yaml", intent, host=host)
        assert (call.tool, decided.verdict) == (call.tool, call.verdict)
        if call.verdict == "block":
            assert decided.reason_codes == ("blocked_prompt_injection",)
            assert list(decided.violations) == call.result["violations"]


def test_the_session_is_whole_and_goes_on_without_a_checkpoint(host: FrozenHost) -> None:
    chain = verify_session_chain("gait-out/sessions/s_91_chain.json", host=host)
    assert (chain.ok, chain.checkpoints_checked) == (True, 3)
    found = status("gait-out/sessions/s_91.jsonl", host=host).status
    assert found
    sealed = read_chain("gait-out/sessions/s_91_chain.json", host=host).checkpoints or ()
    assert found.last_sequence - sealed[-1].sequence_end == 61


@pytest.mark.parametrize("passed_ns", [0, TEN_YEARS_NS])
def test_two_calls_wait_whenever_one_looks(passed_ns: int, built: Path) -> None:
    host = FrozenHost(built, now_ns=NOON_NS + passed_ns)
    setting = ReviewSetting(roots_of(()), approval_keys=PUBLIC, trace_keys=PUBLIC)
    told = pending(setting, host=host)
    assert told.unread == ()
    assert [
        (one.tool_name, one.identity, one.valid, one.required, one.codes) for one in told.items
    ] == [
        ("tool.delete", "svc-etl", 0, 2, ()),
        ("tool.file.write", "bob", 0, 1, ("approval_token_expired",)),
    ]


def test_the_deletion_shows_what_its_note_hides(host: FrozenHost) -> None:
    setting = ReviewSetting(roots_of(()), approval_keys=PUBLIC)
    shown = show(ReviewTarget(trace=DELETION), setting, host=host)
    assert [(danger.code, danger.where) for danger in shown.dangers] == [
        ("text_control_characters", "$.args.note")
    ]
    approved = [(past.reviewer, past.reason_code, past.is_same_call) for past in shown.history]
    assert approved == [("alice", "cleanup", False)]
    was = {row.field: row.previous for row in shown.rows if row.change == "changed"}
    assert was["context.environment"] == "staging"


def test_a_review_with_the_key_of_the_demo_says_so(host: FrozenHost) -> None:
    public = load_verify_key(PUBLIC, host, read_input)
    assert public is not None
    assert key_id(public) == DEMO_KEY_ID
    signing = KeySources(private_key="gait-out/demo_keys/demo_private.key")
    setting = ReviewSetting(roots_of(()), key_mode="prod", signing_keys=signing)
    shown = show(ReviewTarget(trace=DELETION), setting, host=host)
    assert shown.is_approvable
    assert [notice.code for notice in shown.banners] == ["demo_key"]
    without = show(ReviewTarget(trace=DELETION), ReviewSetting(roots_of(())), host=host)
    assert [notice.code for notice in without.banners] == ["tokens_not_checked"]


def test_the_review_log_is_whole(host: FrozenHost) -> None:
    told = log(verify=True, host=host)
    assert [event.event for event in told.events] == ["intent_to_mint", "minted"]
    assert told.unfinished == ()


def test_one_regression_fails_for_the_calls_that_were_added(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    incident_demo(host=frozen_host)
    told = regress.run(regress.RunRequest(output="again.json"), host=frozen_host)
    assert (told.graders, told.failed) == (20, 1)
    assert told.top_failure_reason == "unexpected_tool_sequence"
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "regress_result.json").read_bytes()


def test_four_families_are_what_a_person_would_say(host: FrozenHost, built: Path) -> None:
    told = scout.signal(
        scout.RunsRequest(sources=("gait-out",), keeps_going=True),
        out="gait-out/scout_signal_report.json",
        host=host,
    )
    assert told.report
    calls = {one.fingerprint: one.action_sequence for one in told.report.fingerprints}
    families = [
        (one.severity_level, one.run_ids, one.top_failure_reason, calls[one.fingerprint])
        for one in told.report.families
    ]
    load = ("tool.search", "tool.fetch", "tool.db.query", "tool.file.write")
    assert families == [
        (
            "critical",
            ("run_etl_1117", "run_etl_1117_retry", "run_etl_1120"),
            "result_status_blocked",
            (*load, "tool.http.post", "tool.http.post", "tool.delete"),
        ),
        (
            "high",
            (
                "run_etl_1108",
                *(f"run_etl_{number}" for number in range(1110, 1117)),
                "run_etl_1118",
            ),
            "",
            load,
        ),
        ("high", ("run_etl_1109",), "result_status_error", (*load, "tool.file.write")),
        ("low", ("run_search_44",), "", ("tool.search",)),
    ]
    assert [one.path for one in told.skipped] == ["gait-out/runpack_run_etl_1119.zip"]
