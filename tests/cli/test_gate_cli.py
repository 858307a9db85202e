"""`gait gate eval` and `gait trace verify` at the command line: codes, texts, failing closed."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from gait_engine.cli.gateeval import HELP
from gait_engine.contract.gateoptions import GateOptions
from gait_engine.crypto.keys import DEV_KEY_WARNING
from gait_engine.gate.claims import delegation_digest
from gait_engine.host import Host
from gait_engine.store.locks import STANDARD, hold_lock
from tests.conftest import Answer
from tests.support.brokers import BROKERED
from tests.support.faults import DISK_ERRORS, fail, fault_at
from tests.support.gates import (
    approve,
    argv,
    evaluated,
    files_in,
    furnish,
    write_intent,
    write_policy,
    write_switch,
)
from tests.support.hosts import FrozenHost
from tests.support.judging import intent_of
from tests.support.tokens import delegation, write_token

Gait = Callable[..., Answer]
ALLOW: Final = '"verdict":"allow"'
SIGNED: Final = {"key_mode": "prod", "private_key": "gate.key"}
HELD: Final = {"effect": "require_approval"}
LIMITED: Final = {"rate_limit": {"requests": 9}}
KEY: Final = ("--public-key", "gate.pub")

posix = pytest.mark.skipif(sys.platform == "win32", reason="descriptors are POSIX")


@pytest.fixture
def folder(frozen_host: FrozenHost) -> Path:
    furnish(frozen_host.cwd)
    return frozen_host.cwd


def told(said: Answer) -> dict[str, Any]:
    """Read the one JSON object on stdout; there is nothing else there."""
    answer: dict[str, Any] = json.loads(said.stdout)
    assert said.stdout.count("\n") == 1
    return answer


def exit_of(said: Answer) -> int:
    return said.exit_code


# ---------------------------------------------------------------- codes and options


@pytest.mark.parametrize(
    ("effect", "code"), [("allow", 0), ("dry_run", 0), ("require_approval", 4), ("block", 3)]
)
@pytest.mark.parametrize("more", [("--json",), ()])
def test_the_exit_code_is_that_of_the_verdict(
    gait: Gait, folder: Path, effect: str, code: int, more: tuple[str, ...]
) -> None:
    write_policy(folder, {"effect": effect})
    said = gait(*argv(*more))
    assert (said.exit_code, said.stderr) == (code, "")
    assert exit_of(gait(*argv("--simulate", *more))) == 0


def test_every_option_of_the_gate_is_there_with_its_help(gait: Gait) -> None:
    text = " ".join(gait("gate", "eval", "--help").stdout.split())
    for name in GateOptions.__struct_fields__:
        assert f"--{name.replace('_', '-')}" in text
        assert HELP[name].split(".")[0][:20] in text, name
    assert set(HELP) == set(GateOptions.__struct_fields__)


@pytest.mark.parametrize(
    "words",
    [
        ("gate", "eval", "--json", "--intent", "intent.json", "--policy", "policy.yaml"),
        ("gate", "eval", "--policy=policy.yaml", "--intent=intent.json", "--json=true"),
        ("gate", "eval", "--policy", "none.yaml", *argv("--json")[2:]),
    ],
)
def test_options_stand_anywhere_and_the_last_one_wins(
    gait: Gait, folder: Path, words: tuple[str, ...]
) -> None:
    said = gait(*words)
    assert (said.exit_code, told(said)["verdict"]) == (0, "allow")


@pytest.mark.parametrize(
    "more",
    [
        ("extra",),
        ("--", "--json"),
        ("--nope",),
        ("--policy",),
        ("-h",),
        ("--simulate=1",),
        ("-policy", "policy.yaml"),
    ],
)
def test_a_line_that_is_not_understood_is_refused_and_nothing_written(
    gait: Gait, folder: Path, more: tuple[str, ...]
) -> None:
    before = files_in(folder)
    said = gait(*argv("--json"), *more) if more != ("-h",) else gait("gate", "eval", "-h", "--json")
    assert (said.exit_code, told(said)["error_code"]) == (6, "invalid_input")
    assert files_in(folder) == before


def test_a_value_may_begin_with_a_dash(gait: Gait, folder: Path) -> None:
    said = gait(*argv("--json"), "--approval-token-ref", "-x")
    assert (said.exit_code, told(said)["approval_ref"]) == (0, "-x")


def test_an_answer_has_the_correlation_id_of_its_line_and_so_has_its_trace(
    gait: Gait, folder: Path
) -> None:
    answer = told(gait(*argv("--json", trace_out="t.json")))
    trace = json.loads((folder / "t.json").read_bytes())
    assert answer["correlation_id"] == trace["correlation_id"]


def test_the_config_of_the_project_counts_unless_it_is_told_not_to(
    gait: Gait, folder: Path
) -> None:
    (folder / ".gait").mkdir()
    (folder / ".gait/config.yaml").write_text(
        "gate: {policy: policy.yaml, kill_switch_state: ks.json}\n", encoding="utf-8"
    )
    write_switch(folder, {"entry_id": "all"})
    assert exit_of(gait(*argv(policy=""))) == 3
    assert exit_of(gait(*argv("--no-config"))) == 0
    assert exit_of(gait(*argv("--no-config", policy=""))) == 6


# ---------------------------------------------------------------- text


def test_the_text_tells_all_that_there_is(
    gait: Gait, folder: Path, frozen_host: FrozenHost
) -> None:
    rule = {**BROKERED, **HELD, "match": {"require_delegation": True}}
    write_policy(folder, rule)
    write_intent(folder, delegation={"requester_identity": "spec"})
    write_token(folder, delegation(scope=("*",)), "d.json")
    outputs = {
        "trace_out": "tr.json",
        "approval_audit_out": "aa.json",
        "delegation_audit_out": "da.json",
        "credential_evidence_out": "ce.json",
    }
    keyed = {"approval_public_key": "gate.pub", "delegation_token": "d.json"}
    chain = intent_of(delegation={"requester_identity": "spec"}).delegation
    assert chain is not msgspec.UNSET
    binding = {"delegation_binding_digest": delegation_digest(chain)}
    approve(folder, evaluated(frozen_host, **keyed), **binding)
    fields = {**outputs, **keyed, "approval_token": "token.json", "credential_broker": "stub"}
    said = gait(*argv("--simulate", **fields))
    reasons = [
        *("approval_granted", "broker_credential_present", "delegation_granted"),
        *("matched_rule_r1", "simulate_mode_non_enforcing"),
    ]
    credential = said.stdout.split("credential: ")[1].split("\n")[0]
    assert said.stdout.splitlines() == [
        "gate eval: verdict=allow",
        "trace: tr.json",
        "simulate: would_have_blocked=false simulated_verdict=allow",
        f"reasons: {','.join(reasons)}",
        "approvals: 1/1",
        "approval audit: aa.json",
        "delegations: 1",
        "delegation audit: da.json",
        f"credential: {credential}",
        "credential evidence: ce.json",
        f"warning: {DEV_KEY_WARNING}",
    ]
    assert credential.startswith("stub:")
    assert credential.endswith(" (stub)")


def test_the_text_of_a_plain_block_is_short(gait: Gait, folder: Path) -> None:
    write_policy(folder, {"effect": "block", "violations": ["b", "a"]})
    lines = gait(*argv(trace_out="t.json", **SIGNED)).stdout.splitlines()
    assert lines == [
        "gate eval: verdict=block",
        "trace: t.json",
        "reasons: matched_rule_r1",
        "violations: a,b",
    ]


def test_an_error_is_told_on_stderr_and_stdout_stays_empty(gait: Gait, folder: Path) -> None:
    said = gait(*argv(policy="none.yaml"))
    assert (said.exit_code, said.stdout) == (6, "")
    assert said.stderr.startswith("error: policy 'none.yaml': no such file or directory")


def test_nothing_of_an_intent_acts_on_the_terminal(gait: Gait, folder: Path) -> None:
    hostile = "r\u001b[31m\u202e"
    write_policy(folder, {"effect": "block", "reason_codes": [hostile], "violations": [hostile]})
    for more in ((), ("--json",)):
        out = gait(*argv(*more)).stdout
        assert "\u001b" not in out
        assert "\u202e" not in out


# ---------------------------------------------------------------- explain


def test_explain_in_json_decides_and_says_why(gait: Gait, folder: Path) -> None:
    write_policy(folder, {**HELD, "name": "held"})
    said = gait(*argv("--explain", "--json", trace_out="t.json"))
    answer = told(said)
    assert said.exit_code == 4
    assert (answer["schema_id"], answer["matched_rule"]) == ("gait.gate.policy_explain", "held")
    assert answer["proof_refs"]["trace_path"] == "t.json"
    assert (folder / "t.json").is_file()


def test_explain_in_text_says_what_the_command_is_for_and_does_nothing(
    gait: Gait, folder: Path
) -> None:
    before = files_in(folder)
    said = gait(*argv("--explain"))
    assert (said.exit_code, said.stdout.count("\n")) == (0, 1)
    assert said.stdout.startswith("gate eval decides a tool call by policy")
    assert files_in(folder) == before


@pytest.mark.parametrize("line", [("trace", "verify"), ("policy", "test")])
def test_every_other_command_explains_itself_with_and_without_json(
    gait: Gait, line: tuple[str, ...]
) -> None:
    said = gait(*line, "--explain", "--json")
    assert (said.exit_code, said.stdout[:1] != "{") == (0, True)


# ---------------------------------------------------------------- failing closed


def unreadable(name: str) -> Callable[[Path], None]:
    """Return what puts a folder in the place of a file."""

    def damage(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()

    return damage


def broken(name: str, text: bytes) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).write_bytes(text)

    return damage


FULL: Final = {
    **SIGNED,
    "approval_public_key": "gate.pub",
    "approval_token": "token.json",
    "token_ledger": "used",
    "rate_limit_state": "rl.json",
    "kill_switch_state": "ks.json",
    "credential_broker": "stub",
    "trace_out": "out/t.json",
    "approval_audit_out": "out/a.json",
    "credential_evidence_out": "out/c.json",
}
DAMAGE: Final[dict[str, tuple[Callable[[Path], None], dict[str, str], int]]] = {
    "policy is a folder": (unreadable("policy.yaml"), {}, 6),
    "policy is broken": (broken("policy.yaml", b"rules: ["), {}, 6),
    "intent is a folder": (unreadable("intent.json"), {}, 6),
    "intent is broken": (broken("intent.json", b"{"), {}, 6),
    "key is a folder": (unreadable("gate.key"), {}, 6),
    "key is broken": (broken("gate.key", b"AAAA"), {}, 6),
    "key is not there": (lambda _: None, {"private_key": "none.key"}, 6),
    "approval key is broken": (broken("gate.pub", b"-"), {}, 6),
    "token is a folder": (unreadable("token.json"), {}, 6),
    "token is broken": (broken("token.json", b"{"), {}, 6),
    "token is ambiguous": (broken("token.json", b'{"x":1,"x":2}'), {}, 4),
    "state is broken": (broken("rl.json", b"{"), {}, 6),
    "state has no folder": (lambda _: None, {"rate_limit_state": "no/rl.json"}, 1),
    "switch is broken": (broken("ks.json", b"{"), {}, 6),
    "switch is a folder": (unreadable("ks.json"), {}, 6),
    "ledger is a file": (broken("used", b""), {}, 6),
    "trace cannot be written": (broken("out", b""), {}, 6),
    "audit cannot be written": (broken("out2", b""), {"approval_audit_out": "out2/a.json"}, 6),
    "evidence cannot be written": (broken("o", b""), {"credential_evidence_out": "o/c.json"}, 6),
    "envelope is not there": (lambda _: None, {"context_envelope": "none.json"}, 6),
    "broker is unknown": (lambda _: None, {"credential_broker": "b"}, 6),
    "broker fails": (lambda _: None, {"credential_broker": "env"}, 3),
    "broker is off": (lambda _: None, {"credential_broker": ""}, 3),
    "config is broken": (broken("c.yaml", b"gate: ["), {"config": "c.yaml"}, 6),
    "profile is unknown": (lambda _: None, {"profile": "oss"}, 6),
    "time is none": (lambda _: None, {"evaluation_time": "now"}, 6),
}


@pytest.fixture
def full(folder: Path) -> Path:
    """A folder with a call that is limited, approved, brokered and watched: it passes."""
    write_policy(folder, {**BROKERED, **HELD, **LIMITED}, default_verdict="block")
    write_switch(folder)
    host = FrozenHost(folder)
    approve(folder, evaluated(host, rate_limit_state="rl.json", trace_out="first.json"))
    return folder


def test_undamaged_it_passes(gait: Gait, full: Path) -> None:
    said = gait(*argv("--json", **FULL))
    assert (said.exit_code, ALLOW in said.stdout) == (0, True)


@pytest.mark.parametrize("more", [("--json",), ()], ids=["json", "text"])
@pytest.mark.parametrize(("damage", "fields", "code"), DAMAGE.values(), ids=DAMAGE)
def test_whatever_is_damaged_there_is_neither_an_allow_nor_exit_0(
    gait: Gait,
    full: Path,
    damage: Callable[[Path], None],
    fields: dict[str, str],
    code: int,
    more: tuple[str, ...],
) -> None:
    damage(full)
    said = gait(*argv(*more, **FULL | fields))
    assert said.exit_code == code
    assert ALLOW not in said.stdout
    assert "verdict=allow" not in said.stdout
    assert "Traceback" not in said.stdout + said.stderr
    if more:
        assert ("error" in told(said)) == (code not in (3, 4))


@pytest.mark.parametrize("name", ["rl.json", "out/kill_switch_journal.jsonl"])
def test_a_lock_that_stays_busy_ends_without_a_verdict(gait: Gait, full: Path, name: str) -> None:
    (full / "out").mkdir()
    write_switch(full, {"entry_id": "e"}, name="out/ks.json")
    asked = FULL | {"kill_switch_state": "out/ks.json"}
    with hold_lock(full / name, STANDARD, Host()):
        said = gait(*argv("--json", **asked))
    answer = told(said)
    assert (said.exit_code, answer["error_code"], answer["retryable"]) == (
        *(1, "state_contention", True),
    )
    assert "verdict" not in answer


@pytest.mark.parametrize("number", DISK_ERRORS[:2])
def test_a_full_disk_ends_with_exit_1_and_a_hint_to_try_again(
    gait: Gait, folder: Path, number: int
) -> None:
    with fault_at(0, fail(number)) as calls:
        gait(*argv("--json"))
    for n in (n for n, name in enumerate(calls, start=1) if name in ("write", "fsync", "replace")):
        with fault_at(n, fail(number)):
            said = gait(*argv("--json"))
        answer = told(said)
        assert (said.exit_code, answer["error_code"], answer["retryable"]) == (
            *(1, "io_failure", True),
        )
        assert "verdict" not in answer


def test_no_error_shows_a_secret(gait: Gait, full: Path, frozen_host: FrozenHost) -> None:
    secret = (full / "gate.key").read_text(encoding="utf-8").strip()
    for fields in (
        {"private_key": secret},
        {"private_key": "", "private_key_env": secret},
        {"approval_public_key": "", "approval_private_key": secret},
    ):
        said = gait(*argv("--json", **FULL | fields))
        assert said.exit_code == 6
        assert secret[:20] not in said.stdout + said.stderr


# ---------------------------------------------------------------- trace verify


def test_a_trace_that_was_just_written_verifies(gait: Gait, folder: Path) -> None:
    gait(*argv(trace_out="t.json", **SIGNED))
    said = gait("trace", "verify", "t.json", *KEY)
    trace = json.loads((folder / "t.json").read_bytes())
    assert said.stdout.splitlines() == [
        "VERIFIED",
        "  path      t.json",
        f"  trace     {trace['trace_id']}",
        "  verdict   allow",
        f"  key       {trace['signature']['key_id']}",
    ]
    by_option = gait("trace", "verify", "--path", "t.json", "--json", *KEY)
    assert (by_option.exit_code, told(by_option)["signature_status"]) == (0, "verified")


def test_a_signature_that_names_no_key_shows_none(gait: Gait, folder: Path) -> None:
    gait(*argv(trace_out="t.json", **SIGNED))
    trace = json.loads((folder / "t.json").read_bytes())
    trace["signature"]["key_id"] = ""
    (folder / "t.json").write_text(json.dumps(trace), encoding="utf-8")
    said = gait("trace", "verify", "t.json", *KEY)
    assert (said.exit_code, "  key" in said.stdout) == (0, False)


def test_one_that_does_not_verify_shows_no_verdict_as_text(gait: Gait, folder: Path) -> None:
    gait(*argv(trace_out="t.json"))
    said = gait("trace", "verify", "t.json", *KEY)
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr.startswith("error: trace 't.json': key_id: ")
    assert "verdict" not in said.stderr
    told_in_json = told(gait("trace", "verify", "t.json", "--json", *KEY))
    assert (told_in_json["ok"], told_in_json["signature_status"]) == (False, "failed")


def test_of_a_journal_the_lines_that_fail_are_told(gait: Gait, folder: Path) -> None:
    gait(*argv(intent="", intents="intent.json", trace_out="t.jsonl", **SIGNED))
    (folder / "intent.json").write_bytes((folder / "intent.json").read_bytes() + b"\n")
    gait(*argv(intent="", intents="intent.json", trace_out="t.jsonl", **SIGNED))
    good = gait("trace", "verify", "t.jsonl", *KEY)
    assert good.stdout.splitlines() == [
        "VERIFIED",
        "  path      t.jsonl",
        "  traces    2 checked",
    ]
    text = (folder / "t.jsonl").read_bytes()
    for bad, fix in ((b"{}\n", "do not use"), (b"{}\n{}\n", "--json lists each line")):
        (folder / "t.jsonl").write_bytes(bad + text)
        said = gait("trace", "verify", "t.jsonl", *KEY)
        assert (said.exit_code, said.stdout) == (2, "")
        assert "traces 't.jsonl': line 1: signature: none" in said.stderr
        assert f"fix:   {fix}" in said.stderr
    answer = told(gait("trace", "verify", "t.jsonl", "--json", *KEY))
    assert [fault["line"] for fault in answer["failures"]] == [1, 2]


@pytest.mark.parametrize(
    "words", [(), ("a.json", "b.json"), ("a.json", "--path", "b.json"), ("none.json",)]
)
def test_anything_but_one_trace_that_is_there_is_refused(
    gait: Gait, folder: Path, words: tuple[str, ...]
) -> None:
    assert exit_of(gait("trace", "verify", *words, *KEY)) == 6


def test_a_trace_without_a_key_is_refused(gait: Gait, folder: Path) -> None:
    gait(*argv(trace_out="t.json", **SIGNED))
    assert exit_of(gait("trace", "verify", "t.json")) == 6
    assert exit_of(gait("trace", "verify", "t.json", "--private-key", "gate.key")) == 0


# ---------------------------------------------------------------- trace show


def test_a_trace_is_shown_whole_with_what_is_known_of_its_signature(
    gait: Gait, folder: Path
) -> None:
    gait(*argv(trace_out="t.json", **SIGNED))
    trace = json.loads((folder / "t.json").read_bytes())
    said = told(gait("trace", "show", "t.json", "--json"))
    assert (said["trace"], said["signature_status"]) == (trace, "not_checked")
    checked = told(gait("trace", "show", "t.json", "--json", *KEY))
    assert (checked["signature_status"], checked["key_id"]) == (
        "verified",
        trace["signature"]["key_id"],
    )
    assert "signature verified" in gait("trace", "show", "t.json", *KEY).stdout


def test_a_trace_whose_signature_fails_is_shown_and_says_so(gait: Gait, folder: Path) -> None:
    gait(*argv(trace_out="t.json", **SIGNED))
    trace = json.loads((folder / "t.json").read_bytes())
    (folder / "t.json").write_text(json.dumps(trace | {"verdict": "block"}), encoding="utf-8")
    said = gait("trace", "show", "t.json", "--json", *KEY)
    assert (said.exit_code, told(said)["signature_status"]) == (0, "failed")
    assert told(said)["fault"]
    assert "signature FAILED" in gait("trace", "show", "t.json", *KEY).stdout
    del trace["signature"]
    (folder / "t.json").write_text(json.dumps(trace), encoding="utf-8")
    assert told(gait("trace", "show", "t.json", "--json", *KEY))["signature_status"] == "none"


def test_what_a_trace_says_stays_in_its_well(gait: Gait, folder: Path) -> None:
    gait(*argv(trace_out="t.json"))
    trace = json.loads((folder / "t.json").read_bytes())
    hostile = "a\x1b[2J\nsignature verified"
    (folder / "t.json").write_text(json.dumps(trace | {"tool_name": hostile}), encoding="utf-8")
    said = gait("trace", "show", "t.json").stdout
    assert "\x1b" not in said
    assert "\nsignature verified" not in said
