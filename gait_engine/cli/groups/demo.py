"""`gait demo`."""

from typing import Annotated

import typer

from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.errors import InvalidInput


def demo(
    context: typer.Context,
    targets: options.Targets = None,
    durable: Annotated[bool, typer.Option("--durable", help="Show a durable job.")] = False,
    policy: Annotated[bool, typer.Option("--policy", help="Show a blocked call.")] = False,
    incident: Annotated[
        bool, typer.Option("--incident", help="Build a whole incident to look at.")
    ] = False,
    json: options.Json = False,
) -> Answer:
    """Make the demo run in ./gait-out and verify it."""
    no_targets(targets)
    if incident:
        return _incident(context, alone=not (durable or policy))
    from gait_engine.api.demo import demo as make_demo

    return make_demo(durable=durable, policy=policy, host=host_of(context))


def _incident(context: typer.Context, *, alone: bool) -> Answer:
    from gait_engine.api.demoincident import incident_demo

    if not alone:
        raise InvalidInput("demo: --incident beside another demo, expected one of them")
    return incident_demo(host=host_of(context))
