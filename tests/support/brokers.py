"""Requests and answers for tests of the credential brokers."""

import os
import sys
from pathlib import Path
from typing import Any

from gait_engine.contract.broker import BrokerAnswer, BrokerRequest
from gait_engine.gate.broker.request import BrokerOptions, broker_request
from tests.support.hosts import FrozenHost
from tests.support.judging import decide, intent_of, policy_of

BROKERED = {
    "require_broker_credential": True,
    "broker_reference": "egress",
    "broker_scopes": ["write", "Read"],
}


def asked(
    rule: dict[str, Any] | None = None, context: dict[str, Any] | None = None, **options: str
) -> BrokerRequest:
    """Ask as the gate does for a call that one rule allows."""
    intent = intent_of(context=context or {})
    decision = decide(policy_of(BROKERED | (rule or {})), intent)
    return broker_request(intent, decision, BrokerOptions(**options))


def answer(**fields: Any) -> BrokerAnswer:
    """Answer with a reference and whatever else is given."""
    return BrokerAnswer(**{"credential_ref": "ref:abc", **fields})


def program(code: str) -> tuple[str, ...]:
    """Return the command line of a program in Python."""
    return (sys.executable, "-I", "-S", "-c", code)


def machine(folder: Path, **env: str) -> FrozenHost:
    """A host whose environment is the least that programs need to start."""
    needed = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return FrozenHost(folder, needed | env)
