"""The tools that a Python file declares to an agent framework, by its text alone (scout.md 3)."""

import re
from collections.abc import Iterator
from typing import Final

LANGCHAIN: Final = "framework:langchain"
OPENAI: Final = "framework:openai_agents"

_SPACE: Final = rb"[ \t\n\f\r]*"
# a definition's own line start matches as well as those of the blank lines before it
_START: Final = rb"(?m)^[ \t\f\r]*"
_definitions: Final = re.compile(
    _START + rb"def[ \t\n\f\r]+([A-Za-z_][A-Za-z0-9_]*)" + _SPACE + rb"\("
).findall
_named: Final = re.compile(
    rb"name" + _SPACE + rb"=" + _SPACE + rb"[\"']([A-Za-z0-9._:-]+)[\"']"
).findall
_is_langchain: Final = re.compile(_START + rb"@tool" + _SPACE + rb"(?:\(|$)").search
_is_openai: Final = re.compile(_START + rb"@function_tool" + _SPACE + rb"(?:\(|$)").search
_LANGCHAIN_WORDS: Final = (b"StructuredTool.from_function", b"Tool(")
_OPENAI_WORDS: Final = (b"from agents import", b"openai.agents", b"tools=[")


def declared_tools(text: bytes, stem: str) -> Iterator[tuple[str, str]]:
    """Yield (tag, name) for every tool; `stem` names the one of a file without definitions."""
    definitions = sorted(name.decode() for name in _definitions(text)) or [stem]
    if _is_langchain(text) or any(word in text for word in _LANGCHAIN_WORDS):
        yield from ((LANGCHAIN, name) for name in definitions)
    if _is_openai(text) or any(word in text for word in _OPENAI_WORDS):
        named = (name.decode() for name in _named(text))
        yield from ((OPENAI, name) for name in sorted({*named, *definitions}))
