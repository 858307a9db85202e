"""Reducing a run to the one call that still shows its failure (runpack.md 6.5)."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.runpack import (
    REDUCE_REPORT_SCHEMA,
    Intent,
    Receipt,
    ReduceReport,
    Refs,
    Result,
    Run,
)
from gait_engine.errors import InvalidInput, quoted
from gait_engine.runpack.pack import Runpack, build_runpack, jsonl
from gait_engine.runpack.read import OpenRunpack
from gait_engine.wire.text import lower, normal, trim
from gait_engine.wire.timestamps import to_utc

MISSING_RESULT: Final = "missing_result"
NON_OK_STATUS: Final = "non_ok_status"
_FINE: Final = ("ok", "success")


class Selection(NamedTuple):
    """The call a reduction keeps, and how much there was before."""

    intent: Intent
    results: tuple[Result, ...]
    intent_count: int
    result_count: int


def predicate_of(text: str) -> str:
    """Normalise a predicate; blank means missing_result. Raises InvalidInput."""
    predicate = normal(text) or MISSING_RESULT
    if predicate not in (MISSING_RESULT, NON_OK_STATUS):
        raise InvalidInput(
            f"predicate: {quoted(text)}, expected {MISSING_RESULT} or {NON_OK_STATUS}"
        )
    return predicate


def select(pack: OpenRunpack, predicate: str) -> Selection:
    """Pick the first intent id, in sorted order, that shows the failure. Raises InvalidInput."""
    intents, results = list(pack.intents()), list(pack.results())
    by_id: dict[str, list[Result]] = {}
    for result in results:
        by_id.setdefault(result.intent_id, []).append(result)
    for key in sorted({intent.intent_id for intent in intents if intent.intent_id}):
        failing = _failing(by_id.get(key, []), predicate)
        if failing is not None:
            intent = next(intent for intent in intents if intent.intent_id == key)
            return Selection(intent, failing, len(intents), len(results))
    raise InvalidInput(f"runpack {pack.path}: no call with {predicate}, expected at least one")


def reduced_run_id(run_id: str, predicate: str) -> str:
    """Name the reduced run."""
    prefixed = run_id if run_id.startswith("run_") else f"run_{run_id}"
    return f"{prefixed}_reduced_{predicate.replace('_', '')}"


def build_reduced(pack: OpenRunpack, selection: Selection, run_id: str) -> Runpack:
    """Put the reduced run together, unsigned, with the capture mode of the original."""
    intent = msgspec.structs.replace(selection.intent, run_id=run_id)
    results = [msgspec.structs.replace(result, run_id=run_id) for result in selection.results]
    return build_runpack(
        _reduced_run(pack.run, intent.intent_id, run_id),
        _reduced_refs(pack.refs, intent, results, run_id),
        intents=jsonl([intent]),
        results=jsonl(results),
        capture_mode=pack.manifest.capture_mode,
    )


def report_of(
    pack: OpenRunpack, reduced: OpenRunpack, selection: Selection, predicate: str
) -> ReduceReport:
    """Say what was kept, and check on the reduced run that it still fails."""
    kept = select(reduced, predicate)
    return ReduceReport(
        schema_id=REDUCE_REPORT_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=to_utc(pack.run.created_at),
        producer_version=pack.run.producer_version,
        run_id=pack.run.run_id,
        reduced_run_id=reduced.run.run_id,
        predicate=predicate,
        selected_intent_id=selection.intent.intent_id,
        original_intent_count=selection.intent_count,
        reduced_intent_count=kept.intent_count,
        original_result_count=selection.result_count,
        reduced_result_count=kept.result_count,
        original_ref_count=len(pack.refs.receipts),
        reduced_ref_count=len(reduced.refs.receipts),
        still_failing=True,
    )


def _failing(results: list[Result], predicate: str) -> tuple[Result, ...] | None:
    """Return the results to keep when the call shows the failure, None when it does not."""
    if predicate == MISSING_RESULT:
        return None if results else ()
    return next(((result,) for result in results if normal(result.status) not in _FINE), None)


def _reduced_run(run: Run, intent_id: str, run_id: str) -> Run:
    events = tuple(event for event in run.timeline or () if event.ref in ("", intent_id))
    return msgspec.structs.replace(run, run_id=run_id, timeline=events)


def _reduced_refs(refs: Refs, intent: Intent, results: list[Result], run_id: str) -> Refs:
    wanted = set(_referenced(intent.args))
    for result in results:
        wanted.update(_referenced(result.result))
    kept: tuple[Receipt, ...] = tuple(
        receipt for receipt in refs.receipts if receipt.ref_id in wanted
    )
    return msgspec.structs.replace(refs, run_id=run_id, receipts=kept)


def _referenced(payload: Any) -> Iterator[str]:
    """Find what a payload refers to: texts under a key with `ref`, texts that start `ref_`."""
    waiting = [("", UNSET if payload is UNSET else msgspec.json.decode(payload))]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [("", item) for item in value]
        elif isinstance(value, str) and ("ref" in lower(key) or trim(value).startswith("ref_")):
            yield trim(value)
