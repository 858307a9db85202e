"""Verification as text."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.verify import (
    PackCheck,
    SessionChainAnswer,
    TicketCheck,
    TraceCheck,
    VerifyAnswer,
    VerifyChainAnswer,
)
from gait_engine.runpack.commands import suggest

_MARKS: Final = {
    "same": "ok",
    "differs": "DIFFERS",
    "unreadable": "UNREADABLE",
    "missing": "MISSING",
    "unlisted": "UNLISTED",
}
_TICKET_WORDS: Final = {
    "verified": "VERIFIED: this is the ticket's artifact, and it is intact",
    "not_the_tickets": "NOT THE TICKET'S: intact, but it has another manifest digest",
    "damaged": "DAMAGED: this artifact must not be trusted",
    "not_found": "NOT FOUND: no runpack of this run id was found",
}


def _verify(answer: VerifyAnswer) -> Iterator[str]:
    yield _verdict(answer)
    if answer.run_id:
        yield f"  run       {answer.run_id}"
    if answer.path:
        yield f"  path      {answer.path}"
    if answer.manifest_digest:
        yield f"  manifest  sha256:{answer.manifest_digest}"
    if isinstance(answer.ticket, TicketCheck):
        yield from _ticket(answer.ticket, answer)
    if answer.signature_status:
        yield f"  signature {answer.signature_status}: {answer.signature_note}"
    yield from (f"  signature {error}" for error in answer.signature_errors)
    for check in answer.files:
        yield f"  {_MARKS[check.state]:9} {check.path}"
        if check.state == "differs":
            yield f"            expected {check.expected}"
            yield f"            found    {check.actual}"
    if answer.ok:
        yield from (f"  next      {line}" for line in suggest("gait run inspect", _target(answer)))


def _target(answer: VerifyAnswer) -> tuple[str, str]:
    """Name the runpack so that the next command finds it: its run id only where that is enough."""
    is_looked_up = answer.path == f"gait-out/runpack_{answer.run_id}.zip"
    return "--", answer.run_id if is_looked_up else answer.path


def _verdict(answer: VerifyAnswer) -> str:
    if isinstance(answer.ticket, TicketCheck):
        return _TICKET_WORDS[answer.ticket.state]
    return "VERIFIED" if answer.ok else "FAILED: this runpack must not be trusted"


def _ticket(ticket: TicketCheck, answer: VerifyAnswer) -> Iterator[str]:
    if ticket.manifest_digest != answer.manifest_digest:
        yield f"  ticket    sha256:{ticket.manifest_digest}"
    if ticket.state == "not_found":
        yield from (f"  searched  {place.place}: {place.found}" for place in ticket.searched)


def _verify_chain(answer: VerifyChainAnswer) -> Iterator[str]:
    for name in ("run", "trace", "pack"):
        part = getattr(answer, name)
        if isinstance(part, VerifyAnswer | TraceCheck | PackCheck):
            status = f"signature {part.signature_status}" if part.signature_status else ""
            yield f"{'VERIFIED' if part.ok else 'FAILED':9} {name:6} {part.path} {status}".rstrip()


def _session_chain(answer: SessionChainAnswer) -> Iterator[str]:
    yield "VERIFIED" if answer.ok else "FAILED: this chain must not be trusted"
    yield f"  chain     {answer.chain_path}"
    yield f"  session   {answer.session_id}"
    yield f"  checked   {answer.checkpoints_checked} checkpoints"
    yield from (f"  link      {error}" for error in answer.linkage_errors)
    yield from (f"  runpack   {error}" for error in answer.checkpoint_errors)


RENDERERS: Final[Renderers] = {
    VerifyAnswer: _verify,
    VerifyChainAnswer: _verify_chain,
    SessionChainAnswer: _session_chain,
}
