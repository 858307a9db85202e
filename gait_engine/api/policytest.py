"""What a policy decides about intents, tried out without effect (gate.md 9)."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from gait_engine.contract.answers.policytest import (
    POLICY_TEST_SCHEMA,
    ChangedFixture,
    PolicySimulateAnswer,
    PolicyTestAnswer,
    VerdictCount,
)
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Policy
from gait_engine.errors import InvalidInput
from gait_engine.gate.circumstances import Circumstances, zone_for
from gait_engine.gate.evaluate import evaluate
from gait_engine.gate.intent import intent_digest, read_intent
from gait_engine.gate.policy import load
from gait_engine.gate.policydigest import policy_digest
from gait_engine.gate.prepare import prepared
from gait_engine.host import Host
from gait_engine.store.fixtures import find_fixtures
from gait_engine.wire.timestamps import EPOCH_1980, from_ns, is_zero, to_utc

_SUMMARY_BYTES: Final = 240
_broken_byte: Final = re.compile("[\udc80-\udcff]")
"""A byte of a character that was cut in two."""


class _Pair(NamedTuple):
    """What two policies decide about one fixture."""

    path: str
    intent: NormalIntent
    baseline: Decision
    candidate: Decision

    @property
    def is_changed(self) -> bool:
        return any(getattr(self.baseline, name) != getattr(self.candidate, name) for name in _SHOWN)


_SHOWN: Final = ("verdict", "reason_codes", "violations", "matched_rule")
"""What makes two decisions differ."""


def policy_test(policy_path: str, intent_path: str, *, host: Host) -> PolicyTestAnswer:
    """Say what a policy decides about an intent; no approval, no evidence, freezes as of now.

    Raises InvalidInput for what cannot be read, IoFailure.
    """
    policy = load(policy_path, host=host)
    intent = read_intent(intent_path, host=host)
    decision = evaluate(policy, prepared(intent), _now((policy,), host))
    created_at = intent.created_at
    return PolicyTestAnswer(
        ok=True,
        schema_id=POLICY_TEST_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=EPOCH_1980 if is_zero(created_at) else to_utc(created_at),
        policy_digest=policy_digest(policy),
        intent_digest=intent_digest(intent),
        verdict=decision.verdict,
        reason_codes=decision.reason_codes,
        violations=decision.violations,
        matched_rule=decision.matched_rule,
        summary=_test_summary(decision),
    )


def policy_simulate(
    candidate_path: str, *, baseline: str, fixtures: Sequence[str], host: Host
) -> PolicySimulateAnswer:
    """Say what a candidate policy would decide otherwise than the baseline.

    Fixtures are intents, `.json` files or folders of such; one that cannot be read fails all.
    Raises InvalidInput, IoFailure.
    """
    _require({"policy": candidate_path, "baseline": baseline})
    candidate, base = load(candidate_path, host=host), load(baseline, host=host)
    around = _now((base, candidate), host)
    pairs = [
        _pair(path, read_intent(path, host=host), base, candidate, around)
        for path in find_fixtures(fixtures, host=host)
    ]
    changed = tuple(_changed(pair) for pair in pairs if pair.is_changed)
    advice = _recommendation(changed)
    return PolicySimulateAnswer(
        ok=True,
        baseline_policy_digest=policy_digest(base),
        candidate_policy_digest=policy_digest(candidate),
        fixtures_total=len(pairs),
        changed_fixtures=len(changed),
        baseline_verdicts=_counts(pair.baseline.verdict for pair in pairs),
        candidate_verdicts=_counts(pair.candidate.verdict for pair in pairs),
        recommendation=advice,
        summary=(
            f"policy simulate fixtures={len(pairs)} changed={len(changed)} recommendation={advice}"
        ),
        changed=changed,
    )


def _now(policies: tuple[Policy, ...], host: Host) -> Circumstances:
    return Circumstances(at=from_ns(host.now_ns()), local=zone_for(policies, host.env))


def _require(options: dict[str, str]) -> None:
    for name, value in options.items():
        if not value:
            raise InvalidInput(f"option --{name}: not given, expected a policy file")


def _pair(
    path: str, intent: NormalIntent, base: Policy, candidate: Policy, around: Circumstances
) -> _Pair:
    bare = prepared(intent)
    return _Pair(path, intent, evaluate(base, bare, around), evaluate(candidate, bare, around))


def _changed(pair: _Pair) -> ChangedFixture:
    baseline, candidate = pair.baseline, pair.candidate
    return ChangedFixture(
        fixture_path=pair.path,
        intent_digest=intent_digest(pair.intent),
        baseline_verdict=baseline.verdict,
        candidate_verdict=candidate.verdict,
        baseline_reason_codes=baseline.reason_codes,
        candidate_reason_codes=candidate.reason_codes,
        baseline_violations=baseline.violations,
        candidate_violations=candidate.violations,
        baseline_matched_rule=baseline.matched_rule,
        candidate_matched_rule=candidate.matched_rule,
        changed=True,
    )


def _counts(verdicts: Iterable[str]) -> tuple[VerdictCount, ...]:
    counted = sorted(Counter(verdicts).items())
    return tuple(VerdictCount(verdict=verdict, count=count) for verdict, count in counted)


def _recommendation(changed: Sequence[ChangedFixture]) -> str:
    """Advise how to roll a candidate out: the more it lets through, the more carefully."""
    if any(_turns_into("allow", fixture) for fixture in changed):
        return "observe"
    if any(_turns_into("block", fixture) for fixture in changed):
        return "require_approval"
    return "enforce"


def _turns_into(verdict: str, fixture: ChangedFixture) -> bool:
    return fixture.candidate_verdict == verdict != fixture.baseline_verdict


def _test_summary(decision: Decision) -> str:
    reasons = ",".join(decision.reason_codes) or "none"
    violations = ",".join(decision.violations) or "none"
    return _cut(f"policy test verdict={decision.verdict} reasons={reasons} violations={violations}")


def _cut(summary: str) -> str:
    """Cut at 240 bytes, a mark with the number of those beyond included."""
    text = summary.encode()
    if len(text) <= _SUMMARY_BYTES:
        return summary
    mark = f"...(+{len(text) - _SUMMARY_BYTES})"
    kept = text[: _SUMMARY_BYTES - len(mark)].decode("utf-8", "surrogateescape")
    return _broken_byte.sub("\ufffd", kept) + mark
