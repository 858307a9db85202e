"""`gait capture`."""

from typing import Annotated, Final

import typer

from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer, Migration
from gait_engine.contract.answers.run import CaptureAnswer
from gait_engine.errors import InvalidInput
from gait_engine.store.layout import CAPTURE_PATH

FAILED: Final[dict[str, Answer]] = {"capture": CaptureAnswer(ok=False)}


def capture(
    context: typer.Context,
    targets: options.Targets = None,
    source: Annotated[str, typer.Option("--from", help="Runpack, session chain or trace.")] = "",
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", help="latest, or the number of a checkpoint.")
    ] = "",
    out: Annotated[str, typer.Option("--out", help="The receipt to write.")] = CAPTURE_PATH,
    save_as: Annotated[str, typer.Option("--save-as", hidden=True)] = "",
    json: options.Json = False,
) -> Answer:
    """Write a receipt that names an artifact."""
    from gait_engine.api.capture import capture as capture_artifact

    if save_as:
        raise _renamed()
    no_targets(targets)
    return capture_artifact(source, checkpoint=checkpoint, out=out, host=host_of(context))


def _renamed() -> InvalidInput:
    error = InvalidInput("option --save-as: renamed, expected --out", hint="use --out instead")
    error.answer = CaptureAnswer(
        ok=False,
        migration=Migration(kind="flag", deprecated_flag="--save-as", replacement_flag="--out"),
    )
    return error
