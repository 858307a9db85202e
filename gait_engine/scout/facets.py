"""The facts of a run that prove what drove a change: each a path, and what stands there.

Two runs are compared facet by facet; the first word of a path tells its driver.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from gait_engine.contract.runpack import Intent, Result
from gait_engine.runpack.read import OpenRunpack
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.text import normal, trim

CONFIGURATION: Final = "configuration_change"
POLICY: Final = "policy_change"
REFERENCES: Final = "reference_set_change"
RESULTS: Final = "tool_result_shape_change"

CAPTURE_MODE: Final = "manifest.capture_mode"
ACTIONS: Final = "intents.tool_sequence"

_DRIVERS: Final = {
    "manifest": CONFIGURATION,
    "run": CONFIGURATION,
    "refs": REFERENCES,
    "results": RESULTS,
    "payloads": RESULTS,
    "traces": POLICY,
}
_MOST_RECEIPTS: Final = 64
_MOST_LEAVES: Final = 128
_DEEPEST: Final = 6
_NAMES: Final = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}

Facets = Mapping[str, str]


def driver_of(path: str) -> str:
    """Return the driver that a difference at a path proves; empty where it proves none."""
    return _DRIVERS.get(path.replace("[", ".").split(".", 1)[0], "")


def differences(before: Facets, after: Facets) -> list[str]:
    """Return the sorted paths at which two runs differ, where both have that kind of evidence.

    Payloads are compared only between runs captured the same way, traces only where both have
    some: evidence that is missing is no change.
    """
    same_capture = before.get(CAPTURE_MODE) == after.get(CAPTURE_MODE)
    both_traced = all(any(path.startswith("traces") for path in side) for side in (before, after))
    return sorted(
        path
        for path in before.keys() | after.keys()
        if before.get(path) != after.get(path)
        and (same_capture or not path.startswith("payloads"))
        and (both_traced or not path.startswith("traces"))
    )


def run_facets(pack: OpenRunpack) -> dict[str, str]:
    """Return where a run happened, how it was captured, and what context it was given."""
    env = pack.run.env
    facets = {
        CAPTURE_MODE: pack.manifest.capture_mode,
        "run.env.os": env.os,
        "run.env.arch": env.arch,
        "run.env.runtime": env.runtime,
        "run.producer_version": pack.run.producer_version,
    }
    receipts = {
        f"refs.receipts[{receipt.ref_id}]": "|".join(
            (
                normal(receipt.source_type),
                trim(receipt.source_locator),
                normal(receipt.content_digest),
            )
        )
        for receipt in pack.refs.receipts
    }
    if len(receipts) > _MOST_RECEIPTS:
        receipts = {"refs.receipts": _digest(f"{path}={at}" for path, at in receipts.items())}
    return facets | receipts


def result_facets(intents: Iterable[Intent], results: Iterable[Result]) -> dict[str, str]:
    """Return the statuses and the payload shapes that came back from each tool."""
    tools = {trim(intent.intent_id): trim(intent.tool_name) for intent in intents}
    found: dict[str, set[str]] = {}
    for result in results:
        tool = tools.get(trim(result.intent_id), "")
        found.setdefault(f"results[{tool}].status", set()).add(normal(result.status))
        for path, kind in _leaves(result):
            found.setdefault(f"payloads[{tool}]{path}", set()).add(kind)
    facets = {path: "|".join(sorted(values)) for path, values in found.items()}
    return facets if len(facets) <= _MOST_LEAVES else _folded(facets)


def _leaves(result: Result) -> Iterator[tuple[str, str]]:
    if isinstance(result.result, msgspec.Raw):
        yield from _shape("", msgspec.json.decode(result.result), 0)


def _shape(path: str, value: object, depth: int) -> Iterator[tuple[str, str]]:
    """Yield path and type of every leaf; the items of a list share one path."""
    if isinstance(value, dict) and value and depth < _DEEPEST:
        for key, member in value.items():
            yield from _shape(f"{path}.{key}", member, depth + 1)
    elif isinstance(value, list) and value and depth < _DEEPEST:
        for item in value:
            yield from _shape(f"{path}[]", item, depth + 1)
    else:
        yield path, _NAMES.get(type(value), "object" if isinstance(value, dict) else "list")


def _folded(facets: Facets) -> dict[str, str]:
    """Keep one digest for each tool in place of its many leaves."""
    by_tool: dict[str, list[str]] = {}
    for path in sorted(facets):
        by_tool.setdefault(f"{path.split(']', 1)[0]}]", []).append(f"{path}={facets[path]}")
    return {path: _digest(leaves) for path, leaves in by_tool.items()}


def _digest(texts: Iterable[str]) -> str:
    return sha256_hex("\n".join(sorted(texts)).encode())
