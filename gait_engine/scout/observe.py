"""One runpack reduced to what scout compares: the map step, pure and cheap to ship (scout.md 1.3).

A runpack that cannot be read becomes a fault, so that one bad file never stops a worker.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from gait_engine import errors
from gait_engine.contract.common import Record
from gait_engine.contract.runpack import Intent, Receipt, Result
from gait_engine.contract.scout import Observation
from gait_engine.errors import GaitError, Hazard, InvalidInput
from gait_engine.runpack.read import OpenRunpack, open_runpack
from gait_engine.scout.facets import result_facets, run_facets
from gait_engine.scout.names import status_reason, target_system
from gait_engine.wire.text import normal, trim

_DIGEST_BYTES: Final = 64


class RunSource(NamedTuple):
    """A runpack to read: how it is shown, where it is, and whether a folder was swept for it."""

    shown: str
    path: str
    is_swept: bool = False


class Fault(Record, frozen=True, kw_only=True):
    """Why a file cannot be used, in a form that travels between processes."""

    kind: str
    message: str
    code: str
    where: str
    hint: str
    hazards: tuple[tuple[str, str], ...] = ()

    def as_error(self) -> GaitError:
        """Return the error again."""
        kind: type[GaitError] = getattr(errors, self.kind)
        hazards = tuple(Hazard(*hazard) for hazard in self.hazards)
        return kind(self.message, code=self.code, where=self.where, hint=self.hint, hazards=hazards)


class Outcome(Record, frozen=True, kw_only=True):
    """What came of one source: an observation or a fault."""

    source: str
    is_swept: bool = False
    observation: Observation | UnsetType = UNSET
    fault: Fault | UnsetType = UNSET


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[Outcome]).decode


def observe_chunk(sources: tuple[RunSource, ...]) -> bytes:
    """Observe some runpacks; returns their outcomes in order, encoded for `outcomes`."""
    return _encode([_outcome(source) for source in sources])


def outcomes(encoded: bytes) -> list[Outcome]:
    """Decode what `observe_chunk` returned."""
    return _decode(encoded)


def observe(pack: OpenRunpack) -> Observation:
    """Reduce an open runpack. Raises InvalidInput for a blank run id, as reading its records does.

    `reasons` are those of its results alone.
    """
    run_id = trim(pack.run.run_id)
    if not run_id:
        raise InvalidInput(f"runpack {pack.path}: blank run id, expected one", where=pack.path)
    intents, results = list(pack.intents()), list(pack.results())
    receipts = pack.refs.receipts
    return Observation(
        run_id=run_id,
        source=pack.path,
        created_at=pack.run.created_at,
        action_sequence=tuple(_actions(intents)),
        first_call=_first_call(intents),
        target_systems=_unique(
            target_system(receipt.source_type, receipt.source_locator) for receipt in receipts
        ),
        ref_receipt_digests=_unique(_digests(receipts)),
        reasons=_reasons(results),
        facets=tuple(sorted({**run_facets(pack), **result_facets(intents, results)}.items())),
    )


def fault_of(error: GaitError) -> Fault:
    """Return an error in a form that travels."""
    return Fault(
        kind=type(error).__name__,
        message=error.message,
        code=error.code,
        where=error.where,
        hint=error.hint,
        hazards=tuple((hazard.code, hazard.where) for hazard in error.hazards),
    )


def _outcome(source: RunSource) -> Outcome:
    try:
        with open_runpack(source.path, shown=source.shown) as pack:
            seen = observe(pack)
    except GaitError as exc:
        return Outcome(source=source.shown, is_swept=source.is_swept, fault=fault_of(exc))
    return Outcome(source=source.shown, is_swept=source.is_swept, observation=seen)


def _actions(intents: Iterable[Intent]) -> Iterator[str]:
    return (name for intent in intents if (name := trim(intent.tool_name)))


def _first_call(intents: Sequence[Intent]) -> str:
    return f"{trim(intents[0].tool_name)} {normal(intents[0].args_digest)}" if intents else ""


def _digests(receipts: Iterable[Receipt]) -> Iterator[str]:
    for receipt in receipts:
        digest = normal(receipt.content_digest)
        if len(digest.encode()) == _DIGEST_BYTES:
            yield digest


def _reasons(results: Iterable[Result]) -> tuple[str, ...]:
    found = {status_reason(status) for status in {result.status for result in results}}
    return _unique(found - {""})


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
