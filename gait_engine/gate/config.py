"""The project's own defaults for `gait gate eval`: the `gate` map of `.gait/config.yaml`.

A field fills an option that was not given, nothing else; fields of other commands are ignored.
Contract: gate.md 4.1.
"""

from typing import Final

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
        *("kill_switch_state", "rate_limit_state"),
        *("credential_broker", "credential_env_prefix", "credential_ref", "credential_scopes"),
        *("credential_command", "credential_command_args"),
    )
}


def with_config(options: GateOptions, *, host: Host) -> GateOptions:
    """Fill the options that were not given; only the default file may be missing.

    One that is there and cannot be read is an error: it may name the kill switch. Raises
    InvalidInput, with line and column for what it holds; IoFailure.
    """
    data = None if options.no_config else _read(options.config, host)
    if data is None:
        return options
    fields = _fields(data, options.config or CONFIG_PATH)
    found = {_OPTION_OF[name]: value for name, value in fields.items()}
    missing = {name: value for name, value in found.items() if not getattr(options, name)}
    return msgspec.structs.replace(options, **missing)


def _read(path: str, host: Host) -> bytes | None:
    if path:
        return read_input(path, limit=MAX_BYTES, host=host, what="config")
    return read_if_there(CONFIG_PATH, host=host, what="config")


def _fields(data: bytes, path: str) -> dict[str, str]:
    root = read_yaml(data, path)
    if root is None:
        return {}
    with misfits_as_errors(path):
        return {
            name: text(member)
            for name, member in _members(_member(root, "gate")).items()
            if name in _OPTION_OF and member.kind != NULL
        }


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
