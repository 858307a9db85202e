"""`gait guard pack|verify|show|retain|encrypt|decrypt`."""

from typing import Annotated

import typer

from gait_engine.api import guard as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets, only_target
from gait_engine.contract.answers.base import Answer
from gait_engine.guard.evidence import EvidencePaths
from gait_engine.guard.sealed import KeyRequest
from gait_engine.guard.templates import SOC2

In = Annotated[str, typer.Option("--in", help="The file; the same as TARGET.")]
Out = Annotated[str, typer.Option("--out", help="Where to write.")]
KeyEnv = Annotated[str, typer.Option("--key-env", help="Variable with the key.")]
KeyCommand = Annotated[str, typer.Option("--key-command", help="Program that prints the key.")]
KeyCommandArgs = Annotated[
    str, typer.Option("--key-command-args", help="Its arguments, separated by commas.")
]


def pack(
    context: typer.Context,
    targets: options.Targets = None,
    run: Annotated[str, typer.Option("--run", help="Run id or path; the same as TARGET.")] = "",
    out: Out = "",
    case_id: Annotated[str, typer.Option("--case-id", help="Whose case it is for.")] = "",
    inventory: Annotated[str, typer.Option("--inventory", help="Inventories, by commas.")] = "",
    trace: Annotated[str, typer.Option("--trace", help="Gate traces, by commas.")] = "",
    regress: Annotated[str, typer.Option("--regress", help="Regress results, by commas.")] = "",
    approval_audit: Annotated[
        str, typer.Option("--approval-audit", help="Approval audits, by commas.")
    ] = "",
    credential_evidence: Annotated[
        str, typer.Option("--credential-evidence", help="Credential records, by commas.")
    ] = "",
    template: Annotated[
        str, typer.Option("--template", help="soc2, pci or incident_response.")
    ] = SOC2,
    render_pdf: Annotated[bool, typer.Option("--render-pdf", help="Add a summary page.")] = False,
    key_mode: Annotated[str, typer.Option("--key-mode", help="dev or prod.")] = "dev",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    no_overwrite: options.NoOverwrite = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> Answer:
    """Write a signed pack with a run's evidence."""
    from gait_engine.api.plans import guard_plan

    request = api.PackRequest(
        run=only_target(targets, run),
        paths=EvidencePaths(inventory, trace, regress, approval_audit, credential_evidence),
        out=out,
        case_id=case_id,
        template=template,
        render_pdf=render_pdf,
        key_mode=key_mode,
        keys=options.key_sources("", "", private_key, private_key_env),
        no_overwrite=no_overwrite,
    )
    return (guard_plan if dry_run else api.pack)(request, host=host_of(context))


def verify(
    context: typer.Context,
    targets: options.Targets = None,
    path: Annotated[str, typer.Option("--path", help="The pack; the same as TARGET.")] = "",
    profile: options.Profile = "",
    require_signature: options.RequireSignature = False,
    public_key: options.PublicKey = "",
    public_key_env: options.PublicKeyEnv = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
) -> Answer:
    """Check every member and the signatures of an evidence pack."""
    return api.verify(
        only_target(targets, path),
        host=host_of(context),
        profile=profile,
        require_signature=require_signature,
        keys=options.key_sources(public_key, public_key_env, private_key, private_key_env),
    )


def show(
    context: typer.Context,
    targets: options.Targets = None,
    path: Annotated[str, typer.Option("--path", help="The pack; the same as TARGET.")] = "",
    public_key: options.PublicKey = "",
    public_key_env: options.PublicKeyEnv = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
) -> Answer:
    """List what an evidence pack holds and which control each member speaks for."""
    keys = options.key_sources(public_key, public_key_env, private_key, private_key_env)
    return api.show(only_target(targets, path), host=host_of(context), keys=keys)


def retain(
    context: typer.Context,
    targets: options.Targets = None,
    root: Annotated[str, typer.Option("--root", help="Where to look.")] = ".",
    trace_ttl: Annotated[
        str, typer.Option("--trace-ttl", help="How long traces are kept; 0s: for ever.")
    ] = api.DEFAULT_TRACE_TTL,
    pack_ttl: Annotated[
        str, typer.Option("--pack-ttl", help="How long packs are kept; 0s: for ever.")
    ] = api.DEFAULT_PACK_TTL,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Delete nothing.")] = False,
    report_out: Annotated[str, typer.Option("--report-out", help="Write a report here.")] = "",
    json: options.Json = False,
) -> Answer:
    """Delete traces and packs that are old enough."""
    no_targets(targets)
    return api.retain(
        host=host_of(context),
        root=root,
        trace_ttl=trace_ttl,
        pack_ttl=pack_ttl,
        dry_run=dry_run,
        report_out=report_out,
    )


def encrypt(
    context: typer.Context,
    targets: options.Targets = None,
    source: In = "",
    out: Out = "",
    key_env: KeyEnv = "",
    key_command: KeyCommand = "",
    key_command_args: KeyCommandArgs = "",
    json: options.Json = False,
) -> Answer:
    """Encrypt a file with AES-256-GCM."""
    key = KeyRequest(key_env, key_command, key_command_args)
    return api.encrypt(only_target(targets, source), host=host_of(context), key=key, out=out)


def decrypt(
    context: typer.Context,
    targets: options.Targets = None,
    source: In = "",
    out: Out = "",
    key_env: KeyEnv = "",
    key_command: KeyCommand = "",
    key_command_args: KeyCommandArgs = "",
    json: options.Json = False,
) -> Answer:
    """Decrypt a file that `gait guard encrypt` made."""
    key = KeyRequest(key_env, key_command, key_command_args)
    return api.decrypt(only_target(targets, source), host=host_of(context), key=key, out=out)
