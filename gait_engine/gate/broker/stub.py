"""The stub broker: a reference to nothing, for trying policies out (gate.md 4.4)."""

from typing import Final

from gait_engine.contract.broker import BrokerAnswer, BrokerRequest
from gait_engine.gate.broker.request import presented
from gait_engine.host import Host
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.timestamps import from_ns

STUB: Final = "stub"

_ID_DIGITS: Final = 24
_TTL_SECONDS: Final = 300


def ask_stub(request: BrokerRequest, host: Host) -> BrokerAnswer:
    """Issue five minutes of nothing to whoever asks."""
    return BrokerAnswer(
        credential_ref=f"{STUB}:{_request_id(presented(request))}",
        access_type="jit",
        issuer=STUB,
        subject=request.identity,
        owner=request.identity,
        issued_at=from_ns(host.now_ns()),
        ttl_seconds=_TTL_SECONDS,
    )


def _request_id(asked: BrokerRequest) -> str:
    parts = (asked.tool_name, asked.identity, asked.workspace, asked.session_id, asked.request_id)
    text = "|".join((*parts, asked.reference, ",".join(asked.scope)))
    return sha256_hex(text.encode())[:_ID_DIGITS]
