"""`gait regress init|add|run|bootstrap|show`."""

from typing import Annotated, Any, Final

import typer

from gait_engine.api.regress import PinRequest, RunRequest, SetRequest
from gait_engine.api.regressshow import ShowRequest
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer

_SET_OPTIONS: Final = {
    "config": "The set of fixtures, gait.yaml by default.",
    "output": "The result to write.",
    "junit": "Write JUnit XML here too.",
    "allow_nondeterministic": "Changes nothing: every grader is deterministic.",
    "context_conformance": "Judge the context of every fixture.",
    "allow_context_runtime_drift": "Let context be fetched anew.",
    "details": "Name the records that differ in JSON too.",
}
_RUN_OPTIONS: Final = {
    **_SET_OPTIONS,
    "candidate": "Compare with this runpack, or with NAME.zip of this folder.",
    "update": "Show which candidates would replace their fixtures.",
    "yes": "With --update: replace them.",
}

_SHOW_OPTIONS: Final = {
    "config": "The set of fixtures, gait.yaml by default.",
    "result": "The result to compare with, regress_result.json by default.",
    "junit": "Compare with this JUnit XML too.",
}

From = Annotated[str, typer.Option("--from", help="Run id, runpack, pack, chain or receipt.")]
Name = Annotated[str, typer.Option("--name", help="Name of the fixture; from the run id if none.")]
Against = Annotated[
    list[str] | None,
    typer.Option(
        "--against",
        help="A run for the fixture to judge; of a folder the newest that did otherwise.",
        show_default=False,
    ),
]
Checkpoint = Annotated[
    str, typer.Option("--checkpoint", help="latest, or the number of a checkpoint.")
]


def init(
    context: typer.Context,
    targets: options.Targets = None,
    source: From = "",
    name: Name = "",
    checkpoint: Checkpoint = "",
    against: Against = None,
    json: options.Json = False,
) -> Answer:
    """Pin a run as a fixture."""
    from gait_engine.api.regress import init as init_fixture

    no_targets(targets)
    return init_fixture(
        source,
        host=host_of(context),
        name=name,
        checkpoint=checkpoint,
        against=tuple(against or ()),
    )


def add(
    context: typer.Context,
    targets: options.Targets = None,
    source: From = "",
    name: Name = "",
    checkpoint: Checkpoint = "",
    json: options.Json = False,
) -> Answer:
    """Pin the run of a capture receipt as a fixture."""
    from gait_engine.api.regress import add as add_fixture

    no_targets(targets)
    return add_fixture(source, host=host_of(context), name=name, checkpoint=checkpoint)


@options.takes(RunRequest, _RUN_OPTIONS)
def run(
    context: typer.Context,
    targets: options.Targets = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    **given: Any,  # noqa: ANN401  # the fields of RunRequest
) -> Answer:
    """Judge every fixture of a set."""
    from gait_engine.api.plans import run_plan
    from gait_engine.api.regress import run as run_set

    no_targets(targets)
    request = RunRequest(**_for_reader(given, json=json))
    return (run_plan if dry_run else run_set)(request, host=host_of(context))


@options.takes(SetRequest, _SET_OPTIONS)
def bootstrap(
    context: typer.Context,
    targets: options.Targets = None,
    source: From = "",
    name: Name = "",
    checkpoint: Checkpoint = "",
    against: Against = None,
    no_overwrite: options.NoOverwrite = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    **given: Any,  # noqa: ANN401  # the fields of SetRequest
) -> Answer:
    """Pin a run as a fixture, then judge the whole set."""
    from gait_engine.api.plans import bootstrap_plan
    from gait_engine.api.regress import bootstrap as pin_and_judge

    no_targets(targets)
    request = SetRequest(**_for_reader(given, json=json))
    pinning = PinRequest(source, name, checkpoint, tuple(against or ()), no_overwrite)
    return (bootstrap_plan if dry_run else pin_and_judge)(pinning, request, host=host_of(context))


@options.takes(ShowRequest, _SHOW_OPTIONS)
def show(
    context: typer.Context,
    targets: options.Targets = None,
    json: options.Json = False,
    **given: Any,  # noqa: ANN401  # the fields of ShowRequest
) -> Answer:
    """Show every grade of a set as it stands now; nothing is written."""
    from gait_engine.api.regressshow import show as show_set

    no_targets(targets)
    return show_set(ShowRequest(**given), host=host_of(context))


def _for_reader(given: dict[str, Any], *, json: bool) -> dict[str, Any]:
    """Name the records that differ whenever a person reads the answer."""
    return given if json else {**given, "details": True}
