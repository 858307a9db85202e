"""`gait review show|deny|log`.

There is no command here that mints an approval, and none is to be added: to approve through a
review is to have read it, which only a screen can see to. A script that has its own way of asking
people uses `gait approve`. To deny is safe, so that can be said in one line.
"""

from typing import Annotated

import typer

from gait_engine.api import pending as roots
from gait_engine.api import review as api
from gait_engine.cli import options
from gait_engine.cli.groups import pending as shared
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.keys import KeySources
from gait_engine.contract.review import REVIEW_LOG, DenyRequest, ReviewSetting, ReviewTarget

Trace = Annotated[str, typer.Option("--trace", help="The trace that asks for approval.")]
Intent = Annotated[str, typer.Option("--intent", help="The intent; found if not given.")]
Policy = Annotated[str, typer.Option("--policy", help="The policy; found if not given.")]


def show(
    context: typer.Context,
    targets: options.Targets = None,
    trace: Trace = "",
    intent: Intent = "",
    policy: Policy = "",
    root: shared.Roots = None,
    approval_public_key: shared.PublicKey = "",
    approval_public_key_env: shared.PublicKeyEnv = "",
    approval_private_key: shared.PrivateKey = "",
    approval_private_key_env: shared.PrivateKeyEnv = "",
    key_mode: Annotated[str, typer.Option("--key-mode", help="prod; dev keys are refused.")] = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    trace_public_key: shared.TraceKey = "",
    trace_public_key_env: shared.TraceKeyEnv = "",
    kill_switch_state: shared.KillSwitch = "",
    wrkr_inventory: shared.Inventory = "",
    log: shared.Log = REVIEW_LOG,
    json: options.Json = False,
) -> Answer:
    """Show a pending call as an approver must see it, computed anew; nothing is written."""
    no_targets(targets)
    setting = ReviewSetting(
        roots=roots.roots_of(root or ()),
        log=log,
        approval_keys=KeySources(
            approval_public_key,
            approval_public_key_env,
            approval_private_key,
            approval_private_key_env,
        ),
        key_mode=key_mode,
        signing_keys=KeySources(private_key=private_key, private_key_env=private_key_env),
        kill_switch_state=kill_switch_state,
        wrkr_inventory=wrkr_inventory,
        trace_keys=KeySources(trace_public_key, trace_public_key_env),
    )
    return api.show(ReviewTarget(trace, intent, policy), setting, host=host_of(context))


def deny(
    context: typer.Context,
    targets: options.Targets = None,
    trace: Trace = "",
    intent: Intent = "",
    policy: Policy = "",
    reviewer: Annotated[str, typer.Option("--reviewer", help="Who denies.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, in one word.")] = "",
    note: Annotated[str, typer.Option("--note", help="Why, in more words.")] = "",
    root: shared.Roots = None,
    wrkr_inventory: shared.Inventory = "",
    log: shared.Log = REVIEW_LOG,
    json: options.Json = False,
) -> Answer:
    """Record that a pending call was denied; the gate goes on asking by itself."""
    no_targets(targets)
    request = DenyRequest(ReviewTarget(trace, intent, policy), reviewer, reason, note)
    setting = ReviewSetting(
        roots=roots.roots_of(root or ()), log=log, wrkr_inventory=wrkr_inventory
    )
    return api.deny(request, setting, host=host_of(context))


def log(
    context: typer.Context,
    targets: options.Targets = None,
    log: shared.Log = REVIEW_LOG,
    verify: Annotated[bool, typer.Option("--verify", help="Check the chain of lines.")] = False,
    json: options.Json = False,
) -> Answer:
    """List what people decided, newest last, or check that no line was touched."""
    no_targets(targets)
    return api.log(log, verify=verify, host=host_of(context))
