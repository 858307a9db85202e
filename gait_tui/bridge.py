"""The only way to the engine: every question is put from a thread, every answer is a message.

An error of the engine is an answer like any other, the same object that the command would print.
"""

import os
from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar, cast

from msgspec.structs import replace

from gait_engine.api.shapes import (
    LIMITS,
    RUN_KINDS,
    Answer,
    DiffAnswer,
    DoctorAnswer,
    FooterFault,
    GaitError,
    IndexAnswer,
    IndexRow,
    InspectAnswer,
    KeysAnswer,
    Limits,
    ReplayAnswer,
    SessionChainAnswer,
    SignalAnswer,
    TicketCheck,
    TopAnswer,
    VerifyAnswer,
    footer_fault,
    looks_like_footer,
)
from gait_engine.errors import InternalFailure, IoFailure, quoted
from gait_engine.host import Host
from gait_tui import commands
from gait_tui.asking import CALLS, INDEXING, REVIEWS, inbox_of
from gait_tui.commands import Query, argv
from gait_tui.models.artifacts import catalog_of
from gait_tui.models.calllog import CallLog
from gait_tui.readings import (
    DiffReading,
    EvidenceReading,
    FamiliesReading,
    HealthReading,
    InboxReading,
    Outcome,
    Proven,
    ReplayReading,
    RunReading,
    Shown,
    TicketReading,
)
from gait_tui.targets import standard_roots

if TYPE_CHECKING:
    from textual.message_pump import MessagePump
    from textual.widget import Widget

    from gait_engine.api.index import Stamps

CHUNK: Final = 200
"""Rows of the first message of a scan; each has twice as many as the one before."""
STEP: Final = 200
"""After so many rows a scan looks whether it is still wanted."""
TOLD: Final = 1_000
"""After so many rows the first scan says how far it is."""
REST: Final = 100
"""Between two looks at every file lies so many times as long as a look takes."""
STIRRED_REST: Final = 4
"""The same where a folder tells that files came or went."""

A = TypeVar("A", bound=Answer)


class Exported(NamedTuple):
    """How writing an export went."""

    path: str
    size: int = 0
    problem: str = ""
    exists: bool = False


