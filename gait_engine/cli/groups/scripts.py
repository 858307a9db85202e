"""`gait approve-script` and `gait list-scripts`."""

from typing import Annotated

import typer

from gait_engine.api import scripts as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.keys import KeySources

Registry = Annotated[str, typer.Option("--registry", help="The registry of approved scripts.")]


def approve(
    context: typer.Context,
    targets: options.Targets = None,
    policy: Annotated[str, typer.Option("--policy", help="The policy it is approved under.")] = "",
    intent: Annotated[str, typer.Option("--intent", help="The script, as an intent.")] = "",
    registry: Registry = "",
    approver: Annotated[str, typer.Option("--approver", help="Who approves it.")] = "",
    pattern_id: Annotated[str, typer.Option("--pattern-id", help="What to call it.")] = "",
    ttl: Annotated[str, typer.Option("--ttl", help="For how long.")] = api.DEFAULT_TTL,
    scope: Annotated[
        str,
        typer.Option("--scope", help="risk:, tool:, workspace_prefix:, endpoint:, by commas."),
    ] = "",
    key_mode: Annotated[str, typer.Option("--key-mode", help="dev or prod.")] = "dev",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
) -> Answer:
    """Approve a script for every time it runs."""
    no_targets(targets)
    request = api.ScriptApproval(
        policy=policy,
        intent=intent,
        registry=registry,
        approver=approver,
        pattern_id=pattern_id,
        ttl=ttl,
        scope=tuple(scope.split(",")),
        key_mode=key_mode,
        keys=KeySources(private_key=private_key, private_key_env=private_key_env),
    )
    return api.approve(request, host=host_of(context))


def list_all(
    context: typer.Context,
    targets: options.Targets = None,
    registry: Registry = "",
    json: options.Json = False,
) -> Answer:
    """List the approved scripts of a registry, signatures unchecked."""
    no_targets(targets)
    return api.list_scripts(registry, host=host_of(context))
