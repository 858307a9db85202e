"""`gait incident pack`."""

from typing import Annotated

import typer

from gait_engine.api import incident as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import only_target
from gait_engine.contract.answers.base import Answer
from gait_engine.guard.incident import DEFAULT_WINDOW
from gait_engine.guard.templates import INCIDENT_RESPONSE


def pack(
    context: typer.Context,
    targets: options.Targets = None,
    source: options.From = "",
    window: Annotated[
        str, typer.Option("--window", help="How far around the run to look.")
    ] = DEFAULT_WINDOW,
    out: Annotated[str, typer.Option("--out", help="Where to write.")] = "",
    case_id: Annotated[str, typer.Option("--case-id", help="Whose case it is for.")] = "",
    template: Annotated[
        str, typer.Option("--template", help="soc2, pci or incident_response.")
    ] = INCIDENT_RESPONSE,
    render_pdf: Annotated[bool, typer.Option("--render-pdf", help="Add a summary page.")] = False,
    no_overwrite: options.NoOverwrite = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> Answer:
    """Write a pack with the evidence from around a run."""
    from gait_engine.api.plans import incident_plan

    request = api.IncidentRequest(
        run=only_target(targets, source),
        window=window,
        out=out,
        case_id=case_id,
        template=template,
        render_pdf=render_pdf,
        no_overwrite=no_overwrite,
    )
    return (incident_plan if dry_run else api.pack)(request, host=host_of(context))
