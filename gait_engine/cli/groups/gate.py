"""`gait gate eval`."""

import typer

from gait_engine.cli import options
from gait_engine.cli.gateeval import HELP, RECORD, answer
from gait_engine.cli.line import Stream
from gait_engine.cli.parse import line_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer


@options.takes(RECORD, HELP)
def evaluate(
    context: typer.Context,
    targets: options.Targets = None,
    json: options.Json = False,
    explain: options.Explain = False,
    **given: str | bool,
) -> Answer | Stream:
    """Decide a tool call by policy, or with --intents a stream of them; write signed traces."""
    no_targets(targets)
    asked = RECORD(**given)  # type: ignore[arg-type]  # each option has the type of its field
    return answer(asked, line_of(context), explain=explain)
