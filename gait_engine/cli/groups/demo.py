"""`gait demo`."""

from typing import Annotated

import typer

from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer


def demo(
    context: typer.Context,
    targets: options.Targets = None,
    durable: Annotated[bool, typer.Option("--durable", help="Show a durable job.")] = False,
    policy: Annotated[bool, typer.Option("--policy", help="Show a blocked call.")] = False,
    json: options.Json = False,
) -> Answer:
    """Make the demo run in ./gait-out and verify it."""
    from gait_engine.api.demo import demo as make_demo

    no_targets(targets)
    return make_demo(durable=durable, policy=policy, host=host_of(context))