class Bridge:
    """Puts questions to the engine; the latest question of a group is the one that counts."""

    def __init__(self, host: Host, roots: Sequence[str], limits: Limits = LIMITS) -> None:
        """Without `roots` the engine searches its own, and the working folder itself."""
        self.host = host
        self.roots = tuple(roots)
        self.limits = limits
        self.calls = CallLog()
        """What was asked in this session."""
        self._generations: dict[str, int] = {}
        self._known: Mapping[str, IndexRow] = {}
        self._taken = -1
        """The scan whose rows, the `_known` ones, are on the screen; -1 for none."""
        self._known_since = -1
        self._was_there: set[str] = set()
        self.is_stopping = False
        """Whether a person wants the scan that is going on to end."""
        self.is_stopped = False
        """Whether the latest scan has ended for that: not all is listed."""
        self._looking = 0
        """The scan that is going on; 0 for none."""
        self.looked_at = 0.0
        """When the last look was over."""
        self.look_seconds = 0.0
        self._stamps: Stamps = {}

    # ------------------------------------------------------------ threads

    def ask(self, asker: "Widget", group: str, call: Callable[[], object]) -> int:
        """Run a call in a thread; `Answered` brings what it returned."""
        from gait_tui.messages import Answered

        generation = self._next(group)

        def work() -> None:
            result = call()
            if is_wanted():
                asker.post_message(Answered(group, generation, result))

        self._start(asker, group, work)
        return generation

    def watch(self, asker: "Widget") -> None:
        """Look through the roots again, as soon as that is worth what it costs."""
        if not (self._looking or self.is_stopped):
            self._look(asker, self._is_due)

    def stop(self) -> None:
        """Have the scan that is going on end with what it has found."""
        self.is_stopping = bool(self._looking)

    def rescan(self, asker: "Widget") -> int:
        """Look through the roots in a thread; `Scanned` brings the rows as they are found."""
        return self._look(asker, lambda: True)

    def _is_due(self) -> bool:
        from gait_engine.api import index

        rested = self.host.monotonic() - self.looked_at
        if rested >= REST * self.look_seconds:
            return True
        is_worth_it = rested >= STIRRED_REST * self.look_seconds
        return is_worth_it and index.is_stirred(self._stamps, host=self.host)

    def _look(self, asker: "Widget", is_due: Callable[[], bool]) -> int:
        from gait_tui.messages import Stopped, Unchanged

        generation = self._looking = self._next("scan")
        self.is_stopping = False
        words = argv(self.index_query())

        def work() -> None:
            begun, code, is_whole = self.host.monotonic(), 0, False
            try:
                is_whole = is_due()
                if is_whole:
                    self._scan(asker, generation)
                else:
                    asker.post_message(Unchanged(generation, self._lost()))
            except Exception as error:  # noqa: BLE001 - the rows found so far stay usable
                self._taken = -1
                problem, code = _defect(error).message, _defect(error).exit_code
                asker.post_message(Stopped(generation, problem))
            seconds = self.host.monotonic() - begun
            if is_whole:
                self.calls.add(words, code, self.host.now_ns(), seconds)
                self.looked_at, self.look_seconds = begun + seconds, seconds
            if self._looking == generation:
                self._looking = 0

        self._start(asker, "scan", work)
        return generation

    def is_current(self, group: str, generation: int) -> bool:
        """Tell whether no later question of the group was asked."""
        return self._generations.get(group) == generation

    def _next(self, group: str) -> int:
        self._generations[group] = self._generations.get(group, 0) + 1
        return self._generations[group]

    @staticmethod
    def _start(asker: "Widget", group: str, work: Callable[[], None]) -> None:
        asker.run_worker(work, thread=True, exclusive=True, group=group, exit_on_error=False)

    def _scan(self, asker: "MessagePump", generation: int) -> None:
        from gait_engine.api import index
        from gait_tui.messages import Scanned, Unchanged

        known, since_ns = self._known, self.host.now_ns()
        found, is_stopped = self._found(asker, generation, known)
        lost = self._lost()
        if not is_wanted():
            return
        self.is_stopped = is_stopped
        self._stamps = index.stamps(found, self.roots, since_ns=since_ns, host=self.host)
        is_told = bool(found) and self._known_since == self._taken
        if is_told and known == {row.path: row for row in found}:
            asker.post_message(Unchanged(generation, lost))
            return
        rows = index.newest_first(found)
        catalog = catalog_of(rows, known)
        if not catalog.of(RUN_KINDS):
            catalog = catalog._replace(roots=index.counted(rows, self.roots, host=self.host))
        self._known, self._known_since = catalog.rows, generation
        asker.post_message(Scanned(generation, catalog, lost=lost))

    def _found(
        self, asker: "MessagePump", generation: int, known: Mapping[str, IndexRow]
    ) -> tuple[list[IndexRow], bool]:
        """Return what a scan finds, and whether it was stopped.

        Of what it did not come to by then, the rows that are known stay as they are.
        """
        from gait_engine.api import index
        from gait_tui.messages import Reading, Scanned

        found: list[IndexRow] = []
        is_first, due = self.is_stopped or not known, max(CHUNK, len(known))
        for row in index.scan(self.roots, host=self.host, known=known, limits=self.limits):
            found.append(row)
            if len(found) % STEP:
                continue
            if not is_wanted():
                break
            if self.is_stopping:
                paths = {row.path for row in found}
                return [*found, *(row for row in known.values() if row.path not in paths)], True
            if is_first and not len(found) % TOLD:
                asker.post_message(Reading(generation, len(found)))
            if is_first and len(found) >= due:
                catalog = catalog_of(index.newest_first(found), known)
                asker.post_message(Scanned(generation, catalog, is_whole=False))
                due = 2 * len(found)
        return found, False

    def take(self, generation: int) -> None:
        """Note that the rows of a scan are on the screen: those that equal them are not sent."""
        self._taken = generation

    def forget_taken(self) -> None:
        """Have the next scan send all rows, though none has changed."""
        self._taken = -1

    def _lost(self) -> tuple[str, ...]:
        """Name the roots that cannot be searched; one that never was there is not missed."""
        from gait_engine.api import index

        roots = index.searched(self.roots, host=self.host)
        self._was_there |= {root.path for root in roots if root.state == "ok"}
        missed = self._was_there | {root.path for root in roots if root.state == "unreadable"}
        return tuple(root.path for root in roots if root.state != "ok" and root.path in missed)

    # ------------------------------------------------------------ questions

    def outcome(self, query: Query) -> Outcome[Answer]:
        """Put one question and tell how it went; never raises."""
        if indexed := INDEXING.get(query.kind):
            return self.attempt(argv(query), partial(indexed, query, self.host))
        if query.review is not None:
            asked = REVIEWS[query.kind]
            return self.attempt(argv(query), partial(asked, query.review, self.host))
        call = partial(CALLS[query.kind], query.targets, self.host)
        return self.attempt(argv(query), call, _FAILED.get(query.kind))

    def attempt(
        self,
        words: tuple[str, ...],
        call: Callable[[], A],
        base: Answer | None = None,
        *,
        part: str = "",
    ) -> Outcome[A]:
        """Put a question that `words` would put headlessly, and tell how it went; never raises.

        `base` stands beside an error that knows no answer of its own; `part` names what was done
        where no command does it.
        """
        begun = self.host.monotonic()
        answer: A | None = None
        failure: Answer | None = None
        try:
            answer = self._sealed(call(), words)
        except GaitError as error:
            failure = self._failure(error, words, base)
        except Exception as error:  # noqa: BLE001 - a bad artifact must not end the session
            failure = self._failure(_defect(error), words, base)
        said = answer if answer is not None else cast("Answer", failure)
        code, at_ns, seconds = _exit_code(said), self.host.now_ns(), self.host.monotonic() - begun
        self.calls.add(words, code, at_ns, seconds, part)
        return Outcome(words, answer, failure, code, at_ns, seconds)

    def index(self) -> IndexAnswer:
        """List the runs under the roots, newest first."""
        from gait_engine.api.index import index

        found = index(self.roots, limits=self.limits, host=self.host)
        runs = tuple(row for row in found.rows if row.kind in RUN_KINDS)
        return replace(found, rows=runs)

    def index_query(self) -> Query:
        """Ask for the artifacts under the roots."""
        return Query(commands.INDEX, self.roots, limits=self.limits)

    def text(self, query: Query) -> bytes:
        """Return the bytes that the command of a question prints."""
        return self.bytes_of(self.outcome(query))

    @staticmethod
    def bytes_of(outcome: Outcome[A]) -> bytes:
        """Return the bytes that the command of an answer prints."""
        from gait_engine.api.envelope import encode

        return encode(cast("Answer", outcome.said))

    def read_run(self, path: str, artifact: IndexRow | None = None) -> RunReading:
        """Verify a runpack or chain, and look into it when it is intact."""
        if path.endswith("_chain.json"):
            chain = cast(
                "Outcome[SessionChainAnswer]", self.outcome(Query(commands.CHAIN, (path,)))
            )
            reading = RunReading(artifact, path, chain=chain)
        else:
            checked = cast("Outcome[VerifyAnswer]", self.outcome(Query(commands.VERIFY, (path,))))
            reading = RunReading(artifact, path, verify=checked)
        found = cast("Outcome[Answer]", reading.checked)
        if found.exit_code != 0:
            return reading._replace(raw=self.bytes_of(found).decode())
        shown = cast("Outcome[InspectAnswer]", self.outcome(Query(commands.INSPECT, (path,))))
        return reading._replace(inspect=shown, raw=self.bytes_of(shown).decode())

    def read_ticket(self, text: str, origin: str) -> TicketReading:
        """Find the artifact of a ticket line and check it."""
        line = text.strip()
        checked = cast("Outcome[VerifyAnswer]", self.outcome(self.ticket_query(line)))
        answer = checked.answer
        if answer is None or not isinstance(answer.ticket, TicketCheck):
            return TicketReading(line, origin, checked, fault=fault_of(line))
        if answer.ticket.state != "verified":
            return TicketReading(line, origin, checked)
        shown = self.outcome(Query(commands.INSPECT, (answer.path,)))
        return TicketReading(line, origin, checked, cast("Outcome[InspectAnswer]", shown))

    def read_diff(self, left: str, right: str) -> DiffReading:
        """Compare two runs; `left` is the base."""
        shown = self.outcome(Query(commands.DIFF, (left, right)))
        return DiffReading(left, right, cast("Outcome[DiffAnswer]", shown))

    def read_replay(self, path: str) -> ReplayReading:
        """Answer a run from its own record."""
        shown = self.outcome(Query(commands.REPLAY, (path,)))
        return ReplayReading(path, cast("Outcome[ReplayAnswer]", shown))

    def folders(self) -> tuple[str, ...]:
        """Name the roots that are there, or the first where none is: a command refuses the rest."""
        named = self.named_roots
        return tuple(root for root in named if (self.host.cwd / root).is_dir()) or named[:1]

    @property
    def named_roots(self) -> tuple[str, ...]:
        """The folders that are searched, also where none was named."""
        return self.roots or tuple(standard_roots(self.host))

    def read_families(self) -> FamiliesReading:
        """Group the runs under the roots, and rank their riskiest calls."""
        folders = self.folders()
        signal = self.outcome(Query(commands.FAMILIES, folders))
        top = self.outcome(Query(commands.TOP, folders))
        return FamiliesReading(
            cast("Outcome[SignalAnswer]", signal), cast("Outcome[TopAnswer]", top)
        )

    def read_evidence(self, shown: Query, checked: Query | None) -> EvidenceReading:
        """Verify a piece of evidence, and list what it holds."""
        proof = cast("Outcome[Proven]", self.outcome(checked)) if checked else None
        contents = self.outcome(shown)
        raw = self.bytes_of(contents).decode()
        return EvidenceReading(cast("Outcome[Shown]", contents), proof, raw)

    def read_health(self, rows: Sequence[IndexRow], key: str) -> HealthReading:
        """Look at what gait needs here, at a key if one is named, and count what the roots hold."""
        from gait_engine.api.index import counted

        path = self.beside_home(key)
        asked = Query(commands.DOCTOR_KEYED, (path,)) if key else Query(commands.DOCTOR, ())
        found = cast("Outcome[DoctorAnswer]", self.outcome(asked))
        loaded = self.outcome(Query(commands.KEY, (path,))) if key else None
        roots = counted(rows, self.roots, host=self.host)
        raw = self.bytes_of(found).decode()
        return HealthReading(asked, found, cast("Outcome[KeysAnswer] | None", loaded), roots, raw)

    def read_inbox(self, query: Query, proceed: Callable[[], bool] = lambda: True) -> InboxReading:
        """Sort out what needs a person among the rows of the last scan.

        Keys that cannot be used leave nothing undone but what they are for.
        """
        rows = self._known
        call = partial(inbox_of, tuple(rows.values()), query, self.host, proceed)
        outcome = self.attempt(argv(query), call)
        if outcome.failure is not None and query.review is not None:
            plain = query._replace(targets=query.review.roots, review=None)
            return self.read_inbox(plain, proceed)._replace(problem=outcome.failure.error)
        items = outcome.answer.items if outcome.answer else ()
        named = {path: rows[path] for item in items for path in item.paths[:1] if path in rows}
        return InboxReading(outcome, named, query)

    def settled_traces(self) -> Container[str]:
        """Tell the traces of the last scan that say nothing about what waits."""
        from gait_engine.api.index import settled_traces

        return settled_traces(self._known)

    def footer(self, path: str) -> str:
        """Return the ticket footer of a runpack. Raises GaitError for one that has none."""
        from gait_engine.api.run import receipt

        return receipt(path, host=self.host).ticket_footer

    def raw_text(self, path: str) -> str:
        """Return a file as text that is safe to print. Raises GaitError."""
        from gait_engine.api.rawtext import raw_text

        return raw_text(path, host=self.host)

    def export(self, query: Query, path: str, *, overwrite: bool) -> Exported:
        """Write what the command prints to a file; an existing one only when told to."""
        from gait_engine.api.export import export

        target = self.beside_home(path)
        if not overwrite and os.path.lexists(self.host.cwd / target):
            return Exported(path, exists=True)
        said = cast("Answer", self.outcome(query).said)
        try:
            size = export(said, target, overwrite=overwrite, host=self.host)
        except GaitError as error:
            return Exported(path, problem=error.message)
        except OSError as error:
            return Exported(path, problem=f"{path}: {error.strerror or error}")
        return Exported(path, size)

    def beside_home(self, path: str) -> str:
        """Spell out a leading `~/`, as a shell would."""
        return str(self.host.home / path[2:]) if path.startswith("~/") else path

    def ticket_query(self, line: str) -> Query:
        """Ask about a ticket: a line that is none must not be taken for a run id."""
        footer = line if looks_like_footer(line) else f"GAIT {line}"
        usual = set(standard_roots(self.host))
        return Query(commands.VERIFY, (footer, *(root for root in self.roots if root not in usual)))

    # ------------------------------------------------------------ answers

    @staticmethod
    def _sealed(answer: A, words: Sequence[str]) -> A:
        from gait_engine.api.envelope import seal

        return seal(answer, words)

    def _failure(self, error: GaitError, words: Sequence[str], base: Answer | None) -> Answer:
        from gait_engine.api.envelope import failure

        return self._sealed(failure(error, base), words)


def is_wanted() -> bool:
    """Tell a thread whether anybody still waits for its answer."""
    from textual.worker import get_current_worker

    return not get_current_worker().is_cancelled


def is_footer(text: str) -> bool:
    """Tell a line that means to be a ticket footer."""
    return looks_like_footer(text)


def fault_of(text: str) -> FooterFault | None:
    """Say what is wrong with a ticket line."""
    return footer_fault(text)


def _exit_code(answer: Answer) -> int:
    from gait_engine.api.envelope import exit_code

    return exit_code(answer)


def _defect(error: Exception) -> GaitError:
    if isinstance(error, OSError):
        return IoFailure(f"{error.filename or 'file'}: {error.strerror or quoted(str(error))}")
    return InternalFailure(f"{type(error).__name__}: {quoted(str(error))}, expected an answer")


_FAILED: Final[dict[str, Answer]] = {commands.DIFF: DiffAnswer(ok=False)}
"""What stands beside the error where a command answers more than that."""
