"""The evidence that a credential was issued, kept of a blocked call too (gate.md 4.4)."""

from gait_engine.contract.broker import (
    CREDENTIAL_RECORD_SCHEMA,
    BrokerCredential,
    BrokerRequest,
    CredentialRecord,
)
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.wire.timestamps import Timestamp


def credential_record(
    credential: BrokerCredential,
    request: BrokerRequest,
    *,
    trace_id: str,
    created_at: Timestamp,
    producer_version: str,
) -> CredentialRecord:
    """Record what was asked for and what came; `created_at` is that of the decision."""
    return CredentialRecord(
        schema_id=CREDENTIAL_RECORD_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=created_at,
        producer_version=producer_version,
        trace_id=trace_id,
        tool_name=request.tool_name,
        identity=request.identity,
        broker=credential.broker,
        reference=request.reference,
        credential_source=credential.source,
        credential_access_type=credential.access_type,
        credential_issuer=credential.issuer,
        credential_subject=credential.subject,
        credential_owner=credential.owner,
        scope=request.scope,
        credential_ref=credential.credential_ref,
        target_binding=credential.target_binding,
        run_binding=credential.run_binding,
        job_binding=credential.job_binding,
        request_digest=credential.request_digest,
        issued_at=credential.issued_at,
        expires_at=credential.expires_at,
        ttl_seconds=credential.ttl_seconds,
    )
