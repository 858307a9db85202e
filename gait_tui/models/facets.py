"""Facets of a list: how often each value of a field occurs, and the filter text that picks one.

A facet is in force when the filter says so: the text is the only state there is.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

MOST_VALUES: Final = 5
NONE: Final = "none"
AGE: Final = "age"
_SECOND: Final = 10**9
_AGES: Final = {"<10m": 600, "<1h": 3_600, "<1d": 86_400}


class Value(NamedTuple):
    """A value of a field and how many rows have it."""

    field: str
    text: str
    rows: int

    @property
    def key(self) -> str:
        """What tells it from every other value."""
        return f"{self.field}:{self.text}"


class Facet(NamedTuple):
    """A field with its most frequent values; `more` counts the rest and their rows."""

    field: str
    values: tuple[Value, ...]
    more: tuple[int, int]


def count_facets(
    rows: Iterable[Mapping[str, str]],
    fields: Sequence[str],
    fixed: Mapping[str, Sequence[str]],
) -> list[Facet]:
    """Count the values of each field; those of a `fixed` field are all shown, in its order."""
    counters: dict[str, Counter[str]] = {field: Counter() for field in fields}
    for row in rows:
        for field in fields:
            counters[field][row[field] or NONE] += 1
    return [_facet(field, counters[field], fixed.get(field, ())) for field in fields]


def _facet(field: str, counter: Counter[str], fixed: Sequence[str]) -> Facet:
    by_count = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    others = [item for item in by_count if item[0] not in fixed]
    shown = [(text, counter[text]) for text in fixed]
    shown += others[: max(MOST_VALUES - len(shown), 1) if fixed else MOST_VALUES]
    rest = others[len(shown) - len(fixed) :]
    values = tuple(Value(field, text, number) for text, number in shown)
    return Facet(field, values, (len(rest), sum(number for _, number in rest)))


def count_ages(times: Iterable[int | None], now_ns: int) -> Facet:
    """Count how many rows are younger than each age; the older hold the younger."""
    ages = sorted(now_ns - at_ns for at_ns in times if at_ns is not None)
    values = (
        Value(AGE, text, bisect_left(ages, seconds * _SECOND)) for text, seconds in _AGES.items()
    )
    return Facet(AGE, tuple(values), (0, 0))


def is_pickable(value: Value) -> bool:
    """Tell a value that a filter can spell: one word, without the signs of the language."""
    return value.text != NONE and not any(c.isspace() or c in ",/" for c in value.text)


def picked(text: str) -> dict[str, tuple[str, ...]]:
    """Read which values a filter text picks, by field."""
    found = {}
    for part in text.split():
        field, colon, values = part.partition(":")
        if colon and field.isalpha() and values:
            found[field] = tuple(value for value in values.split(",") if value)
    return found


def toggle(text: str, value: Value) -> str:
    """Return the filter text with a value picked, or no longer; all else stays as it was.

    Of ages one is enough: a younger one holds nothing that an older does not.
    """
    parts = text.split()
    wanted = picked(text).get(value.field, ())
    folded = value.text.casefold()
    is_on = any(one.casefold() == folded for one in wanted)
    kept = [one for one in wanted if one.casefold() != folded]
    others = [] if value.field == AGE else kept
    values = others if is_on else [*others, value.text]
    spelled = [f"{value.field}:{','.join(values)}"] if values else []
    mine = [n for n, part in enumerate(parts) if part.partition(":")[0] == value.field]
    at = mine[0] if mine else len(parts)
    after = [part for n, part in enumerate(parts) if n >= at and n not in mine]
    return " ".join([*parts[:at], *spelled, *after])
