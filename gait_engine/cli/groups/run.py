"""`gait run record|inspect|replay|diff|reduce|receipt`."""

from typing import Annotated, Final

import typer

from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import only_target, two_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.answers.run import DiffAnswer
from gait_engine.contract.keys import KeySources
from gait_engine.store.layout import OUT_DIR

FAILED: Final[dict[str, Answer]] = {"run diff": DiffAnswer(ok=False)}


def record(
    context: typer.Context,
    targets: options.Targets = None,
    source: Annotated[str, typer.Option("--input", help="The recorded run as JSON.")] = "",
    out_dir: Annotated[str, typer.Option("--out-dir", help="Where to write.")] = OUT_DIR,
    run_id: Annotated[str, typer.Option("--run-id", help="Use this run id.")] = "",
    capture_mode: Annotated[str, typer.Option("--capture-mode", help="reference or raw.")] = "",
    key_mode: Annotated[str, typer.Option("--key-mode", help="dev or prod: sign.")] = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    context_envelope: Annotated[
        str, typer.Option("--context-envelope", help="Context evidence to store.")
    ] = "",
    context_evidence_mode: Annotated[
        str, typer.Option("--context-evidence-mode", help="best_effort or required.")
    ] = "",
    unsafe_context_raw: Annotated[
        bool, typer.Option("--unsafe-context-raw", help="Store raw context.")
    ] = False,
    json: options.Json = False,
) -> Answer:
    """Record a run as a verifiable runpack."""
    from gait_engine.api.record import RecordRequest
    from gait_engine.api.record import record as record_run

    request = RecordRequest(
        input=only_target(targets, source),
        out_dir=out_dir,
        run_id=run_id,
        capture_mode=capture_mode,
        key_mode=key_mode,
        keys=KeySources(private_key=private_key, private_key_env=private_key_env),
        context_envelope=context_envelope,
        context_evidence_mode=context_evidence_mode,
        unsafe_context_raw=unsafe_context_raw,
    )
    return record_run(request, host=host_of(context))


def inspect(
    context: typer.Context,
    targets: options.Targets = None,
    source: options.From = "",
    full: Annotated[
        bool, typer.Option("--full", help="Add payloads, the run record and its receipts.")
    ] = False,
    json: options.Json = False,
) -> Answer:
    """List what a run called and what came back."""
    from gait_engine.api.run import inspect as inspect_run

    return inspect_run(only_target(targets, source), host=host_of(context), full=full)


def replay(
    context: typer.Context,
    targets: options.Targets = None,
    real_tools: Annotated[bool, typer.Option("--real-tools", help="Run real tools.")] = False,
    unsafe_real_tools: Annotated[
        bool, typer.Option("--unsafe-real-tools", help="Confirm that real tools may run.")
    ] = False,
    allow_tools: Annotated[
        str, typer.Option("--allow-tools", help="The tools that may run, comma separated.")
    ] = "",
    unsafe_real_tools_env: Annotated[
        str, typer.Option("--unsafe-real-tools-env", help="Variable that must be 1.")
    ] = "",
    json: options.Json = False,
) -> Answer:
    """Answer every call of a run from its record or a stub."""
    from gait_engine.api.run import replay as replay_run

    return replay_run(
        only_target(targets),
        host=host_of(context),
        real_tools=real_tools,
        unsafe_real_tools=unsafe_real_tools,
        allow_tools=allow_tools,
        unsafe_real_tools_env=unsafe_real_tools_env,
    )


def diff(
    context: typer.Context,
    targets: options.Targets = None,
    privacy: Annotated[str, typer.Option("--privacy", help="full or metadata.")] = "",
    output: Annotated[str, typer.Option("--output", help="Write the summary here too.")] = "",
    details: Annotated[
        bool, typer.Option("--details", help="Show every record side by side.")
    ] = False,
    json: options.Json = False,
) -> Answer:
    """Compare two runs, or two session chains."""
    from gait_engine.api.run import diff as diff_runs

    left, right = two_targets(targets)
    host = host_of(context)
    return diff_runs(left, right, host=host, privacy=privacy, output=output, details=details)


def reduce(
    context: typer.Context,
    targets: options.Targets = None,
    source: options.From = "",
    predicate: Annotated[
        str, typer.Option("--predicate", help="missing_result or non_ok_status.")
    ] = "",
    out: Annotated[str, typer.Option("--out", help="The reduced runpack.")] = "",
    report_out: Annotated[str, typer.Option("--report-out", help="The report.")] = "",
    json: options.Json = False,
) -> Answer:
    """Cut a failing run down to the one call that fails."""
    from gait_engine.api.reduce import reduce as reduce_run

    target = only_target(targets, source)
    host = host_of(context)
    return reduce_run(target, predicate=predicate, out=out, report_out=report_out, host=host)


def receipt(
    context: typer.Context,
    targets: options.Targets = None,
    source: options.From = "",
    json: options.Json = False,
) -> Answer:
    """Print the ticket footer of a runpack that verifies."""
    from gait_engine.api.run import receipt as receipt_of

    return receipt_of(only_target(targets, source), host=host_of(context))
