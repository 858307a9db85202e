"""What the members of a policy block say about one another: defaults, `enabled`, checks.

Each function gets the members that a block was given, in normal form, and completes them in
place; the node tells where a member stands. Contract: gate.md 2.2 and 2.3.
"""

import re
from collections.abc import Collection
from typing import Any, Final

import msgspec

from gait_engine.contract.policy import (
    DEFAULT_VERDICT,
    HOLDS,
    RATE_SCOPES,
    RATE_WINDOWS,
    SEVERE_RISK_CLASSES,
    TAINTED_SOURCES,
    VERDICTS,
)
from gait_engine.errors import InvalidInput
from gait_engine.gate.paths import clean_path
from gait_engine.wire.durations import duration_text
from gait_engine.wire.text import normal, trim
from gait_engine.wire.timestamps import parse_duration
from gait_engine.wire.yamlfields import Misfit, as_written, items, misfit_of, words_from
from gait_engine.wire.yamltree import Node

Members = dict[str, Any]

_ENDPOINT_LISTS: Final = (
    *("path_allowlist", "path_denylist", "domain_allowlist", "domain_denylist", "egress_classes"),
    "destructive_action",
)
_DATAFLOW_LISTS: Final = (
    *("tainted_sources", "destination_kinds", "destination_values", "destination_operations"),
)
_is_assignment: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=", re.ASCII).match


def complete_policy(given: Members, node: Node) -> None:
    """Settle the default verdict and put the rules in order."""
    given["default_verdict"] = (
        _one_spelling(given, node, "default_verdict", "default_action") or DEFAULT_VERDICT
    )
    rules = given.get("rules", ())
    given["rules"] = tuple(sorted(rules, key=lambda rule: (rule.priority, rule.name)))


def complete_rule(given: Members, node: Node) -> None:
    """Settle the effect and what some conditions imply."""
    if not given.get("name"):
        raise misfit_of(node, "name", "a name")
    given["effect"] = _one_spelling(given, node, "effect", "action")
    if not given["effect"]:
        raise misfit_of(node, "effect", f"one of {', '.join(VERDICTS)}")
    if given.get("require_context_evidence"):
        given["required_context_evidence_mode"] = "required"
    if given.get("min_approvals", 0) > 1:
        given["require_distinct_approvers"] = True


def complete_match(given: Members, _: Node) -> None:
    """Merge the two spellings of tools and endpoint classes."""
    for one, many in (("tool_name", "tool_names"), ("endpoint_class", "endpoint_classes")):
        if one in given:
            more = (given[one],) if isinstance(given[one], str) else given[one]
            given[many] = words_from((*given.get(many, ()), *more))


def complete_fail_closed(given: Members, _: Node) -> None:
    """Cover the severe risk classes where none is named."""
    if given.get("enabled") and not given.get("risk_classes"):
        given["risk_classes"] = SEVERE_RISK_CLASSES


def complete_mcp_trust(given: Members, node: Node) -> None:
    """Enable it when anything is set; a score counts when it asks for something."""
    rest = {name: value for name, value in given.items() if name != "min_score"}
    score = given.get("min_score", 0.0)
    if not any(rest.values()) and score <= 0:
        return
    given["enabled"] = True
    if not given.get("snapshot"):
        raise misfit_of(node, "snapshot", "a path")
    _default(given, node, "action", "block", HOLDS)
    given["required_risk_classes"] = given.get("required_risk_classes") or SEVERE_RISK_CLASSES
    if not 0 <= score <= 1:
        raise misfit_of(node, "min_score", "0 to 1")
    if given.get("max_age"):
        given["max_age"] = _age(given["max_age"], node)


def _age(text: str, node: Node) -> str:
    try:
        nanoseconds = parse_duration(text)
    except InvalidInput as exc:
        raise misfit_of(node, "max_age", "a duration such as 90m") from exc
    if nanoseconds <= 0:
        raise misfit_of(node, "max_age", "more than 0s")
    return duration_text(nanoseconds)


