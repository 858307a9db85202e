"""`gait trace verify|show`."""

from typing import Annotated

import typer

from gait_engine.api import trace as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import only_target
from gait_engine.contract.answers.base import Answer


def verify(
    context: typer.Context,
    targets: options.Targets = None,
    path: Annotated[str, typer.Option("--path", help="The trace; the same as TARGET.")] = "",
    public_key: options.PublicKey = "",
    public_key_env: options.PublicKeyEnv = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
) -> Answer:
    """Check the signature of a gate trace, or of each line of a journal of traces (*.jsonl)."""
    keys = options.key_sources(public_key, public_key_env, private_key, private_key_env)
    return api.verify(only_target(targets, path), keys=keys, host=host_of(context))


def show(
    context: typer.Context,
    targets: options.Targets = None,
    path: Annotated[
        str, typer.Option("--path", help="The trace, or FILE.jsonl:LINE; the same as TARGET.")
    ] = "",
    public_key: options.PublicKey = "",
    public_key_env: options.PublicKeyEnv = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
) -> Answer:
    """Show a gate trace whole; with a key its signature is checked as well."""
    keys = options.key_sources(public_key, public_key_env, private_key, private_key_env)
    return api.show(only_target(targets, path), keys=keys, host=host_of(context))
