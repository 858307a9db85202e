"""Choosing the evidence of an incident: what stands beside the run and fell into its window.

Contract: guard-doctor-registry.md E.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeVar

from gait_engine.contract.approval import ApprovalAudit
from gait_engine.contract.broker import CredentialRecord
from gait_engine.contract.pack import IncidentWindow
from gait_engine.contract.scout import RegressEvidence
from gait_engine.contract.trace import Trace
from gait_engine.errors import InvalidInput, VerificationFailed
from gait_engine.gate.trace import parse_trace
from gait_engine.guard.evidence import (
    Evidence,
    discovered,
    evidence_text,
    found_beside,
    parse_audit,
    parse_credential,
    parse_regress,
    require_listable,
)
from gait_engine.host import Host
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import Timestamp, from_ns, parse_duration, to_ns

DEFAULT_WINDOW: Final = "24h"

_SECOND_NS: Final = 10**9

DatedT = TypeVar("DatedT", Trace, RegressEvidence, ApprovalAudit, CredentialRecord)


class Skipped(NamedTuple):
    """A file that was found and left out because it must be refused, and why."""

    path: str
    code: str


class Selection(NamedTuple):
    """The evidence within a window, in the order of its paths, and what was left out."""

    traces: tuple[Trace, ...]
    regress: tuple[RegressEvidence, ...]
    audits: tuple[ApprovalAudit, ...]
    credentials: tuple[CredentialRecord, ...]
    skipped: tuple[Skipped, ...]

    @property
    def policy_digests(self) -> tuple[str, ...]:
        """The policies that decided, as written, unique and sorted; blank ones are none."""
        return tuple(sorted({each.policy_digest for each in self.traces if _says(each)}))


def incident_window(text: str, anchor: Timestamp, run_id: str) -> IncidentWindow:
    """Return the time around a run, both ends included; nothing or less means 24 hours.

    Raises InvalidInput for what is no duration.
    """
    span = parse_duration(text)
    if span <= 0:
        span = parse_duration(DEFAULT_WINDOW)
    middle = to_ns(anchor)
    return IncidentWindow(
        start=from_ns(middle - span),
        end=from_ns(middle + span),
        window_seconds=span // _SECOND_NS,
        selection_anchor=run_id,
    )


def select_evidence(folder: str, window: IncidentWindow, *, host: Host) -> Selection:
    """Choose what falls into a window; what cannot be read is passed over.

    Records of approvals and credentials count only for a chosen trace, if there is any. Raises
    InvalidInput for a folder that must not be searched.
    """
    sweep = _Sweep(folder, window, host, [])
    traces = tuple(sweep.dated("trace_", parse_trace))
    known = {trace.trace_id for trace in traces}
    selection = Selection(
        traces=traces,
        regress=tuple(sweep.dated("regress", parse_regress)),
        audits=tuple(sweep.dated("approval_audit_", parse_audit, known)),
        credentials=tuple(sweep.dated("credential_evidence_", parse_credential, known)),
        skipped=(),
    )
    return selection._replace(skipped=tuple(sorted(sweep.skipped)))


def incident_evidence(folder: str, chosen: Selection, *, host: Host) -> Evidence:
    """Return what goes into the pack: without any chosen record, all that the folder holds.

    Raises InvalidInput for a record that then cannot be read.
    """
    audits, credentials = chosen.audits, chosen.credentials
    if not audits and not credentials:
        audits = discovered(folder, "approval_audit_", ApprovalAudit, host=host)
        credentials = discovered(folder, "credential_evidence_", CredentialRecord, host=host)
    return Evidence(
        traces=chosen.traces, regress=chosen.regress, audits=audits, credentials=credentials
    )


class _Sweep(NamedTuple):
    """A search through one folder; `skipped` grows as it goes."""

    folder: str
    window: IncidentWindow
    host: Host
    skipped: list[Skipped]

    def dated(
        self,
        prefix: str,
        parse: Callable[[bytes, str], DatedT],
        trace_ids: set[str] | None = None,
    ) -> Iterator[DatedT]:
        """Yield the records of a kind whose time and trace are wanted."""
        for path in found_beside(self.folder, prefix, host=self.host):
            record = self._read(path, parse)
            if record is not None and self._is_wanted(record, trace_ids or set()):
                require_listable(path)
                yield record

    def _read(self, path: str, parse: Callable[[bytes, str], DatedT]) -> DatedT | None:
        try:
            return parse(evidence_text(path, host=self.host), path)
        except (InvalidInput, VerificationFailed) as exc:
            if exc.code != InvalidInput.default_code:  # plain damage is passed over unsaid
                self.skipped.append(Skipped(path, exc.code))
            return None

    def _is_wanted(self, record: DatedT, trace_ids: set[str]) -> bool:
        when = to_ns(record.created_at)
        is_within = to_ns(self.window.start) <= when <= to_ns(self.window.end)
        if not is_within or not trace_ids:
            return is_within
        return isinstance(record, RegressEvidence) or record.trace_id in trace_ids


def _says(trace: Trace) -> bool:
    return bool(trim(trace.policy_digest))
