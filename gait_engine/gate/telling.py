"""Telling the records of the gate from one another at a glance, before one of them is read."""

from typing import Final

import msgspec
from msgspec import Raw

from gait_engine.contract.approval import APPROVAL_SCHEMA
from gait_engine.contract.intent import SCRIPT_TOOL
from gait_engine.contract.trace import TRACE_SCHEMA
from gait_engine.wire.text import normal

TRACE: Final = "trace"
TOKEN: Final = "approval_token"  # noqa: S105  # the kind of a file
INTENT: Final = "intent"
POLICY: Final = "policy"

_POLICY_WORDS: Final = (b"gait.gate.policy", b"default_verdict", b"rules:")
_NONE: Final = Raw(b"")


class Glance(msgspec.Struct, gc=False):
    """The members by which a record is told from others, unread."""

    schema_id: Raw = _NONE
    tool_name: Raw = _NONE
    verdict: Raw = _NONE
    context: Raw = _NONE
    script: Raw = _NONE
    token_id: Raw = _NONE
    approver_identity: Raw = _NONE
    intent_digest: Raw = _NONE
    default_verdict: Raw = _NONE
    rules: Raw = _NONE
    record_type: Raw = _NONE


_glance: Final = msgspec.json.Decoder(Glance).decode
_text: Final = msgspec.json.Decoder(str).decode
_encode: Final = msgspec.json.Encoder().encode
_IS_TRACE: Final = _encode(TRACE_SCHEMA)
_MAY_BE_TOKEN: Final = (b"", _encode(APPROVAL_SCHEMA))


def glance_at(text: bytes) -> Glance | None:
    """Look at the members of an object; None for what is no JSON object at all."""
    try:
        return _glance(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def kind_of(glance: Glance) -> str:
    """Tell what a record is; empty for one that is none of these."""
    schema_id = bytes(glance.schema_id)
    if schema_id == _IS_TRACE:
        return TRACE
    if _has(glance.token_id) and _has(glance.approver_identity) and schema_id in _MAY_BE_TOKEN:
        return TOKEN
    is_call = _has(glance.tool_name) or _has(glance.script)
    if is_call and _has(glance.context) and not _has(glance.verdict):
        return INTENT
    return POLICY if _has(glance.default_verdict) or _has(glance.rules) else ""


def tool_of(glance: Glance) -> str:
    """Return the tool name that an intent is judged under."""
    return SCRIPT_TOOL if _has(glance.script) else normal(text_of(glance.tool_name))


def text_of(member: Raw) -> str:
    """Return the text of a member; empty where it is none."""
    try:
        return _text(member)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def is_like_policy(text: bytes) -> bool:
    """Tell YAML that means to be a policy, whether or not it is one."""
    return any(word in text for word in _POLICY_WORDS)


def _has(member: Raw) -> bool:
    return bytes(member) not in (b"", b"null")
