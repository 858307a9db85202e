"""What a run called and what came back, in recorded order (runpack.md 6.3)."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import UNSET

from gait_engine.contract.answers.base import HazardNote
from gait_engine.contract.answers.run import InspectAnswer, InspectEntry, UnmatchedResult
from gait_engine.contract.runpack import Intent, Result
from gait_engine.runpack.read import OpenRunpack
from gait_engine.wire.text import trim, unique_sorted
from gait_engine.wire.timestamps import to_utc

_plain: Final = msgspec.json.Decoder().decode
_NOTHING: Final = Result()
_JUDGED: Final = frozenset({"verdict", "reason_codes", "violations"})


def inspect_runpack(pack: OpenRunpack, *, shown: str, full: bool) -> InspectAnswer:
    """List every intent with its first result; `full` adds payloads, the run and its receipts."""
    results = list(pack.results())
    by_id = {result.intent_id: result for result in reversed(results)}
    counts = Counter(result.intent_id for result in results)
    entries = [
        _entry(index, intent, by_id.get(intent.intent_id, _NOTHING), full=full)
        for index, intent in enumerate(pack.intents(), 1)
    ]
    known = {entry.intent_id for entry in entries}
    return InspectAnswer(
        ok=True,
        artifact_type="runpack",
        run_id=pack.run.run_id,
        path=shown,
        capture_mode=pack.manifest.capture_mode,
        intents_total=len(entries),
        results_total=len(results),
        entries=tuple(entries),
        unmatched_results=_unmatched(by_id[key] for key in by_id.keys() - known),
        warnings=tuple(
            f"intent {key}: {count} results, the first is shown"
            for key, count in sorted(item for item in counts.items() if item[1] > 1)
        ),
        hazards=_notes(pack, entries),
        run=pack.run if full else UNSET,
        receipts=pack.refs.receipts if full else (),
    )


def _entry(index: int, intent: Intent, result: Result, *, full: bool) -> InspectEntry:
    return InspectEntry(
        index=index,
        intent_id=intent.intent_id,
        tool_name=intent.tool_name,
        created_at=to_utc(intent.created_at),
        args_digest=intent.args_digest,
        status=result.status,
        result_digest=result.result_digest,
        args=intent.args if full else UNSET,
        result=result.result if full else UNSET,
        **_judgement(result),
    )


def _unmatched(results: Iterable[Result]) -> tuple[UnmatchedResult, ...]:
    rows = [
        UnmatchedResult(
            intent_id=result.intent_id,
            status=result.status,
            result_digest=result.result_digest,
            **_judgement(result),
        )
        for result in results
    ]
    return tuple(sorted(rows, key=lambda row: (row.intent_id.encode(), row.result_digest)))


def _judgement(result: Result) -> dict[str, Any]:
    """Return what the gate said, where the stored result tells it."""
    if result.result is UNSET:
        return {}
    stored = _plain(result.result)
    if _JUDGED.isdisjoint(stored):
        return {}
    verdict = stored.get("verdict")
    return {
        "verdict": trim(verdict) if isinstance(verdict, str) else "",
        "reason_codes": _texts(stored.get("reason_codes")),
        "violations": _texts(stored.get("violations")),
    }


def _texts(value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(unique_sorted([item for item in items if isinstance(item, str)]))


def _notes(pack: OpenRunpack, entries: list[InspectEntry]) -> tuple[HazardNote, ...]:
    """Name what honest runs may hold but a reader should know."""
    notes = []
    if len({entry.intent_id for entry in entries}) < len(entries):
        counts = Counter(entry.intent_id for entry in entries)
        repeated = next(key for key in counts if counts[key] > 1)
        notes.append(
            HazardNote(code="record_id_repeated", where=f"{pack.path}!intents.jsonl {repeated}")
        )
    if pack.run.run_id != pack.manifest.run_id:
        notes.append(HazardNote(code="run_id_mismatch", where=f"{pack.path}!run.json $.run_id"))
    return tuple(notes)
