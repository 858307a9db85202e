"""What lies under the roots: traces, and the intents, policies and tokens that belong to them.

A trace holds digests only. Its intent and its policy are the files that have these digests when
they are computed anew; names and claims count for nothing. Contract: gate.md 1.7, 2.4, 5.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from gait_engine.contract.answers.pending import Unread
from gait_engine.contract.approval import ApprovalToken
from gait_engine.contract.intent import InventoryItem, NormalIntent
from gait_engine.contract.policy import Policy
from gait_engine.contract.trace import Trace
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed, quoted
from gait_engine.gate.explain.lines import rule_lines
from gait_engine.gate.intent import intent_digest, normalise, parse_intent
from gait_engine.gate.inventory import with_inventory
from gait_engine.gate.policy import from_tree, read_policy_file
from gait_engine.gate.policydigest import policy_digest
from gait_engine.gate.prepare import prepared
from gait_engine.gate.review.places import (
    MAX_RECORD_BYTES,
    File,
    is_in_journal,
    line_place,
    read_record_text,
)
from gait_engine.gate.sinks import JOURNAL_SUFFIX
from gait_engine.gate.telling import (
    INTENT,
    POLICY,
    TOKEN,
    TRACE,
    glance_at,
    is_like_policy,
    kind_of,
    text_of,
    tool_of,
)
from gait_engine.gate.tokens.signing import SKEW_NS
from gait_engine.gate.tokens.tokenfile import Given, read_approval
from gait_engine.gate.trace import check_trace, parse_trace, require_valid
from gait_engine.host import Host
from gait_engine.store.inputs import read_input
from gait_engine.store.jsonl import read_lines
from gait_engine.wire.jsonread import Source
from gait_engine.wire.timestamps import is_zero, to_ns
from gait_engine.wire.yamlread import read_yaml

NEEDS_APPROVAL: Final = "require_approval"
TRACE_SIGNATURE_INVALID: Final = "trace_signature_invalid"

_NAMED_LIKE: Final = {"trace_": TRACE}
"""How files of ours begin whose content may be beyond recognition."""


class FoundTrace(NamedTuple):
    """A trace, where it is, and when it was observed: by its own word, else by the file's time."""

    place: str
    trace: Trace
    observed_ns: int


class FoundIntent(NamedTuple):
    """An intent as its file gives it, and as it is judged and digested."""

    place: str
    given: NormalIntent
    judged: NormalIntent
    digest: str


class FoundPolicy(NamedTuple):
    """A policy, and the lines of its rules in the order of the walk."""

    place: str
    policy: Policy
    digest: str
    lines: tuple[int, ...]


class Survey:
    """Some files by kind; an intent or a policy is read when one is looked for."""

    def __init__(
        self,
        files: Iterable[File],
        inventory: Mapping[str, InventoryItem],
        host: Host,
        trace_key: bytes | None = None,
    ) -> None:
        self.traces: list[FoundTrace] = []
        self.tokens: dict[str, list[str]] = defaultdict(list)
        """The token files by the intent that each says it is about; nothing is checked."""
        self.unread: list[Unread] = []
        self._host = host
        self._trace_key = trace_key
        self._inventory = inventory
        self._waiting_intents: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        self._waiting_policies: list[str] = []
        self._intents: dict[str, FoundIntent] = {}
        self._policies: dict[str, FoundPolicy] = {}
        for file in files:
            self._take(file)
        self._waiting_policies.reverse()

    def intent(self, digest: str, tool_name: str) -> FoundIntent | None:
        """Find the intent of a tool that has a digest; every candidate is digested once."""
        waiting = self._waiting_intents[tool_name]
        while digest not in self._intents and waiting:
            place, text = waiting.pop()
            try:
                found = found_intent(text, place, self._inventory)
            except GaitError as exc:
                self._refuse(place, INTENT, exc)
            else:
                self._intents.setdefault(found.digest, found)
        return self._intents.get(digest)

    def policy(self, digest: str) -> FoundPolicy | None:
        """Find the policy that has a digest."""
        while digest not in self._policies and self._waiting_policies:
            place = self._waiting_policies.pop()
            try:
                found = read_found_policy(place, host=self._host)
            except GaitError as exc:
                self._refuse_policy(place, exc)
            else:
                self._policies.setdefault(found.digest, found)
        return self._policies.get(digest)

    def approvals(self, digest: str) -> list[Given[ApprovalToken]]:
        """Read the approval tokens that say they are about an intent, in the order of paths."""
        given = []
        for place in sorted(self.tokens.get(digest, ())):
            try:
                given.append(read_approval(place, host=self._host))
            except GaitError as exc:
                self._refuse(place, TOKEN, exc)
        return given

    def _take(self, file: File) -> None:
        try:
            if file.path.endswith(JOURNAL_SUFFIX):
                self._take_journal(file)
            elif file.path.endswith(".json"):
                text = read_input(file.path, limit=MAX_RECORD_BYTES, host=self._host, what="file")
                self._take_record(file.path, text, file.mtime_ns)
            else:
                self._waiting_policies.append(file.path)
        except GaitError as exc:
            self._refuse(file.path, _kind_by_name(file.path), exc)

    def _take_journal(self, file: File) -> None:
        before = len(self.traces)
        for line in read_lines(self._host.cwd / file.path, MAX_RECORD_BYTES, "journal"):
            place = line_place(file.path, line.number)
            if line.terminated:
                self._take_record(place, line.data, file.mtime_ns)
            elif len(self.traces) > before:
                torn = InvalidInput(f"journal {place}: torn, expected a line feed at its end",
                                    code="journal_torn", where=place)  # fmt: skip
                self._refuse(place, TRACE, torn)

    def _take_record(self, place: str, text: bytes, mtime_ns: int) -> None:
        glance = glance_at(text)
        if glance is None:
            if _kind_by_name(place) == TRACE:
                self._take_trace(place, text, mtime_ns)
            return
        match kind_of(glance):
            case "trace":
                self._take_trace(place, text, mtime_ns)
            case "intent":
                self._waiting_intents[tool_of(glance)].append((place, text))
            case "policy" if not is_in_journal(place):
                self._waiting_policies.append(place)
            case "approval_token" if not is_in_journal(place):
                self.tokens[text_of(glance.intent_digest)].append(place)

    def _take_trace(self, place: str, text: bytes, mtime_ns: int) -> None:
        try:
            found = found_trace(text, place, mtime_ns)
            require_signed(found, self._trace_key)
            self.traces.append(_lightened(found))
        except GaitError as exc:
            self._refuse(place, TRACE, exc)

    def _refuse(self, place: str, kind: str, error: GaitError) -> None:
        self.unread.append(
            Unread(path=place, kind=kind, error_code=error.code, error=error.message)
        )

    def _refuse_policy(self, place: str, error: GaitError) -> None:
        """List a file that looks like a policy and is none; other YAML is not our affair."""
        try:
            text = read_policy_file(place, host=self._host)
        except GaitError:
            text = b""
        if is_like_policy(text):
            self._refuse(place, POLICY, error)


