"""The decision about an intent, from policy, intent and circumstances alone (gate.md 3.1).

Pure: no file, no clock, no network, no log. What may be inconvenient to know has been looked up
by the caller and is in the circumstances.
"""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gait_engine.contract.decision import Decision, KillSwitchDecision
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Policy
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.failclosed import missing_facts
from gait_engine.gate.inventory import with_inventory
from gait_engine.gate.rules import judge_call
from gait_engine.gate.verdicts import merged

_UNAVAILABLE: Final = "kill_switch_state_unavailable"
_ACTIVE: Final = "kill_switch_active"


def evaluate(policy: Policy, intent: NormalIntent, around: Circumstances) -> Decision:
    """Decide a prepared intent.

    The order is fixed: facts that must be known, a kill switch that cannot be read, the rules, the
    kill switch. The approval of a script stands in the place of the rules, but not of the rest.
    """
    stopped = missing_facts(policy, intent) or _unavailable(around.kill_switch)
    if stopped is not None:
        return stopped
    if around.approved_pattern and not _is_thrown(around.kill_switch):
        from gait_engine.gate.scriptrules import pass_script

        decision = pass_script(intent, around.approved_pattern)
    elif intent.script is not UNSET:
        from gait_engine.gate.scriptrules import judge_script

        decision = judge_script(policy, intent, around)
    else:
        decision = judge_call(policy, with_inventory(intent, around.inventory), around)
    return _under_kill_switch(decision, around.kill_switch)


def _unavailable(kill: KillSwitchDecision | UnsetType) -> Decision | None:
    if kill is UNSET or kill.status != "unavailable":
        return None
    return Decision(
        verdict="block",
        reason_codes=(_UNAVAILABLE,),
        violations=(_UNAVAILABLE,),
        kill_switch=kill,
    )


def _is_thrown(kill: KillSwitchDecision | UnsetType) -> bool:
    return kill is not UNSET and kill.status == "active"


def _under_kill_switch(decision: Decision, kill: KillSwitchDecision | UnsetType) -> Decision:
    if kill is UNSET:
        return decision
    if not _is_thrown(kill):
        return msgspec.structs.replace(decision, kill_switch=kill)
    return msgspec.structs.replace(
        decision,
        verdict="block",
        reason_codes=merged(decision.reason_codes, kill.reason_codes),
        violations=merged(decision.violations, (_ACTIVE,)),
        kill_switch=kill,
    )
