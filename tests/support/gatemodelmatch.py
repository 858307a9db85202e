"""The naive model, matching: which rules are about a call (gate.md 2.5)."""

from collections.abc import Callable
from typing import Any

Dict = dict[str, Any]
Test = Callable[[Any], bool]


def model_matches(match: Dict, intent: Dict) -> bool:
    tests = call_tests(intent) | target_tests(intent) | delegation_tests(intent)
    return all(tests[field](wanted) for field, wanted in match.items())


def call_tests(intent: Dict) -> dict[str, Test]:
    context = intent["context"]
    auth = context.get("auth_context", {})
    skill = intent.get("skill_provenance", {"publisher": "", "source": ""})
    sources = [entry["source"] for entry in intent.get("arg_provenance", [])]

    def says(key: str) -> Test:
        said = auth.get(key)
        return lambda wanted: isinstance(said, str) and said.strip().lower() in wanted

    return {
        "tool_names": lambda wanted: intent["tool_name"] in wanted,
        "risk_classes": lambda wanted: context["risk_class"] in wanted,
        "identities": lambda wanted: context["identity"] in wanted,
        "workspace_prefixes": lambda wanted: any(
            context["workspace"].startswith(prefix) for prefix in wanted
        ),
        "skill_publishers": lambda wanted: skill["publisher"].lower() in wanted,
        "skill_sources": lambda wanted: skill["source"] in wanted,
        "provenance_sources": lambda wanted: any(source in wanted for source in sources),
        "context_tool_names": says("wrkr.tool_name"),
        "context_data_classes": says("wrkr.data_class"),
        "context_endpoint_classes": says("wrkr.endpoint_class"),
        "context_autonomy_levels": says("wrkr.autonomy_level"),
    }


def target_tests(intent: Dict) -> dict[str, Test]:
    """Each condition needs some target, not all of them the same one."""
    targets = intent.get("targets", [])

    def some_target(field: str) -> Test:
        return lambda wanted: any(target.get(field, "") in wanted for target in targets)

    return {
        "target_kinds": some_target("kind"),
        "target_values": some_target("value"),
        "endpoint_classes": some_target("endpoint_class"),
        "discovery_method": some_target("discovery_method"),
        "data_classes": some_target("sensitivity"),
        "destination_kinds": some_target("kind"),
        "destination_values": some_target("value"),
        "destination_operations": some_target("operation"),
        "tool_annotations": lambda wanted: all(
            any(target.get(hint, False) is value for target in targets)
            for hint, value in wanted.items()
        ),
    }


def delegation_tests(intent: Dict) -> dict[str, Test]:
    delegation = intent.get("delegation", {})
    there = "delegation" in intent
    chain = delegation.get("chain", [])
    givers = [link["delegator_identity"] for link in chain]
    takers = [link["delegate_identity"] for link in chain]
    takers += [delegation["requester_identity"]] if there else []
    scopes = [link.get("scope_class", "") for link in [*chain, delegation]]
    return {
        "require_delegation": lambda _: there,
        "allowed_delegator_identities": lambda wanted: any(name in wanted for name in givers),
        "allowed_delegate_identities": lambda wanted: any(name in wanted for name in takers),
        "delegation_scopes": lambda wanted: any(scope and scope in wanted for scope in scopes),
        "max_delegation_depth": lambda wanted: there and len(chain) <= wanted,
    }
