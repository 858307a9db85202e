"""`gait index`."""

from typing import Annotated

import typer

from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer


def index(
    context: typer.Context,
    targets: options.Targets = None,
    root: Annotated[
        list[str] | None,
        typer.Option("--root", help="A folder to look in, all the way down; may be repeated."),
    ] = None,
    json: options.Json = False,
) -> Answer:
    """List the artifacts under folders, newest first; nothing is verified."""
    from gait_engine.api.index import index as index_roots

    no_targets(targets)
    return index_roots(root or (), host=host_of(context))
