"""Intents for tests, from the least that is judged at all."""

import json
from typing import Any

from gait_engine.contract.intent import NormalIntent
from gait_engine.gate.intent import normalise, parse_intent

CONTEXT = {"identity": "id", "workspace": "/w", "risk_class": "low"}
DIGEST = "0123456789abcdef" * 4


def intent_text(**members: Any) -> bytes:
    """Spell an intent; members replace those of the least one, None removes them."""
    plain = {"tool_name": "tool.x", "context": CONTEXT, **members}
    return json.dumps({key: value for key, value in plain.items() if value is not None}).encode()


def intent_of(**members: Any) -> NormalIntent:
    """Read and normalise an intent."""
    return normalise(parse_intent(intent_text(**members), "intent"))


def intent_in(**context: Any) -> NormalIntent:
    """Read and normalise an intent whose context has further members."""
    return intent_of(context={**CONTEXT, **context})
