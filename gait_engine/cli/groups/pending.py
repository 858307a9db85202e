"""`gait pending`."""

from typing import Annotated

import typer

from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.keys import KeySources
from gait_engine.contract.review import REVIEW_LOG, ReviewSetting

Roots = Annotated[
    list[str] | None,
    typer.Option("--root", help="A folder to search; by default ./gait-out, and . itself."),
]
PublicKey = Annotated[
    str, typer.Option("--approval-public-key", help="File with the key of approvals.")
]
PublicKeyEnv = Annotated[
    str, typer.Option("--approval-public-key-env", help="Variable with that key.")
]
PrivateKey = Annotated[
    str, typer.Option("--approval-private-key", help="File with the private half of it.")
]
PrivateKeyEnv = Annotated[
    str, typer.Option("--approval-private-key-env", help="Variable with that.")
]
TraceKey = Annotated[
    str, typer.Option("--trace-public-key", help="File with the key of traces; others are refused.")
]
TraceKeyEnv = Annotated[str, typer.Option("--trace-public-key-env", help="Variable with it.")]
KillSwitch = Annotated[str, typer.Option("--kill-switch-state", help="The kill-switch state file.")]
Inventory = Annotated[str, typer.Option("--wrkr-inventory", help="What is known of tools.")]
Log = Annotated[str, typer.Option("--log", help="The log of decisions.")]


def pending(
    context: typer.Context,
    targets: options.Targets = None,
    root: Roots = None,
    approval_public_key: PublicKey = "",
    approval_public_key_env: PublicKeyEnv = "",
    approval_private_key: PrivateKey = "",
    approval_private_key_env: PrivateKeyEnv = "",
    trace_public_key: TraceKey = "",
    trace_public_key_env: TraceKeyEnv = "",
    kill_switch_state: KillSwitch = "",
    wrkr_inventory: Inventory = "",
    log: Log = REVIEW_LOG,
    json: options.Json = False,
) -> Answer:
    """List the calls that await a person's approval, newest first; nothing is written."""
    from gait_engine.api import pending as api

    no_targets(targets)
    setting = ReviewSetting(
        roots=api.roots_of(root or ()),
        log=log,
        approval_keys=KeySources(
            approval_public_key,
            approval_public_key_env,
            approval_private_key,
            approval_private_key_env,
        ),
        kill_switch_state=kill_switch_state,
        wrkr_inventory=wrkr_inventory,
        trace_keys=KeySources(trace_public_key, trace_public_key_env),
    )
    return api.pending(setting, host=host_of(context))
