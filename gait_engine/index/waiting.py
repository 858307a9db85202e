"""The calls that await approval, as `gait pending` finds them, but only where one was asked for.

Traces of calls that nobody was asked about are not read again: a hundred thousand of them say
nothing about what waits.
"""

from collections.abc import Callable, Container
from typing import Final, NamedTuple

from gait_engine.contract import index as kinds
from gait_engine.contract.answers.inbox import InboxItem
from gait_engine.contract.answers.index import IndexRow
from gait_engine.contract.answers.pending import PendingItem
from gait_engine.contract.review import ReviewSetting
from gait_engine.host import Host
from gait_engine.index.scan import Known
from gait_engine.index.sentences import short
from gait_engine.wire.timestamps import to_ns

_ASKS: Final = "require_approval"
_EXPIRED: Final = "approval_token_expired"
_GRAVE_RISKS: Final = ("high", "critical")


class Waiting(NamedTuple):
    """The items, and what was checked for them."""

    items: tuple[InboxItem, ...] = ()
    tokens_checked: bool = False
    traces_checked: bool = False
    answered_unverified: int = 0


class SettledTraces(Container[str]):
    """The traces of calls that nobody was asked about: they say nothing about what waits.

    Holds of very many rows no more than the caller does. One that a working directory spells `./`
    in front of its path is among them too.
    """

    def __init__(self, rows: Known) -> None:
        self._rows = rows
        self.asked = frozenset(map(_pair, filter(_asks, rows.values())))

    def __contains__(self, path: object) -> bool:
        row = self._rows.get(str(path)) or self._rows.get(str(path).removeprefix("./"))
        if row is None or row.kind != kinds.TRACE or row.line or row.error:
            return False
        return _pair(row) not in self.asked


def waiting_calls(
    rows: Known, setting: ReviewSetting, host: Host, proceed: Callable[[], bool]
) -> Waiting:
    """Find the calls that wait; once `proceed` says no, among no more files.

    Raises InvalidInput for a key or an inventory that cannot be used; IoFailure.
    """
    settled = SettledTraces(rows)
    asked = settled.asked
    if not asked and not _names_keys(setting):
        return Waiting()
    from gait_engine.gate.review.pending import answered_unverified, pending_items
    from gait_engine.gate.review.surroundings import Surroundings

    around = Surroundings(setting, host, settled, proceed)
    pending = pending_items(around)[0] if asked else ()
    return Waiting(
        items=tuple(_item(one) for one in pending),
        tokens_checked=around.key is not None,
        traces_checked=around.trace_key is not None,
        answered_unverified=len(answered_unverified(around)) if asked else 0,
    )


def _asks(row: IndexRow) -> bool:
    return row.kind == kinds.TRACE and row.verdict == _ASKS


def _names_keys(setting: ReviewSetting) -> bool:
    keys = (setting.approval_keys, setting.signing_keys, setting.trace_keys)
    return bool(setting.wrkr_inventory) or not all(one.is_empty for one in keys)


def _pair(row: IndexRow) -> tuple[str, str]:
    return row.intent_digest, row.policy_digest


def _item(pending: PendingItem) -> InboxItem:
    is_expired = _EXPIRED in pending.codes
    return InboxItem(
        severity=_severity(pending, is_expired=is_expired),
        kind="approval",
        what=_what(pending, is_expired=is_expired),
        at=pending.observed_at,
        at_ns=to_ns(pending.observed_at),
        paths=(pending.trace_path,),
        trace_id=pending.trace_id,
        tool_name=pending.tool_name,
        identity=pending.identity,
        intent_digest=pending.intent_digest,
        policy_digest=pending.policy_digest,
        reason=next(iter(pending.codes), ""),
    )


def _severity(pending: PendingItem, *, is_expired: bool) -> str:
    """Rate a call: one that can do harm stays critical however long it waits."""
    if pending.destructive or pending.risk_class in _GRAVE_RISKS:
        return "critical"
    return "low" if is_expired else "high"


def _what(pending: PendingItem, *, is_expired: bool) -> str:
    call = [short(pending.tool_name)]
    if pending.targets:
        call.append(short(pending.targets[0].value))
    if pending.identity:
        call.append(f"by {short(pending.identity)}")
    if is_expired:
        state = "token expired"
    elif pending.required:
        state = f"{pending.valid} of {pending.required}"
    else:
        state = "approvals not known"
    return f"{' '.join(call)}, {state}"
