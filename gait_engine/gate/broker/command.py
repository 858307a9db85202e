"""The command broker: a program of the operator's that is asked on stdin (gate.md 4.4)."""

import os
from pathlib import Path
from typing import Final

from gait_engine.contract.broker import BrokerAnswer, BrokerRequest
from gait_engine.errors import GaitError, InvalidInput, quoted
from gait_engine.gate.broker.child import MAX_SECONDS, answer_of
from gait_engine.gate.broker.faults import no_credential
from gait_engine.gate.broker.normalise import fit_for_evidence
from gait_engine.gate.broker.request import listed, presented
from gait_engine.host import Host
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.jsonwrite import compact
from gait_engine.wire.text import WHITE_SPACE, trim

COMMAND: Final = "command"
ALLOWLIST: Final = "GAIT_CREDENTIAL_COMMAND_ALLOWLIST"

_MAX_REFERENCE: Final = 256
_ANSWER: Final = Source("credential command answer", digested=False)


def command_line(command: str, args: str, *, host: Host) -> tuple[str, ...]:
    """Return the program and its arguments, which are comma separated in `args`.

    Raises InvalidInput for a program that is missing, holds white space, or is not in the
    allowlist of the environment.
    """
    program = trim(command)
    if not program:
        raise InvalidInput("option --credential-command: not given, expected a program")
    if not set(program).isdisjoint(WHITE_SPACE):
        raise InvalidInput(
            f"option --credential-command: {quoted(program)}, expected a path without white space",
            hint="give arguments with --credential-command-args, separated by commas",
        )
    _require_allowed(program, host.env.get(ALLOWLIST, ""))
    return (program, *listed(args))


def ask_command(
    request: BrokerRequest, host: Host, *, argv: tuple[str, ...], seconds: float = MAX_SECONDS
) -> BrokerAnswer:
    """Run a program for its answer, a JSON object.

    Its environment is gait's own, as with the peer: it may need the operator's session to issue
    anything. Raises DependencyMissing for a program that fails or answers anything else; nothing
    that it said is in the error.
    """
    said = answer_of(argv, compact(presented(request)), seconds=seconds, host=host)
    answer = _read(said)
    if answer is None:
        raise _unusable("no answer of a broker, expected a JSON object with credential_ref")
    if trim(answer.provider):
        raise _unusable("the receipt of a provider, expected the plain form with credential_ref")
    _require_reference(answer.credential_ref)
    return fit_for_evidence(answer, _ANSWER.name)


def _require_allowed(program: str, allowlist: str) -> None:
    """Hold a program against paths and names; `find_program` runs the very path that is checked."""
    if not trim(allowlist):
        return
    allowed = {os.path.normpath(entry) for entry in listed(allowlist)}
    if allowed.isdisjoint({os.path.normpath(program), Path(program).name}):
        raise InvalidInput(
            f"option --credential-command: {quoted(program)}, expected one in {ALLOWLIST}",
            hint=f"name another command, or add its full path to {ALLOWLIST}",
        )


def _read(said: bytes) -> BrokerAnswer | None:
    """Read an answer; the reader's own errors quote what they read, so they end here."""
    try:
        return read_record(said, BrokerAnswer, _ANSWER)
    except GaitError:
        return None


def _require_reference(reference: str) -> None:
    if not trim(reference):
        raise _unusable("no credential_ref, expected text")
    if len(reference.encode()) > _MAX_REFERENCE:
        raise _unusable(f"a credential_ref of more than {_MAX_REFERENCE} bytes, expected less")
    if not set(reference).isdisjoint("\r\n\t"):
        raise _unusable("a credential_ref with a line break or tab, expected one line")


def _unusable(fault: str) -> GaitError:
    return no_credential(f"{_ANSWER.name}: {fault}")
