"""`gait version`."""

import typer

from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.contract.answers.base import Answer, VersionAnswer


def version(context: typer.Context, json: options.Json = False) -> Answer:
    """Print the version."""
    return VersionAnswer(ok=True, version=host_of(context).producer_version)
