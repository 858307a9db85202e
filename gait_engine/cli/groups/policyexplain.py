"""`gait policy explain`."""

from typing import Annotated

import typer

from gait_engine.api import policyexplain as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer


def explain(
    context: typer.Context,
    targets: options.Targets = None,
    policy: Annotated[str, typer.Option("--policy", help="The policy.")] = "",
    intent: Annotated[str, typer.Option("--intent", help="The intent to explain.")] = "",
    wrkr_inventory: Annotated[
        str, typer.Option("--wrkr-inventory", help="What is known of tools.")
    ] = "",
    evaluation_time: Annotated[
        str, typer.Option("--evaluation-time", help="RFC 3339; now when not given.")
    ] = "",
    json: options.Json = False,
) -> Answer:
    """Show why a policy decides as it does about an intent, and what would change that."""
    no_targets(targets)
    return api.policy_explain(
        policy,
        intent,
        wrkr_inventory=wrkr_inventory,
        evaluation_time=evaluation_time,
        host=host_of(context),
    )
