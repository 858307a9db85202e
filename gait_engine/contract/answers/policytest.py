"""`gait policy test|simulate`: what a policy decides, tried out without effect (gate.md 9)."""

from typing import Final

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Int64, Record, always
from gait_engine.contract.policy import verdict_exit

POLICY_TEST_SCHEMA: Final = "gait.policytest.result"


class PolicyTestAnswer(Answer, frozen=True, kw_only=True):
    """What a policy decides about one intent; the time is the intent's own."""

    schema_id: str = ""
    schema_version: str = ""
    created_at: str = ""
    policy_digest: str = ""
    intent_digest: str = ""
    verdict: str = ""
    reason_codes: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()
    matched_rule: str = ""
    summary: str = ""

    @property
    def success_code(self) -> int:
        """A verdict is the exit code; one that is not known is a block."""
        return verdict_exit(self.verdict)


class VerdictCount(Record, frozen=True, kw_only=True):
    """How many fixtures got a verdict."""

    verdict: str = always("")
    count: Int64 = always(0)


class ChangedFixture(Record, frozen=True, kw_only=True):
    """A fixture that two policies decide otherwise."""

    fixture_path: str = always("")
    intent_digest: str = always("")
    baseline_verdict: str = always("")
    candidate_verdict: str = always("")
    baseline_reason_codes: tuple[str, ...] = ()
    candidate_reason_codes: tuple[str, ...] = ()
    baseline_violations: tuple[str, ...] = ()
    candidate_violations: tuple[str, ...] = ()
    baseline_matched_rule: str = ""
    candidate_matched_rule: str = ""
    changed: bool = always(False)


class PolicySimulateAnswer(Answer, frozen=True, kw_only=True):
    """What a candidate policy changes for a set of intents."""

    baseline_policy_digest: str = ""
    candidate_policy_digest: str = ""
    fixtures_total: Int64 = 0
    changed_fixtures: Int64 = 0
    baseline_verdicts: tuple[VerdictCount, ...] = ()
    candidate_verdicts: tuple[VerdictCount, ...] = ()
    recommendation: str = ""
    summary: str = ""
    changed: tuple[ChangedFixture, ...] = ()
