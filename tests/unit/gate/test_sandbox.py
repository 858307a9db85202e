"""The sandbox a rule demands against the one an intent claims (gate.md 3.4 (7))."""

from typing import Any

import pytest

from gait_engine.contract.decision import SandboxDecision
from gait_engine.gate.paths import is_below
from gait_engine.gate.sandbox import pick_sandbox
from tests.support.judging import codes, decide, intent_of, policy_of

PROOF = {"evidence_ref": "sandbox:run/1", "evidence_digest": "1" * 64}
CLAIM = {
    **PROOF,
    "network_mode": "disabled",
    "env_exposure_mode": "allowlist",
    "filesystem_isolation": "container",
    "user_mode": "unprivileged",
    "timeout_seconds": 30,
    "writable_paths": ["/scratch/w"],
    "read_only_roots": ["/usr"],
}
STRICT = {
    "allowed_network_modes": ["disabled"],
    "allowed_env_exposure_modes": ["allowlist"],
    "allowed_filesystem_isolations": ["container"],
    "allowed_user_modes": ["unprivileged"],
    "max_timeout_seconds": 30,
    "allowed_writable_path_prefixes": ["/scratch"],
    "required_read_only_roots": ["/usr", "/lib"],
}
EXEC = {"kind": "other", "value": "make", "operation": "exec"}


def shown(claim: dict[str, Any] | None, rule: dict[str, Any] = STRICT) -> SandboxDecision:
    context = {} if claim is None else {"sandbox": claim}
    decision = decide(policy_of({"sandbox": rule}), intent_of(context=context))
    assert isinstance(decision.sandbox, SandboxDecision)
    assert codes(decision) == set(decision.sandbox.reason_codes) == set(decision.violations)
    assert decision.verdict == ("allow" if decision.sandbox.status == "valid" else "block")
    return decision.sandbox


def test_a_claim_that_meets_the_rule_is_valid_and_shown() -> None:
    assert shown(CLAIM) == SandboxDecision(
        status="valid",
        network_mode="disabled",
        env_exposure_mode="allowlist",
        timeout_seconds=30,
        filesystem_isolation="container",
        user_mode="unprivileged",
        evidence_ref="sandbox:run/1",
        evidence_digest="1" * 64,
    )


@pytest.mark.parametrize("claim", [None, {}, {"network_mode": " "}])
def test_no_claim_is_missing(claim: dict[str, Any] | None) -> None:
    assert shown(claim) == SandboxDecision(
        status="missing", reason_codes=("sandbox_metadata_missing",)
    )


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"evidence_ref": ""}, "sandbox_evidence_missing", "missing"),
        ({"evidence_digest": ""}, "sandbox_evidence_missing", "missing"),
        ({"network_mode": ""}, "sandbox_network_mode_missing", "missing"),
        ({"env_exposure_mode": ""}, "sandbox_env_exposure_mode_missing", "missing"),
        ({"filesystem_isolation": ""}, "sandbox_filesystem_isolation_missing", "missing"),
        ({"user_mode": ""}, "sandbox_user_mode_missing", "missing"),
        ({"timeout_seconds": 0}, "sandbox_timeout_missing", "missing"),
        ({"network_mode": "full"}, "sandbox_network_mode_disallowed", "disallowed"),
        ({"env_exposure_mode": "full"}, "sandbox_env_exposure_mode_disallowed", "disallowed"),
        ({"filesystem_isolation": "none"}, "sandbox_filesystem_isolation_disallowed", "disallowed"),
        ({"user_mode": "root"}, "sandbox_user_mode_disallowed", "disallowed"),
        ({"timeout_seconds": 31}, "sandbox_timeout_exceeded", "disallowed"),
        (
            {"writable_paths": ["/scratch", "/etc"]},
            "sandbox_writable_path_disallowed",
            "disallowed",
        ),
        ({"writable_paths": ["/scratchx"]}, "sandbox_writable_path_disallowed", "disallowed"),
        ({"read_only_roots": ["/opt"]}, "sandbox_read_only_root_missing", "missing"),
    ],
)
def test_one_fault_blocks(change: dict[str, Any], code: str, status: str) -> None:
    decision = shown(CLAIM | change)
    assert (decision.reason_codes, decision.status) == ((code,), status)


def test_a_fault_of_both_kinds_is_missing() -> None:
    assert shown(CLAIM | {"user_mode": "", "network_mode": "full"}).status == "missing"


def test_a_rule_that_only_says_enabled_still_demands_a_whole_claim() -> None:
    enabled = {"enabled": True}
    assert shown({"user_mode": "root"}, enabled).reason_codes == (
        "sandbox_env_exposure_mode_missing",
        "sandbox_evidence_missing",
        "sandbox_filesystem_isolation_missing",
        "sandbox_network_mode_missing",
        "sandbox_timeout_missing",
    )
    anything = {"network_mode": "full", "writable_paths": ["/etc"], "timeout_seconds": 10**9}
    assert shown(CLAIM | anything, enabled).status == "valid"


def test_roots_that_are_not_claimed_are_not_missed() -> None:
    assert shown(CLAIM | {"read_only_roots": []}).status == "valid"


@pytest.mark.parametrize(
    ("path", "prefix", "below"),
    [
        ("/scratch", "/scratch", True),
        ("/scratch/a", "/scratch", True),
        ("/scratcha", "/scratch", False),
        ("/a", "/", True),
        ("rel", "/", True),
        ("rel/a", "rel", True),
    ],
)
def test_a_prefix_goes_segment_by_segment(path: str, prefix: str, *, below: bool) -> None:
    assert is_below(path, prefix) is below


@pytest.mark.parametrize(
    ("claim", "targets", "verdict"),
    [
        (CLAIM, [EXEC], "allow"),
        (CLAIM, [EXEC, {"kind": "path", "value": "/a", "operation": "read"}], "require_approval"),
        (CLAIM, [{"kind": "path", "value": "/a", "operation": "delete"}], "require_approval"),
        (CLAIM | {"user_mode": "root"}, [EXEC], "block"),
    ],
)
def test_running_programs_is_not_destructive_inside_a_proven_sandbox(
    claim: dict[str, Any], targets: list[dict[str, Any]], verdict: str
) -> None:
    intent = intent_of(*targets, context={"sandbox": claim})
    assert decide(policy_of({"sandbox": STRICT}), intent).verdict == verdict


def test_of_several_sandboxes_the_gravest_is_shown() -> None:
    in_order = [
        SandboxDecision(status="missing", evidence_digest="b"),
        SandboxDecision(status="disallowed", evidence_digest="a"),
        SandboxDecision(status="disallowed", evidence_digest="b"),
        SandboxDecision(status="valid"),
    ]
    for position, expected in enumerate(in_order):
        assert pick_sandbox(in_order[position:][::-1]) == expected
