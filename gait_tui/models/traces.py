"""The rows of the Traces tab: what the gate decided, newest first."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from msgspec import Struct

from gait_engine.api.shapes import IndexRow
from gait_tui.models.rowstore import RowStore

TRACE_KINDS: Final = ("trace",)


class TraceRow(Struct, frozen=True, gc=False):
    """A trace as the index lists it; of very many the garbage collector need not know."""

    artifact: IndexRow

    @property
    def key(self) -> str:
        """Its path; a line of a journal has its number there."""
        return self.artifact.path

    @property
    def at_ns(self) -> int | None:
        """When the call was observed."""
        return self.artifact.at_ns or None

    @property
    def agent(self) -> str:
        """Who called: the identity, else the agent."""
        return self.artifact.identity or self.artifact.agent_id


def trace_rows(artifacts: Iterable[IndexRow]) -> list[TraceRow]:
    """Make rows of traces, in their order."""
    return list(map(TraceRow, artifacts))


class TraceStore(RowStore[TraceRow]):
    """Traces, to be filtered by what was decided about which call of whom."""

    FIELDS: ClassVar = (
        *("verdict", "tool", "agent", "run", "session", "violation", "signature"),
        *("environment", "target", "trace", "intent", "policy", "path"),
    )
    MORE_COLUMNS: ClassVar = ("observed", "age")
    SORTS: ClassVar = {
        "verdict": lambda row: row.artifact.verdict,
        "tool": lambda row: row.artifact.tool_name,
        "agent": lambda row: row.agent,
    }

    def fields(self, row: TraceRow) -> Mapping[str, str]:
        """Return what a filter looks at."""
        artifact = row.artifact
        return {
            "verdict": artifact.verdict,
            "tool": artifact.tool_name,
            "agent": row.agent,
            "run": artifact.run_id,
            "session": artifact.session_id,
            "violation": " ".join(artifact.violations),
            "signature": "signed" if artifact.signatures else "none",
            "environment": artifact.environment,
            "target": artifact.target,
            "trace": artifact.trace_id,
            "intent": artifact.intent_digest,
            "policy": artifact.policy_digest,
            "path": artifact.path,
        }
