"""`gait run session start|append|status|show|checkpoint|compact|repair`."""

from typing import Annotated, Final

import typer

from gait_engine.api import session as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.stdout import complain
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.answers.session import SessionAnswer
from gait_engine.wire.safetext import safe_text

FAILED: Final[dict[str, Answer]] = {
    f"run session {operation}": SessionAnswer(ok=False, operation=operation)
    for operation in api.OPERATIONS
}

Journal = Annotated[str, typer.Option("--journal", help="The journal of the session.")]


def start(
    context: typer.Context,
    targets: options.Targets = None,
    journal: Journal = "",
    session_id: Annotated[str, typer.Option("--session-id", help="Id of the session.")] = "",
    run_id: Annotated[str, typer.Option("--run-id", help="Id of the run.")] = "",
    json: options.Json = False,
) -> Answer:
    """Begin a session journal; one of the same session and run is left as it is."""
    no_targets(targets)
    host = host_of(context)
    return _warned(api.start(journal, session_id=session_id, run_id=run_id, host=host))


def append(
    context: typer.Context,
    targets: options.Targets = None,
    journal: Journal = "",
    tool: Annotated[str, typer.Option("--tool", help="Name of the tool.")] = "",
    verdict: Annotated[
        str, typer.Option("--verdict", help="allow, block, dry_run or require_approval.")
    ] = "",
    intent_id: Annotated[str, typer.Option("--intent-id", help="Id of the call.")] = "",
    trace_id: Annotated[str, typer.Option("--trace-id", help="Id of the gate trace.")] = "",
    trace_path: Annotated[str, typer.Option("--trace-path", help="Where the trace is.")] = "",
    intent_digest: Annotated[str, typer.Option("--intent-digest", help="Its digest.")] = "",
    policy_digest: Annotated[str, typer.Option("--policy-digest", help="The policy's.")] = "",
    reason_codes: Annotated[str, typer.Option("--reason-codes", help="Comma separated.")] = "",
    violations: Annotated[str, typer.Option("--violations", help="Comma separated.")] = "",
    json: options.Json = False,
) -> Answer:
    """Append one tool call and what the gate said; it is durable when this returns."""
    no_targets(targets)
    event = api.EventInput(
        tool_name=tool,
        verdict=verdict,
        intent_id=intent_id,
        trace_id=trace_id,
        trace_path=trace_path,
        intent_digest=intent_digest,
        policy_digest=policy_digest,
        reason_codes=tuple(reason_codes.split(",")),
        violations=tuple(violations.split(",")),
    )
    return _warned(api.append(journal, event, host=host_of(context)))


def status(
    context: typer.Context,
    targets: options.Targets = None,
    journal: Journal = "",
    json: options.Json = False,
) -> Answer:
    """Show where a session stands."""
    no_targets(targets)
    return _warned(api.status(journal, host=host_of(context)))


def show(
    context: typer.Context,
    targets: options.Targets = None,
    journal: Journal = "",
    json: options.Json = False,
) -> Answer:
    """List the calls and checkpoints of a session; its lock is not taken."""
    no_targets(targets)
    return api.show(journal, host=host_of(context))


def checkpoint(
    context: typer.Context,
    targets: options.Targets = None,
    journal: Journal = "",
    out: Annotated[str, typer.Option("--out", help="The runpack to write.")] = "",
    chain_out: Annotated[str, typer.Option("--chain-out", help="A second chain file.")] = "",
    json: options.Json = False,
) -> Answer:
    """Seal the events since the last checkpoint in a runpack, and link it into the chain."""
    no_targets(targets)
    host = host_of(context)
    return _warned(api.checkpoint(journal, out=out, chain_out=chain_out, host=host))


def compact(
    context: typer.Context,
    targets: options.Targets = None,
    journal: Journal = "",
    out: Annotated[str, typer.Option("--out", help="Write here, not in place.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
    json: options.Json = False,
) -> Answer:
    """Drop the events that checkpoints cover."""
    no_targets(targets)
    return _warned(api.compact(journal, out=out, dry_run=dry_run, host=host_of(context)))


def repair(
    context: typer.Context,
    targets: options.Targets = None,
    journal: Journal = "",
    json: options.Json = False,
) -> Answer:
    """Cut off a last line that an interrupted append left unfinished; a copy is kept."""
    no_targets(targets)
    return _warned(api.repair(journal, host=host_of(context)))


def _warned(answer: SessionAnswer) -> SessionAnswer:
    """Say on stderr what did no harm but should be known."""
    for note in answer.hazards:
        complain(f"warning: {safe_text(f'{note.code} at {note.where}')}")
    return answer
