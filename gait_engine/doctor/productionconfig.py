"""The settings of a project that production depends on: parts of `.gait/config.yaml`.

Read as strictly as a policy, but fields that mean nothing here are passed over.
Contract: guard-doctor-registry.md F, gate.md 4.1.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gait_engine.contract.gateoptions import CONFIG_PATH
from gait_engine.gate.statefile import read_if_there
from gait_engine.host import Host
from gait_engine.store.safepath import join
from gait_engine.wire.yamlfields import (
    Misfit,
    Reader,
    flag,
    integer,
    members,
    misfits_as_errors,
    text,
    word,
)
from gait_engine.wire.yamlread import read_yaml
from gait_engine.wire.yamlscalar import MAP
from gait_engine.wire.yamltree import Node


class GateSection(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate is told by default."""

    policy: str = ""
    profile: str = ""
    key_mode: str = ""


class ServeSection(msgspec.Struct, frozen=True, kw_only=True):
    """How the gate is served to others."""

    enabled: bool = False
    listen: str = ""
    auth_mode: str = ""
    auth_token_env: str = ""
    allow_client_artifact_paths: bool = False
    max_request_bytes: int = 0
    http_verdict_status: str = ""


class RetentionSection(msgspec.Struct, frozen=True, kw_only=True):
    """How long artifacts are kept."""

    trace_ttl: str = ""
    session_ttl: str = ""
    export_ttl: str = ""


class ProductionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The three sections, trimmed; modes and profiles in lower case."""

    gate: GateSection = GateSection()
    mcp_serve: ServeSection = ServeSection()
    retention: RetentionSection = RetentionSection()


_GATE_TEXTS: Final = (
    *("policy", "private_key", "private_key_env", "approval_public_key", "approval_public_key_env"),
    *("approval_private_key", "approval_private_key_env", "kill_switch_state"),
    *("rate_limit_state", "credential_broker", "credential_env_prefix", "credential_ref"),
    *("credential_scopes", "credential_command", "credential_command_args"),
    *("credential_evidence_path", "trace_path", "wrkr_inventory_path"),
)
_GATE: Final[Mapping[str, Reader]] = dict.fromkeys(_GATE_TEXTS, text) | {
    "profile": word,
    "key_mode": word,
}
_SERVE: Final[Mapping[str, Reader]] = {
    "enabled": flag,
    "listen": text,
    "auth_mode": word,
    "auth_token_env": text,
    "allow_client_artifact_paths": flag,
    "max_request_bytes": integer,
    "http_verdict_status": word,
}
_RETENTION: Final[Mapping[str, Reader]] = dict.fromkeys(RetentionSection.__struct_fields__, text)


def config_path(workdir: str) -> str:
    """Name the settings of a project."""
    return join(workdir, CONFIG_PATH)


def read_config(workdir: str, host: Host) -> ProductionConfig | None:
    """Read the settings of a project; None where there are none, blank ones are empty.

    Raises InvalidInput with line and column, IoFailure.
    """
    path = config_path(workdir)
    data = read_if_there(path, host=host, what="config")
    if data is None:
        return None
    root = read_yaml(data, path)
    if root is None:
        return ProductionConfig()
    with misfits_as_errors(path):
        found = _known(root, {"gate": _gate, "mcp_serve": _serve, "retention": _retention})
    return ProductionConfig(**found)


def _known(node: Node, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Read the members of a map that mean something here."""
    if node.kind != MAP:
        raise Misfit(node, "a map")
    known = {name: member for name, member in node.value.items() if name in readers}
    return members(msgspec.structs.replace(node, value=known), readers)


def _gate(node: Node) -> GateSection:
    found = _known(node, _GATE)
    return GateSection(**{name: found.get(name, "") for name in GateSection.__struct_fields__})


def _serve(node: Node) -> ServeSection:
    return ServeSection(**_known(node, _SERVE))


def _retention(node: Node) -> RetentionSection:
    return RetentionSection(**_known(node, _RETENTION))
