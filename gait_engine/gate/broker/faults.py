"""Why a broker issued nothing; the gate blocks the call then (gate.md 4.4)."""

from typing import Final

from gait_engine.errors import DependencyMissing

CREDENTIAL_MISSING: Final = "broker_credential_missing"


def no_credential(message: str, *, hint: str = "") -> DependencyMissing:
    """Build the error of a broker; nothing of what it read or was told is in `message`."""
    return DependencyMissing(message, code=CREDENTIAL_MISSING, hint=hint)
