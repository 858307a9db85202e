"""Scripts that somebody approved once for every time they run (gate.md 8)."""

from typing import Final

from msgspec import UNSET, UnsetType

from gait_engine.contract.common import Header, Record, Signature, always, instant
from gait_engine.contract.policy import Texts
from gait_engine.wire.timestamps import Timestamp

APPROVED_SCRIPT_SCHEMA: Final = "gait.gate.approved_script_entry"


class ApprovedScript(Header, frozen=True, kw_only=True):
    """One approved script under one policy; `tool_sequence` is sorted, each tool once."""

    pattern_id: str = always("")
    policy_digest: str = always("")
    script_hash: str = always("")
    tool_sequence: Texts = always(())
    scope: Texts = ()
    approver_identity: str = always("")
    expires_at: Timestamp = instant()
    signature: Signature | UnsetType = UNSET


class ApprovedScripts(Record, frozen=True, kw_only=True):
    """A registry of approved scripts, sorted by pattern id and time; it may also be a bare list."""

    entries: tuple[ApprovedScript, ...] = always(())
