"""Everything that needs a person: what failed, what waits, what cannot be read.

Nothing here is decided twice: verification, approvals, families and rows are the engine's, this
only says how grave each is, in one sentence. Contract: tui.md 3, 3.1.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from gait_engine.contract import index as kinds
from gait_engine.contract.answers.inbox import Checked, InboxAnswer, InboxItem
from gait_engine.contract.answers.index import IndexRow
from gait_engine.contract.regress import PASS
from gait_engine.contract.review import ReviewSetting
from gait_engine.contract.scout import Family
from gait_engine.errors import InvalidInput
from gait_engine.host import Host
from gait_engine.index.checks import INTACT, check_each, is_checkable
from gait_engine.index.scan import Known, newest_first
from gait_engine.index.sentences import short
from gait_engine.index.waiting import Waiting, waiting_calls
from gait_engine.store.rowcache import RowCache
from gait_engine.wire.timestamps import Timestamp, from_ns

CRITICAL: Final = "critical"
HIGH: Final = "high"
MEDIUM: Final = "medium"
LOW: Final = "low"
SEVERITIES: Final = (CRITICAL, HIGH, MEDIUM, LOW)

MOST_APPENDS: Final = 50
"""So many events of a session may stand without a checkpoint."""
MOST_PATHS: Final = 20

_GRAVE_FAMILIES: Final = (CRITICAL, HIGH)
_BLOCK: Final = "block"
_HARMLESS: Final = ("invalid_input", "io_failure", "journal_torn", "path_unsafe")
"""Why a file is not read though nobody may have meant it to be read in two ways."""
_NO_TIME: Final = Timestamp("")

Proceed = Callable[[], bool]


class Looked(NamedTuple):
    """What an inbox is made of beside the rows."""

    checked: tuple[Checked, ...]
    unchecked: int
    waiting: Waiting
    families: Sequence[Family]
    runs_compared: int


def inbox(
    rows: Sequence[IndexRow],
    setting: ReviewSetting,
    *,
    host: Host,
    cache: RowCache | None = None,
    proceed: Proceed = lambda: True,
) -> InboxAnswer:
    """Say what of the rows needs a person, worst first, then newest.

    Raises InvalidInput for a key or an inventory in `setting` that cannot be used; IoFailure.
    """
    by_path = {row.path: row for row in rows}
    looked = _look(by_path, setting, host=host, cache=cache, proceed=proceed)
    items = sorted(_items(by_path, looked), key=_gravity)
    named = {path for item in items for path in item.paths}
    return InboxAnswer(
        ok=True,
        count=len(items),
        items=tuple(replace(item, paths=item.paths[:MOST_PATHS]) for item in items),
        artifacts=len(rows),
        unneeded=sum(row.path not in named for row in rows),
        checked=looked.checked,
        unchecked=looked.unchecked,
        runs_compared=looked.runs_compared,
        tokens_checked=looked.waiting.tokens_checked,
        traces_checked=looked.waiting.traces_checked,
        answered_unverified=looked.waiting.answered_unverified,
    )


def _look(
    by_path: Known,
    setting: ReviewSetting,
    *,
    host: Host,
    cache: RowCache | None,
    proceed: Proceed,
) -> Looked:
    rows = by_path.values()
    waiting = waiting_calls(by_path, setting, host, proceed)
    checkable = [row for row in rows if is_checkable(row)]
    checked: list[Checked] = []
    for found in check_each(checkable, host=host, cache=cache):
        checked.append(found)
        if not proceed():
            break
    intact = {one.path for one in checked if one.state == INTACT}
    runs = [row for row in rows if row.kind == kinds.RUNPACK and row.path in intact]
    families, compared = _families(runs, host) if proceed() else ([], 0)
    return Looked(tuple(checked), len(checkable) - len(checked), waiting, families, compared)


def _families(runs: Sequence[IndexRow], host: Host) -> tuple[Sequence[Family], int]:
    if not runs:
        return (), 0
    from gait_engine.index.families import families

    return families(runs, host)


def _items(by_path: Known, looked: Looked) -> Iterator[InboxItem]:
    rows = by_path.values()
    yield from _failed_checks(looked.checked, by_path)
    yield from looked.waiting.items
    yield from _grave_families(looked.families, by_path)
    yield from _blocks(rows)
    for row in rows:
        yield from _of_row(row)


def _of_row(row: IndexRow) -> Iterator[InboxItem]:
    if row.error:
        severity = MEDIUM if row.error_code in _HARMLESS else HIGH
        yield _item(row, severity, "unread", f"{_file(row)}: {short(_reason(row), 120)}")
    elif row.kind == kinds.REGRESS_RESULT and row.status != PASS:
        fixture = row.failed_grader.partition("/")[0]
        said = row.top_failure_reason or row.status or "no status"
        what = f"{short(fixture or row.fixture_set)}: {short(said)}"
        found = _item(row, MEDIUM, "regress", what)
        yield replace(found, reason=row.top_failure_reason, fixture=fixture)
    elif row.kind == kinds.SESSION and row.open_events >= MOST_APPENDS:
        said = f"no checkpoint for {row.open_events:,} appends"
        yield _item(row, LOW, "session", f"{short(row.session_id)}: {said}")


def _failed_checks(checked: Iterable[Checked], by_path: Known) -> Iterator[InboxItem]:
    for found in checked:
        if found.state != INTACT:
            row = by_path[found.path]
            what = f"{short(_name(row))}: {short(found.what, 120)}"
            yield replace(
                _item(row, CRITICAL, "verify", what),
                checked_at=found.checked_at,
                error_code=found.error_code,
                where=found.where,
            )


def _grave_families(families: Iterable[Family], by_path: Known) -> Iterator[InboxItem]:
    for family in families:
        if family.severity_level not in _GRAVE_FAMILIES:
            continue
        times = [by_path[path].at_ns for path in family.artifact_pointers if path in by_path]
        reason = short(family.top_failure_reason) or "no failure recorded"
        plural = "s" * (family.count != 1)
        yield InboxItem(
            severity=family.severity_level,
            kind="family",
            what=f"×{family.count:,} run{plural}: {reason}",
            at=_at(max(times, default=0)),
            at_ns=max(times, default=0),
            count=family.count,
            paths=family.artifact_pointers,
            run_id=family.canonical_run_id,
            family_id=family.family_id,
            reason=family.top_failure_reason,
        )


def _blocks(rows: Iterable[IndexRow]) -> Iterator[InboxItem]:
    """Gather blocked calls by tool and first violation, newest first."""
    groups: dict[tuple[str, str], list[IndexRow]] = {}
    for row in rows:
        if row.kind == kinds.TRACE and row.verdict == _BLOCK:
            reason = row.violations[0] if row.violations else ""
            groups.setdefault((row.tool_name, reason), []).append(row)
    for (tool, reason), found in groups.items():
        group = newest_first(found)
        times = f" ×{len(group):,}" if len(group) > 1 else ""
        what = f"{short(tool)}{times}: {short(reason) or 'blocked'}"
        yield replace(
            _item(group[0], HIGH, "trace", what),
            count=len(group),
            paths=tuple(row.path for row in group),
            reason=reason,
        )


def _item(row: IndexRow, severity: str, kind: str, what: str) -> InboxItem:
    return InboxItem(
        severity=severity,
        kind=kind,
        what=what,
        at=_at(row.at_ns),
        at_ns=row.at_ns,
        paths=(row.path,),
        run_id=row.run_id,
        session_id=row.session_id,
        trace_id=row.trace_id,
        fixture_set=row.fixture_set,
        tool_name=row.tool_name,
        identity=row.identity,
        intent_digest=row.intent_digest,
        policy_digest=row.policy_digest,
        error_code=row.error_code,
        where=row.where,
    )


def _at(at_ns: int) -> Timestamp:
    """Spell a time; empty for one that is not known, or that no calendar of ours holds."""
    try:
        return from_ns(at_ns) if at_ns else _NO_TIME
    except InvalidInput:
        return _NO_TIME


def _gravity(item: InboxItem) -> tuple[int, int, str, str]:
    return SEVERITIES.index(item.severity), -item.at_ns, item.kind, item.what


def _name(row: IndexRow) -> str:
    return row.session_id or row.run_id or row.pack_id or row.path.rpartition("/")[2]


def _file(row: IndexRow) -> str:
    return short(row.path.rpartition("/")[2] or row.path)


def _reason(row: IndexRow) -> str:
    """Return an error without the path it begins with, which stands before it anyway."""
    for start in (f"{row.where}: ", f"{row.path}: "):
        if row.error.startswith(start):
            return row.error.removeprefix(start)
    return row.error
