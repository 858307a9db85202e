"""What the gate decided about one intent, and what the decision still asks for (gate.md 3, 4.6)."""

from msgspec import UNSET, UnsetType

from gait_engine.contract.common import Int64, Record, always
from gait_engine.contract.policy import RateLimit, Texts
from gait_engine.contract.trace import FreezeWindow as FreezeDecision
from gait_engine.contract.trace import KillSwitch as KillSwitchDecision
from gait_engine.contract.trace import Sandbox as SandboxDecision
from gait_engine.contract.trace import StepVerdict

__all__ = ["Decision", "FreezeDecision", "KillSwitchDecision", "SandboxDecision", "StepVerdict"]


class Decision(Record, frozen=True, kw_only=True):
    """A verdict with its reasons, before approvals, delegation, broker and rate limits.

    Every list is sorted and free of repetitions but `step_verdicts`, which is in step order.
    `is_judged` is false where fail_closed or an unreadable kill switch stopped before any rule.
    """

    verdict: str = always("")
    reason_codes: Texts = ()
    violations: Texts = ()
    min_approvals: Int64 = 0
    require_distinct_approvers: bool = False
    require_delegation: bool = False
    delegation_scopes: Texts = ()
    require_broker_credential: bool = False
    broker_reference: str = ""
    broker_scopes: Texts = ()
    rate_limit: RateLimit | UnsetType = UNSET
    destructive_budget: RateLimit | UnsetType = UNSET
    is_judged: bool = False
    script: bool = False
    step_count: Int64 = 0
    script_hash: str = ""
    composite_risk_class: str = ""
    step_verdicts: tuple[StepVerdict, ...] = ()
    matched_rule: str = ""
    freeze_window: FreezeDecision | UnsetType = UNSET
    sandbox: SandboxDecision | UnsetType = UNSET
    kill_switch: KillSwitchDecision | UnsetType = UNSET
    pattern_id: str = ""
    """The approved script that let a script pass; empty for every other decision."""
