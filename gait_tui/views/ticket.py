"""A ticket line and its four answers: verified, not the ticket's, damaged, not found."""

from collections.abc import Sequence
from typing import Final

from gait_engine.api.shapes import (
    FOOTER_FORM,
    FooterFault,
    InspectEntry,
    SearchedPlace,
    TicketCheck,
    VerifyAnswer,
)
from gait_tui.readings import TicketReading
from gait_tui.views import glyphs
from gait_tui.views.calls import is_ok
from gait_tui.views.line import (
    BLANK,
    LABEL_AT,
    MUTED,
    Line,
    Look,
    Span,
    at_home,
    data,
    line,
    middle,
    own,
    spans,
    width_of,
)
from gait_tui.views.parts import (
    Verdict,
    artifact_field,
    broken,
    count,
    failure_lines,
    field,
    hazard_lines,
    heads,
    marked,
    quoted_line,
    verdict_line,
    well,
)
from gait_tui.views.summary import EVIDENCE
from gait_tui.views.verdict import failure_verdict, files_table, runpack_verdict, signature_words

VERIFIED: Final = "verified"
NOT_THE_TICKETS: Final = "not_the_tickets"
DAMAGED: Final = "damaged"
NOT_FOUND: Final = "not_found"
_MOST_ABOVE: Final = 6
"""A refused line of more rows stands below what is wrong with it."""
INTACT: Final = (VERIFIED, NOT_THE_TICKETS)
"""The states of a ticket whose run can be used."""


def state_of(reading: TicketReading) -> str:
    """Return the engine's word for the ticket; empty when the line itself was refused."""
    answer = reading.verify.answer
    return answer.ticket.state if answer and isinstance(answer.ticket, TicketCheck) else ""


def ticket_lines(reading: TicketReading, look: Look) -> list[Line]:
    """Draw what stands above the calls."""
    answer = reading.verify.answer
    if answer is None or not isinstance(answer.ticket, TicketCheck):
        return _refused(reading, look)
    lines = [*quoted_line(look, reading.text), BLANK]
    draw = {
        VERIFIED: _verified,
        NOT_THE_TICKETS: _not_the_tickets,
        DAMAGED: _damaged,
        NOT_FOUND: _not_found,
    }[answer.ticket.state]
    return lines + draw(reading, answer, answer.ticket, look)


def _verified(
    reading: TicketReading, answer: VerifyAnswer, ticket: TicketCheck, look: Look
) -> list[Line]:
    sentence = "It is the ticket's artifact and it is intact."
    lines = [*verdict_line(look, Verdict(glyphs.OK, "ok", "VERIFIED", sentence)), BLANK]
    lines += hazard_lines(look, answer)
    lines += _manifest(look, ticket)
    lines.append(_files(look, answer))
    return [*lines, _signature(look, answer), *_found(reading, answer, look)]


def _manifest(look: Look, ticket: TicketCheck) -> list[Line]:
    digest = ticket.manifest_digest
    shown = f"{digest[:8]}{glyphs.CUT}{digest[-6:]}"
    note = f"equals the ticket, {len(digest)} of {len(digest)} digits"
    return [marked(look, glyphs.OK, "ok", "manifest", shown, note)]


def _files(look: Look, answer: VerifyAnswer, suffix: str = "") -> Line:
    total = answer.files_checked
    words = f"{total} of {total} match the manifest{suffix}"
    return marked(look, glyphs.OK, "ok", "files", words)


def _signature(look: Look, answer: VerifyAnswer) -> Line:
    mark, role, words, note = signature_words(answer)
    return marked(look, mark, role, "signature", words, note)


def _found(reading: TicketReading, answer: VerifyAnswer, look: Look) -> list[Line]:
    del reading
    return artifact_field(look, "found", answer.path, f"{answer.capture_mode} capture")


