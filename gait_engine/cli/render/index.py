"""The index as text: a line per artifact, what others have written bounded and made harmless."""

from collections.abc import Callable, Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.cli.render.foreign import foreign
from gait_engine.contract import index as kinds
from gait_engine.contract.answers.index import IndexAnswer, IndexRow

_NAME: Final = 40
_LONG: Final = 160


def _index(answer: IndexAnswer) -> Iterator[str]:
    for row in answer.rows:
        path = foreign(row.path, _LONG)
        yield f"{row.kind:14} {_name(row)}  {path}  {_facts(row)}".rstrip()
    for root in answer.roots:
        plural = "s" * (root.artifacts != 1)
        yield f"searched {foreign(root.path)}: {root.state}, {root.artifacts} artifact{plural}"


def _name(row: IndexRow) -> str:
    """Name an artifact by what tells it from others of its kind."""
    names = (row.tool_name, row.session_id if row.kind == kinds.SESSION else "", row.run_id)
    more = (row.pack_id, row.token_id, row.fixture_set)
    return foreign(next(filter(None, (*names, *more)), "?"), _NAME)


def _facts(row: IndexRow) -> str:
    if row.error:
        return foreign(row.error, _LONG)
    told = _FACTS.get(row.kind, _made)(row)
    return "  ".join(foreign(fact, _LONG) for fact in told if fact)


def _made(row: IndexRow) -> tuple[str, ...]:
    return row.created_at, row.manifest_digest[:12]


def _trace(row: IndexRow) -> tuple[str, ...]:
    return row.observed_at or row.created_at, row.verdict, ",".join(row.violations)


def _token(row: IndexRow) -> tuple[str, ...]:
    return f"until {row.expires_at}", f"by {row.identity}"


def _regress(row: IndexRow) -> tuple[str, ...]:
    return row.created_at, row.status, row.failed_grader, row.top_failure_reason


def _session(row: IndexRow) -> tuple[str, ...]:
    return row.created_at, f"{row.open_events} of {row.count} events not sealed"


_FACTS: Final[dict[str, Callable[[IndexRow], tuple[str, ...]]]] = {
    kinds.TRACE: _trace,
    kinds.APPROVAL_TOKEN: _token,
    kinds.REGRESS_RESULT: _regress,
    kinds.SESSION: _session,
}

RENDERERS: Final[Renderers] = {
    IndexAnswer: _index,
}
