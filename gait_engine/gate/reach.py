"""Which rules of a policy no call can ever reach, since an earlier one takes them all.

The first matching rule fixes the priority, so only a rule of a smaller priority number hides
another. Contract: gate.md 2.5 and 3.3.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from msgspec import UNSET

from gait_engine.contract.policy import Match, Rule

CONDITIONS: Final = (
    *("tool_names", "identities", "target_values", "destination_values", "context_tool_names"),
    *("allowed_delegator_identities", "allowed_delegate_identities", "delegation_scopes"),
    *("skill_publishers", "skill_sources", "data_classes", "context_data_classes"),
    *("context_endpoint_classes", "context_autonomy_levels", "destination_operations"),
    *("endpoint_classes", "discovery_method", "target_kinds", "destination_kinds"),
    *("provenance_sources", "risk_classes"),
)
"""The lists that a call must meet in at least one entry, the most telling first."""

_ANNOTATIONS: Final = ("read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint")
_DELEGATION: Final = (
    *("allowed_delegator_identities", "allowed_delegate_identities", "delegation_scopes"),
)
_MOST_COMPARISONS: Final = 200_000  # a second or so; beyond that a warning is not worth the wait


class Reach(NamedTuple):
    """The index of each unreachable rule, with that of one that hides it.

    `is_complete` is false when there was too much to compare.
    """

    hidden_by: dict[int, int]
    is_complete: bool


def unreachable(rules: Sequence[Rule]) -> Reach:
    """Find the unreachable rules among rules that are in order."""
    hidden: dict[int, int] = {}
    index = _Index(rules)
    for position, rule in enumerate(rules):
        for earlier in index.candidates(rule.match):
            index.comparisons += 1
            if index.comparisons > _MOST_COMPARISONS:
                return Reach(hidden, is_complete=False)
            is_earlier = rules[earlier].priority < rule.priority
            if is_earlier and covers(rules[earlier].match, rule.match):
                hidden[position] = earlier
                break
        index.add(position)
    return Reach(hidden, is_complete=True)


class _Index:
    """The rules seen so far, by one entry each that whatever they cover must name as well."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.comparisons = 0
        self._rules = rules
        self._by_entry: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._unlisted: list[int] = []

    def add(self, position: int) -> None:
        match = self._rules[position].match
        name = next((name for name in CONDITIONS if getattr(match, name)), "")
        if not name:
            self._unlisted.append(position)
        for entry in getattr(match, name) if name else ():
            self._by_entry[name, entry].append(position)

    def candidates(self, match: Match) -> Iterator[int]:
        """Yield every rule that could cover this match."""
        yield from self._unlisted
        for name in CONDITIONS:
            for entry in getattr(match, name)[:1]:
                yield from self._by_entry.get((name, entry), ())


def covers(wide: Match, narrow: Match) -> bool:
    """Tell whether every call that meets `narrow` meets `wide` as well."""
    return (
        all(_is_within(getattr(narrow, name), getattr(wide, name)) for name in CONDITIONS)
        and _prefixes_within(narrow.workspace_prefixes, wide.workspace_prefixes)
        and _annotations_within(narrow, wide)
        and _delegation_within(narrow, wide)
    )


def _is_within(narrow: tuple[str, ...], wide: tuple[str, ...]) -> bool:
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _prefixes_within(narrow: tuple[str, ...], wide: tuple[str, ...]) -> bool:
    return not wide or (bool(narrow) and all(prefix.startswith(wide) for prefix in narrow))


def _annotations_within(narrow: Match, wide: Match) -> bool:
    wanted = wide.tool_annotations
    return all(
        getattr(wanted, name) in (UNSET, getattr(narrow.tool_annotations, name))
        for name in _ANNOTATIONS
    )


def _delegation_within(narrow: Match, wide: Match) -> bool:
    if not _asks_for_delegation(wide):
        return True
    depth, limit = narrow.max_delegation_depth, wide.max_delegation_depth
    if isinstance(limit, int) and not (isinstance(depth, int) and depth <= limit):
        return False
    return _asks_for_delegation(narrow)


def _asks_for_delegation(match: Match) -> bool:
    return (
        match.require_delegation
        or match.max_delegation_depth is not UNSET
        or any(getattr(match, name) for name in _DELEGATION)
    )
