"""What in the text of an intent deceives its reader: hidden characters, words of mixed scripts.

Contract: threats.md 5, 6.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from gait_engine.contract.answers.review import Danger
from gait_engine.contract.review import HIDDEN_PHRASE, MIXED_PHRASE
from gait_engine.errors import quoted
from gait_engine.gate.review.fields import Leaf
from gait_engine.gate.tokens.lookalike import is_deceptive
from gait_engine.wire.safetext import HIDDEN, safe_text

HIDDEN_CODE: Final = "text_control_characters"
MIXED_CODE: Final = "text_mixed_scripts"

_IDENTIFIERS: Final = frozenset(
    {
        *("tool_name", "identity", "agent_id", "workspace", "environment", "repo", "value"),
        *("endpoint_domain", "owner", "publisher", "skill_name", "source_ref"),
        *("requester_identity", "delegator_identity", "delegate_identity", "credential_ref"),
    }
)
"""The fields by which a reader tells one thing from another."""

_ORDINARY_IN_TEXT: Final = "\n\t"
_REVERSE: Final = "\u202b\u202e\u2067"
_REORDER: Final = "\u061c\u200e\u200f\u202a\u202c\u202d\u2066\u2068\u2069"


def dangers(found: Iterable[Leaf]) -> tuple[Danger, ...]:
    """List the dangers in the fields of an intent, in their order, each once."""
    return tuple(dict.fromkeys(danger for leaf in found for danger in _dangers(leaf)))


def _dangers(leaf: Leaf) -> Iterator[Danger]:
    where = f"$.{leaf.path}"
    texts = [leaf.value] if isinstance(leaf.value, str) else []
    for text in (*leaf.keys, *texts):
        is_value = text is leaf.value
        for char in dict.fromkeys(HIDDEN.findall(text)):
            if not (is_value and leaf.is_free and char in _ORDINARY_IN_TEXT):
                yield _hidden(char, where)
    names = [leaf.value] if leaf.keys[-1] in _IDENTIFIERS and not leaf.is_free else []
    for name in (*(leaf.keys if leaf.is_free else ()), *names):
        if isinstance(name, str) and name and is_deceptive(name):
            yield _mixed(name, where)


def _hidden(char: str, where: str) -> Danger:
    text = f"hidden character U+{ord(char):04X} in {safe_text(where)} {_effect(char)}"
    return Danger(code=HIDDEN_CODE, where=where, text=text, phrase=HIDDEN_PHRASE)


def _effect(char: str) -> str:
    if char in _REVERSE:
        return "reverses the text after it"
    if char in _REORDER:
        return "changes the order of the text around it"
    if unicodedata.category(char) == "Cc":
        return "is an order to a terminal, not text"
    return "cannot be seen"


def _mixed(name: str, where: str) -> Danger:
    text = f"{quoted(name)} in {safe_text(where)} mixes letters of several scripts in one word"
    return Danger(code=MIXED_CODE, where=where, text=text, phrase=MIXED_PHRASE)
