"""`gait kill-switch add|list|disable|expire`."""

from typing import Annotated

import typer

from gait_engine.api import killswitch as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.killswitch import KillSwitchEntry

State = Annotated[str, typer.Option("--state", help="The kill-switch state file.")]
EntryId = Annotated[str, typer.Option("--entry-id", help="The id of the entry.")]


def add(
    context: typer.Context,
    targets: options.Targets = None,
    state: State = "",
    entry_id: Annotated[str, typer.Option("--entry-id", help="An id of your choice.")] = "",
    agent_id: Annotated[str, typer.Option("--agent-id", help="Of this agent.")] = "",
    identity: Annotated[str, typer.Option("--identity", help="By this identity.")] = "",
    tool_name: Annotated[
        str, typer.Option("--tool-name", help="Of this tool; script for all scripts.")
    ] = "",
    target_kind: Annotated[str, typer.Option("--target-kind", help="On such a target.")] = "",
    target_value: Annotated[str, typer.Option("--target-value", help="On this target.")] = "",
    environment: Annotated[str, typer.Option("--environment", help="In this one.")] = "",
    path_prefixes: Annotated[
        str, typer.Option("--path-prefixes", help="On paths below these, by commas.")
    ] = "",
    workspace_prefixes: Annotated[
        str, typer.Option("--workspace-prefixes", help="In workspaces below these, by commas.")
    ] = "",
    every_call: Annotated[
        bool, typer.Option("--all", help="Stop every call: in place of all of the above.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    actor: Annotated[str, typer.Option("--actor", help="Who, for the record.")] = "",
    expires_at: Annotated[str, typer.Option("--expires-at", help="Until then (RFC 3339).")] = "",
    ttl: Annotated[str, typer.Option("--ttl", help="For so long, such as 90m.")] = "",
    json: options.Json = False,
) -> Answer:
    """Stop calls that meet every condition given, from now on."""
    no_targets(targets)
    entry = KillSwitchEntry(
        entry_id=entry_id,
        agent_id=agent_id,
        identity=identity,
        tool_name=tool_name,
        target_kind=target_kind,
        target_value=target_value,
        environment=environment,
        path_prefixes=tuple(path_prefixes.split(",")),
        workspace_prefixes=tuple(workspace_prefixes.split(",")),
        reason=reason,
        actor=actor,
    )
    return api.add(
        state, entry, expires=expires_at, ttl=ttl, stop_everything=every_call, host=host_of(context)
    )


def list_all(
    context: typer.Context,
    targets: options.Targets = None,
    state: State = "",
    json: options.Json = False,
) -> Answer:
    """List the entries and whether they stop calls now."""
    no_targets(targets)
    return api.list_entries(state, host=host_of(context))


def disable(
    context: typer.Context,
    targets: options.Targets = None,
    state: State = "",
    entry_id: EntryId = "",
    json: options.Json = False,
) -> Answer:
    """Switch an entry off; it stays in the file."""
    no_targets(targets)
    return api.disable(state, entry_id, host=host_of(context))


def expire(
    context: typer.Context,
    targets: options.Targets = None,
    state: State = "",
    entry_id: EntryId = "",
    at: Annotated[str, typer.Option("--at", help="When (RFC 3339); now if not given.")] = "",
    json: options.Json = False,
) -> Answer:
    """Let an entry end at a time."""
    no_targets(targets)
    return api.expire(state, entry_id, at=at, host=host_of(context))