def found_trace(text: bytes, place: str, mtime_ns: int) -> FoundTrace:
    """Read a trace that has all an honest one has.

    Raises InvalidInput for what is no trace, VerificationFailed for an ambiguous one.
    """
    trace = parse_trace(text, place)
    require_valid(trace, place)
    observed_ns = mtime_ns if is_zero(trace.observed_at) else to_ns(trace.observed_at)
    return FoundTrace(place, trace, observed_ns)


def _lightened(found: FoundTrace) -> FoundTrace:
    """Leave out who and what surrounded a call that nobody is asked about: that is most of it."""
    if found.trace.verdict == NEEDS_APPROVAL:
        return found
    return found._replace(trace=replace(found.trace, relationship=UNSET))


def require_signed(found: FoundTrace, key: bytes | None) -> None:
    """Raise VerificationFailed for a trace that does not verify; without a key all pass."""
    if key is None:
        return
    check = check_trace(found.trace, key, shown=found.place)
    if not check.ok:
        raise VerificationFailed(
            f"trace {quoted(found.place, 200)}: {check.error}",
            code=TRACE_SIGNATURE_INVALID,
            where=found.place,
        )


def read_found_intent(
    place: str, inventory: Mapping[str, InventoryItem], *, host: Host
) -> FoundIntent:
    """Read an intent and digest it as `gate eval` does for a call it asks approval for.

    Raises InvalidInput, IoFailure.
    """
    return found_intent(read_record_text(place, host=host, what="intent"), place, inventory)


def found_intent(text: bytes, place: str, inventory: Mapping[str, InventoryItem]) -> FoundIntent:
    """Digest an intent that has been read; raises InvalidInput."""
    given = normalise(parse_intent(text, place), Source(place))
    judged = with_inventory(prepared(given), inventory)
    return FoundIntent(place, given, judged, intent_digest(judged))


def read_found_policy(place: str, *, host: Host) -> FoundPolicy:
    """Read a policy file and digest it. Raises InvalidInput, IoFailure."""
    tree = read_yaml(read_policy_file(place, host=host), place)
    policy = from_tree(tree, place)
    return FoundPolicy(place, policy, policy_digest(policy), rule_lines(tree))


def newest_states(traces: list[FoundTrace], now_ns: int) -> Iterator[FoundTrace]:
    """Yield the newest trace of each pair of intent and policy; of equally new ones the asking.

    One from the future is newest only among its like, and there the asking one is: a date that
    was made up hides nothing.
    """
    newest: dict[tuple[str, str], FoundTrace] = {}
    for found in traces:
        pair = pair_of(found)
        if pair not in newest or _age_key(found, now_ns) > _age_key(newest[pair], now_ns):
            newest[pair] = found
    return iter(newest.values())


def pair_of(found: FoundTrace) -> tuple[str, str]:
    """Return the digests of intent and policy, which tell one question from another."""
    return found.trace.intent_digest, found.trace.policy_digest


def _age_key(found: FoundTrace, now_ns: int) -> tuple[bool, int, bool]:
    is_asking = found.trace.verdict == NEEDS_APPROVAL
    is_future = found.observed_ns > now_ns + SKEW_NS
    return not is_future, int(is_asking) if is_future else found.observed_ns, is_asking


def _kind_by_name(path: str) -> str:
    name = path.rpartition("/")[2]
    return next((kind for start, kind in _NAMED_LIKE.items() if name.startswith(start)), "file")
