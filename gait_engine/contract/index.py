"""The kinds of artifacts that an index tells apart, and how files of each are named."""

from typing import Final, NamedTuple

RUNPACK: Final = "runpack"
SESSION_CHAIN: Final = "session_chain"
SESSION: Final = "session"
TRACE: Final = "trace"
TRACE_JOURNAL: Final = "trace_journal"
INTENT: Final = "intent"
POLICY: Final = "policy"
APPROVAL_TOKEN: Final = "approval_token"  # noqa: S105  # a kind of file
APPROVAL_AUDIT: Final = "approval_audit"
EVIDENCE_PACK: Final = "evidence_pack"
INCIDENT_PACK: Final = "incident_pack"
REGRESS_RESULT: Final = "regress_result"
SCOUT_REPORT: Final = "scout_report"
FILE: Final = "file"
"""A file that was not looked into, so that nobody knows what it is."""
FOLDER: Final = "folder"
"""A folder in which nothing was looked for, and why."""

KINDS: Final = (
    *(RUNPACK, SESSION_CHAIN, SESSION, TRACE, TRACE_JOURNAL, INTENT, POLICY, APPROVAL_TOKEN),
    *(APPROVAL_AUDIT, EVIDENCE_PACK, INCIDENT_PACK, REGRESS_RESULT, SCOUT_REPORT, FILE, FOLDER),
)
RUN_KINDS: Final = (RUNPACK, SESSION_CHAIN)
"""What holds runs."""


class Limits(NamedTuple):
    """How much an index looks at: so many files, and texts of at most so many bytes.

    Of an archive only the manifest is read, however large it is.
    """

    files: int = 1_000_000
    file_bytes: int = 64 * 1024 * 1024


LIMITS: Final = Limits()

ARCHIVE: Final = ".zip"
JSON: Final = ".json"
JOURNAL: Final = ".jsonl"
YAML: Final = (".yaml", ".yml")
ENDINGS: Final = (ARCHIVE, JSON, JOURNAL, *YAML)

_ARCHIVES: Final = ("runpack_", "evidence_pack_", "incident_pack_")
_NAMED_LIKE: Final = (
    ("approval_audit_", JSON, APPROVAL_AUDIT),
    ("approval_", JSON, APPROVAL_TOKEN),
    ("trace_", JSON, TRACE),
    ("regress_result", JSON, REGRESS_RESULT),
    ("scout_signal_report", JSON, SCOUT_REPORT),
    ("", "_chain.json", SESSION_CHAIN),
    ("evidence_pack_", ARCHIVE, EVIDENCE_PACK),
    ("incident_pack_", ARCHIVE, INCIDENT_PACK),
    ("", ARCHIVE, RUNPACK),
)


def is_telling(path: str) -> bool:
    """Tell the path of an archive that is named as ours are."""
    return path.rpartition("/")[2].startswith(_ARCHIVES)


def kind_by_name(name: str) -> str:
    """Tell what a file ought to be by its name; empty for a name that tells nothing."""
    for start, ending, kind in _NAMED_LIKE:
        if name.endswith(ending) and name.startswith(start):
            return kind
    return ""
