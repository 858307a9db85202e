"""The Evidence tab: its list, and what a pack, session, chain, audit or manifest holds."""

from collections.abc import Sequence
from typing import Final

from gait_engine.api.shapes import (
    GuardShowAnswer,
    GuardVerifyAnswer,
    IndexRow,
    InspectAnswer,
    PackMember,
    RegistryShowAnswer,
    RegistryVerifyAnswer,
    SessionChainAnswer,
    SessionShowAnswer,
)
from gait_tui.models.evidence import AUDIT, REGISTRY, SESSION, UNPROVEN, EvidenceRow
from gait_tui.readings import EvidenceReading, Outcome, Proven
from gait_tui.views import glyphs
from gait_tui.views.line import (
    BLANK,
    LABEL_AT,
    MUTED,
    Line,
    Look,
    data,
    line,
    middle,
    own,
    right,
    short_digest,
    spans,
)
from gait_tui.views.parts import (
    MARK_AT,
    Verdict,
    artifact_field,
    count,
    failure_lines,
    field,
    hazard_lines,
    heads,
    marked,
    verdict_line,
)
from gait_tui.views.runs import STATE_WIDTH, STATES
from gait_tui.views.summary import checkpoint_lines
from gait_tui.views.timetext import age, instant
from gait_tui.views.verdict import chain_verdict, failure_verdict

MOST_SHOWN: Final = 500
"""Members, calls and artifacts that one page lists."""
ALL_STATES: Final = {**STATES, UNPROVEN: (glyphs.UNCHECKED, "unchecked")}
_KIND_AT: Final = 5
_NAME_AT: Final = 15
_TITLE_AT: Final = 17
_MEMBERS: Final = {
    "same": (glyphs.OK, "ok", MUTED),
    "differs": (glyphs.FAILED, "failed", "b:failed"),
    "missing": (glyphs.FAILED, "failed", "b:failed"),
}
_NO_CHAIN: Final = "No chain seals this journal: nothing proves that its calls are those made."
_HAS_CHAIN: Final = "Its checkpoints hold; the journal itself is not sealed."
_NO_PROOF: Final = {
    SESSION: _NO_CHAIN,
    AUDIT: "An audit is not signed: nothing proves what it says.",
}


# ---------------------------------------------------------------- list


def head(look: Look) -> Line:
    """Head the columns; RUN is there where it has room."""
    state_at, run_at = _columns(look)
    cells = [own(_KIND_AT, "KIND", MUTED), own(_NAME_AT, "NAME", MUTED)]
    cells += [own(run_at, "RUN", MUTED)] if run_at else []
    cells += [right(state_at - 3, "AGE", MUTED), own(state_at, "STATE", MUTED)]
    return line(look, *cells)


def _columns(look: Look) -> tuple[int, int]:
    state_at = look.width - STATE_WIDTH
    return state_at, state_at - 27 if look.width >= 76 else 0


def row_line(
    look: Look, row: EvidenceRow, state: str, *, is_current: bool, is_marked: bool, is_new: bool
) -> Line:
    """Draw a piece of evidence; only its mark is coloured, and the word for what is wrong."""
    state_at, run_at = _columns(look)
    mark, role = ALL_STATES[state]
    weight = ("s:" if state == "gone" else "") + ("b:" if is_current else "")
    name = middle(row.name, (run_at or state_at - 7) - _NAME_AT - 1, f"{weight}text")
    cells = [own(1, glyphs.NEW, "b:accent")] if is_new and not is_current else []
    cells += [own(2, "▪", "b:mark")] if is_marked else []
    cells += [
        own(3, mark, f"b:{role}"),
        own(_KIND_AT, row.kind, MUTED),
        spans(_NAME_AT, *name),
        *([data(run_at, row.about, MUTED)] if run_at and row.about else []),
        right(state_at - 3, age(row.at_ns, look.now_ns), MUTED),
        own(state_at, state, role if state in ("damaged", "changed") else MUTED),
    ]
    return line(look, *cells, key=row.key)


def tally(states: Sequence[str]) -> str:
    """Count what is known of everything that is listed."""
    known = [name for name in ALL_STATES if name in states]
    return ", ".join(f"{states.count(name):,} {name}" for name in known)


