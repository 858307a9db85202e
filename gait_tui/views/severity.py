"""Severities: their marks, their short words and the roles of both."""

from typing import Final, NamedTuple


class Severity(NamedTuple):
    """How a severity is shown."""

    mark: str
    word: str
    role: str


SEVERITIES: Final = {
    "critical": Severity("◆", "crit", "sev_critical"),
    "high": Severity("◆", "high", "sev_high"),
    "medium": Severity("◇", "med", "sev_medium"),
    "low": Severity("○", "low", "sev_low"),
}
_OTHER: Final = Severity("○", "–", "sev_low")


def severity(level: str) -> Severity:
    """Return how a level of the engine is shown."""
    return SEVERITIES.get(level, _OTHER)
