"""`gait index`."""

from typing import Annotated

import typer

from gait_engine.cli import options
from gait_engine.cli.groups import pending as shared
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.keys import KeySources
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


def index(
    context: typer.Context,
    targets: options.Targets = None,
    root: Roots = None,
    inbox: Inbox = False,
    approval_public_key: shared.PublicKey = "",
    approval_public_key_env: shared.PublicKeyEnv = "",
    trace_public_key: shared.TraceKey = "",
    trace_public_key_env: shared.TraceKeyEnv = "",
    no_cache: NoCache = False,
    json: options.Json = False,
) -> Answer:
    """List the artifacts under folders, newest first, or with --inbox what needs a person."""
    from gait_engine.api import index as api

    no_targets(targets)
    keys = (
        KeySources(approval_public_key, approval_public_key_env),
        KeySources(trace_public_key, trace_public_key_env),
    )
    host, use_cache = host_of(context), not no_cache
    if inbox:
        approvals, traces = keys
        return api.find_inbox(
            root or (), approval_keys=approvals, trace_keys=traces, host=host, use_cache=use_cache
        )
    if not all(one.is_empty for one in keys):
        raise InvalidInput("a key: given for a list in which nothing is checked, expected --inbox")
    return api.index(root or (), host=host, use_cache=use_cache)
