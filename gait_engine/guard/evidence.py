"""Reading the files that go into an evidence pack, and finding those beside a runpack.

Contract: guard-doctor-registry.md A and E; compat.md (discovery, swept-up files).
"""

import os
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final, NamedTuple, TypeVar

import msgspec

from gait_engine.contract.approval import ApprovalAudit
from gait_engine.contract.broker import CredentialRecord
from gait_engine.contract.guard import InventoryEvidence
from gait_engine.contract.scout import RegressEvidence
from gait_engine.contract.trace import Trace
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed, quoted
from gait_engine.gate.trace import parse_trace
from gait_engine.host import Host
from gait_engine.store.atomic import PATH_UNSAFE, os_errors_as_ours
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.store.safepath import clean, join
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.text import trim

RecordT = TypeVar("RecordT", bound=msgspec.Struct)

_JSON: Final = ".json"
_PATTERN_SIGNS: Final = frozenset("*?[\\")

Read = Callable[[bytes, str], RecordT]


class Evidence(NamedTuple):
    """What goes into a pack beside the run itself, each kind in the order of its paths."""

    inventories: tuple[InventoryEvidence, ...] = ()
    traces: tuple[Trace, ...] = ()
    regress: tuple[RegressEvidence, ...] = ()
    audits: tuple[ApprovalAudit, ...] = ()
    credentials: tuple[CredentialRecord, ...] = ()


class EvidencePaths(NamedTuple):
    """The five lists of files a pack is given, comma separated."""

    inventory: str = ""
    trace: str = ""
    regress: str = ""
    approval_audit: str = ""
    credential_evidence: str = ""


def read_evidence(paths: EvidencePaths, folder: str, *, host: Host) -> Evidence:
    """Read what was named; a record kind of which nothing was is looked for in the folder.

    Raises InvalidInput for what cannot be read, VerificationFailed for what must be refused.
    """
    audits = listed_paths(paths.approval_audit)
    credentials = listed_paths(paths.credential_evidence)
    return Evidence(
        inventories=_all(listed_paths(paths.inventory), parse_inventory, host),
        traces=_all(listed_paths(paths.trace), parse_trace, host),
        regress=_all(listed_paths(paths.regress), parse_regress, host),
        audits=_all(audits, parse_audit, host)
        if audits
        else discovered(folder, "approval_audit_", ApprovalAudit, host=host),
        credentials=_all(credentials, parse_credential, host)
        if credentials
        else discovered(folder, "credential_evidence_", CredentialRecord, host=host),
    )


def listed_paths(text: str) -> list[str]:
    """Split a list at its commas: trimmed, blanks and repetitions dropped, sorted by bytes."""
    return sorted({path for part in text.split(",") if (path := trim(part))}, key=os.fsencode)


def discovered(folder: str, prefix: str, kind: type[RecordT], *, host: Host) -> tuple[RecordT, ...]:
    """Read every record of a kind in a folder. One that cannot be read is fatal.

    Raises InvalidInput, also for what must be refused: a pack leaves nothing out unseen.
    """
    found = found_beside(folder, prefix, host=host)
    for path in found:
        require_listable(path)
    texts = [(path, evidence_text(path, host=host)) for path in found]
    return tuple(_record(text, kind, Source(path)) for path, text in texts)


def found_beside(folder: str, prefix: str, *, host: Host) -> list[str]:
    """Return the paths of the files `<prefix>*.json` in a folder, sorted by bytes.

    Raises InvalidInput `path_unsafe` for a folder whose path some take for a pattern.
    """
    if not _PATTERN_SIGNS.isdisjoint(folder):
        raise InvalidInput(
            f"folder of the runpack: {quoted(folder, 200)}, expected a path without * ? [ and \\",
            code=PATH_UNSAFE,
            where=folder,
            hint="name the approval audits and the credential evidence, or rename the folder",
        )
    place = host.cwd / folder
    with os_errors_as_ours("folder of the runpack", place, "a folder that can be listed"):
        names = [entry.name for entry in place.iterdir()]
    matching = (name for name in names if name.startswith(prefix) and name.endswith(_JSON))
    return sorted((join(folder, name) for name in matching), key=os.fsencode)


def require_listable(path: str) -> None:
    """Refuse a found path that would not survive a comma separated list. Raises InvalidInput."""
    if listed_paths(path) != [path]:
        raise InvalidInput(
            f"evidence file: {quoted(path, 200)}, expected a path without commas or white space "
            "at its start",
            where=path,
        )


def folder_of(shown: str) -> str:
    """Return the folder of a runpack as its path spells it, `.` for a bare name."""
    return clean(str(PurePosixPath(shown).parent))


def evidence_text(path: str, *, host: Host) -> bytes:
    """Read an evidence file; raises as `read_input` does."""
    return read_input(path, limit=TEXT_LIMIT, host=host, what="evidence file")


def parse_inventory(text: bytes, path: str) -> InventoryEvidence:
    """Read the text of an inventory."""
    return _record(text, InventoryEvidence, _artifact(path))


def parse_regress(text: bytes, path: str) -> RegressEvidence:
    """Read the text of a regress result; its numbers stay out of the pack."""
    return read_record(text, RegressEvidence, _artifact(path)._replace(digested=False))


def parse_audit(text: bytes, path: str) -> ApprovalAudit:
    """Read the text of an approval audit."""
    return _record(text, ApprovalAudit, _artifact(path))


def parse_credential(text: bytes, path: str) -> CredentialRecord:
    """Read the text of a credential record."""
    return _record(text, CredentialRecord, _artifact(path))


def _all(paths: list[str], parse: "Read[RecordT]", host: Host) -> tuple[RecordT, ...]:
    return tuple(parse(evidence_text(path, host=host), path) for path in paths)


def _artifact(path: str) -> Source:
    return Source(path, hazard=VerificationFailed)


def _record(text: bytes, kind: type[RecordT], source: Source) -> RecordT:
    try:
        return read_record(text, kind, source)
    except GaitError as exc:
        if exc.code == "json_lossy_number":  # an integer too large for its field is no hazard
            read_record(text, kind, source._replace(digested=False))
        raise
