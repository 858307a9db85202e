"""`gait tour`."""

import typer

from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer


def tour(
    context: typer.Context, targets: options.Targets = None, json: options.Json = False
) -> Answer:
    """Make the demo run, verify it, pin it as a fixture and judge it."""
    from gait_engine.api.tour import tour as take_tour

    no_targets(targets)
    return take_tour(host=host_of(context))