def nothing_page(roots: Sequence[str], look: Look) -> list[Line]:
    """Say what was searched, what would appear, and how to make it appear."""
    lines = [BLANK, BLANK, *field(look, "", "No evidence found.", at=3), BLANK]
    for number, root in enumerate(roots):
        lines += artifact_field(look, "" if number else "searched", root)
    lines.append(line(look, own(15, "~/.gait/registry")))
    sentence = "Packs, sessions, audits and installed manifests appear here as they are written."
    lines += [BLANK, *field(look, "", sentence, at=3), BLANK]
    for label, what in (
        ("to make one", "gait guard pack --run RUN"),
        ("", "gait incident pack --from RUN"),
        ("to see some", "gait demo --incident"),
    ):
        lines.append(line(look, own(3, label, MUTED), own(15, what, "b:text")))
    return lines


# ---------------------------------------------------------------- verdicts


def verdict_of(row: EvidenceRow, reading: EvidenceReading | None) -> Verdict:
    """Say first whether it can be believed."""
    if row.kind == AUDIT:
        return _unproven(row)
    if reading is None:
        words = "It is being read and checked."
        return Verdict(glyphs.UNCHECKED, "unchecked", "NOT CHECKED", words)
    shown = reading.shown
    if shown is not None and shown.answer is None:
        return failure_verdict(shown.exit_code)
    return proof_verdict(row, reading.checked)


def _unproven(row: EvidenceRow) -> Verdict:
    sentence = _NO_PROOF.get(row.kind, "")
    return Verdict(glyphs.UNCHECKED, "unchecked", "UNPROVEN", sentence)


def proof_verdict(row: EvidenceRow, checked: Outcome[Proven] | None) -> Verdict:
    """Say what the verification found."""
    if checked is None:
        return _unproven(row)
    answer = checked.answer
    if isinstance(answer, GuardVerifyAnswer):
        return _pack_verdict(answer)
    if isinstance(answer, SessionChainAnswer):
        found = chain_verdict(answer)
        is_journal = row.kind == SESSION and answer.ok
        return _unproven(row)._replace(sentence=_HAS_CHAIN) if is_journal else found
    if isinstance(answer, RegistryVerifyAnswer):
        return _manifest_verdict(answer)
    if row.kind == REGISTRY and checked.exit_code != 2:
        words = "No manifest counts without its signature."
        return Verdict(glyphs.UNCHECKED, "unchecked", "NOT CHECKED", words)
    return failure_verdict(checked.exit_code)


def _pack_verdict(answer: GuardVerifyAnswer) -> Verdict:
    total = answer.files_checked
    if answer.ok:
        sentence = f"{total} of {total} members are the members that were packed."
        return Verdict(glyphs.OK, "ok", "VERIFIED", sentence)
    wrong = len(answer.missing_files) + len(answer.hash_mismatches)
    if wrong:
        sentence = f"{wrong} of {total} members are missing or not what was packed."
    else:
        sentence = "The members match the manifest, but no signature verifies."
    return Verdict(glyphs.FAILED, "failed", "DAMAGED", sentence)


def _manifest_verdict(answer: RegistryVerifyAnswer) -> Verdict:
    if answer.ok:
        return Verdict(glyphs.OK, "ok", "VERIFIED", "Its signature and its pin hold.")
    return Verdict(glyphs.FAILED, "failed", "FAILED", "This manifest must not be trusted.")


# ---------------------------------------------------------------- contents


def contents_page(row: EvidenceRow, reading: EvidenceReading | None, look: Look) -> list[Line]:
    """Say what a piece of evidence holds."""
    lines = [*verdict_line(look, verdict_of(row, reading)), BLANK]
    shown = reading.shown if reading else None
    if shown is not None and shown.failure is not None:
        lines += failure_lines(look, shown.failure)
    elif row.artifact is not None and row.artifact.error_code:
        lines += artifact_field(look, "error", row.artifact.error)
        lines += field(look, "code", row.artifact.error_code)
    lines += _contents(shown.answer if shown else None, look)
    if row.kind == AUDIT and row.artifact is not None:
        lines += _audit(row.artifact, look)
    return lines + _file(row, look)


def _contents(answer: object, look: Look) -> list[Line]:
    if isinstance(answer, GuardShowAnswer):
        return _pack(answer, look)
    if isinstance(answer, SessionShowAnswer):
        return _session(answer, look)
    if isinstance(answer, RegistryShowAnswer):
        return _manifest(answer, look)
    return checkpoint_lines(answer, look) if isinstance(answer, InspectAnswer) else []


def _file(row: EvidenceRow, look: Look) -> list[Line]:
    lines = [BLANK, *artifact_field(look, "file", row.key)]
    if row.artifact is None:
        return lines
    changed = f"changed {age(row.at_ns, look.now_ns)} ago"
    return lines + field(look, "size", count(row.artifact.size, "byte"), changed)


