"""Incident packs: the evidence around a run, chosen by time (guard-doctor-registry.md E)."""

from typing import Final, NamedTuple

from gait_engine.api.guard import Prepared, prepared_pack, read_run, write_pack
from gait_engine.contract.answers.guard import IncidentPackAnswer, SkippedFile
from gait_engine.contract.guard import PolicyDigests
from gait_engine.contract.pack import IncidentWindow
from gait_engine.guard.evidence import folder_of
from gait_engine.guard.incident import (
    DEFAULT_WINDOW,
    Selection,
    incident_evidence,
    incident_window,
    select_evidence,
)
from gait_engine.guard.pack import Wanted, build_pack
from gait_engine.guard.templates import INCIDENT_RESPONSE, template_id
from gait_engine.host import Host
from gait_engine.store.layout import resolve_runpack
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import Timestamp, from_ns, to_ns

_SECOND_NS: Final = 10**9


class IncidentRequest(NamedTuple):
    """What `gait incident pack` was told."""

    run: str
    window: str = DEFAULT_WINDOW
    out: str = ""
    case_id: str = ""
    template: str = INCIDENT_RESPONSE
    render_pdf: bool = False
    no_overwrite: bool = False


class PreparedIncident(NamedTuple):
    """A pack ready to be written, and the evidence that was chosen for it."""

    pack: Prepared
    chosen: Selection
    window: IncidentWindow


def pack(request: IncidentRequest, *, host: Host) -> IncidentPackAnswer:
    """Write a pack with the evidence beside a run that fell into a window around it; unsigned.

    Raises InvalidInput, VerificationFailed, and then nothing is written; IoFailure.
    """
    prepared, chosen, window = prepare(request, host=host)
    write_pack(prepared, host, is_new=request.no_overwrite)
    manifest = prepared.built.manifest
    return IncidentPackAnswer(
        ok=True,
        pack_path=prepared.path,
        pack_id=manifest.pack_id,
        run_id=manifest.run_id,
        template_id=manifest.template_id,
        trace_count=len(chosen.traces),
        regress_count=len(chosen.regress),
        approval_audit_count=len(chosen.audits),
        credential_evidence_count=len(chosen.credentials),
        policy_digests=chosen.policy_digests,
        window_from=_whole_seconds(window.start),
        window_to=_whole_seconds(window.end),
        skipped=tuple(SkippedFile(path=each.path, error_code=each.code) for each in chosen.skipped),
    )


def prepare(request: IncidentRequest, *, host: Host) -> PreparedIncident:
    """Choose the evidence and make the pack; nothing is written.

    Raises InvalidInput, VerificationFailed.
    """
    located = resolve_runpack(request.run, host)
    facts = read_run(located, host)
    run_id, folder = facts.summary.run_id, folder_of(located.shown)
    window = incident_window(trim(request.window), facts.created_at, run_id)
    chosen = select_evidence(folder, window, host=host)
    wanted = Wanted(
        template=template_id(request.template),
        producer_version=host.producer_version,
        case_id=trim(request.case_id),
        render_pdf=request.render_pdf,
        policies=PolicyDigests(
            run_id=run_id,
            window_from=window.start,
            window_to=window.end,
            policy_digests=chosen.policy_digests,
        ),
        window=window,
    )
    built = build_pack(facts, incident_evidence(folder, chosen, host=host), wanted)
    return PreparedIncident(prepared_pack(built, request.out, located), chosen, window)


def _whole_seconds(instant: Timestamp) -> Timestamp:
    return from_ns(to_ns(instant) // _SECOND_NS * _SECOND_NS)
