"""The example policies and intents of the gate: what each answers, and that none is too wide."""

import json
import shlex
import shutil
from base64 import b64decode
from pathlib import Path
from typing import Any, Final

import pytest

from gait_engine.api import policy as policy_api
from gait_engine.contract.policy import Policy
from gait_engine.gate.intent import read_intent
from gait_engine.gate.policy import load, parse
from gait_engine.gate.templates import TEMPLATES
from gait_engine.gate.verdicts import strongest
from gait_engine.host import Host
from tests.support import intents
from tests.support.judging import decide
from tests.support.process import ROOT, gait

EXAMPLES: Final = ROOT / "examples"
POLICIES: Final = sorted([*EXAMPLES.glob("policy/*.yaml"), *EXAMPLES.glob("*injection/*.yaml")])
INTENTS: Final = sorted(EXAMPLES.glob("*/**/intent_*.json"))
TEXTS: Final = {path.stem: path.read_bytes() for path in POLICIES} | {
    row.name: row.text.encode() for row in TEMPLATES
}
HOST: Final = Host()
EVAL_DELETE: Final = (
    "gate eval --policy examples/policy/base_high_risk.yaml"
    " --intent examples/policy/intents/intent_delete.json --profile oss-prod"
    " --credential-broker stub --trace-out ./gait-out/trace_delete.json --json"
)
OTHER_TARGETS: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "bucket", "value": "backups", "operation": "put"},
    {"kind": "path", "value": "/srv/elsewhere/notes.txt", "operation": "write"},
    {"kind": "path", "value": "/srv/app/notes.txt", "operation": "delete"},
    {"kind": "url", "value": "https://elsewhere.example/in", "operation": "post"},
)

each_policy = pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the examples and the settings of this repository, and nothing made yet."""
    for name in ("examples", ".gait"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def verdict(policy: Policy, path: Path) -> str:
    return decide(policy, read_intent(str(path), host=HOST)).verdict


@pytest.mark.parametrize(
    ("policy", "intent", "wanted", "exit_code"),
    [
        ("policy/base_low_risk", "policy/intents/intent_read", "allow", 0),
        ("policy/base_medium_risk", "policy/intents/intent_write", "require_approval", 4),
        ("policy/base_high_risk", "policy/intents/intent_delete", "block", 3),
        ("prompt-injection/policy", "prompt-injection/intent_injected", "block", 3),
    ],
)
def test_the_commands_of_the_examples_answer_as_stated(
    policy: str, intent: str, wanted: str, exit_code: int
) -> None:
    files = (f"examples/{policy}.yaml", f"examples/{intent}.json")
    done = gait("policy", "test", *files, "--json", cwd=ROOT)
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (exit_code, wanted)


def test_an_injected_call_is_blocked_by_its_own_codes_alone() -> None:
    folder = EXAMPLES / "prompt-injection"
    policy = load(str(folder / "policy.yaml"), host=HOST)
    decision = decide(policy, read_intent(str(folder / "intent_injected.json"), host=HOST))
    assert (decision.reason_codes, decision.violations) == (
        ("blocked_prompt_injection",),
        ("prompt_injection_egress_attempt",),
    )


@pytest.mark.parametrize(
    ("policy", "intent", "wanted"),
    [
        ("base_low_risk", "drop_table", "require_approval"),
        ("base_low_risk", "tainted_egress", "block"),
        ("base_medium_risk", "read", "allow"),
        ("base_medium_risk", "endpoint_path_denied", "block"),
        ("base_high_risk", "read", "require_approval"),
        ("base_high_risk", "drop_table", "block"),
        ("endpoint_guard", "read", "allow"),
        ("endpoint_guard", "delete", "block"),
        ("endpoint_guard", "endpoint_path_denied", "block"),
        ("endpoint_guard", "endpoint_path_climbs", "block"),
        ("endpoint_guard", "endpoint_domain_allowed", "allow"),
        ("endpoint_guard", "endpoint_domain_denied", "block"),
        ("endpoint_guard", "endpoint_domain_unlisted", "block"),
        ("skills_policy", "skill_own", "allow"),
        ("skills_policy", "skill_unknown_publisher", "require_approval"),
        ("skills_policy", "skill_downloaded", "block"),
        ("tainted_egress", "clean_egress", "allow"),
        ("tainted_egress", "tainted_egress", "block"),
        ("delegated_egress", "delegated_egress_valid", "allow"),
        ("delegated_egress", "delegated_egress_invalid", "block"),
        ("delegated_egress", "clean_egress", "block"),
    ],
)
def test_each_policy_tells_its_intents_apart(policy: str, intent: str, wanted: str) -> None:
    folder = EXAMPLES / "policy"
    loaded = load(str(folder / f"{policy}.yaml"), host=HOST)
    assert verdict(loaded, folder / "intents" / f"intent_{intent}.json") == wanted


@each_policy
def test_no_example_policy_gives_a_warning(path: Path) -> None:
    assert policy_api.validate(str(path), host=HOST).warnings == ()


@pytest.mark.parametrize("name", [name for name in TEXTS if "low" not in name])
def test_a_call_that_passes_carries_no_other_target_along(name: str) -> None:
    """Except where everything is allowed by default."""
    policy = parse(TEXTS[name], f"{name}.yaml")
    for path in INTENTS:
        given = json.loads(path.read_bytes())
        for target in OTHER_TARGETS:
            wider = intents.intent_of(**given | {"targets": [*given["targets"], target]})
            assert decide(policy, wider).verdict != "allow", (path.name, target)


@pytest.mark.parametrize("level", ["low", "medium", "high"])
def test_the_base_policy_of_a_level_is_at_least_as_strict_as_its_template(
    level: str,
) -> None:
    template = parse(TEXTS[f"baseline-{level}risk"], "template.yaml")
    base = parse(TEXTS[f"base_{level}_risk"], "base.yaml")
    for path in INTENTS:
        own, theirs = verdict(base, path), verdict(template, path)
        assert strongest((own, theirs)) == own, path.name


def test_a_severe_deletion_is_blocked_in_production_with_a_trace_that_verifies(clone: Path) -> None:
    assert gait("keys", "init", cwd=clone).returncode == 0
    done = gait(*shlex.split(EVAL_DELETE), cwd=clone)
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (3, "block"), done.stdout
    key = ("--public-key", "gait-out/keys/gait_public.key", "--json")
    verified = gait("trace", "verify", "./gait-out/trace_delete.json", *key, cwd=clone)
    answer = json.loads(verified.stdout)
    assert (verified.returncode, answer["ok"], answer["verdict"]) == (0, True, "block")


def test_before_there_is_a_key_the_gate_says_how_to_make_one_and_writes_nothing(
    clone: Path,
) -> None:
    done = gait(*shlex.split(EVAL_DELETE), cwd=clone)
    answer = json.loads(done.stdout)
    assert done.returncode == 6
    assert "gait keys init" in answer["hint"]
    assert "verdict" not in answer
    assert not (clone / "gait-out").exists()


def test_no_key_is_among_the_examples_but_the_public_one_of_a_publisher() -> None:
    files = (*EXAMPLES.rglob("*"), *(ROOT / ".gait").rglob("*"))
    keys = {path for path in files if path.suffix in (".key", ".pem", ".pub")}
    assert keys == {ROOT / "examples/registry/acme_public.key"}
    assert [len(b64decode(path.read_bytes())) for path in keys] == [32]
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/gait-out/" in ignored
