"""The records of durable jobs: the state and the events of one (mcp-jobs-packs.md 2.1)."""

from typing import Final

from msgspec import UNSET

from gait_engine.contract.common import Header, Int64, Object, Record, always, instant
from gait_engine.wire.timestamps import Timestamp

JOBS: Final = "jobs"
"""Where jobs lie in the output folder."""
JOB_STATE: Final = "state.json"
JOB_EVENTS: Final = "events.jsonl"
JOB_PENDING: Final = "pending_mutation.json"
"""A change that was begun; its marker goes when the change is whole."""


class JobCheckpoint(Record, frozen=True, kw_only=True):
    """A point at which a job can stop and go on."""

    checkpoint_id: str = always("")
    created_at: Timestamp = instant()
    type: str = always("")
    summary: str = always("")
    required_action: str = ""
    reason_code: str = always("")
    actor: str = ""


class JobApproval(Record, frozen=True, kw_only=True):
    """A person's consent to a decision that a job waits for."""

    created_at: Timestamp = instant()
    actor: str = always("")
    reason: str = always("")


class JobState(Header, frozen=True, kw_only=True):
    """Where a job stands; `revision` counts its changes."""

    updated_at: Timestamp = instant()
    job_id: str = always("")
    status: str = always("")
    stop_reason: str = always("")
    status_reason_code: str = always("")
    environment_fingerprint: str = always("")
    safety_invariant_version: str = ""
    safety_invariant_hash: str = ""
    safety_invariants: tuple[str, ...] = ()
    policy_digest: str = ""
    policy_ref: str = ""
    identity: str = ""
    revision: Int64 = always(0)
    checkpoints: tuple[JobCheckpoint, ...] = always(())
    approvals: tuple[JobApproval, ...] = ()


class JobEvent(Header, frozen=True, kw_only=True):
    """One change of a job, and the revision it led to."""

    job_id: str = always("")
    revision: Int64 = always(0)
    type: str = always("")
    actor: str = ""
    reason_code: str = ""
    payload: Object = UNSET
