"""`gait index`."""

from typing import Annotated

import typer

from gait_engine.cli import options
from gait_engine.cli.groups import pending as shared
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.index import LIMITS, Limits
from gait_engine.contract.keys import KeySources
from gait_engine.contract.review import ReviewSetting
from gait_engine.errors import InvalidInput

Roots = Annotated[
    list[str] | None,
    typer.Option("--root", help="A folder to look in, all the way down; may be repeated."),
]
Inbox = Annotated[
    bool, typer.Option("--inbox", help="Say what needs a person; runpacks and packs are verified.")
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Read every file, and keep nothing for next time.")
]


MaxFiles = Annotated[
    int, typer.Option("--max-files", min=1, help="List so many files, and say if there are more.")
]
MaxFileMb = Annotated[
    int, typer.Option("--max-file-mb", min=1, help="Read no text of more MiB; it is listed.")
]
_MIB = 1024 * 1024


def index(
    context: typer.Context,
    targets: options.Targets = None,
    root: Roots = None,
    inbox: Inbox = False,
    approval_public_key: shared.PublicKey = "",
    approval_public_key_env: shared.PublicKeyEnv = "",
    approval_private_key: shared.PrivateKey = "",
    approval_private_key_env: shared.PrivateKeyEnv = "",
    trace_public_key: shared.TraceKey = "",
    trace_public_key_env: shared.TraceKeyEnv = "",
    kill_switch_state: shared.KillSwitch = "",
    wrkr_inventory: shared.Inventory = "",
    max_files: MaxFiles = LIMITS.files,
    max_file_mb: MaxFileMb = LIMITS.file_bytes // _MIB,
    no_cache: NoCache = False,
    json: options.Json = False,
) -> Answer:
    """List the artifacts under folders, newest first, or with --inbox what needs a person."""
    from gait_engine.api import index as api

    no_targets(targets)
    approvals = KeySources(
        approval_public_key,
        approval_public_key_env,
        approval_private_key,
        approval_private_key_env,
    )
    traces = KeySources(trace_public_key, trace_public_key_env)
    limits = Limits(max_files, max_file_mb * _MIB)
    host, use_cache = host_of(context), not no_cache
    if inbox:
        setting = ReviewSetting(
            roots=(),
            approval_keys=approvals,
            trace_keys=traces,
            kill_switch_state=kill_switch_state,
            wrkr_inventory=wrkr_inventory,
        )
        return api.find_inbox(
            root or (), setting=setting, limits=limits, host=host, use_cache=use_cache
        )
    if not (approvals.is_empty and traces.is_empty):
        raise InvalidInput("a key: given for a list in which nothing is checked, expected --inbox")
    if kill_switch_state or wrkr_inventory:
        raise InvalidInput("a file of approvals: given for a bare list, expected --inbox")
    return api.index(root or (), limits=limits, host=host, use_cache=use_cache)
