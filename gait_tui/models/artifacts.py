"""What lies under the roots, by what it names: where `g` leads from one artifact to another."""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from gait_engine.api.shapes import IndexRow, InspectEntry, SearchedRoot, trace_of_call
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


Named = dict[str, dict[str, IndexRow]]
"""The newest artifact of each name, by what the name is one of."""
Grouped = dict[str, list[IndexRow]]
"""The rows of each kind, or the traces of each run, in the order of a scan."""


class Catalog(NamedTuple):
    """All artifacts of a scan by path, newest first, and by their names; made by a thread."""

    rows: Mapping[str, IndexRow] = {}
    of_kind: Mapping[str, Sequence[IndexRow]] = {}
    named: Mapping[str, Mapping[str, IndexRow]] = {}
    traced: Mapping[str, Sequence[IndexRow]] = {}
    rewritten: Sequence[str] = ()
    """Traces that were seen before and are written anew."""
    kinds: frozenset[str] = frozenset()
    """Of what came, changed or went since the scan before."""
    roots: Sequence[SearchedRoot] = ()
    """The folders that were searched, where none of them holds a run."""

    def of(self, kinds: Collection[str]) -> Sequence[IndexRow]:
        """Return the rows of some kinds, newest first."""
        from gait_engine.api.index import newest_first

        found = [self.of_kind[kind] for kind in kinds if kind in self.of_kind]
        return found[0] if len(found) == 1 else newest_first(chain.from_iterable(found))


def catalog_of(rows: Sequence[IndexRow], before: Mapping[str, IndexRow]) -> Catalog:
    """Make the catalog of a scan; `before` is what the scan before found, if there was one."""
    found = {row.path: row for row in rows}
    of_kind: Grouped = {}
    for row in rows:
        of_kind.setdefault(row.kind, []).append(row)
    fresh = [row for row in rows if before.get(row.path) is not row]
    gone = [row for path, row in before.items() if path not in found]
    rewritten = [row.path for row in fresh if _is_rewritten(before.get(row.path), row)]
    kinds = frozenset(row.kind for row in chain(fresh, gone))
    return Catalog(found, of_kind, _named(rows), _traced(rows), rewritten, kinds)


class Artifacts:
    """The rows of the latest scan, and how often each trace was seen to be written again."""

    def __init__(self) -> None:
        self.catalog = Catalog()
        self.rewrites: dict[str, int] = {}
        self.since_ns = 0
        """When the first look was over: no rewriting before it was seen."""

    @property
    def rows(self) -> Mapping[str, IndexRow]:
        """All of them by path, newest first."""
        return self.catalog.rows

    def take(self, catalog: Catalog, now_ns: int, *, is_whole: bool) -> None:
        """Take a scan, or as much as it has found so far."""
        self.catalog = catalog
        if is_whole:
            self.since_ns = self.since_ns or now_ns
            for path in catalog.rewritten:
                self.rewrites[path] = self.rewrites.get(path, 0) + 1

    def _find(self, what: str, value: str) -> IndexRow | None:
        """Return the newest artifact that is named so."""
        return self.catalog.named.get(what, {}).get(value)

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

    def traces_of(self, run_id: str) -> Sequence[IndexRow]:
        """Return the traces of a run; none for one without a name."""
        return self.catalog.traced.get(run_id, ())

    def links(self, row: IndexRow, tab: str) -> Mapping[str, Link]:
        """Say where one can go from an artifact in a tab, by the id of the second key."""
        return self._links(row, self.trace_of(row), tab)

    def call_links(
        self, row: IndexRow, calls: Sequence[InspectEntry], position: int, tab: str
    ) -> Mapping[str, Link]:
        """Say where one can go from a call of a run: to its own trace, never to another's."""
        trace = trace_of_call(row.run_id, calls, position, self.traces_of(row.run_id))
        return self._links(row, trace, tab)

    def _links(self, row: IndexRow, trace: IndexRow | None, tab: str) -> Mapping[str, Link]:
        found: dict[str, Link] = {}
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


def _named(rows: Sequence[IndexRow]) -> Named:
    """Note under which names rows are found; of two with the same name the newer one is."""
    named: Named = {}
    for row in rows:
        for what, value in _names(row):
            alike = named.setdefault(what, {})
            held = alike.get(value)
            if value and (held is None or held.at_ns < row.at_ns):
                alike[value] = row
    return named


def _traced(rows: Sequence[IndexRow]) -> Grouped:
    """Put each trace that names its run with those of the run."""
    traced: Grouped = {}
    for row in rows:
        if row.kind == "trace" and row.run_id and not row.error_code:
            traced.setdefault(row.run_id, []).append(row)
    return traced


def _is_rewritten(before: IndexRow | None, now: IndexRow) -> bool:
    if before is None or now.kind != "trace":
        return False
    return (before.mtime_ns, before.size, before.inode) != (now.mtime_ns, now.size, now.inode)


def _names(row: IndexRow) -> tuple[tuple[str, str], ...]:
    if row.error_code:
        return ()
    if row.kind == "trace":
        return ("call", row.intent_digest), ("traced run", row.run_id)
    field = _NAMED_BY.get(row.kind)
    return ((field[0], getattr(row, field[1])),) if field else ()
