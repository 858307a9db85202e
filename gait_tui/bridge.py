"""The only way to the engine: every question is put from a thread, every answer is a message.

An error of the engine is an answer like any other, the same object that the command would print.
"""

import os
from collections.abc import Callable, Container, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeVar, cast

from msgspec.structs import replace

from gait_engine.api.shapes import (
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
    ReplayAnswer,
    SessionChainAnswer,
    SignalAnswer,
    TicketCheck,
    TopAnswer,
    VerifyAnswer,
    footer_fault,
    looks_like_footer,
)
from gait_tui import commands
from gait_tui.asking import CALLS, INDEXING, REVIEWS, inbox_of
from gait_tui.commands import Query, argv
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
from gait_tui.watching import Watcher, attempted

A = TypeVar("A", bound=Answer)


class Exported(NamedTuple):
    """How writing an export went."""

    path: str
    size: int = 0
    problem: str = ""
    exists: bool = False


class Bridge(Watcher):
    """Puts questions to the engine, and looks through the roots."""

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
        answer = attempted(lambda: self._sealed(call(), words))
        failure = self._failure(answer, words, base) if isinstance(answer, GaitError) else None
        found = None if isinstance(answer, GaitError) else answer
        said = cast("Answer", failure or found)
        code, at_ns, seconds = _exit_code(said), self.host.now_ns(), self.host.monotonic() - begun
        self.calls.add(words, code, at_ns, seconds, part)
        return Outcome(words, found, failure, code, at_ns, seconds)

    def index(self) -> IndexAnswer:
        """List the runs under the roots, newest first."""
        from gait_engine.api.index import index

        found = index(self.roots, limits=self.limits, host=self.host)
        runs = tuple(row for row in found.rows if row.kind in RUN_KINDS)
        return replace(found, rows=runs)

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


def is_footer(text: str) -> bool:
    """Tell a line that means to be a ticket footer."""
    return looks_like_footer(text)


def fault_of(text: str) -> FooterFault | None:
    """Say what is wrong with a ticket line."""
    return footer_fault(text)


def _exit_code(answer: Answer) -> int:
    from gait_engine.api.envelope import exit_code

    return exit_code(answer)


_FAILED: Final[dict[str, Answer]] = {commands.DIFF: DiffAnswer(ok=False)}
"""What stands beside the error where a command answers more than that."""
