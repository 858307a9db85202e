"""The filter language of every list: words, `field:value`, `-word`, `/re/`, `age:`, `after:`.

String work on what the engine delivered; a part that cannot be read hides nothing.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from msgspec import Struct

_SECOND: Final = 10**9
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_TIMED: Final = ("age", "after", "before")
_part = re.compile(r"-?/(?:[^/\\]|\\.)+/|\S+")
_age = re.compile(r"([<>]?)([0-9]+)([smhd])").fullmatch
_clock = re.compile(r"([0-2]?[0-9]):([0-5][0-9])").fullmatch


class Subject(Struct, frozen=True, gc=False):
    """What a filter looks at: the fields of a row, one below the other in lower case; its time."""

    key: str
    text: str
    at_ns: int | None

    @classmethod
    def of(cls, key: str, fields: Sequence[str], at_ns: int | None) -> "Subject":
        """Make it of the fields of a row, in their order."""
        text = "\n".join(fields)
        if text.count("\n") != len(fields) - 1:
            text = "\n".join(field.replace("\n", " ") for field in fields)
        return cls(key, text.casefold(), at_ns)

    def field(self, place: int) -> str:
        """Return a field by its place among all."""
        return self.text.split("\n", place + 1)[place]


Test = Callable[[Subject, int], bool]


class Filter(NamedTuple):
    """A filter as typed, ready to run; `problem` says in words why it cannot."""

    text: str = ""
    tests: tuple[Test, ...] = ()
    problem: str = ""

    def passing(self, subjects: Sequence[Subject], now_ns: int) -> Sequence[Subject]:
        """Return those that pass every part."""
        for test in self.tests:
            subjects = [subject for subject in subjects if test(subject, now_ns)]
        return subjects


def parse(text: str, fields: Sequence[str]) -> Filter:
    """Read a filter; `fields` are the names that `name:value` may use.

    A part that cannot be read is left out and told in `problem`.
    """
    tests: list[Test] = []
    problem = ""
    for match in _part.finditer(text):
        made = _parse_part(match.group(), fields)
        if isinstance(made, str):
            problem = problem or made
        else:
            tests.append(made)
    return Filter(text, tuple(tests), problem)


def is_narrower(before: Filter, text: str) -> bool:
    """Tell a text that can only hide more than a filter does: something was typed behind it."""
    if before.problem or not before.text or not text.startswith(before.text):
        return False
    if "/" in before.text:  # an expression may go on behind a blank
        return False
    last = _part.findall(before.text)[-1:]
    return before.text[-1].isspace() or (last[0][0] != "-" and ":" not in last[0])


def _parse_part(part: str, fields: Sequence[str]) -> Test | str:
    if len(part) > 1 and part[0] == "-":
        inner = _parse_part(part[1:], fields)
        return inner if isinstance(inner, str) else lambda s, now: not inner(s, now)
    if len(part) > 2 and part[0] == part[-1] == "/":
        return _expression(part[1:-1])
    name, colon, value = part.partition(":")
    if not colon or not name.isalpha():
        folded = part.casefold()
        return lambda s, _now: folded in s.text
    if name in _TIMED:
        return _age_test(value) if name == "age" else _clock_test(name, value)
    if name not in fields:
        return f"no field {name[:20]}: {' '.join((*fields, *_TIMED))}"
    wanted = [choice.casefold() for choice in value.split(",") if choice]
    return _field_test(fields.index(name), wanted)


def _field_test(place: int, wanted: Sequence[str]) -> Test:
    if not wanted:
        return lambda _s, _now: True
    if len(wanted) == 1:
        return lambda s, _now: wanted[0] in s.field(place)
    return lambda s, _now: any(map(s.field(place).__contains__, wanted))


def _expression(pattern: str) -> Test | str:
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        return f"/{pattern}/ is no regular expression: {error.msg}"
    return lambda s, _now: compiled.search(s.text) is not None


def _age_test(value: str) -> Test | str:
    match = _age(value)
    if match is None:
        return "age: takes <1h or >2d (s m h d)"
    limit = int(match[2]) * _UNITS[match[3]] * _SECOND
    if match[1] == ">":
        return lambda s, now: s.at_ns is not None and now - s.at_ns > limit
    return lambda s, now: s.at_ns is not None and now - s.at_ns < limit


def _clock_test(name: str, value: str) -> Test | str:
    match = _clock(value)
    if match is None or int(match[1]) > 23:
        return f"{name}: takes a time of day in UTC such as 09:15"
    hour, minute = int(match[1]), int(match[2])
    if name == "after":
        return lambda s, now: s.at_ns is not None and s.at_ns >= _last(hour, minute, now)
    return lambda s, now: s.at_ns is not None and s.at_ns < _last(hour, minute, now)


def _last(hour: int, minute: int, now_ns: int) -> int:
    """Return the latest moment in the past with this time of day."""
    now = datetime.fromtimestamp(now_ns // _SECOND, UTC)
    then = now.replace(hour=hour, minute=minute, second=0)
    if then > now:
        then -= timedelta(days=1)
    return int(then.timestamp()) * _SECOND
