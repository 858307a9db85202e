"""What lies under the roots, by what it names: where `g` leads from one artifact to another."""

from collections.abc import Iterable, Mapping
from typing import Final

from gait_engine.api.shapes import IndexRow
from gait_tui.models.links import EXPLAIN, Link

_WAITS: Final = "require_approval"


class Artifacts:
    """The rows of the latest scan, and how often each trace was seen to be written again."""

    def __init__(self) -> None:
        self.rows: dict[str, IndexRow] = {}
        self.rewrites: dict[str, int] = {}
        self.since_ns = 0
        """When the first look was over: no rewriting before it was seen."""
        self._named: dict[tuple[str, str], IndexRow] = {}

    def take(self, rows: Iterable[IndexRow], now_ns: int, *, is_whole: bool) -> None:
        """Take the rows of a scan, the newest first; a whole one tells what is gone."""
        found = {row.path: row for row in rows}
        if is_whole and found == self.rows:
            return
        for path, row in found.items():
            before = self.rows.get(path)
            if self.since_ns and before is not None and _is_rewritten(before, row):
                self.rewrites[path] = self.rewrites.get(path, 0) + 1
        self.rows = found if is_whole else self.rows | found
        self.since_ns = self.since_ns or (now_ns if is_whole else 0)
        self._named = {}
        for row in reversed(self.rows.values()):
            self._named.update(dict.fromkeys(_names(row), row))

    def named(self, what: str, value: str) -> str:
        """Return the path of the newest artifact that is named so; empty where there is none."""
        row = self._named.get((what, value)) if value else None
        return row.path if row else ""

    def files(self, row: IndexRow) -> tuple[str, str]:
        """Name the intent file and the policy file with the digests of an artifact."""
        return self.named("intent", row.intent_digest), self.named("policy", row.policy_digest)

    def trace_of(self, row: IndexRow) -> IndexRow | None:
        """Return the trace that an artifact is about: itself, else one of its call or its run."""
        if row.kind == "trace":
            return row
        of_call = self._named.get(("call", row.intent_digest)) if row.intent_digest else None
        return of_call or (self._named.get(("traced run", row.run_id)) if row.run_id else None)

    def links(self, row: IndexRow, tab: str) -> Mapping[str, Link]:
        """Say where one can go from an artifact in a tab, by the id of the second key."""
        found: dict[str, Link] = {}
        trace = self.trace_of(row)
        run = self.named("run", row.run_id)
        if run:
            found["go_run"] = Link("runs", run, row.run_id)
            found["go_family"] = Link("scout", run, f"family of {row.run_id}")
        if chain := self.named("session", row.session_id):
            found["go_session"] = Link("runs", chain, row.session_id)
        if trace is not None:
            found["go_trace"] = Link("traces", trace.path, f"trace {trace.trace_id[:12]}")
            found |= self._of_trace(trace)
        here = tab, row.path, ""
        return {name: to for name, to in found.items() if (to.tab, to.key, to.part) != here}

    def _of_trace(self, trace: IndexRow) -> Mapping[str, Link]:
        intent, policy = self.files(trace)
        found: dict[str, Link] = {}
        if intent:
            found["go_intent"] = Link("traces", trace.path, "intent", part="Intent")
        if intent and policy:
            found["go_policy"] = Link(EXPLAIN, trace.path, "policy rule", part=EXPLAIN)
        if trace.verdict == _WAITS:
            key = f"{trace.intent_digest} {trace.policy_digest}"
            found["go_approval"] = Link("approvals", key, "approval")
        elif token := self.named("token", trace.intent_digest):
            found["go_approval"] = Link("approvals", token, "approval")
        return found


def _is_rewritten(before: IndexRow, now: IndexRow) -> bool:
    stamps = [(row.mtime_ns, row.size, row.inode) for row in (before, now)]
    return now.kind == "trace" and stamps[0] != stamps[1]


def _names(row: IndexRow) -> list[tuple[str, str]]:
    if row.error_code:
        return []
    return {
        "intent": [("intent", row.intent_digest)],
        "policy": [("policy", row.policy_digest)],
        "runpack": [("run", row.run_id)],
        "session_chain": [("session", row.session_id)],
        "approval_token": [("token", row.intent_digest)],
        "trace": [("call", row.intent_digest), ("traced run", row.run_id)],
    }.get(row.kind, [])
