"""What verification answers (runpack.md 5)."""

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Record, always


class HashMismatch(Record, frozen=True, kw_only=True):
    """A member whose bytes are not the recorded ones."""

    path: str
    expected: str = always("")
    actual: str


class FileCheck(Record, frozen=True, kw_only=True):
    """One member and how it fared: `same`, `differs`, `unreadable`, `missing` or `unlisted`."""

    path: str
    state: str
    expected: str = ""
    actual: str = ""


class SearchedPlace(Record, frozen=True, kw_only=True):
    """A place where a runpack was looked for, and what stood there: `none`, `found` or why not."""

    place: str
    found: str


class TicketCheck(Record, frozen=True, kw_only=True):
    """How a found runpack relates to a ticket footer.

    `state` is `verified`, `not_the_tickets`, `damaged` or `not_found`.
    """

    state: str
    run_id: str
    manifest_digest: str
    searched: tuple[SearchedPlace, ...] = ()


class FooterFault(Record, frozen=True, kw_only=True):
    """Which characters of a footer line are wrong: `start` to `end`, 0-based, end not included."""

    start: int
    end: int
    expected: str


class VerifyAnswer(Answer, frozen=True, kw_only=True):
    """`gait verify`: each file, the manifest digest and the signatures of one runpack."""

    path: str = ""
    run_id: str = ""
    manifest_digest: str = ""
    files_checked: int = 0
    missing_files: tuple[str, ...] = ()
    hash_mismatches: tuple[HashMismatch, ...] = ()
    signature_status: str = ""
    signature_errors: tuple[str, ...] = ()
    signatures_total: int = 0
    signatures_valid: int = 0
    signature_note: str = ""
    next_commands: tuple[str, ...] = ()
    files: tuple[FileCheck, ...] = ()
    """Every member, with `--files` only, like the three fields after it."""
    created_at: str = ""
    capture_mode: str = ""
    signature_key_ids: tuple[str, ...] = ()
    ticket: TicketCheck | UnsetType = UNSET
    """Only when a ticket footer was given."""


class TraceCheck(Record, frozen=True, kw_only=True):
    """The signature of one gate trace."""

    ok: bool
    path: str
    trace_id: str = ""
    verdict: str = ""
    signature_status: str = ""
    key_id: str = ""
    error: str = ""


class PackCheck(Record, frozen=True, kw_only=True):
    """The contents and signatures of one evidence pack."""

    ok: bool
    path: str
    pack_id: str = ""
    run_id: str = ""
    files_checked: int = 0
    missing_files: tuple[str, ...] = ()
    hash_mismatches: tuple[HashMismatch, ...] = ()
    signature_status: str = ""
    signature_errors: tuple[str, ...] = ()
    signatures_total: int = 0
    signatures_valid: int = 0


class VerifyChainAnswer(Answer, frozen=True, kw_only=True):
    """`gait verify chain`: a runpack, and the trace and pack that go with it."""

    run: VerifyAnswer
    trace: TraceCheck | UnsetType = UNSET
    pack: PackCheck | UnsetType = UNSET


class SessionChainAnswer(Answer, frozen=True, kw_only=True):
    """`gait verify session-chain`: the links of a chain and the runpacks it names."""

    chain_path: str = ""
    session_id: str = ""
    run_id: str = ""
    checkpoints_checked: int = 0
    linkage_errors: tuple[str, ...] = ()
    checkpoint_errors: tuple[str, ...] = ()
