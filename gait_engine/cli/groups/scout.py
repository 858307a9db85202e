"""`gait scout signal`, `snapshot`, `diff`, `bisect`."""

from typing import Annotated

import typer

from gait_engine.api import scout as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.errors import InvalidInput

Runs = Annotated[str, typer.Option("--runs", help="Runpacks, ids, folders, globs, by commas.")]
RunsFrom = Annotated[str, typer.Option("--runs-from", help="A list of runs, - for stdin.")]
Traces = Annotated[str, typer.Option("--traces", help="Gate traces or folders, by commas.")]
Regress = Annotated[str, typer.Option("--regress", help="Regress results, by commas.")]

KeepGoing = Annotated[
    bool, typer.Option("--keep-going", help="Leave out what cannot be used, and say so.")
]


def signal(
    context: typer.Context,
    targets: options.Targets = None,
    runs: Runs = "",
    runs_from: RunsFrom = "",
    traces: Traces = "",
    regress: Regress = "",
    engine: options.Engine = "local",
    out: Annotated[str, typer.Option("--out", help="Where the report goes.")] = "",
    keep_going: KeepGoing = False,
    json: options.Json = False,
) -> Answer:
    """Group runs that behave alike and rank the groups."""
    request = api.RunsRequest(
        tuple(targets or ()), runs, runs_from, traces, regress, engine, keep_going
    )
    return api.signal(request, out=out, host=host_of(context))


def bisect(
    context: typer.Context,
    targets: options.Targets = None,
    good: Annotated[str, typer.Option("--good", help="A run that behaved well.")] = "",
    bad: Annotated[str, typer.Option("--bad", help="A later one that did not.")] = "",
    runs: Runs = "",
    runs_from: RunsFrom = "",
    traces: Traces = "",
    regress: Regress = "",
    engine: options.Engine = "local",
    json: options.Json = False,
) -> Answer:
    """Name the first run that behaves otherwise, and what changed."""
    request = api.RunsRequest(tuple(targets or ()), runs, runs_from, traces, regress, engine)
    return api.bisect(request, good=good, bad=bad, host=host_of(context))


def snapshot(
    context: typer.Context,
    targets: options.Targets = None,
    roots: Annotated[str, typer.Option("--roots", help="Folders, by commas.")] = ".",
    include: Annotated[str, typer.Option("--include", help="Only paths like these.")] = "",
    exclude: Annotated[str, typer.Option("--exclude", help="No paths like these.")] = "",
    policy: Annotated[str, typer.Option("--policy", help="Policies, by commas.")] = "",
    out: Annotated[str, typer.Option("--out", help="Where the inventory goes.")] = "",
    coverage_out: Annotated[
        str, typer.Option("--coverage-out", help="Where the coverage goes.")
    ] = "",
    json: options.Json = False,
) -> Answer:
    """List the tools and servers that files declare, and which of them policies name."""
    no_targets(targets)
    request = api.SnapshotRequest(roots, include, exclude, policy, out, coverage_out)
    return api.snapshot(request, host=host_of(context))


def diff(
    context: typer.Context,
    targets: options.Targets = None,
    left: Annotated[str, typer.Option("--left", help="The earlier inventory.")] = "",
    right: Annotated[str, typer.Option("--right", help="The later one.")] = "",
    out: Annotated[str, typer.Option("--out", help="Write the difference here.")] = "",
    json: options.Json = False,
) -> Answer:
    """Compare two inventories."""
    given = iter(targets or ())
    left, right = left or next(given, ""), right or next(given, "")
    if not left or not right or next(given, None) is not None:
        raise InvalidInput(
            "inventories: expected two", hint="gait scout diff LEFT RIGHT, or --left and --right"
        )
    return api.diff(left, right, out=out, host=host_of(context))
