"""The rows of an explanation: what is wanted of one field, what is there, whether it is met."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from gait_engine.contract.answers.policyexplain import Condition
from gait_engine.contract.policy import Texts
from gait_engine.gate.verdicts import NOTHING, Finding

MOST_FOUND: Final = 20
"""How many values of an intent one condition lists."""


class Seen(NamedTuple):
    """What one check after the match found, and the rows that say why; no rows: it is not set."""

    finding: Finding = NOTHING
    rows: tuple[Condition, ...] = ()


NOT_SET: Final = Seen()


def condition(
    field: str, wanted: Texts, found: Iterable[str], *, met: bool, relation: str = "any_of"
) -> Condition:
    """Return a row; of values that are found more than once, or beyond the first 20, few remain."""
    distinct = tuple(dict.fromkeys(text for text in found if text))
    return Condition(
        field=field,
        relation=relation,
        wanted=wanted,
        found=distinct[:MOST_FOUND],
        found_left_out=max(0, len(distinct) - MOST_FOUND),
        met=met,
    )


def present(field: str, value: str, *, met: bool) -> Condition:
    """Return the row of a field that must merely be given."""
    return condition(field, ("given",), (value,), met=met, relation="is_set")


def as_texts(option: object) -> Texts:
    """Spell the value of an option as a list; a switch has none."""
    if isinstance(option, tuple):
        return tuple(map(str, option))
    return () if isinstance(option, bool) else (str(option),)
