"""Reading a line of nothing but known options without Typer, which is half the cost of a start.

For commands that run once for every tool call. Every other line, one with a mistake in it
included, is left to Typer: it knows what to say of it. A test holds both against each other.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import msgspec

from gait_engine.cli.line import Line, Stream
from gait_engine.contract.answers.base import Answer

MODULES: Final = {"gate eval": "gateeval"}
"""The module behind each command that has a quick road: its record of options, its answer."""

_SWITCHES: Final = ("json", "explain")
_SWITCH_VALUES: Final = {"": True, "true": True, "false": False}
_STDIN: Final = "-"


def quick_answer(path: str, args: Sequence[str], line: Line) -> Answer | Stream | None:
    """Answer a command whose line can be read quickly; None for every other line."""
    if path not in MODULES:
        return None
    module = import_module(f"gait_engine.cli.{MODULES[path]}")
    given = read_options(module.RECORD, args)
    if given is None:
        return None
    explain = bool(given.pop("explain", False))
    given.pop("json", None)
    answer: Answer | Stream = module.answer(module.RECORD(**given), line, explain=explain)
    return answer


def read_options(record: type[msgspec.Struct], args: Sequence[str]) -> dict[str, Any] | None:
    """Read options by the fields of a record; None unless every word is clear."""
    defaults = dict(zip(record.__struct_fields__, record.__struct_defaults__, strict=True))
    defaults |= dict.fromkeys(_SWITCHES, False)
    given: dict[str, Any] = {}
    words = iter(args)
    for word in words:
        option, equals, value = word.partition("=")
        name = option.removeprefix("--").replace("-", "_")
        if name not in defaults or option != f"--{name.replace('_', '-')}":
            return None
        if isinstance(defaults[name], bool):
            if value not in _SWITCH_VALUES or (equals and not value):
                return None
            given[name] = _SWITCH_VALUES[value]
            continue
        given[name] = value if equals else next(words, None)
        if given[name] is None or (not equals and given[name][:1] == "-" != given[name]):
            return None
    return given
