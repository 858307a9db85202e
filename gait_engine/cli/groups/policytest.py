"""`gait policy test|simulate`."""

from typing import Annotated

import typer

from gait_engine.api import policytest as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.errors import InvalidInput


def try_out(
    context: typer.Context, targets: options.Targets = None, json: options.Json = False
) -> Answer:
    """Say what a policy decides about an intent: POLICY INTENT."""
    policy, intent = _policy_and_intent(targets or [])
    return api.policy_test(policy, intent, host=host_of(context))


def simulate(
    context: typer.Context,
    targets: options.Targets = None,
    policy: Annotated[str, typer.Option("--policy", help="The candidate policy.")] = "",
    baseline: Annotated[str, typer.Option("--baseline", help="The policy of today.")] = "",
    fixtures: Annotated[
        str, typer.Option("--fixtures", help="Intents: .json files or folders, by commas.")
    ] = "",
    json: options.Json = False,
) -> Answer:
    """Say what a candidate policy decides otherwise than the baseline."""
    no_targets(targets)
    return api.policy_simulate(
        policy, baseline=baseline, fixtures=fixtures.split(","), host=host_of(context)
    )


def _policy_and_intent(given: list[str]) -> tuple[str, str]:
    if len(given) != 2:
        raise InvalidInput(
            f"arguments: {len(given)} given, expected a policy and an intent",
            hint="gait policy test POLICY.yaml INTENT.json",
        )
    return given[0], given[1]
