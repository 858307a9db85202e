"""What `gait guard` and `gait incident` answer (guard-doctor-registry.md A to E)."""

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.answers.verify import HashMismatch
from gait_engine.contract.common import Record, always
from gait_engine.contract.guard import RetentionEvent
from gait_engine.contract.pack import GuardManifest


class GuardPackAnswer(Answer, frozen=True, kw_only=True):
    """An evidence pack that was written; `controls` and `rendered_artifacts` are counts."""

    pack_path: str = ""
    pack_id: str = ""
    run_id: str = ""
    template_id: str = ""
    controls: int = 0
    rendered_artifacts: int = 0
    manifest_path: str = ""
    warnings: tuple[str, ...] = ()


class SkippedFile(Record, frozen=True, kw_only=True):
    """A file that was found and left out because it must be refused, and why."""

    path: str
    error_code: str


class IncidentPackAnswer(Answer, frozen=True, kw_only=True):
    """An incident pack that was written; the window is cut to whole seconds."""

    pack_path: str = ""
    pack_id: str = ""
    run_id: str = ""
    template_id: str = ""
    trace_count: int = 0
    regress_count: int = 0
    approval_audit_count: int = 0
    credential_evidence_count: int = 0
    policy_digests: tuple[str, ...] = ()
    window_from: str = ""
    window_to: str = ""
    skipped: tuple[SkippedFile, ...] = ()


class GuardVerifyAnswer(Answer, frozen=True, kw_only=True):
    """The contents and signatures of one evidence pack."""

    path: str = ""
    pack_id: str = ""
    run_id: str = ""
    files_checked: int = 0
    missing_files: tuple[str, ...] = ()
    hash_mismatches: tuple[HashMismatch, ...] = ()
    signature_status: str = ""
    signature_errors: tuple[str, ...] = ()
    signatures_total: int = 0
    signatures_valid: int = 0


class PackMember(Record, frozen=True, kw_only=True):
    """A member of a pack: what the manifest says of it, its size in bytes, and how it fared.

    `state` is `same`, `differs`, then `actual` is the digest that was found, or `missing`.
    """

    path: str
    type: str = always("")
    sha256: str = always("")
    size: int = always(0)
    state: str
    actual: str = ""


class GuardShowAnswer(Answer, frozen=True, kw_only=True):
    """The members of a pack by path and its manifest; `ok` is what `gait guard verify` says.

    Without a key no signature is checked: the manifest is then its own claim.
    """

    path: str = ""
    signature_status: str = ""
    members: tuple[PackMember, ...] = ()
    manifest: GuardManifest | UnsetType = UNSET


class RetainAnswer(Answer, frozen=True, kw_only=True):
    """Which traces and packs were kept and which deleted, sorted by path."""

    root_path: str = ""
    scanned_files: int = 0
    deleted_files: tuple[RetentionEvent, ...] = ()
    kept_files: tuple[RetentionEvent, ...] = ()
    dry_run: bool = False


class EncryptAnswer(Answer, frozen=True, kw_only=True):
    """A file that was sealed; `key_ref` names the variable that held the key."""

    path: str = ""
    algorithm: str = ""
    plain_sha256: str = ""
    plain_size: int = 0
    key_mode: str = ""
    key_ref: str = ""


class DecryptAnswer(Answer, frozen=True, kw_only=True):
    """A file that was opened; digest and size are those of what came out."""

    path: str = ""
    plain_sha256: str = ""
    plain_size: int = 0
