"""Loading a policy: strict YAML in, a typed policy in normal form out (gate.md 2)."""

from typing import Final

from gait_engine.contract.answers.policy import (
    FieldReplacement,
    PolicyAnswer,
    PolicyMigration,
)
from gait_engine.contract.policy import Policy
from gait_engine.errors import GaitError, InvalidInput, quoted
from gait_engine.gate.policyfields import POLICY
from gait_engine.host import Host
from gait_engine.store.inputs import read_input
from gait_engine.wire.text import trim
from gait_engine.wire.yamlfields import misfits_as_errors
from gait_engine.wire.yamlread import MAX_BYTES, read_yaml
from gait_engine.wire.yamltree import Node, Place

_LEGACY: Final = (
    FieldReplacement(field="version", replacement_fields=("schema_id", "schema_version")),
    FieldReplacement(field="name", note="a policy has no name; rules have"),
    FieldReplacement(field="boundaries", replacement_fields=("rules", "mcp_trust")),
    FieldReplacement(field="defaults", replacement_fields=("default_verdict", "fail_closed")),
    FieldReplacement(field="trust_sources", replacement_fields=("mcp_trust.snapshot",)),
    FieldReplacement(field="unknown_server", replacement_fields=("mcp_trust.action",)),
)


def load(path: str, *, host: Host) -> Policy:
    """Read a policy file. Raises InvalidInput with line and column."""
    return parse(read_policy_file(path, host=host), path)


def read_policy_file(path: str, *, host: Host) -> bytes:
    """Return the bytes of a policy file, at most 4 MiB."""
    return read_input(path, limit=MAX_BYTES, host=host, what="policy")


def parse(data: bytes, name: str) -> Policy:
    """Read a policy; an empty one asks for approval of everything. `name` is for messages."""
    return from_tree(read_yaml(data, name), name)


def from_tree(root: Node | None, name: str) -> Policy:
    """Read a policy from the tree of its YAML."""
    if root is None:
        return Policy()
    _refuse_legacy(root, name)
    with misfits_as_errors(name):
        policy: Policy = POLICY.read(root)
    return policy


def _refuse_legacy(root: Node, name: str) -> None:
    """Refuse the fields of older releases, and say what replaced them."""
    places = {trim(key): node for key, (node, _) in root.value.items()}
    found = tuple(row for row in _LEGACY if row.field in places)
    if found:
        raise _legacy_error(found, places[found[0].field], name)


def _legacy_error(found: tuple[FieldReplacement, ...], node: Node, name: str) -> GaitError:
    place = str(Place(name, node.line, node.column))
    fields = tuple(row.field for row in found)
    error = InvalidInput(
        f"policy ({place}): fields of an older release {quoted(', '.join(fields))},"
        " expected those that replaced them",
        where=place,
        hint="; ".join(_advice(row) for row in found),
    )
    error.answer = PolicyAnswer(
        ok=False,
        migration=PolicyMigration(
            kind="policy_fields", deprecated_fields=fields, field_replacements=found
        ),
    )
    return error


def _advice(row: FieldReplacement) -> str:
    if row.replacement_fields:
        return f"{row.field}: use {' and '.join(row.replacement_fields)}"
    return f"{row.field}: leave it out, {row.note}"