def _not_the_tickets(
    reading: TicketReading, answer: VerifyAnswer, ticket: TicketCheck, look: Look
) -> list[Line]:
    del reading
    sentence = "The pack is intact, but it is another recording."
    amber = "verdict_require_approval"
    lines = verdict_line(look, Verdict(glyphs.PERSON, amber, "NOT THE TICKET'S", sentence))
    lines += [
        BLANK,
        *hazard_lines(look, answer),
        line(look, own(LABEL_AT, "manifest digest", MUTED)),
    ]
    lines += _two_digests(ticket.manifest_digest, answer.manifest_digest, look)
    lines += [BLANK, _files(look, answer, " that was found"), _signature(look, answer)]
    equal = ticket.run_id == answer.run_id
    if equal:
        words = f"{answer.run_id}, equal"
        note = "a run id alone proves nothing"
        lines.append(marked(look, glyphs.OK, "ok", "run id", words, note))
    else:
        lines += artifact_field(
            look, "run id", f"{answer.run_id}, the ticket names {ticket.run_id}"
        )
    return lines + artifact_field(look, "file", answer.path)


def _two_digests(wanted: str, found: str, look: Look) -> list[Line]:
    """Set two digests one under the other, whole, with the place where they part."""
    pairs = zip(wanted, found, strict=False)
    same = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(wanted), len(found)))
    lines = []
    for label, digest in (("ticket", wanted), ("found", found)):
        parts = (Span(digest[:same], MUTED), Span(digest[same:], "b:text", is_data=True))
        lines.append(line(look, own(LABEL_AT, label, MUTED), spans(13, *parts)))
    if same < len(wanted):
        note = f"first difference at digit {same + 1} of {len(wanted)}"
        lines.append(line(look, own(13, note, MUTED)))
    return lines


def _damaged(
    reading: TicketReading, answer: VerifyAnswer, ticket: TicketCheck, look: Look
) -> list[Line]:
    del reading
    lines = [*verdict_line(look, runpack_verdict(answer)), BLANK, *hazard_lines(look, answer)]
    if answer.files:
        lines += [*files_table(look, answer), BLANK]
    if answer.error:
        lines += [*failure_lines(look, answer), BLANK]
    if answer.manifest_digest:
        lines += _list_or_file(answer, ticket, look)
    return lines + (artifact_field(look, "file", answer.path) if answer.path else [])


def _list_or_file(answer: VerifyAnswer, ticket: TicketCheck, look: Look) -> list[Line]:
    if answer.manifest_digest == ticket.manifest_digest:
        return field(look, "manifest", "equals the ticket", "so the file is wrong, not the list")
    return field(look, "manifest", "is not the ticket's", "another list of files")


def _not_found(
    reading: TicketReading, answer: VerifyAnswer, ticket: TicketCheck, look: Look
) -> list[Line]:
    del reading, answer
    sentence = "No pack with this run id is here."
    lines = verdict_line(look, Verdict(glyphs.UNCHECKED, "unchecked", "NOT FOUND", sentence))
    lines += [BLANK, *_searched(ticket.searched, look), BLANK]
    lines += field(
        look, "", "Nothing is known about the ticket's artifact: not good, not bad.", at=3
    )
    lines += [BLANK, *field(look, "get it", "copy the pack to gait-out, then ctrl+r looks again")]
    return lines + field(look, "elsewhere", "ctrl+o opens a file from any other place")


def _searched(places: Sequence[SearchedPlace], look: Look) -> list[Line]:
    found_at = look.width - 20
    for_at = found_at - 16
    lines = [heads(look, (LABEL_AT, "SEARCHED"), (for_at, "FOR"), (found_at, "FOUND"))]
    for place in places:
        shown = middle(at_home(place.place, look), for_at - LABEL_AT - 2)
        cells = [spans(LABEL_AT, *shown), own(for_at, "run id", MUTED)]
        found = "none" if place.found == "none" else f"{glyphs.UNCHECKED} {place.found}"
        lines.append(line(look, *cells, data(found_at, found)))
    return lines


def below(reading: TicketReading, look: Look) -> tuple[str, str, list[Line]]:
    """Return title, facts and lines of the part below the answer; nothing where there is none."""
    match state_of(reading):
        case "damaged":
            return "What the agent did", "not shown", _still_possible(look)
        case "not_the_tickets":
            answer = reading.verify.answer
            ticket = answer.ticket if answer else None
            places = ticket.searched if isinstance(ticket, TicketCheck) else ()
            return "Where the ticket's artifact may be", "", _elsewhere(places, look)
        case _:
            return "", "", []


