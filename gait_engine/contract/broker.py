"""Credentials from a broker: what is asked for, what came, and the evidence of it (gate.md 4.4)."""

from typing import Final

from gait_engine.contract.common import Header, Int64, Record, always, instant
from gait_engine.contract.policy import Texts
from gait_engine.wire.timestamps import Timestamp

CREDENTIAL_RECORD_SCHEMA: Final = "gait.gate.broker_credential_record"

BROKERS: Final = ("stub", "env", "command")

_REQUEST_NAMES: Final = {
    "tool_name": "ToolName",
    "identity": "Identity",
    "workspace": "Workspace",
    "session_id": "SessionID",
    "request_id": "RequestID",
    "run_id": "RunID",
    "job_id": "JobID",
    "reference": "Reference",
    "scope": "Scope",
    "target_binding": "TargetBinding",
}


class BrokerRequest(Record, frozen=True, kw_only=True, rename=_REQUEST_NAMES):
    """What a broker is asked for; `scope` is as policy and operator spell it."""

    tool_name: str = always("")
    identity: str = always("")
    workspace: str = always("")
    session_id: str = always("")
    request_id: str = always("")
    run_id: str = always("")
    job_id: str = always("")
    reference: str = always("")
    scope: Texts = always(())
    target_binding: str = always("")


class BrokerAnswer(Record, frozen=True, kw_only=True):
    """What a broker says of a credential: a reference, never the credential itself.

    A `provider` makes it a receipt of that provider, a form of its own.
    """

    provider: str = ""
    issued_by: str = ""
    credential_ref: str = ""
    source: str = ""
    access_type: str = ""
    issuer: str = ""
    subject: str = ""
    owner: str = ""
    scope: Texts = ()
    target_binding: str = ""
    run_binding: str = ""
    job_binding: str = ""
    request_digest: str = ""
    issued_at: Timestamp = instant()
    expires_at: Timestamp = instant()
    ttl_seconds: Int64 = 0


class BrokerCredential(Record, frozen=True, kw_only=True):
    """An issued credential, with everything filled in that its broker left unsaid.

    Times are UTC, `scope` is in lower case. `issuer` is the broker where nobody else is named;
    only `names_issuer` makes it count against a list of issuers.
    """

    broker: str = ""
    credential_ref: str = ""
    source: str = ""
    access_type: str = ""
    issuer: str = ""
    names_issuer: bool = False
    subject: str = ""
    owner: str = ""
    scope: Texts = ()
    target_binding: str = ""
    run_binding: str = ""
    job_binding: str = ""
    request_digest: str = ""
    issued_at: Timestamp = instant()
    expires_at: Timestamp = instant()
    ttl_seconds: Int64 = 0


class CredentialRecord(Header, frozen=True, kw_only=True):
    """The evidence that a credential was issued for a call; `scope` is what was asked for."""

    trace_id: str = always("")
    tool_name: str = always("")
    identity: str = always("")
    broker: str = always("")
    reference: str = ""
    credential_source: str = ""
    credential_access_type: str = ""
    credential_issuer: str = ""
    credential_subject: str = ""
    credential_owner: str = ""
    scope: Texts = ()
    credential_ref: str = always("")
    target_binding: str = ""
    run_binding: str = ""
    job_binding: str = ""
    request_digest: str = ""
    issued_at: Timestamp = instant()
    expires_at: Timestamp = instant()
    ttl_seconds: Int64 = 0