def complete_endpoint(given: Members, node: Node) -> None:
    """Enable it when it constrains something, and fill in what happens then."""
    if not _enable(given, _ENDPOINT_LISTS):
        return
    _default(given, node, "action", "block", HOLDS)
    _default(given, node, "destructive_action", "", HOLDS)
    for name in ("reason_code", "violation"):
        given[name] = given.get(name) or "endpoint_constraint_violation"


def complete_dataflow(given: Members, node: Node) -> None:
    """Enable it when it constrains something, and fill in what happens then."""
    if not _enable(given, _DATAFLOW_LISTS):
        return
    given["tainted_sources"] = given.get("tainted_sources") or TAINTED_SOURCES
    _default(given, node, "action", "require_approval", HOLDS)
    given["reason_code"] = given.get("reason_code") or "dataflow_tainted_destination"
    given["violation"] = given.get("violation") or "tainted_dataflow"


def complete_rate_limit(given: Members, node: Node) -> None:
    """Fill in window and scope of a limit; without requests it is none, and nothing is checked."""
    if given.get("requests"):
        _default(given, node, "window", "minute", RATE_WINDOWS)
        _default(given, node, "scope", "tool_identity", RATE_SCOPES)


def complete_budget(given: Members, node: Node) -> None:
    """Insist on a number as soon as anything is set."""
    if any(given.values()) and not given.get("requests"):
        raise misfit_of(node, "requests", "1 or more")
    complete_rate_limit(given, node)


def complete_freeze_window(given: Members, node: Node) -> None:
    """Insist on a time zone and a window as soon as anything is set."""
    if not _enable(given, tuple(given)):
        return
    if not given.get("timezone"):
        raise misfit_of(node, "timezone", "a time zone such as UTC")
    _default(given, node, "effect", "block", HOLDS)
    if not given.get("windows"):
        raise misfit_of(node, "windows", "at least one window")
    given["windows"] = tuple(
        window if window.name else msgspec.structs.replace(window, name=f"window-{number}")
        for number, window in enumerate(given["windows"], 1)
    )


def complete_window(given: Members, node: Node) -> None:
    """Insist on both ends; what they say is looked at when a call is judged."""
    for name in ("start", "end"):
        if not given.get(name):
            raise misfit_of(node, name, "a local time such as 2026-01-31T18:00:00")


def complete_sandbox(given: Members, _: Node) -> None:
    """Enable it when anything is set."""
    _enable(given, tuple(given))


def clean_paths(node: Node) -> tuple[str, ...]:
    """Read a set of paths: cleaned, without blanks and `.`, sorted."""
    return tuple(sorted(set(items(node, _clean_path)) - {""}))


def _clean_path(node: Node) -> str:
    path = trim(as_written(node))
    if _is_assignment(path):
        raise Misfit(node, "a path")
    clean = clean_path(path)
    return "" if clean == "." else clean


def _one_spelling(given: Members, node: Node, name: str, alias: str) -> str:
    """Return the verdict that a member and its alias say; both may, if they say the same."""
    written = given.get(alias, "")
    aliased, verdict = normal(written), given.get(name, "")
    if aliased and aliased not in VERDICTS:
        raise misfit_of(node, alias, f"one of {', '.join(VERDICTS)}")
    if verdict and aliased and verdict != aliased:
        raise misfit_of(node, alias, f"{verdict}, as {name} says")
    return verdict or aliased


def _enable(given: Members, by: tuple[str, ...]) -> bool:
    given["enabled"] = bool(given.get("enabled") or any(given.get(name) for name in by))
    return bool(given["enabled"])


def _default(given: Members, node: Node, name: str, value: str, allowed: Collection[str]) -> None:
    """Fill in a member that was left out, and check one that was not."""
    given[name] = given.get(name) or value
    if given[name] and given[name] not in allowed:
        raise misfit_of(node, name, f"one of {', '.join(allowed)}")