def _told(look: Look, *pairs: tuple[str, str]) -> list[Line]:
    return [row for label, text in pairs if text for row in artifact_field(look, label, text)]


def _rest(total: int, look: Look) -> list[Line]:
    more = total - MOST_SHOWN
    return field(look, "", f"and {more:,} more: x lists all", role=MUTED, at=3) if more > 0 else []


def _pack(answer: GuardShowAnswer, look: Look) -> list[Line]:
    if not answer.manifest:
        return []
    manifest = answer.manifest
    lines = _told(
        look,
        ("pack", manifest.pack_id),
        ("run", manifest.run_id),
        ("case", manifest.case_id),
        ("template", manifest.template_id),
    )
    lines += field(look, "made", instant(manifest.created_at))
    lines.append(_signature(answer.signature_status, look))
    if manifest.incident_window:
        window = manifest.incident_window
        lines += _told(look, ("window", f"{window.start} to {window.end}"))
    lines += [BLANK, heads(look, (LABEL_AT, "TYPE"), (13, "BYTES"), (20, "MEMBER"))]
    lines += [_member(member, look) for member in answer.members[:MOST_SHOWN]]
    lines += _rest(len(answer.members), look)
    for control in manifest.control_index:
        title = data(_TITLE_AT, control.title)
        lines += [BLANK, line(look, data(LABEL_AT, control.control_id, "b:text"), title)]
        for path in control.evidence_paths or ("no member",):
            lines += artifact_field(look, "", path, role=MUTED, at=_TITLE_AT)
    return lines


def _member(member: PackMember, look: Look) -> Line:
    mark, role, said = _MEMBERS.get(member.state, (glyphs.UNCHECKED, "unchecked", MUTED))
    cells = [
        own(MARK_AT, mark, f"b:{role}"),
        data(LABEL_AT, member.type[:8], MUTED),
        right(18, f"{member.size:,}"),
        data(20, member.path),
    ]
    if member.state != "same":
        cells.append(own(look.width - 9, member.state, said))
    return line(look, *cells)


def _session(answer: SessionShowAnswer, look: Look) -> list[Line]:
    lines = _told(look, ("session", answer.session_id), ("run", answer.run_id))
    lines += field(look, "started", instant(answer.started_at))
    covered = "" if answer.open_events else "every call is covered"
    number = count(answer.open_events, "call")
    lines += field(look, "open", f"{number} without a checkpoint", covered)
    lines += [BLANK, heads(look, (LABEL_AT, "#"), (9, "VERDICT"), (28, "TOOL"))]
    for event in answer.events[-MOST_SHOWN:]:
        mark, role = glyphs.VERDICTS.get(event.verdict, (glyphs.UNCHECKED, "unchecked"))
        cells = [own(MARK_AT, mark, f"b:{role}"), own(LABEL_AT, f"{event.sequence}", MUTED)]
        cells += [data(9, event.verdict), data(28, event.tool_name)]
        lines.append(line(look, *cells))
    if not answer.events:
        lines += field(look, "", "No call is left in the journal.", role=MUTED, at=3)
    lines += _rest(len(answer.events), look)
    for checkpoint in answer.checkpoints[-MOST_SHOWN:]:
        span = f"checkpoint {checkpoint.checkpoint_index}"
        calls = f"calls {checkpoint.sequence_start} to {checkpoint.sequence_end}"
        lines += [BLANK, line(look, own(3, span), own(20, calls, MUTED))]
        lines += artifact_field(look, "runpack", checkpoint.runpack_path)
    return lines


def _manifest(answer: RegistryShowAnswer, look: Look) -> list[Line]:
    if not answer.pack:
        return []
    pack = answer.pack
    lines = _told(
        look,
        ("pack", pack.pack_name),
        ("version", pack.pack_version),
        ("type", pack.pack_type),
        ("publisher", pack.publisher),
        ("source", pack.source),
        ("risk", pack.risk_class),
        ("for", pack.use_case),
        ("works with", ", ".join(pack.compatibility)),
        ("digest", answer.digest),
    )
    artifacts = pack.artifacts or ()
    lines += [BLANK, heads(look, (LABEL_AT, "DIGEST"), (20, "ARTIFACT"))]
    for artifact in artifacts[:MOST_SHOWN]:
        digest = spans(LABEL_AT, *short_digest(artifact.sha256, MUTED))
        lines.append(line(look, digest, data(20, artifact.path)))
    lines += _rest(len(artifacts), look)
    return [*lines, *field(look, "", "gait neither fetches nor checks them.", role=MUTED, at=3)]


