"""From observations to a report: fingerprints, families, severity, drivers (scout.md 1)."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from gait_engine.contract.common import Record, always
from gait_engine.contract.scout import (
    Family,
    Fingerprint,
    Issue,
    Observation,
    SignalReport,
    Suggestion,
)
from gait_engine.scout.evidence import Evidence, RunEvidence
from gait_engine.scout.facets import CONFIGURATION, POLICY, REFERENCES, RESULTS
from gait_engine.scout.names import CLASS_SCORES, sensitivity, tool_class
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.digest import Digest, sha256_hex

_MOST_ISSUES: Final = 10
_MOST_REASONS_SCORED: Final = 9
_MOST_MEMBERS_SCORED: Final = 10
_LEVELS: Final = ((150, "critical"), (110, "high"), (70, "medium"))
_POLICY_WORDS: Final = ("policy", "approval", "blocked", "credential")
_NOTHING: Final = RunEvidence()

_DRIVER_WORDS: Final = (
    (POLICY, (*_POLICY_WORDS, "violation")),
    (RESULTS, ("diff", "schema", "result_status", "grader", "unexpected_exit_code")),
    (REFERENCES, ("ref", "receipt", "retrieval", "source")),
    (CONFIGURATION, ("config", "nondeterministic", "runtime", "timeout")),
)
"""The first row of which a reason code contains a word names its driver."""

_SUGGESTIONS: Final = {
    CONFIGURATION: Suggestion(
        kind="configuration",
        summary="pin the runtime, the model and the tool configuration, then repeat the bootstrap",
        likely_scope="wrapper runtime config + CI env",
    ),
    POLICY: Suggestion(
        kind="policy_fixture",
        summary="add or tighten a policy fixture, then run gait policy test",
        likely_scope="policy/*.yaml + examples/policy/intents",
    ),
    REFERENCES: Suggestion(
        kind="regress_fixture",
        summary="pin filters and receipts, capture a new runpack, then run gait regress run",
        likely_scope="run input + refs receipts",
    ),
    RESULTS: Suggestion(
        kind="regress_fixture",
        summary="add or update a fixture, then run gait regress run --json",
        likely_scope="fixtures/* + gait.yaml",
    ),
}


class _Behaviour(Record, frozen=True, kw_only=True):
    """What a fingerprint digests."""

    action_sequence: tuple[str, ...] = always(())
    reason_code_vector: tuple[str, ...] = always(())
    ref_receipt_digests: tuple[str, ...] = always(())
    target_systems: tuple[str, ...] = always(())
    tool_classes: tuple[str, ...] = always(())


class Seen(NamedTuple):
    """A run with all that is known of it."""

    observation: Observation
    fingerprint: Fingerprint
    base_score: int


def see(observation: Observation, evidence: Evidence, producer_version: str) -> Seen:
    """Join a run with the evidence about it."""
    known = evidence.get(observation.run_id, _NOTHING)
    reasons = tuple(sorted({*observation.reasons, *known.reasons}))
    classes = tuple(sorted({tool_class(tool) for tool in observation.action_sequence}))
    fingerprint = Fingerprint(
        producer_version=producer_version,
        run_id=observation.run_id,
        fingerprint=_fingerprint(observation, classes, reasons),
        action_sequence=observation.action_sequence,
        tool_classes=classes,
        target_systems=observation.target_systems,
        reason_code_vector=reasons,
        ref_receipt_digests=observation.ref_receipt_digests,
        source_runpack=observation.source,
        trace_count=known.trace_count,
        regress_evidence_seen=known.regress_seen,
    )
    return Seen(observation, fingerprint, _base_score(fingerprint))


def build_report(runs: Sequence[Seen], producer_version: str) -> SignalReport:
    """Group runs with equal fingerprints and rank the groups; the order of runs is of no effect."""
    ordered = sorted(runs, key=lambda run: (run.fingerprint.run_id, run.fingerprint.source_runpack))
    members: dict[str, list[Seen]] = {}
    for run in ordered:
        members.setdefault(run.fingerprint.fingerprint, []).append(run)
    families = sorted(map(_family, members.values()), key=_gravity)
    return SignalReport(
        producer_version=producer_version,
        run_count=len(ordered),
        family_count=len(families),
        fingerprints=tuple(run.fingerprint for run in ordered),
        families=tuple(families),
        top_issues=tuple(
            _issue(rank, family) for rank, family in enumerate(families[:_MOST_ISSUES], 1)
        ),
    )


def family_id(fingerprint: str) -> str:
    """Name the family of a fingerprint."""
    return f"fam_{fingerprint[:12]}"


def drivers(reasons: Iterable[str]) -> tuple[str, ...]:
    """Name what the words in reason codes speak of; configuration where they speak of nothing."""
    found = {_driver(reason) for reason in reasons} - {""}
    return tuple(sorted(found or {CONFIGURATION}))


def _fingerprint(
    observation: Observation, classes: Sequence[str], reasons: Sequence[str]
) -> Digest:
    behaviour = _Behaviour(
        action_sequence=observation.action_sequence,
        reason_code_vector=tuple(reasons),
        ref_receipt_digests=observation.ref_receipt_digests,
        target_systems=observation.target_systems,
        tool_classes=tuple(classes),
    )
    return sha256_hex(canonical_record(behaviour))


def _base_score(run: Fingerprint) -> int:
    privilege = max((CLASS_SCORES[kind] for kind in run.tool_classes), default=1)
    is_policy = any(word in reason for reason in run.reason_code_vector for word in _POLICY_WORDS)
    return (
        30 * privilege
        + 15 * sensitivity(run.target_systems)
        + (20 if is_policy else 0)
        + min(len(run.reason_code_vector), _MOST_REASONS_SCORED)
    )


def _family(runs: Sequence[Seen]) -> Family:
    """Describe the runs with one fingerprint, which share their reasons, too."""
    first = runs[0].fingerprint
    score = max(run.base_score for run in runs) + min(len(runs), _MOST_MEMBERS_SCORED)
    found = drivers(first.reason_code_vector)
    return Family(
        family_id=family_id(first.fingerprint),
        fingerprint=first.fingerprint,
        count=len(runs),
        run_ids=tuple(dict.fromkeys(run.fingerprint.run_id for run in runs)),
        canonical_run_id=first.run_id,
        top_failure_reason=next(iter(first.reason_code_vector), ""),
        drivers=found,
        severity_score=score,
        severity_level=next((level for least, level in _LEVELS if score >= least), "low"),
        artifact_pointers=tuple(sorted({run.fingerprint.source_runpack for run in runs})),
        suggestions=tuple(_SUGGESTIONS[driver] for driver in found),
    )


def _driver(reason: str) -> str:
    for driver, words in _DRIVER_WORDS:
        if any(word in reason for word in words):
            return driver
    return ""


def _gravity(family: Family) -> tuple[int, int, str]:
    return -family.severity_score, -family.count, family.family_id


def _issue(rank: int, family: Family) -> Issue:
    return Issue(
        rank=rank,
        family_id=family.family_id,
        fingerprint=family.fingerprint,
        count=family.count,
        canonical_run_id=family.canonical_run_id,
        top_failure_reason=family.top_failure_reason,
        drivers=family.drivers,
        severity_score=family.severity_score,
        severity_level=family.severity_level,
        suggestions=family.suggestions,
    )
