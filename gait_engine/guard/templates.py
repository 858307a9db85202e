"""The controls of the pack templates, and which members speak for each of them.

Titles are digest input. Contract: guard-doctor-registry.md A.1.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from gait_engine.contract.pack import ControlEntry, PackEntry
from gait_engine.wire.text import normal

SOC2: Final = "soc2"
INCIDENT_RESPONSE: Final = "incident_response"


class Control(NamedTuple):
    """A control, and what makes a member speak for it: its type, or a word in its path."""

    control_id: str
    title: str
    types: frozenset[str]
    words: tuple[str, ...]


def _control(control_id: str, title: str, types: str, words: str) -> Control:
    return Control(control_id, title, frozenset(types.split()), tuple(words.split()))


_RECORDS: Final = "approval_audit_ credential_evidence_"

TEMPLATES: Final[Mapping[str, tuple[Control, ...]]] = {
    SOC2: (
        _control("CC6.6", "Change Management Evidence", "trace evidence", _RECORDS),
        _control(
            "CC7.2", "Operational Monitoring", "report", "regress_summary.json trace_summary.json"
        ),
        _control(
            "CC8.1",
            "Incident Evidence Integrity",
            "runpack evidence",
            "runpack_summary.json referenced_runpacks.json",
        ),
    ),
    "pci": (
        _control("PCI-10", "Audit Trail and Monitoring", "trace report", "trace_summary.json"),
        _control("PCI-7", "Access and Approval Controls", "evidence", _RECORDS),
        _control(
            "PCI-12",
            "Incident Handling Evidence",
            "runpack report",
            "runpack_summary.json regress_summary.json",
        ),
    ),
    INCIDENT_RESPONSE: (
        _control(
            "IR-CHAIN",
            "Reconstruction Chain",
            "runpack trace evidence",
            f"runpack_summary.json trace_summary.json {_RECORDS}",
        ),
        _control(
            "IR-ROOTCAUSE",
            "Root Cause and Regression",
            "report",
            "regress_summary.json policy_digests.json",
        ),
    ),
}


def template_id(name: str) -> str:
    """Return the template a name means: soc2 for none, incident_response for an unknown one."""
    chosen = normal(name) or SOC2
    return chosen if chosen in TEMPLATES else INCIDENT_RESPONSE


def control_index(template: str, entries: Iterable[PackEntry]) -> tuple[ControlEntry, ...]:
    """Return the controls of a template in its order, each with its members sorted by path."""
    listed = sorted(entries, key=lambda entry: entry.path)
    return tuple(
        ControlEntry(
            control_id=control.control_id,
            title=control.title,
            evidence_paths=tuple(entry.path for entry in listed if _speaks_for(control, entry)),
        )
        for control in TEMPLATES[template]
    )


def _speaks_for(control: Control, entry: PackEntry) -> bool:
    return entry.type in control.types or any(word in entry.path for word in control.words)