def _audit(audit: IndexRow, look: Look) -> list[Line]:
    lines = _told(look, ("trace", audit.trace_id), ("tool", audit.tool_name))
    given = f"{audit.valid_approvals} of {audit.required_approvals} approvals"
    lines += field(look, "says", given, "approved" if audit.is_approved else "not approved")
    for number, approver in enumerate(audit.approvers):
        lines += artifact_field(look, "" if number else "by", approver)
    return lines + _told(look, ("intent", audit.intent_digest), ("policy", audit.policy_digest))


# ---------------------------------------------------------------- verify


def verify_page(row: EvidenceRow, reading: EvidenceReading | None, look: Look) -> list[Line]:
    """Say what was verified, what was not, and how."""
    checked = reading.checked if reading else None
    if reading is None and row.kind != AUDIT:
        return verdict_line(look, verdict_of(row, reading))
    lines = [*verdict_line(look, proof_verdict(row, checked)), BLANK]
    if checked is None:
        return lines + _unsealed(row, look)
    if checked.failure is not None:
        return lines + failure_lines(look, checked.failure)
    answer = checked.answer
    lines += hazard_lines(look, answer) if answer is not None else []
    if isinstance(answer, GuardVerifyAnswer):
        return lines + _pack_proof(answer, look)
    if isinstance(answer, SessionChainAnswer):
        return lines + _chain_proof(row, answer, look)
    return lines + (_pin_proof(answer, look) if isinstance(answer, RegistryVerifyAnswer) else [])


def _unsealed(row: EvidenceRow, look: Look) -> list[Line]:
    if row.kind != SESSION:
        return field(look, "", "What it sums up is signed: the trace, and each token.", at=3)
    lines = field(look, "", "Every line was read; sequences and links hold.", at=3)
    return lines + field(look, "to seal", "gait run session checkpoint")


def _pack_proof(answer: GuardVerifyAnswer, look: Look) -> list[Line]:
    lines = _told(look, ("pack", answer.pack_id), ("run", answer.run_id))
    lines.append(_signature(answer.signature_status, look))
    for error in answer.signature_errors:
        lines += artifact_field(look, "", error)
    for path in answer.missing_files:
        lines += [BLANK, *artifact_field(look, "missing", path, role="b:text")]
    for mismatch in answer.hash_mismatches:
        lines += [BLANK, *artifact_field(look, "member", mismatch.path, role="b:text")]
        lines += artifact_field(look, "expected", mismatch.expected)
        lines += artifact_field(look, "found", mismatch.actual)
    return lines


def _signature(status: str, look: Look) -> Line:
    match status:
        case "verified":
            mark, role, words, note = glyphs.OK, "ok", "verified", ""
        case "failed":
            mark, role, words, note = glyphs.FAILED, "failed", "does not verify", ""
        case "skipped":
            mark, role, words = glyphs.UNCHECKED, "unchecked", "not checked"
            note = "no public key given"
        case _:
            mark, role, words, note = glyphs.UNCHECKED, "unchecked", "not signed", ""
    return marked(look, mark, role, "signature", words, note)


def _chain_proof(row: EvidenceRow, answer: SessionChainAnswer, look: Look) -> list[Line]:
    lines = _told(look, ("session", answer.session_id), ("run", answer.run_id))
    lines += _told(look, ("chain", answer.chain_path))
    if answer.ok:
        holds = chain_verdict(answer).sentence
        lines.append(marked(look, glyphs.OK, "ok", "links", holds))
    for error in (*answer.linkage_errors, *answer.checkpoint_errors):
        lines += artifact_field(look, "fault", error)
    if row.kind == SESSION and row.artifact is not None and row.artifact.open_events:
        number = count(row.artifact.open_events, "call")
        lines += field(look, "open", f"{number} after the last checkpoint")
    return lines


def _pin_proof(answer: RegistryVerifyAnswer, look: Look) -> list[Line]:
    lines = _told(look, ("digest", answer.digest), ("pin", answer.pin_path))
    return lines + _told(look, ("signature", answer.signature_error))


def state_word(row: EvidenceRow, reading: EvidenceReading) -> str:
    """Say in one word what the list shows of it."""
    shown = reading.shown
    if shown is not None and shown.answer is None:
        return "damaged" if shown.exit_code == 2 else "not read"
    found = proof_verdict(row, reading.checked)
    words = {"VERIFIED": "intact", "UNPROVEN": UNPROVEN, "NOT CHECKED": "not checked"}
    return words.get(found.word, "not read" if found.word == "NOT READ" else "damaged")
