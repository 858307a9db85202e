"""The kill switch: entries that stop calls at once, and the journal of calls they stopped.

Contract: gate.md 3.8.
"""

from typing import Final

from gait_engine.contract.common import Header, Record, always, instant
from gait_engine.contract.policy import Texts
from gait_engine.wire.timestamps import Timestamp

KILL_SWITCH_SCHEMA: Final = "gait.gate.kill_switch_state"
KILL_SWITCH_JOURNAL_SCHEMA: Final = "gait.gate.kill_switch_journal"
KILL_SWITCH_JOURNAL: Final = "kill_switch_journal.jsonl"
"""The name of the journal beside a state file."""


class KillSwitchEntry(Record, frozen=True, kw_only=True):
    """Calls that every given selector matches are stopped while the entry is enabled."""

    entry_id: str = ""
    enabled: bool = always(False)
    agent_id: str = ""
    identity: str = ""
    tool_name: str = ""
    target_kind: str = ""
    target_value: str = ""
    environment: str = ""
    path_prefixes: Texts = ()
    workspace_prefixes: Texts = ()
    reason: str = ""
    actor: str = ""
    created_at: Timestamp = instant()
    expires_at: Timestamp = instant()


class KillSwitchState(Record, frozen=True, kw_only=True):
    """What a kill-switch state file holds."""

    schema_id: str = always("")
    schema_version: str = always("")
    created_at: Timestamp = instant()
    updated_at: Timestamp = instant()
    producer_version: str = always("")
    entries: tuple[KillSwitchEntry, ...] = always(())


class KillSwitchHit(Header, frozen=True, kw_only=True):
    """One line of the journal: a call that the kill switch stopped."""

    source: str = always("")
    trace_id: str = always("")
    tool_name: str = always("")
    intent_digest: str = always("")
    policy_digest: str = always("")
    reason_code: str = ""
    reason_codes: Texts = ()
    matched_entry_ids: Texts = ()
