"""The project's own defaults for `gait gate eval`: the `gate` map of `.gait/config.yaml`.

A field fills an option that was not given, nothing else; fields of other commands are ignored.
Contract: gate.md 4.1.
"""

from typing import Final, NamedTuple

import msgspec

from gait_engine.contract.gateoptions import CONFIG_PATH, GateOptions
from gait_engine.gate.statefile import read_if_there
from gait_engine.host import Host
from gait_engine.store.inputs import read_input
from gait_engine.wire.yamlfields import Misfit, misfits_as_errors, text
from gait_engine.wire.yamlread import MAX_BYTES, read_yaml
from gait_engine.wire.yamlscalar import MAP, NULL
from gait_engine.wire.yamltree import Node

_OPTION_OF: Final = {
    "credential_evidence_path": "credential_evidence_out",
    "trace_path": "trace_out",
    "wrkr_inventory_path": "wrkr_inventory",
} | {
    name: name
    for name in (
        *("policy", "profile", "key_mode", "private_key", "private_key_env"),
        *("approval_public_key", "approval_public_key_env"),
        *("approval_private_key", "approval_private_key_env"),
        *("kill_switch_state", "rate_limit_state", "token_ledger"),
        *("credential_broker", "credential_env_prefix", "credential_ref", "credential_scopes"),
        *("credential_command", "credential_command_args"),
    )
}


class Configured(NamedTuple):
    """Options with the project's defaults filled in, and what its user should know of that."""

    options: GateOptions
    warnings: tuple[str, ...] = ()


def with_config(options: GateOptions, *, host: Host) -> Configured:
    """Fill the options that were not given; only the default file may be missing.

    One that is there and cannot be read is an error: it may name the kill switch. A field that
    means nothing is ignored, as the contract says, and warned of: it may be a misspelled one.
    Raises InvalidInput, with line and column for what the file holds; IoFailure.
    """
    data = None if options.no_config else _read(options.config, host)
    if data is None:
        return Configured(options)
    fields, unknown = _fields(data, options.config or CONFIG_PATH)
    found = {_OPTION_OF[name]: value for name, value in fields.items()}
    missing = {name: value for name, value in found.items() if not getattr(options, name)}
    warnings = tuple(f"config: gate.{name} means nothing, it is ignored" for name in unknown)
    return Configured(msgspec.structs.replace(options, **missing), warnings)


def _read(path: str, host: Host) -> bytes | None:
    if path:
        return read_input(path, limit=MAX_BYTES, host=host, what="config")
    return read_if_there(CONFIG_PATH, host=host, what="config")


def _fields(data: bytes, path: str) -> tuple[dict[str, str], list[str]]:
    """Return the fields that are options, and the names of those that are not."""
    root = read_yaml(data, path)
    if root is None:
        return {}, []
    with misfits_as_errors(path):
        members = _members(_member(root, "gate"))
        known = {
            name: text(member)
            for name, member in members.items()
            if name in _OPTION_OF and member.kind != NULL
        }
    return known, sorted(members.keys() - _OPTION_OF.keys())


def _member(root: Node, name: str) -> Node | None:
    return _members(root).get(name)


def _members(node: Node | None) -> dict[str, Node]:
    if node is None or node.kind == NULL:
        return {}
    if node.kind != MAP:
        raise Misfit(node, "a map")
    if node.bad_key is not None:
        raise Misfit(node.bad_key, "text")
    return {key: member for key, (_, member) in node.value.items()}
