"""The index as text: a line per artifact, what others have written bounded and made harmless."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.cli.render.foreign import foreign, railed
from gait_engine.contract import index as kinds
from gait_engine.contract.answers.inbox import InboxAnswer
from gait_engine.contract.answers.index import IndexAnswer, IndexRow, SearchedRoot

_NAME: Final = 40
_LONG: Final = 160
_PATH: Final = 56


def _index(answer: IndexAnswer) -> Iterator[str]:
    for row in answer.rows:
        path = foreign(row.path, _LONG)
        yield f"{row.kind:14} {_name(row)}  {path}  {_facts(row)}".rstrip()
    yield from _searched(answer.roots)


def _inbox(answer: InboxAnswer) -> Iterator[str]:
    need = "needs" if answer.count == 1 else "need"
    order = ", worst first, then newest" if answer.count > 1 else ""
    yield f"{answer.count} {need} a person{order}"
    for item in answer.items:
        yield from railed(f"{item.severity:8}  {item.kind:8}  ", foreign(item.what))
        places = [foreign(path, _PATH) for path in item.paths[:1]]
        more = [f"and {item.count - 1} more"] if item.count > 1 else []
        yield from railed(f"{'':20}", "  ".join(filter(None, (item.at, *places, *more))))
    yield ""
    yield f"{_counted(answer.unneeded, 'artifact')} of {answer.artifacts} need no one"
    if answer.checked:
        first, *_, last = sorted(one.checked_at for one in (*answer.checked, *answer.checked))
        span = first if first == last else f"{first} to {last}"
        yield f"verified {_counted(len(answer.checked), 'file')}, checked {span}"
    if not answer.tokens_checked and any(item.kind == "approval" for item in answer.items):
        yield "approvals were not counted: add --approval-public-key FILE"
    if answer.answered_unverified:
        calls = _counted(answer.answered_unverified, "call")
        yield f"! {calls} not listed, answered by unverified traces: gait pending names them"
    yield from _searched(answer.roots)


def _searched(roots: Iterable[SearchedRoot]) -> Iterator[str]:
    for root in roots:
        artifacts = _counted(root.artifacts, "artifact")
        yield f"searched {foreign(root.path, _LONG)}: {root.state}, {artifacts}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


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


def _policy(row: IndexRow) -> tuple[str, ...]:
    return f"default {row.verdict}", _counted(row.count, "rule"), row.policy_digest[:12]


_FACTS: Final[dict[str, Callable[[IndexRow], tuple[str, ...]]]] = {
    kinds.TRACE: _trace,
    kinds.APPROVAL_TOKEN: _token,
    kinds.POLICY: _policy,
    kinds.REGRESS_RESULT: _regress,
    kinds.SESSION: _session,
}

RENDERERS: Final[Renderers] = {
    InboxAnswer: _inbox,
    IndexAnswer: _index,
}
