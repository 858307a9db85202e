"""What can be done from where one is, and which of it a typed text means."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

MOST_TYPED: Final = 40
"""Characters of a typed text that count: no name of an action has more."""

Match = Callable[[str, str], tuple[float, Sequence[int]]]
"""Says how well a typed text fits another, 0 for not at all, and where its letters stand."""


class Entry(NamedTuple):
    """An action: its id in the key table, its keys, what they do, and the command that answers."""

    id: str
    shown: str
    label: str
    about: str = ""
    """The artifact it leads to."""
    command: str = ""


class Hit(NamedTuple):
    """An entry that a typed text means, and where its letters stand in label and command."""

    entry: Entry
    in_label: frozenset[int] = frozenset()
    in_command: frozenset[int] = frozenset()


def ranked(entries: Iterable[Entry], typed: str, match: Match) -> list[Hit]:
    """Return the entries that a text means, the likeliest first; all of them where it is empty."""
    wanted = typed.strip()[:MOST_TYPED]
    if not wanted:
        return [Hit(entry) for entry in entries]
    scored = [_scored(entry, wanted, match) for entry in entries]
    scored.sort(key=lambda pair: -pair[0])
    return [hit for score, hit in scored if score]


def _scored(entry: Entry, wanted: str, match: Match) -> tuple[float, Hit]:
    """Score an entry by words of ours: label, command, or the name that settings give to it."""
    label, command = match(wanted, entry.label), match(wanted, entry.command)
    name = match(wanted, entry.id.replace("_", " "))
    hit = Hit(entry, frozenset(label[1]), frozenset(command[1]))
    return max(label[0], command[0], name[0]), hit
