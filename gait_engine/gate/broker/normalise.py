"""What brokers leave unsaid, filled in the same way for all of them (gate.md 4.4)."""

from typing import Final

import msgspec

from gait_engine.contract.broker import BrokerAnswer, BrokerCredential, BrokerRequest
from gait_engine.errors import InvalidInput
from gait_engine.gate.broker.faults import no_credential
from gait_engine.gate.broker.request import holds_lost_bytes, presented, request_digest
from gait_engine.gate.credentials import is_provider_token
from gait_engine.wire.text import normal, trim, unique_sorted
from gait_engine.wire.timestamps import Timestamp, from_ns, is_zero, to_ns, to_utc

_SECOND: Final = 1_000_000_000
_MAX_SPAN_NS: Final = 2**63 - 1
"""The longest span the peer can hold, 292 years; longer ones stay at it."""


def completed(
    answer: BrokerAnswer, request: BrokerRequest, broker: str, *, now_ns: int
) -> BrokerCredential:
    """Take what a broker says, and what was asked for where it says nothing.

    `now_ns` is when it answered, nanoseconds since 1970. Raises DependencyMissing for times
    beyond the calendar.
    """
    asked = presented(request)
    issuer = trim(answer.issuer)
    issued_at, expires_at, ttl_seconds = _lifetime(answer, now_ns)
    return BrokerCredential(
        broker=broker,
        credential_ref=trim(answer.credential_ref),
        source=normal(answer.source) or broker,
        access_type=normal(answer.access_type),
        issuer=issuer or broker,
        names_issuer=bool(issuer),
        subject=trim(answer.subject),
        owner=trim(answer.owner),
        scope=tuple(unique_sorted(list(map(normal, answer.scope)))) or asked.scope,
        target_binding=trim(answer.target_binding) or asked.target_binding,
        run_binding=trim(answer.run_binding) or asked.run_id,
        job_binding=trim(answer.job_binding) or asked.job_id,
        request_digest=trim(answer.request_digest) or request_digest(request),
        issued_at=issued_at,
        expires_at=expires_at,
        ttl_seconds=ttl_seconds,
    )


def fit_for_evidence(answer: BrokerAnswer, where: str) -> BrokerAnswer:
    """Return an answer whose texts can all be recorded: none is a credential itself.

    Raises DependencyMissing.
    """
    values = (*msgspec.structs.astuple(answer), *answer.scope)
    texts = [value for value in values if isinstance(value, str)]
    if any(map(is_provider_token, texts)):
        raise no_credential(
            f"{where}: a credential itself, expected a reference to one",
            hint="let the broker answer with a reference such as ref:ID",
        )
    if any(map(holds_lost_bytes, texts)):
        raise no_credential(f"{where}: text that is not valid UTF-8, expected UTF-8")
    return answer


def _lifetime(answer: BrokerAnswer, now_ns: int) -> tuple[Timestamp, Timestamp, int]:
    """Work out of issue, expiry and seconds to live the one that two others tell."""
    try:
        issued_at, expires_at = to_utc(answer.issued_at), to_utc(answer.expires_at)
        ttl_seconds = answer.ttl_seconds
        if is_zero(issued_at) and not is_zero(expires_at):
            issued_at = from_ns(now_ns)
        if not is_zero(issued_at):
            if is_zero(expires_at) and ttl_seconds > 0:
                expires_at = from_ns(to_ns(issued_at) + ttl_seconds * _SECOND)
            elif not is_zero(expires_at) and ttl_seconds == 0:
                ttl_seconds = _whole_seconds(to_ns(expires_at) - to_ns(issued_at))
    except InvalidInput as exc:
        raise no_credential("credential lifetime: beyond the year 9999, expected less") from exc
    return issued_at, expires_at, ttl_seconds


def _whole_seconds(span_ns: int) -> int:
    """Drop the fraction of a second, of a span in either direction."""
    seconds = min(abs(span_ns), _MAX_SPAN_NS) // _SECOND
    return seconds if span_ns >= 0 else -seconds
