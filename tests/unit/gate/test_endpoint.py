"""Endpoint constraints: lists of paths, domains and network classes (gate.md 3.4 (2))."""

from typing import Any

import pytest

from gait_engine.contract.decision import Decision
from gait_engine.gate.endpoint import is_climbing
from tests.support.judging import codes, decide, intent_of, policy_of

VIOLATION = "endpoint_constraint_violation"
FILE = {"kind": "path", "value": "/srv/a.txt", "operation": "read"}
SITE = {"kind": "url", "value": "https://api.x.test/v1", "operation": "get"}
HOST = {"kind": "host", "value": "api.x.test:443"}


def judged(endpoint: dict[str, Any], *targets: dict[str, Any]) -> Decision:
    return decide(policy_of({"endpoint": endpoint}), intent_of(*targets))


def found(endpoint: dict[str, Any], *targets: dict[str, Any]) -> set[str]:
    """Return the specific reasons, which are violations too."""
    decision = judged(endpoint, *targets)
    specific = codes(decision) - {VIOLATION}
    assert set(decision.violations) == codes(decision)
    assert (VIOLATION in codes(decision)) is bool(specific)
    assert decision.verdict == ("block" if specific else "allow")
    return specific


@pytest.mark.parametrize(
    ("endpoint", "target", "expected"),
    [
        ({"path_allowlist": ["/srv/**"]}, FILE, set()),
        ({"path_allowlist": ["/opt/**"]}, FILE, {"endpoint_path_not_allowlisted"}),
        ({"path_denylist": ["/opt/**"]}, FILE, set()),
        ({"path_denylist": ["/srv/*"]}, FILE, {"endpoint_path_denied"}),
        (
            {"path_denylist": ["/srv/*"], "path_allowlist": ["/opt/**"]},
            FILE,
            {"endpoint_path_denied", "endpoint_path_not_allowlisted"},
        ),
        ({"path_allowlist": ["/srv/**"]}, SITE, set()),
        ({"domain_allowlist": ["*.x.test"]}, SITE, set()),
        ({"domain_allowlist": ["*.y.test"]}, SITE, {"endpoint_domain_not_allowlisted"}),
        ({"domain_allowlist": ["api.x.test"]}, HOST, set()),
        ({"domain_denylist": ["api.x.test"]}, HOST, {"endpoint_domain_denied"}),
        ({"domain_allowlist": ["api.x.test"]}, FILE, set()),
        ({"egress_classes": ["net.dns"]}, SITE, {"endpoint_egress_class_not_allowed"}),
        ({"egress_classes": ["net.http"]}, SITE, set()),
        ({"egress_classes": ["net.http"]}, FILE, set()),
        ({"enabled": True}, SITE, set()),
        ({"enabled": False, "path_denylist": []}, FILE, set()),
    ],
)
def test_lists_limit_what_a_call_reaches(
    endpoint: dict[str, Any], target: dict[str, Any], expected: set[str]
) -> None:
    assert found(endpoint, target) == expected


@pytest.mark.parametrize(
    "path", ["/srv/../etc/passwd", "..", "../a", "/srv/a/..", "a/../b", r"/srv\..\etc", r"..\a"]
)
def test_a_path_that_climbs_is_on_every_deny_list_and_on_no_allow_list(path: str) -> None:
    target = FILE | {"value": path}
    assert found({"path_allowlist": ["/**", "**", path]}, target) == {
        "endpoint_path_not_allowlisted"
    }
    assert found({"path_denylist": ["/nowhere"]}, target) == {"endpoint_path_denied"}
    both = {"path_denylist": ["/nowhere"], "path_allowlist": [path]}
    assert found(both, target) == {"endpoint_path_denied"}
    assert found({"egress_classes": ["net.http"]}, target) == set()


@pytest.mark.parametrize("path", ["/srv/a..b", "/srv/...", "/srv/..a/b", "/srv/a../b", "/srv/.a"])
def test_dots_in_a_name_do_not_climb(path: str) -> None:
    assert not is_climbing(path)


@pytest.mark.parametrize(
    "url",
    ["api.x.test/v1", "//api.x.test/v1", "localhost:8080", "mailto:a@x.test", "http:///v1",
     "https://a b.test/", r"https://x.test\@y.test/", "https://x.test:port/", "?q"],
)  # fmt: skip
def test_a_url_without_a_host_is_on_every_deny_list_and_on_no_allow_list(url: str) -> None:
    target = SITE | {"value": url}
    assert found({"domain_allowlist": ["y.test"]}, target) == {"endpoint_domain_not_allowlisted"}
    assert "endpoint_domain_denied" in found({"domain_denylist": ["y.test"]}, target)
    assert found({"egress_classes": ["net.http"]}, target) == set()


def test_a_declared_domain_does_not_make_up_for_a_url_without_a_host() -> None:
    target = SITE | {"value": "evil.test/x", "endpoint_domain": "good.test"}
    expected = {"endpoint_domain_not_allowlisted"}
    assert found({"domain_allowlist": ["good.test"]}, target) == expected


def test_a_declared_domain_wins_over_that_of_a_url() -> None:
    target = SITE | {"value": "https://evil.test/x", "endpoint_domain": "good.test"}
    assert found({"domain_allowlist": ["good.test"]}, target) == set()


def test_a_host_target_that_names_no_host_is_on_no_list() -> None:
    target = HOST | {"value": "http:///"}
    assert found({"domain_allowlist": ["*"]}, target) == {"endpoint_domain_not_allowlisted"}


def test_one_bad_target_among_good_ones_is_enough() -> None:
    other = FILE | {"value": "/etc/passwd"}
    assert found({"path_allowlist": ["/srv/**"]}, FILE, other) != set()


@pytest.mark.parametrize(
    ("endpoint", "verdict"),
    [
        ({"destructive_action": "require_approval"}, "block"),
        ({"destructive_action": "require_approval", "action": "require_approval"},
         "require_approval"),
        ({"destructive_action": "block", "action": "require_approval"}, "block"),
        ({"path_denylist": ["/srv/*"], "action": "require_approval"}, "require_approval"),
    ],
)  # fmt: skip
def test_a_destructive_target_is_held_by_the_stronger_of_both_actions(
    endpoint: dict[str, Any], verdict: str
) -> None:
    decision = judged(endpoint, FILE | {"operation": "delete"})
    assert decision.verdict == verdict


def test_destruction_has_a_reason_and_another_violation() -> None:
    decision = judged({"destructive_action": "block"}, FILE | {"operation": "delete"})
    assert codes(decision) == {
        *("endpoint_destructive_operation", VIOLATION, "destructive_apply_requires_approval"),
    }
    assert decision.violations == ("destructive_operation", VIOLATION)


def test_a_harmless_target_asks_for_no_destructive_action() -> None:
    assert found({"destructive_action": "block"}, FILE) == set()


def test_a_policy_names_its_own_codes() -> None:
    own = {"path_denylist": ["/srv/*"], "reason_code": "mine", "violation": "hers"}
    decision = judged(own, FILE)
    assert codes(decision) == {"endpoint_path_denied", "mine"}
    assert decision.violations == ("endpoint_path_denied", "hers")
