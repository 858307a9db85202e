"""What an approver has to type: it cannot be typed for another call, nor by habit."""

from collections.abc import Iterable

from gait_engine.contract.answers.review import Danger
from gait_engine.contract.approval import ANY_SCOPE
from gait_engine.contract.policy import Texts
from gait_engine.contract.review import ANY_TOOL_PHRASE

_DIGITS = 6


def approve_phrase(intent_digest: str) -> str:
    """Return the phrase that approves one intent."""
    return f"approve {intent_digest[-_DIGITS:]}"


def deny_phrase(intent_digest: str) -> str:
    """Return the phrase that denies one intent."""
    return f"deny {intent_digest[-_DIGITS:]}"


def required_phrases(intent_digest: str, found: Iterable[Danger], scope: Texts) -> Texts:
    """Return every phrase an approval needs: its own, then one for each kind of danger."""
    for_any = (ANY_TOOL_PHRASE,) if ANY_SCOPE in scope else ()
    phrases = (approve_phrase(intent_digest), *(danger.phrase for danger in found), *for_any)
    return tuple(dict.fromkeys(phrases))