def _still_possible(look: Look) -> list[Line]:
    another = spans(
        LABEL_AT,
        Span("Look for another copy: "),
        Span("gait verify <path>", "b:text"),
        Span("   ctrl+o", "b:key_hint"),
        Span(" open", MUTED),
    )
    return [line(look, own(LABEL_AT, EVIDENCE)), line(look, another)]


def _elsewhere(places: Sequence[SearchedPlace], look: Look) -> list[Line]:
    shown = [middle(at_home(place.place, look), look.width // 2) for place in places]
    at = max(map(width_of, shown), default=0) + 7
    lines = []
    for path, place in zip(shown, places, strict=True):
        words = _PLACE_WORDS.get(place.found, f"{glyphs.UNCHECKED} {place.found}")
        lines.append(line(look, spans(LABEL_AT, *path), data(at, words, MUTED)))
    return lines


_PLACE_WORDS: Final = {"none": "none", "found": "the pack above has this run id"}


def _refused(reading: TicketReading, look: Look) -> list[Line]:
    """Show a line that is no footer, the wrong part marked, and the form it should have."""
    fault = reading.fault
    given = faulty_line(reading.text, fault, look)
    said = _fault_lines(reading, fault, look) if fault else _failed_lines(reading, look)
    return [*said, BLANK, *given] if len(given) > _MOST_ABOVE else [*given, BLANK, *said]


def _failed_lines(reading: TicketReading, look: Look) -> list[Line]:
    failure = reading.verify.failure
    verdict = verdict_line(look, failure_verdict(reading.verify.exit_code))
    return [*verdict, BLANK, *(failure_lines(look, failure) if failure else [])]


def _fault_lines(reading: TicketReading, fault: FooterFault, look: Look) -> list[Line]:
    sentence = "This is not a whole ticket footer, so nothing was looked for."
    lines = verdict_line(look, Verdict(glyphs.UNCHECKED, "unchecked", "NOT READ", sentence))
    where = f"character {fault.start + 1} of {len(reading.text):,}"
    lines += [BLANK, *field(look, "wrong at", where), *field(look, "expected", fault.expected)]
    form = well(look, broken([Span(FOOTER_FORM)], look, look.width - 19), at=15, label="whole form")
    hint = "paste the whole line that begins with GAIT run_id="
    return [*lines, BLANK, *form, BLANK, *field(look, "hint", hint)]


def faulty_line(text: str, fault: FooterFault | None, look: Look) -> list[Line]:
    """Show a refused line whole, in rows, the wrong part in reverse."""
    shown = text[:2000]
    if fault is None:
        parts = [Span(shown, is_data=True)]
    else:
        wrong = shown[fault.start : fault.end] or " "
        parts = [
            Span(shown[: fault.start], is_data=True),
            Span(wrong, "r:failed", is_data=True),
            Span(shown[fault.end :], is_data=True),
        ]
    parts = [part for part in parts if part.text]
    if len(text) > len(shown):
        parts.append(Span(f" …(+{len(text) - len(shown):,})", MUTED))
    return well(look, broken(parts, look, look.width - 7), at=LABEL_AT)


def status(reading: TicketReading) -> str:
    """Say in the status row what to do with the ticket."""
    match state_of(reading):
        case "verified":
            entries = (
                reading.inspect.answer.entries if reading.inspect and reading.inspect.answer else ()
            )
            return _calls_status(entries)
        case "not_the_tickets":
            return "Do not close the ticket on this file."
        case "damaged":
            return "Do not use this file as evidence."
        case "not_found":
            return "Nothing is known about the ticket's artifact."
        case _:
            return "Nothing was looked for."


def _calls_status(entries: Sequence[InspectEntry]) -> str:
    bad = next((entry.index for entry in entries if not is_ok(entry)), 0)
    calls = count(len(entries), "call")
    return f"{calls}, the first that is not ok is call {bad:,}." if bad else f"{calls}, all ok."
