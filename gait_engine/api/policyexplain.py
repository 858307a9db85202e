"""Why a policy decides as it does about an intent, and what would change that (gate.md 2.5, 3)."""

from collections.abc import Mapping

import msgspec

from gait_engine.contract.answers.policyexplain import PolicyExplainAnswer
from gait_engine.contract.intent import InventoryItem, NormalIntent
from gait_engine.contract.policy import Policy
from gait_engine.errors import InvalidInput
from gait_engine.gate.circumstances import Circumstances, zone_for
from gait_engine.gate.explain.around import ignored_claims
from gait_engine.gate.explain.case import Case
from gait_engine.gate.explain.changes import what_would_change
from gait_engine.gate.explain.lines import rule_lines
from gait_engine.gate.explain.walk import explain
from gait_engine.gate.intent import intent_digest, normalise, parse_intent
from gait_engine.gate.inventory import read_inventory, with_inventory
from gait_engine.gate.policy import from_tree, read_policy_file
from gait_engine.gate.policydigest import policy_digest
from gait_engine.gate.prepare import prepared
from gait_engine.host import Host
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.wire.jsonread import Source
from gait_engine.wire.timestamps import Timestamp, from_ns, to_utc
from gait_engine.wire.timestamps import normalise as normal_instant
from gait_engine.wire.yamlread import read_yaml


def policy_explain(
    policy_path: str,
    intent_path: str,
    *,
    wrkr_inventory: str = "",
    evaluation_time: str = "",
    host: Host,
) -> PolicyExplainAnswer:
    """Explain what a policy decides about an intent; nothing is written.

    `evaluation_time` is RFC 3339, now when empty; `wrkr_inventory` a path, empty for none.
    Raises InvalidInput for what cannot be read, IoFailure.
    """
    _require({"policy": policy_path, "intent": intent_path})
    at = _instant(evaluation_time, host)
    tree = read_yaml(read_policy_file(policy_path, host=host), policy_path)
    policy = from_tree(tree, policy_path)
    text = read_input(intent_path, limit=TEXT_LIMIT, host=host, what="intent")
    request = parse_intent(text, intent_path)
    given = normalise(request, Source(intent_path))
    bare = prepared(given)
    around = _around(policy, at, _inventory(wrkr_inventory, host), host)
    answer = explain(policy, bare, around, rule_lines(tree))
    changes = what_would_change(Case(policy, request, around), answer)
    return msgspec.structs.replace(
        answer,
        policy=policy_path,
        intent=intent_path,
        policy_digest=policy_digest(policy),
        intent_digest=intent_digest(given),
        prepared_intent_digest=intent_digest(_judged(bare, around, answer)),
        ignored_claims=ignored_claims(given, bare),
        what_would_change=changes.found,
        changes_tried=changes.tried,
        changes_cut=changes.is_cut,
    )


def _judged(bare: NormalIntent, around: Circumstances, answer: PolicyExplainAnswer) -> NormalIntent:
    """Return the intent that the gate digests: with what an inventory adds once rules are asked."""
    is_stopped = answer.decided_by == "fail_closed"
    return bare if is_stopped else with_inventory(bare, around.inventory)


def _require(options: Mapping[str, str]) -> None:
    for name, value in options.items():
        if not value:
            raise InvalidInput(
                f"option --{name}: not given, expected a file",
                hint="gait policy explain --policy POLICY.yaml --intent INTENT.json",
            )


def _instant(text: str, host: Host) -> Timestamp:
    return to_utc(normal_instant(text)) if text else from_ns(host.now_ns())


def _inventory(path: str, host: Host) -> Mapping[str, InventoryItem]:
    if not path:
        return {}
    text = read_input(path, limit=TEXT_LIMIT, host=host, what="wrkr inventory")
    return read_inventory(text, path)


def _around(
    policy: Policy, at: Timestamp, inventory: Mapping[str, InventoryItem], host: Host
) -> Circumstances:
    return Circumstances(at=at, local=zone_for((policy,), host.env), inventory=inventory)
