"""The rows of the Inbox tab: what needs a person, worst first, then newest."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

from gait_engine.api.shapes import InboxItem, IndexRow
from gait_tui.models.rowstore import RowStore

APPROVAL: Final = "approval"
NO_AGENT: Final = "unknown"


class InboxRow(NamedTuple):
    """An item and the artifact it is about first, as the index lists that."""

    item: InboxItem
    artifact: IndexRow | None = None

    @property
    def key(self) -> str:
        """What tells it from every other item, also when more of its kind come."""
        item = self.item
        names: tuple[str, ...] = item.paths[:1]
        if item.kind == APPROVAL:
            names = (item.intent_digest, item.policy_digest)
        elif item.kind == "family":
            names = (item.family_id,)
        elif item.kind == "trace":
            names = (item.tool_name, item.reason)
        return " ".join((item.kind, *names))

    @property
    def at_ns(self) -> int | None:
        """What its age goes by."""
        return self.item.at_ns or None

    @property
    def path(self) -> str:
        """The first file it is about."""
        return self.item.paths[0] if self.item.paths else ""


class InboxStore(RowStore[InboxRow]):
    """Items, to be filtered by how grave they are, what they are, and whose."""

    FIELDS: ClassVar = (
        *("severity", "kind", "agent", "tool", "run", "session", "reason"),
        *("code", "family", "path"),
    )
    MORE_COLUMNS: ClassVar = ("what", "age")
    SORTS: ClassVar = {
        "kind": lambda row: row.item.kind,
        "what": lambda row: row.item.what,
        "age": lambda row: -(row.at_ns or 0),
    }

    def fields(self, row: InboxRow) -> Mapping[str, str]:
        """Return what a filter looks at."""
        item = row.item
        return {
            "severity": item.severity,
            "kind": item.kind,
            "agent": item.identity or NO_AGENT,
            "tool": item.tool_name,
            "run": item.run_id,
            "session": item.session_id,
            "reason": f"{item.reason} {item.what}",
            "code": item.error_code,
            "family": item.family_id,
            "path": " ".join(item.paths),
        }

    def columns(self, row: InboxRow) -> Mapping[str, str]:
        """Return what may stand in a column."""
        return {**self.fields(row), "what": row.item.what, "reason": row.item.reason}


def inbox_rows(
    items: Sequence[InboxItem], artifacts: Mapping[str, IndexRow]
) -> tuple[InboxRow, ...]:
    """Join each item with the artifact it is about first."""
    return tuple(
        InboxRow(item, artifacts.get(item.paths[0]) if item.paths else None) for item in items
    )


def waiting_keys(items: Sequence[InboxItem]) -> frozenset[str]:
    """Name the calls that await approval, so that a new one can be told from those before."""
    return frozenset(InboxRow(item).key for item in items if item.kind == APPROVAL)
