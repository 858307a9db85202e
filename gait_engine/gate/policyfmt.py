"""A policy written out in full: every field, in the order of the contract (gate.md 9)."""

from collections.abc import Iterator
from typing import Final

from gait_engine.contract.policy import Policy
from gait_engine.gate.policyfields import POLICY, Block, Field
from gait_engine.wire.yamlwrite import yaml_number, yaml_text

_INDENT: Final = "  "


def format_text(policy: Policy) -> str:
    """Write a policy as YAML; the comments of its file are not part of it."""
    return "".join(f"{line}\n" for line in _block_lines(policy, POLICY, ""))


def _block_lines(record: object, block: Block, indent: str) -> Iterator[str]:
    for field in block.fields:
        value = getattr(record, field.name)
        if isinstance(value, tuple):
            yield from _list_lines(value, field, indent)
        elif field.block is not None:
            yield f"{indent}{field.key}:"
            yield from _block_lines(value, field.block, indent + _INDENT)
        else:
            yield f"{indent}{field.key}: {_scalar(value, indent)}"


def _list_lines(values: tuple[object, ...], field: Field, indent: str) -> Iterator[str]:
    if not values:
        yield f"{indent}{field.key}: []"
        return
    yield f"{indent}{field.key}:"
    for value in values:
        if field.block is None:
            yield f"{indent}- {_scalar(value, indent)}"
        else:
            first, *rest = _block_lines(value, field.block, indent + _INDENT)
            yield f"{indent}- {first.removeprefix(indent + _INDENT)}"
            yield from rest


def _scalar(value: object, indent: str) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return yaml_number(value)
        case str():
            return yaml_text(value, indent)
        case _:  # an optional value that is not given
            return "null"
