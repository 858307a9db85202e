"""Paths, domains and network classes that a rule lets a call reach (gate.md 3.4 (2)).

A path that climbs and a URL that names no host mean something else to the tool than to a list:
they stand on every deny-list and on no allow-list.
"""

import re
from collections.abc import Iterator
from typing import Final

from gait_engine.contract.intent import NormalIntent, Target
from gait_engine.contract.policy import Endpoint, Rule
from gait_engine.gate.patterns import any_domain_matches, any_path_matches
from gait_engine.gate.verdicts import NOTHING, Finding, held, strongest

_PATH_DENIED: Final = "endpoint_path_denied"
_PATH_UNLISTED: Final = "endpoint_path_not_allowlisted"
_DOMAIN_DENIED: Final = "endpoint_domain_denied"
_DOMAIN_UNLISTED: Final = "endpoint_domain_not_allowlisted"
_EGRESS: Final = "endpoint_egress_class_not_allowed"
_DESTRUCTIVE: Final = ("endpoint_destructive_operation", "destructive_operation")

_climbs: Final = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)").search
_has_scheme: Final = re.compile("[A-Za-z][A-Za-z0-9+.-]*://").match


def judge_endpoint(rule: Rule, intent: NormalIntent) -> Finding:
    """Find every target outside the limits of a rule."""
    endpoint = rule.endpoint
    if not endpoint.enabled:
        return NOTHING
    codes = [code for target in intent.targets for code in _codes(endpoint, target)]
    action = endpoint.action
    if _DESTRUCTIVE in codes:
        action = strongest((action, endpoint.destructive_action))
    if codes:
        codes.append((endpoint.reason_code, endpoint.violation))
    return held(action, codes)


def is_climbing(path: str) -> bool:
    """Tell a path with a `..` segment, whichever slash its tool goes by."""
    return _climbs(path) is not None


def has_host(target: Target) -> bool:
    """Tell whether the value of a target on the network says where it leads."""
    if target.kind == "url":
        from gait_engine.gate.urlhost import url_host

        return _has_scheme(target.value) is not None and url_host(target.value) != ""
    return target.kind != "host" or target.endpoint_domain != ""


def _codes(endpoint: Endpoint, target: Target) -> Iterator[tuple[str, str]]:
    """Yield reasons with their violations."""
    if target.kind == "path":
        yield from ((code, code) for code in _path_codes(endpoint, target.value))
    yield from ((code, code) for code in _domain_codes(endpoint, target))
    if (
        endpoint.egress_classes
        and target.endpoint_class.startswith("net.")
        and target.endpoint_class not in endpoint.egress_classes
    ):
        yield _EGRESS, _EGRESS
    if endpoint.destructive_action and target.destructive:
        yield _DESTRUCTIVE


def _path_codes(endpoint: Endpoint, path: str) -> Iterator[str]:
    denied, allowed = endpoint.path_denylist, endpoint.path_allowlist
    if is_climbing(path):
        yield from _doubtful(denied, allowed, _PATH_DENIED, _PATH_UNLISTED)
    if any_path_matches(denied, path):
        yield _PATH_DENIED
    if allowed and not any_path_matches(allowed, path):
        yield _PATH_UNLISTED


def _domain_codes(endpoint: Endpoint, target: Target) -> Iterator[str]:
    denied, allowed = endpoint.domain_denylist, endpoint.domain_allowlist
    domain = target.endpoint_domain
    if (denied or allowed) and not has_host(target):
        yield from _doubtful(denied, allowed, _DOMAIN_DENIED, _DOMAIN_UNLISTED)
    if domain and any_domain_matches(denied, domain):
        yield _DOMAIN_DENIED
    if domain and allowed and not any_domain_matches(allowed, domain):
        yield _DOMAIN_UNLISTED


def _doubtful(
    denied: tuple[str, ...], allowed: tuple[str, ...], if_denied: str, if_unlisted: str
) -> Iterator[str]:
    if denied:
        yield if_denied
    elif allowed:
        yield if_unlisted
