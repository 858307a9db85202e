"""Reading a line of nothing but known options without Typer, which is half the cost of a start.

For commands that run once for every tool call or ticket. Every other line, one with a mistake in it
included, is left to Typer: it knows what to say of it. A test holds both against each other.
"""

from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, Final

import msgspec

from gait_engine.cli.line import Line, Stream
from gait_engine.cli.progress import shown_when_slow
from gait_engine.contract.answers.base import Answer

MODULES: Final = {"gate eval": "gateeval", "verify": "verify"}
"""The module behind each command that has a quick road: its record of options, its answer."""

_STDIN: Final = "-"
_TARGETS: Final = "targets"
"""The field of a record that takes the arguments which are no options."""
_SWITCH_VALUES: Final = {"": True, "true": True, "false": False}


def quick_answer(path: str, args: Sequence[str], line: Line) -> Answer | Stream | None:
    """Answer a command whose line can be read quickly; None for every other line."""
    if path not in MODULES:
        return None
    module = import_module(f"gait_engine.cli.{MODULES[path]}")
    given = read_options(module.RECORD, args, module.SWITCHES)
    if given is None:
        return None
    with shown_when_slow(path):
        answer: Answer | Stream = module.quick(given, line)
    return answer


def read_options(
    record: type[msgspec.Struct], args: Sequence[str], switches: Iterable[str] = ()
) -> dict[str, Any] | None:
    """Read options by the fields of a record, a list for each that may be repeated.

    None unless every word is clear.
    """
    defaults = dict(zip(record.__struct_fields__, record.__struct_defaults__, strict=True))
    takes_targets = defaults.pop(_TARGETS, None) is not None
    defaults |= dict.fromkeys(switches, False)
    given: dict[str, Any] = {}
    words = iter(args)
    for word in words:
        if takes_targets and not word.startswith("-"):
            given[_TARGETS] = (*given.get(_TARGETS, ()), word)
            continue
        option, equals, text = word.partition("=")
        name = option.removeprefix("--").replace("-", "_")
        if name not in defaults or option != f"--{name.replace('_', '-')}":
            return None
        value = _value(defaults[name], text, words, has_text=bool(equals))
        if value is None:
            return None
        given[name] = (*given.get(name, ()), value) if defaults[name] == () else value
    return given


def _value(
    default: object, text: str, words: Iterator[str], *, has_text: bool
) -> str | bool | None:
    """Return the value of an option, `--name=text` or the next word; None for an unclear one."""
    if isinstance(default, bool):
        return None if has_text and not text else _SWITCH_VALUES.get(text)
    value = text if has_text else next(words, None)
    is_like_option = value is not None and value.startswith("-") and value != _STDIN
    return None if is_like_option and not has_text else value
