"""What the bridge hands to the screens: an engine's answer, and the command that would print it."""

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from gait_engine.api.shapes import (
    Answer,
    DiffAnswer,
    DoctorAnswer,
    FooterFault,
    GuardShowAnswer,
    GuardVerifyAnswer,
    InboxAnswer,
    IndexRow,
    InspectAnswer,
    KeysAnswer,
    RegistryShowAnswer,
    RegistryVerifyAnswer,
    ReplayAnswer,
    SearchedRoot,
    SessionChainAnswer,
    SessionShowAnswer,
    SignalAnswer,
    TopAnswer,
    VerifyAnswer,
)
from gait_tui.commands import Query

A = TypeVar("A", bound=Answer)


class Outcome(NamedTuple, Generic[A]):
    """How one engine call went: its answer, or the error object the command would print."""

    argv: tuple[str, ...]
    """The headless command, without the program name."""
    answer: A | None
    failure: Answer | None
    exit_code: int
    at_ns: int
    seconds: float

    @property
    def said(self) -> Answer | None:
        """What the command prints, good or bad."""
        return self.answer if self.answer is not None else self.failure


class RunReading(NamedTuple):
    """Everything known about one runpack or session chain."""

    artifact: IndexRow | None
    path: str
    verify: Outcome[VerifyAnswer] | None = None
    chain: Outcome[SessionChainAnswer] | None = None
    inspect: Outcome[InspectAnswer] | None = None
    raw: str = ""
    """The text of the answer of `inspect`, or of `verify` for what must not be inspected."""

    @property
    def checked(self) -> "Outcome[VerifyAnswer] | Outcome[SessionChainAnswer] | None":
        """The verification, of whichever kind it was."""
        return self.verify or self.chain


class TicketReading(NamedTuple):
    """A ticket line and what was found for it."""

    text: str
    origin: str
    """Where the line came from: `pasted footer`, `given footer`, ..."""
    verify: Outcome[VerifyAnswer]
    inspect: Outcome[InspectAnswer] | None = None
    fault: FooterFault | None = None


class DiffReading(NamedTuple):
    """Two runs compared; `left` is the base."""

    left: str
    right: str
    diff: Outcome[DiffAnswer]


class ReplayReading(NamedTuple):
    """A run answered from its own record."""

    target: str
    replay: Outcome[ReplayAnswer]


class FamiliesReading(NamedTuple):
    """The families among the runs, and their riskiest calls."""

    signal: Outcome[SignalAnswer]
    top: Outcome[TopAnswer]


Shown = GuardShowAnswer | SessionShowAnswer | RegistryShowAnswer | InspectAnswer
Proven = GuardVerifyAnswer | SessionChainAnswer | RegistryVerifyAnswer


class EvidenceReading(NamedTuple):
    """A piece of evidence: what it holds, and whether it verifies.

    A session is verified by the chain of its checkpoints, where there is one.
    """

    shown: Outcome[Shown] | None
    checked: Outcome[Proven] | None
    raw: str = ""
    """The text of the answer of `shown`."""


class HealthReading(NamedTuple):
    """What was asked of the doctor and what it found, the key in use, the roots."""

    asked: Query
    doctor: Outcome[DoctorAnswer]
    key: Outcome[KeysAnswer] | None
    roots: tuple[SearchedRoot, ...]
    raw: str
    """The text of the doctor's answer."""


class InboxReading(NamedTuple):
    """What needs a person, and the rows of the artifacts that is about."""

    inbox: Outcome[InboxAnswer]
    artifacts: Mapping[str, IndexRow]
    query: Query
    problem: str = ""
    """Why the keys of the settings were left out."""
