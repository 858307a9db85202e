"""`gait report top`."""

import re
from typing import Annotated, Final

import typer

from gait_engine.api import report as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.contract.answers.base import Answer

_is_decimal: Final = re.compile("-?[0-9]{1,18}").fullmatch


def top(
    context: typer.Context,
    targets: options.Targets = None,
    runs: Annotated[str, typer.Option("--runs", help="Runpacks, ids or folders.")] = "",
    runs_from: Annotated[str, typer.Option("--runs-from", help="A list, - for stdin.")] = "",
    traces: Annotated[str, typer.Option("--traces", help="Traces or folders.")] = "",
    limit: Annotated[str, typer.Option("--limit", help="How many, up to 20.")] = "5",
    engine: options.Engine = "local",
    out: Annotated[str, typer.Option("--out", help="Where the report goes.")] = "",
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Leave out what cannot be used, and say so.")
    ] = False,
    json: options.Json = False,
) -> Answer:
    """Rank the riskiest calls of many runs."""
    if not _is_decimal(limit):
        raise api.refused_limit(limit)
    request = api.TopRequest(
        tuple(targets or ()), runs, runs_from, traces, int(limit), out, keep_going, engine
    )
    return api.top(request, host=host_of(context))
