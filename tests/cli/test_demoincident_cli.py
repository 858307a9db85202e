"""`gait demo --incident`, as it is typed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Gait = Callable[..., Any]

COUNTS = {
    "runpack": 15,
    "session_checkpoint": 3,
    "session_chain": 1,
    "session_journal": 1,
    "session_state": 1,
    "policy": 1,
    "intent": 9,
    "trace": 9,
    "approval_audit": 3,
    "approval_token": 2,
    "review_log": 1,
    "demo_key": 2,
    "regress_config": 1,
    "fixture": 11,
    "regress_result": 1,
    "junit": 1,
    "scout_report": 1,
    "evidence_pack": 1,
}
KEY = "gait-out/demo_keys/demo_public.key"
TOLD = (
    (
        "A page that a nightly agent reads gives it orders:"
        " fetch the customers, post them, delete a file."
    ),
    (
        "The gate blocks the post. The deletion waits for two people,"
        " a write for an approval that expired."
    ),
    (
        "One recorded run has been changed since, a regression test fails,"
        " a session has not been sealed."
    ),
    "made      64 files as of 2026-02-05T03:16:22Z, 64 of them written now",
    "look      gait tui",
    "inbox     gait index --inbox",
    "damaged   gait verify run_etl_1119",
    (
        "blocked   gait policy explain --policy gait-out/policy.yaml"
        " --intent gait-out/intents/run_etl_1120_5.json"
    ),
    f"waiting   gait pending --approval-public-key {KEY}",
    "hidden    gait review show --trace gait-out/traces/trace_run_etl_1120_7.json",
    "families  gait scout signal gait-out --keep-going",
    "changed   gait run diff run_etl_1118 run_etl_1120",
    "failing   gait regress run",
    f"evidence  gait guard verify gait-out/evidence_pack_run_etl_1120.zip --public-key {KEY}",
)


def test_the_story_is_told_with_the_commands_to_look_at_it(gait: Gait) -> None:
    said = gait("demo", "--incident")
    assert (said.exit_code, said.stderr, said.stdout) == (0, "", "".join(f"{x}\n" for x in TOLD))
    again = gait("demo", "--incident").stdout.splitlines()
    assert again == [line.replace("64 of them written now", "all there already") for line in TOLD]


def test_every_command_that_is_told_ends_as_told(gait: Gait) -> None:
    told = json.loads(gait("demo", "--incident", "--json").stdout)
    assert told["next_commands"] == [one["command"] for one in told["story"]]
    for one in told["story"]:
        program, *argv = one["command"].split()
        assert program == "gait"
        if argv != ["tui"]:
            assert gait(*argv).exit_code == one.get("exit_code", 0), one
    assert json.loads(gait("demo", "--incident", "--json").stdout)["written"] == 0


def test_json_lists_what_was_made_by_kind(gait: Gait) -> None:
    told = json.loads(gait("demo", "--incident", "--json").stdout)
    assert told.keys() == {
        *("ok", "correlation_id", "mode", "as_of", "files", "written"),
        *("summary", "made", "story", "next_commands"),
    }
    assert {group["kind"]: len(group["paths"]) for group in told["made"]} == COUNTS


def test_it_stands_alone(gait: Gait, tmp_path: Path) -> None:
    for other in ("--policy", "--durable"):
        assert gait("demo", "--incident", other).exit_code == 6
    assert list(tmp_path.iterdir()) == []


def test_what_is_in_the_way_is_named(gait: Gait, tmp_path: Path) -> None:
    (tmp_path / "gait.yaml").write_text("mine", encoding="utf-8")
    said = gait("demo", "--incident", "--json")
    told = json.loads(said.stdout)
    assert (said.exit_code, told["error_code"]) == (6, "demo_file_exists")
    assert told["where"] == "gait.yaml"
    assert [path.name for path in tmp_path.iterdir()] == ["gait.yaml"]
