"""What the doctor found, as text."""

import re
from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.doctor import AdoptionAnswer, DoctorAnswer
from gait_engine.contract.doctor import PASS
from gait_engine.wire.safetext import HIDDEN

_shell_words: Final = re.compile(r"'[^']*'(?:\\''[^']*')*").sub
_ORDINARY: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")


def _doctor(answer: DoctorAnswer) -> Iterator[str]:
    yield answer.summary
    if answer.summary_mode and answer.status == PASS:
        yield "tip: every check, one by one: gait doctor"
        yield "tip: make a run to work with: gait demo"
        return
    for check in answer.checks:
        if answer.summary_mode and check.status == PASS:
            continue
        yield f"- {check.name}: {check.status} ({check.message})"
        if check.fix_command:
            yield f"  fix: {typeable(check.fix_command)}"


def typeable(command: str) -> str:
    """Spell a command so that no quoted word of it holds a character that cannot be seen or typed.

    A shell reads the same words from it.
    """
    return _shell_words(_typeable, command) if HIDDEN.search(command) else command


def _typeable(word: re.Match[str]) -> str:
    text = word.group()[1:-1].replace("'\\''", "'")
    if not HIDDEN.search(text) or text.endswith("\n"):  # which a shell would cut off
        return word.group()
    spelled = (
        chr(byte) if byte in _ORDINARY else f"\\{byte:03o}"
        for byte in text.encode(errors="surrogateescape")
    )
    return f"\"$(printf '{''.join(spelled)}')\""


def _adoption(answer: AdoptionAnswer) -> Iterator[str]:
    report = answer.report
    reached = [milestone.name for milestone in report.milestones if milestone.achieved]
    state = "complete" if report.activation_complete else "incomplete"
    counts = f"events={report.total_events} failed={report.failed_events}"
    yield f"adoption: activation {state}, {counts}"
    yield f"  source     {report.source}"
    if report.total_events:
        yield f"  from       {report.first_event_at} to {report.last_event_at}"
    yield f"  milestones {', '.join(reached) or 'none'}"
    for command in report.commands:
        yield f"  {command.command}: {command.success} of {command.total} succeeded"
    for blocker in report.blockers:
        yield f"- {blocker}"


RENDERERS: Final[Renderers] = {DoctorAnswer: _doctor, AdoptionAnswer: _adoption}
