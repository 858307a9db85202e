"""The rows of the Approvals tab: calls that wait, tokens at hand, what people decided."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

from gait_engine.api.shapes import IndexRow, PendingItem, ReviewEvent
from gait_tui.models.rowstore import RowStore

WAITING: Final = "waiting"
TOKEN: Final = "token"  # noqa: S105 - the name of a group
DECISION: Final = "decision"
_DECISIONS: Final = frozenset({"minted", "denied"})


class TimedToken(NamedTuple):
    """A token at hand and how many seconds it is still good, as the engine says."""

    artifact: IndexRow
    seconds_left: int


class ApprovalRow(NamedTuple):
    """A pending call, a token or a decision; `group` says which."""

    group: str
    key: str
    at_ns: int | None
    item: PendingItem | None = None
    token: TimedToken | None = None
    event: ReviewEvent | None = None


def approval_rows(
    items: Iterable[tuple[PendingItem, int | None]],
    tokens: Iterable[TimedToken],
    events: Sequence[tuple[ReviewEvent, int | None]],
) -> list[ApprovalRow]:
    """Set what waits first, then tokens, then decisions, the newest of each first."""
    rows = [
        ApprovalRow(WAITING, f"{item.intent_digest} {item.policy_digest}", at_ns, item=item)
        for item, at_ns in items
    ]
    rows += [
        ApprovalRow(TOKEN, timed.artifact.path, timed.artifact.at_ns or None, token=timed)
        for timed in tokens
    ]
    rows += [
        ApprovalRow(DECISION, f"decision {number}", at_ns, event=event)
        for number, (event, at_ns) in reversed(list(enumerate(events)))
        if event.event in _DECISIONS
    ]
    return rows


class ApprovalStore(RowStore[ApprovalRow]):
    """Approvals, to be filtered by call, person and state."""

    FIELDS: ClassVar = ("state", "tool", "agent", "target", "who", "reason", "rule", "path")

    def fields(self, row: ApprovalRow) -> Mapping[str, str]:
        """Return what a filter looks at."""
        found = dict.fromkeys(self.FIELDS, "") | {"state": row.group}
        if item := row.item:
            found |= {"tool": item.tool_name, "agent": item.identity, "rule": item.matched_rule}
            found |= {"target": " ".join(t.value for t in item.targets), "path": item.trace_path}
            found["who"] = " ".join(item.approvers)
        if row.token:
            token = row.token.artifact
            found |= {"who": token.identity, "reason": token.reason_code}
            found |= {"tool": " ".join(token.scope), "path": token.path}
        if event := row.event:
            found |= {"who": event.reviewer, "reason": event.reason_code, "state": event.event}
            found["tool"] = " ".join(event.scope)
        return found
