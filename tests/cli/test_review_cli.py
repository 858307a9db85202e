"""`gait review show|deny|log` at the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gait_engine.api import review
from gait_engine.cli.commands import COMMANDS
from tests.conftest import Answer
from tests.support.hosts import FrozenHost
from tests.support.reviews import (
    LOG,
    RULE,
    SETTING,
    ask,
    request,
    waiting_call,
    write_intent,
    write_policy,
)

Gait = Callable[..., Answer]
KEY = ("--key-mode", "prod", "--private-key", "k.key")
RAW = "abcdefgh12345678"
SHOW = ("review", "show", "--trace", "trace.json")
DENY = ("review", "deny", "--trace", "trace.json", "--reviewer", "carol", "--reason", "no")


@pytest.fixture(autouse=True)
def call(frozen_host: FrozenHost) -> Path:
    """A working directory with one call that waits."""
    waiting_call(frozen_host)
    return frozen_host.cwd


def test_a_review_as_text(gait: Gait) -> None:
    said = gait(*SHOW, *KEY)
    assert (said.exit_code, said.stderr) == (0, "")
    lines = said.stdout.splitlines()
    assert lines[0] == "! REQUIRE_APPROVAL   0 of 2 given   risk high   destructive   production"
    assert lines[2:5] == [
        "  what",
        "✓ tool_name                    │ tool.delete",
        "                 the rule asks : tool.delete",
    ]
    assert '· args.path                    │ "/srv/db.conf"' in lines
    assert "✓ context.risk_class           │ high" in lines
    assert "                 the rule asks : prefix /srv" in lines
    assert "  rule        approve-delete   priority 10, ./policy.yaml:1" in lines
    assert "  limits      1 target, 1 op" in lines
    assert "✗ destructive  require_approval: destructive_apply_requires_approval" in lines
    assert "    targets, wanted: none of destructive" in lines
    assert lines[-1] == "  can be approved, on the review screen"
    assert all(len(line) <= 80 for line in lines)


def test_what_is_in_the_way_stands_above_the_fields(gait: Gait, frozen_host: FrozenHost) -> None:
    waiting_call(frozen_host, args={"note": "ok\u202efnoc.bd", "password": [RAW, "rm -rf /srv"]})
    gait(*DENY)
    said = gait(*SHOW).stdout
    lines = said.splitlines()
    assert lines[:8] == [
        "▲ HAZARD  hidden character U+202E in $.args.note reverses the text after it",
        "! REQUIRE_APPROVAL   2 needed   risk high   destructive   production",
        "✗ no private key to sign with was named",
        "  key_missing",
        "! carol denied this call at 2026-02-05T12:00:00Z: no",
        "  denied_before",
        "! approvals at hand are not counted: no key to check them with",
        "  tokens_not_checked",
    ]
    assert RAW not in said
    assert "· args.password[0]             │ •••• masked: --json shows it (len 18)" in lines
    assert '· args.password[1]             │ "rm -rf /srv"' in lines
    assert '· args.note                    │ "ok\\u202efnoc.bd"' in lines
    assert lines[-1] == "  approval is off"
    assert "✗ denied    2026-02-05T12:00:00Z  carol  no  this call" in lines


def test_changes_since_the_last_approval_are_shown(gait: Gait, frozen_host: FrozenHost) -> None:
    review.mint(request(frozen_host), SETTING, host=frozen_host)
    args = {"path": "/srv/" + "x" * 60, "more": 1}
    write_intent(frozen_host.cwd, "i2.json", args=args)
    ask(frozen_host, intent="i2.json", trace="t2.json")
    lines = gait("review", "show", "--trace", "t2.json").stdout.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("· args.path"))
    assert lines[at + 1] == f'{"":30} │ {"x" * 20}"'
    assert lines[at + 2] == f'{"was":>30} │ "/srv/db.conf"'
    gone = lines.index("- args.force, no longer there")
    assert lines[gone + 1] == f"{'was':>30} │ true"
    assert "  last approved 2026-02-05T12:00:00Z by alice, another intent" in lines
    decided = lines.index("✓ approved  2026-02-05T12:00:00Z  alice  ticket_4211  another call")
    assert lines[decided + 1] == f"{'':30} │ /srv/db.conf"
    (frozen_host.cwd / "intent.json").unlink()
    said = gait("review", "show", "--trace", "t2.json").stdout
    assert "another intent; that intent is not at hand" in " ".join(said.replace("│", "").split())


def test_digests_that_differ_stand_one_below_the_other(gait: Gait, frozen_host: FrozenHost) -> None:
    write_intent(frozen_host.cwd, "i2.json", args={})
    answer = json.loads(gait(*SHOW, "--json").stdout)
    lines = gait(*SHOW, "--intent", "i2.json").stdout.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("✗ intent  "))
    assert lines[at + 1].split() == ["traced", answer["intent_digest"]]


def test_a_verdict_about_other_files_is_not_told(gait: Gait, frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "wrong.yaml").write_text("default_verdict: allow\n")
    lines = gait(*SHOW, "--policy", "wrong.yaml").stdout.splitlines()
    assert lines[0] == "! NOT KNOWN   risk high   destructive   production"
    assert '"verdict":"allow"' not in gait(*SHOW, "--policy", "wrong.yaml", "--json").stdout


def test_a_target_is_shown_whole_and_other_values_say_that_they_are_cut(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    path = "/srv/" + "x" * 300 + "/end"
    target = {"kind": "path", "value": path, "operation": "delete"}
    waiting_call(frozen_host, args={"a": "y" * 300 + "end", "b": 1}, targets=[target])
    lines = gait(*SHOW).stdout.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("· targets[0].value"))
    whole = "".join(line.partition("│ ")[2] for line in lines[at : at + 7])
    assert whole == path
    assert "! 1 value is cut: --json shows it whole" in lines
    at = next(n for n, line in enumerate(lines) if line.startswith("· args.a"))
    shown = "".join(line.partition("│ ")[2] for line in lines[at : at + 5])
    assert len(shown) == 200
    assert shown.startswith('"yyy')
    assert shown.endswith('yyend"')
    args = {"a": "y" * 300, "b": "z" * 300}
    waiting_call(frozen_host, args=args)
    assert "! 2 values are cut: --json shows them whole" in gait(*SHOW).stdout


def test_a_review_without_its_files_says_what_is_missing(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    (frozen_host.cwd / "intent.json").unlink()
    (frozen_host.cwd / "policy.yaml").unlink()
    (frozen_host.cwd / "gait-out").mkdir()
    (frozen_host.cwd / LOG).write_text("torn")
    said = gait(*SHOW)
    assert said.exit_code == 0
    assert "! NOT KNOWN" in said.stdout
    assert "  intent_missing" in said.stdout
    assert "✗ intent      not at hand" in said.stdout
    assert f"not read: {LOG}: journal_torn" in said.stdout


def test_a_call_that_no_rule_matches_says_so(gait: Gait, frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "policy.yaml").write_text("default_verdict: require_approval\n")
    write_intent(
        frozen_host.cwd,
        context={"identity": "i", "workspace": "/w", "risk_class": "low",
                 "context_set_digest": "ab" * 32},
    )  # fmt: skip
    said = gait("review", "show", "--policy", "policy.yaml", "--intent", "intent.json").stdout
    assert "  rule        none matches, default_verdict decides, policy.yaml" in said
    assert "  claim       context_set_digest is not counted: nothing proves it" in said
    assert "? intent      " in said


def test_a_script_says_which_rules_decide(gait: Gait, frozen_host: FrozenHost) -> None:
    waiting_call(frozen_host, script={"steps": [{"tool_name": "tool.delete", "args": {}}]})
    write_policy(frozen_host.cwd, RULE | {"match": {}})
    ask(frozen_host)
    assert "  script      1 step, rules approve-delete" in gait(*SHOW).stdout


def test_a_long_history_is_cut(gait: Gait) -> None:
    for _ in range(9):
        gait(*DENY)
    assert "  and 1 more; --json lists them" in gait(*SHOW).stdout


def test_a_review_in_json_has_what_the_text_masks(gait: Gait, frozen_host: FrozenHost) -> None:
    waiting_call(frozen_host, args={"password": [RAW], "note": "a\u202eb"})
    said = gait(*SHOW, *KEY, "--json")
    answer = json.loads(said.stdout)
    (secret,) = [row for row in answer["rows"] if row.get("is_secret")]
    assert secret["value"] == f'"{RAW}"'
    assert (answer["is_approvable"], answer["blockers"]) == (True, [])
    assert answer["hazards"] == [{"code": "text_control_characters", "where": "$.args.note"}]
    assert answer["prepared_intent"]["args"] == {"password": [RAW], "note": "a\u202eb"}
    assert "\u202e" not in said.stdout


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("show",), 6),
        (("show", "--trace", "none.json"), 6),
        (("show", "--trace", "trace.json", "x"), 6),
        (("deny", "--trace", "trace.json", "--reason", "no"), 6),
        (("deny", "--trace", "trace.json", "--reviewer", "carol"), 6),
        (("log", "--verify"), 6),
        (("log", "x"), 6),
        (("approve",), 6),
        (("mint",), 6),
    ],
)
def test_what_is_not_filled_in_is_bad_input(gait: Gait, argv: tuple[str, ...], code: int) -> None:
    said = gait("review", *argv, "--json")
    assert (said.exit_code, json.loads(said.stdout)["ok"]) == (code, False)


def test_no_command_mints_through_a_review() -> None:
    commands = {command.path for command in COMMANDS if command.path.startswith("review")}
    assert commands == {"review show", "review deny", "review log"}


def test_a_denial_says_where_it_stands(gait: Gait) -> None:
    said = gait(*DENY, "--note", "ask again")
    assert said.exit_code == 0
    lines = said.stdout.splitlines()
    assert lines[0].endswith(" by carol")
    assert lines[1:3] == ["  reason    no", "  note      ask again"]
    assert lines[-1] == f"  log       {LOG}, line 1"
    files = ("--intent", "intent.json", "--policy", "policy.yaml")
    again = gait("review", "deny", *files, "--reviewer", "c", "--reason", "no", "--json")
    assert json.loads(again.stdout)["log_line"] == 2


def test_the_log_is_listed_newest_last(gait: Gait, frozen_host: FrozenHost) -> None:
    assert gait("review", "log").stdout == f"0 events in {LOG}, not verified\n"
    gait(*DENY, "--note", "ask again")
    review.mint(request(frozen_host), SETTING, host=frozen_host)
    said = gait("review", "log")
    lines = said.stdout.splitlines()
    assert (said.exit_code, lines[0]) == (0, "2026-02-05T12:00:00Z  denied          carol")
    assert lines[1].endswith("  no  ask again")
    assert lines[4] == "2026-02-05T12:00:00Z  minted          alice"
    assert lines[6] == f"{'│ ':>22}ttl 15m0s"
    assert lines[-1] == f"3 events in {LOG}, not verified"


def test_an_attempt_that_nothing_ended_is_marked(gait: Gait, frozen_host: FrozenHost) -> None:
    review.mint(request(frozen_host), SETTING, host=frozen_host)
    log = frozen_host.cwd / LOG
    log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])
    assert "alice (no token, no end)" in gait("review", "log").stdout


def test_verifying_the_log(gait: Gait, frozen_host: FrozenHost) -> None:
    gait(*DENY)
    gait(*DENY)
    whole = gait("review", "log", "--verify")
    assert whole.exit_code == 0
    assert f"intact: 2 lines, {LOG}" in whole.stdout
    log = frozen_host.cwd / LOG
    log.write_bytes(log.read_bytes().replace(b"carol", b"clara", 1))
    broken = gait("review", "log", "--verify")
    assert broken.exit_code == 2
    assert broken.stderr.startswith(f"error: review log '{LOG} line 1': digest ")
    said = json.loads(gait("review", "log", "--verify", "--json").stdout)
    assert (said["error_code"], said["broken_line"]) == ("review_log_broken", 1)
    log.write_bytes(log.read_bytes().replace(b"clara", b"carol")[:-4])
    for argv in (("log",), ("log", "--verify"), DENY[1:]):
        answer = gait("review", *argv, "--json")
        assert (answer.exit_code, json.loads(answer.stdout)["error_code"]) == (6, "journal_torn")
