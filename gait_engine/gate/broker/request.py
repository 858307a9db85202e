"""What a broker is asked for, and the digest that ties its answer to the call (gate.md 4.4)."""

import re
from typing import Final, NamedTuple

import msgspec

from gait_engine.contract.broker import BrokerRequest
from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import NormalIntent
from gait_engine.gate.targets import targets_digest
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.digest import Digest, sha256_hex
from gait_engine.wire.text import lower, trim, unique_sorted

ENV_PREFIX: Final = "GAIT_BROKER_TOKEN_"

holds_lost_bytes: Final = re.compile("[\ud800-\udfff]").search
"""Finds, in text of the operating system, a byte that is not UTF-8: no record can hold it."""


class BrokerOptions(NamedTuple):
    """What the operator says of the broker; `scopes` and `command_args` are comma separated."""

    name: str = ""
    env_prefix: str = ENV_PREFIX
    reference: str = ""
    scopes: str = ""
    command: str = ""
    command_args: str = ""


def listed(text: str) -> tuple[str, ...]:
    """Split a comma separated list: trimmed, in order, without empty parts."""
    return tuple(part for item in text.split(",") if (part := trim(item)))


def broker_request(
    intent: NormalIntent, decision: Decision, options: BrokerOptions
) -> BrokerRequest:
    """Ask for what the rules want and the operator adds; the operator's reference wins."""
    context = intent.context
    return BrokerRequest(
        tool_name=intent.tool_name,
        identity=context.identity,
        workspace=context.workspace,
        session_id=context.session_id,
        request_id=context.request_id,
        run_id=context.run_id,
        job_id=context.job_id,
        reference=trim(options.reference) or decision.broker_reference,
        scope=tuple(unique_sorted([*decision.broker_scopes, *listed(options.scopes)])),
        target_binding=targets_digest(intent.targets),
    )


def presented(request: BrokerRequest) -> BrokerRequest:
    """Return the form that brokers see and digests cover: scopes in lower case, each once."""
    return msgspec.structs.replace(request, scope=tuple(dict.fromkeys(map(lower, request.scope))))


def request_digest(request: BrokerRequest) -> Digest:
    """Digest a request, as a receipt repeats it."""
    return sha256_hex(canonical_record(presented(request)))
