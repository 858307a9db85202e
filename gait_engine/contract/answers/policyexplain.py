"""`gait policy explain`: why a policy decides as it does, rule by rule (gate.md 2.5, 3)."""

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Record, always
from gait_engine.contract.decision import FreezeDecision, SandboxDecision
from gait_engine.contract.policy import RateLimit, Texts, verdict_exit
from gait_engine.wire.timestamps import Timestamp


class Condition(Record, frozen=True, kw_only=True):
    """What a rule asks of one field, and what the intent has there.

    `relation` says how `found` must stand to `wanted`: `any_of`, `none_of`, `all_of`,
    `starts_with`, `below` (a path), `at_most`, `after`, `is_set`. Where a check after the match
    looks at many values, `found` are those that fail, if any does; at most 20 values are listed.
    """

    field: str = always("")
    relation: str = always("any_of")
    wanted: Texts = always(())
    found: Texts = always(())
    found_left_out: int = 0
    met: bool = always(False)


class Check(Record, frozen=True, kw_only=True):
    """One check after the match.

    `state`: `not_set` by the rule, `passed`, or `raised`; then `verdict` is the least that the
    check lets stand, which the effect of the rule may exceed. A freeze and a data flow hold a
    call back only when none of their conditions is met.
    """

    name: str = always("")
    state: str = always("")
    verdict: str = ""
    reason_codes: Texts = ()
    violations: Texts = ()
    conditions: tuple[Condition, ...] = ()


class Outcome(Record, frozen=True, kw_only=True):
    """What a matching rule makes of the call after its checks, in the contract's order."""

    verdict: str = always("")
    reason_codes: Texts = ()
    violations: Texts = ()
    checks: tuple[Check, ...] = always(())
    freeze_window: FreezeDecision | UnsetType = UNSET
    sandbox: SandboxDecision | UnsetType = UNSET


class ExplainedRule(Record, frozen=True, kw_only=True):
    """A rule and its part in the decision; effect and codes are those the policy declares.

    `state`: `decides`; `taken` (matches at the priority that decides, its verdict is weaker);
    `not_matched`; `ends_walk` (the first match of another priority); `not_reached`. The rules
    that were not reached have their conditions compared all the same. `line` counts from 1.
    """

    name: str = always("")
    priority: int = always(0)
    line: int = 0
    effect: str = always("")
    reason_codes: Texts = ()
    violations: Texts = ()
    state: str = always("")
    matches: bool = always(False)
    conditions: tuple[Condition, ...] = always(())
    conditions_not_set: int = always(0)
    outcome: Outcome | UnsetType = UNSET


class ExplainedStep(Record, frozen=True, kw_only=True):
    """A step of a script, judged as a call of its own; `index` counts from 0."""

    index: int = always(0)
    tool_name: str = always("")
    risk_class: str = always("")
    verdict: str = always("")
    reason_codes: Texts = ()
    violations: Texts = ()
    matched_rule: str = ""
    decided_by: str = always("")
    rules: tuple[ExplainedRule, ...] = always(())
    rules_left_out: int = 0


class ExplainedScript(Record, frozen=True, kw_only=True):
    """What the policy asks of a script as a whole."""

    step_count: int = always(0)
    composite_risk_class: str = ""
    limits: tuple[Check, ...] = always(())
    steps: tuple[ExplainedStep, ...] = always(())


class RequiredFact(Record, frozen=True, kw_only=True):
    """A fact that must be known before any rule is asked; the codes are those of its absence."""

    field: str = always("")
    present: bool = always(False)
    reason_code: str = ""
    violation: str = ""


class FailClosedCheck(Record, frozen=True, kw_only=True):
    """What was checked before the rules; it stops if it concerns the intent and a fact is missing.

    `facts` are compared whether or not it concerns the risk class of the intent.
    """

    enabled: bool = always(False)
    risk_class: str = always("")
    risk_classes: Texts = ()
    concerns_intent: bool = always(False)
    stops: bool = always(False)
    facts: tuple[RequiredFact, ...] = ()


class Requirements(Record, frozen=True, kw_only=True):
    """What the decision still asks for; `gate eval` allows a call once its approvals are there.

    `required_approvals` is 0 unless the verdict is require_approval; every token must hold the
    whole `approval_scope`, or `*`, and be of someone else than those who ask for the call.
    """

    required_approvals: int = 0
    require_distinct_approvers: bool = False
    approval_scope: Texts = ()
    may_not_approve: Texts = ()
    require_delegation: bool = False
    delegation_scopes: Texts = ()
    require_broker_credential: bool = False
    broker_reference: str = ""
    broker_scopes: Texts = ()
    rate_limit: RateLimit | UnsetType = UNSET
    destructive_budget: RateLimit | UnsetType = UNSET


class IgnoredClaim(Record, frozen=True, kw_only=True):
    """Context evidence that the intent claims: digested, never counted."""

    field: str = always("")
    value: str = always("")


class Change(Record, frozen=True, kw_only=True):
    """One change and the verdict it leads to, found by evaluating again with it.

    `kind`: `intent` (the field `where` of the intent file has one of `values`), `time`,
    `context_envelope`, `policy`. `change` says it in words.
    """

    kind: str = always("")
    change: str = always("")
    where: str = ""
    values: Texts = ()
    rule: str = ""
    verdict: str = always("")
    matched_rule: str = ""


class NotConsidered(Record, frozen=True, kw_only=True):
    """Something `gate eval` looks at and an explanation does not."""

    name: str = always("")
    note: str = always("")


class PolicyExplainAnswer(Answer, frozen=True, kw_only=True):
    """Why a policy decides as it does about one intent.

    `intent_digest` is that of the intent as given, as in `policy test`; `prepared_intent_digest`
    the one that `gate eval` prints and approvals bind to. `decided_by`: `rules`,
    `default_verdict`, `fail_closed` or `script`. `rules` are in the order of the walk; for a
    script they stand in its steps.
    """

    policy: str = ""
    intent: str = ""
    tool_name: str = ""
    policy_digest: str = ""
    intent_digest: str = ""
    prepared_intent_digest: str = ""
    evaluated_at: Timestamp = Timestamp("")
    verdict: str = ""
    reason_codes: Texts = ()
    violations: Texts = ()
    matched_rule: str = ""
    decided_by: str = ""
    default_verdict: str = ""
    fail_closed: FailClosedCheck = FailClosedCheck()
    ignored_claims: tuple[IgnoredClaim, ...] = ()
    rules: tuple[ExplainedRule, ...] = ()
    script: ExplainedScript | UnsetType = UNSET
    requirements: Requirements = Requirements()
    what_would_change: tuple[Change, ...] = ()
    changes_tried: int = 0
    changes_cut: bool = False
    not_considered: tuple[NotConsidered, ...] = ()

    @property
    def success_code(self) -> int:
        """A verdict is the exit code, as in `policy test`; one that is not known is a block."""
        return verdict_exit(self.verdict)
