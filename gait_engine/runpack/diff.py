"""Comparing two runs record by record; who made them, and when, does not count.

Contract: runpack.md 6.2.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET

from gait_engine.contract import runpack as contract
from gait_engine.contract.answers.run import PRIVACY_FULL, PRIVACY_METADATA, DiffSummary
from gait_engine.contract.runpack import Intent, Manifest, Refs, Result
from gait_engine.errors import InvalidInput, quoted
from gait_engine.runpack.read import OpenRunpack
from gait_engine.wire.canonical import canonical_record, canonical_text
from gait_engine.wire.timestamps import EPOCH_1980, ZERO

RecordT = TypeVar("RecordT", Intent, Result)
_HEAD: Final = ("schema_id", "schema_version", "intent_id")
_SAID_OF_INTENT: Final = attrgetter("args_digest", "tool_name", *_HEAD)
_SAID_OF_RESULT: Final = attrgetter("result_digest", "status", *_HEAD)
_UNCOUNTED: Final[dict[str, Any]] = {"run_id": "", "producer_version": "", "created_at": ZERO}


class Sides(NamedTuple):
    """Both runs under comparison and what of them may be looked at."""

    left: OpenRunpack
    right: OpenRunpack
    privacy: str


class RecordDiff(NamedTuple):
    """What became of the records of one member: ids, sorted; `changed` is in left order."""

    changed: list[str]
    left_only: tuple[str, ...]
    right_only: tuple[str, ...]

    @property
    def is_different(self) -> bool:
        """Tell whether any record differs or stands on one side only."""
        return bool(self.changed or self.left_only or self.right_only)


def privacy_mode(text: str) -> str:
    """Check a privacy mode; blank means full. Raises InvalidInput."""
    mode = text or PRIVACY_FULL
    if mode not in (PRIVACY_FULL, PRIVACY_METADATA):
        raise InvalidInput(f"privacy mode: {quoted(text)}, expected full or metadata")
    return mode


def diff_runpacks(sides: Sides) -> DiffSummary:
    """Say which parts of two runs differ."""
    left, right, privacy = sides
    intents = diff_records(sides, contract.INTENTS, Intent)
    results = diff_records(sides, contract.RESULTS, Result)
    left_files, right_files = member_paths(left.manifest), member_paths(right.manifest)
    drift = _refs_drift(left.refs, right.refs) if privacy == PRIVACY_FULL else "none"
    refs_changed = (
        drift != "none"
        if privacy == PRIVACY_FULL
        else len(left.refs.receipts) != len(right.refs.receipts)
    )
    return DiffSummary(
        run_id_left=left.run.run_id,
        run_id_right=right.run.run_id,
        manifest_changed=_shape(left.manifest) != _shape(right.manifest),
        files_changed=tuple(sorted(set(left_files) ^ set(right_files))),
        intents_changed=intents.is_different,
        results_changed=results.is_different,
        refs_changed=refs_changed,
        left_only_intents=intents.left_only,
        right_only_intents=intents.right_only,
        left_only_results=results.left_only,
        right_only_results=results.right_only,
        context_drift_classification=drift,
        context_runtime_only_changes=drift == "runtime_only",
    )


def is_different(summary: DiffSummary) -> bool:
    """Tell whether any part of two runs differs."""
    return (
        summary.manifest_changed
        or summary.intents_changed
        or summary.results_changed
        or summary.refs_changed
    )


def diff_records(sides: Sides, name: str, kind: type[RecordT]) -> RecordDiff:
    """Compare the records of one member by intent id; the last record of an id counts."""
    left = Side(sides.left, name, kind)
    right = Side(sides.right, name, kind, twin=left)
    with_payload = sides.privacy == PRIVACY_FULL
    changed = [
        key
        for key, record in left.by_id.items()
        if (other := right.by_id.get(key)) is not None
        and other is not record
        and not _same(record, other, with_payload=with_payload)
    ]
    return RecordDiff(
        changed,
        tuple(sorted(left.by_id.keys() - right.by_id.keys())),
        tuple(sorted(right.by_id.keys() - left.by_id.keys())),
    )


class Side:
    """The records of one member of one run by id; a line the twin has as well is read once."""

    def __init__(
        self, pack: OpenRunpack, name: str, kind: type[Any], twin: "Side | None" = None
    ) -> None:
        self.lines = pack.lines(name)
        known = dict(zip(twin.lines, twin.records, strict=True)) if twin else {}
        fresh = ((number, line) for number, line in enumerate(self.lines) if line not in known)
        read = pack.read(name, fresh, kind)
        self.records: list[Any] = [known.get(line) or next(read) for line in self.lines]
        self.by_id = {record.intent_id: record for record in self.records}


def _same(left: Any, right: Any, *, with_payload: bool) -> bool:
    """Tell whether two records say the same, whoever recorded them and when."""
    said = _said_of(left)
    return said(left) == said(right) and (
        not with_payload or _same_payload(payload_text(left), payload_text(right))
    )


def _said_of(record: Intent | Result) -> Callable[[Any], tuple[str, ...]]:
    return _SAID_OF_INTENT if isinstance(record, Intent) else _SAID_OF_RESULT


def payload_text(record: Intent | Result) -> bytes:
    """Return the stored args or result; an absent one is the empty object."""
    payload = record.args if isinstance(record, Intent) else record.result
    return b"{}" if payload is UNSET else bytes(payload)


def _same_payload(left: bytes, right: bytes) -> bool:
    return left == right or canonical_text(left) == canonical_text(right)


def member_paths(manifest: Manifest) -> list[str]:
    """Return the listed paths in the order the manifest has them."""
    return [file.path for file in manifest.files or ()]


def _shape(manifest: Manifest) -> tuple[Any, ...]:
    return (
        manifest.schema_id,
        manifest.schema_version,
        manifest.capture_mode,
        member_paths(manifest),
    )


def _refs_drift(left: Refs, right: Refs) -> str:
    """Classify a change of context: none, only of when it was fetched, or of what it says."""
    if _bare(left) == _bare(right):
        return "none"
    if without_fetching(left) == without_fetching(right):
        return "runtime_only"
    return "semantic"


def _bare(refs: Refs) -> bytes:
    return canonical_record(msgspec.structs.replace(refs, **_UNCOUNTED))


def without_fetching(refs: Refs) -> bytes:
    """Return the canonical text of a context without what changes at every fetch."""
    receipts = tuple(
        msgspec.structs.replace(receipt, retrieved_at=EPOCH_1980) for receipt in refs.receipts
    )
    return canonical_record(msgspec.structs.replace(refs, context_set_digest="", receipts=receipts))
