"""`gait policy validate|fmt|init`."""

from typing import Annotated

import typer

from gait_engine.api import policy as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import only_target
from gait_engine.contract.answers.base import Answer
from gait_engine.errors import InvalidInput


def validate(
    context: typer.Context, targets: options.Targets = None, json: options.Json = False
) -> Answer:
    """Check a policy file, and warn of rules that do not do what they seem to."""
    return api.validate(_policy_file(targets), host=host_of(context))


def fmt(
    context: typer.Context,
    targets: options.Targets = None,
    write: Annotated[bool, typer.Option("--write", help="Replace the file.")] = False,
    json: options.Json = False,
) -> Answer:
    """Write a policy out in full; comments are lost."""
    return api.format_policy(_policy_file(targets), write=write, host=host_of(context))


def init(
    context: typer.Context,
    targets: options.Targets = None,
    out: Annotated[str, typer.Option("--out", help="The policy to write.")] = api.POLICY_PATH,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an old file.")] = False,
    json: options.Json = False,
) -> Answer:
    """Write a policy to begin with: low, medium or high."""
    if len(targets or []) != 1:
        raise InvalidInput(
            f"template: {len(targets or [])} given, expected one",
            hint="gait policy init low|medium|high",
        )
    return api.init(only_target(targets), out=out, force=force, host=host_of(context))


def _policy_file(targets: list[str] | None) -> str:
    if len(targets or []) != 1:
        raise InvalidInput(
            f"policy: {len(targets or [])} files given, expected one", hint="give one policy file"
        )
    return only_target(targets)
