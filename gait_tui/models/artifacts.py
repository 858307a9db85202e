"""What lies under the roots, by what it names: where `g` leads from one artifact to another."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gait_engine.api.shapes import IndexRow
from gait_tui.models.links import EXPLAIN, Link

_WAITS: Final = "require_approval"
_NAMED_BY: Final = {
    "intent": ("intent", "intent_digest"),
    "policy": ("policy", "policy_digest"),
    "runpack": ("run", "run_id"),
    "session_chain": ("session", "session_id"),
    "approval_token": ("token", "intent_digest"),
}
"""What an artifact of a kind is called, and the field that holds it."""


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
        fresh = [row for path, row in found.items() if self.rows.get(path) is not row]
        for row in fresh:
            before = self.rows.get(row.path)
            if before is not None and self._is_rewritten(before, row):
                self.rewrites[row.path] = self.rewrites.get(row.path, 0) + 1
        self.rows = found if is_whole else self.rows | found
        self.since_ns = self.since_ns or (now_ns if is_whole else 0)
        self._name(fresh)

    def _name(self, rows: Sequence[IndexRow]) -> None:
        """Note under which names rows are found; of two with the same name the newer one is."""
        for row in reversed(rows):
            for name in _names(row):
                held = self._named.get(name)
                if held is None or held.at_ns <= row.at_ns or held.path == row.path:
                    self._named[name] = row

    def _is_rewritten(self, before: IndexRow, now: IndexRow) -> bool:
        stamps = [(row.mtime_ns, row.size, row.inode) for row in (before, now)]
        return bool(self.since_ns) and now.kind == "trace" and stamps[0] != stamps[1]

    def _find(self, what: str, value: str) -> IndexRow | None:
        """Return the newest artifact that is named so; one that is gone has all named anew."""
        row = self._named.get((what, value)) if value else None
        if row is not None and self.rows.get(row.path) is not row:
            self._named = {}
            self._name(list(self.rows.values()))
            row = self._named.get((what, value))
        return row

    def named(self, what: str, value: str) -> str:
        """Return the path of the newest artifact that is named so; empty where there is none."""
        row = self._find(what, value)
        return row.path if row else ""

    def files(self, row: IndexRow) -> tuple[str, str]:
        """Name the intent file and the policy file with the digests of an artifact."""
        return self.named("intent", row.intent_digest), self.named("policy", row.policy_digest)

    def trace_of(self, row: IndexRow) -> IndexRow | None:
        """Return the trace that an artifact is about: itself, else one of its call or its run."""
        if row.kind == "trace":
            return row
        return self._find("call", row.intent_digest) or self._find("traced run", row.run_id)

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


def _names(row: IndexRow) -> tuple[tuple[str, str], ...]:
    if row.error_code:
        return ()
    if row.kind == "trace":
        return ("call", row.intent_digest), ("traced run", row.run_id)
    field = _NAMED_BY.get(row.kind)
    return ((field[0], getattr(row, field[1])),) if field else ()
