"""Links from one item to another: which tab shows it, and under which key."""

from typing import Final, NamedTuple

EXPLAIN: Final = "explain"
"""In place of a tab: the screen that explains a decision; the key is the path of its trace."""


class Link(NamedTuple):
    """Where `g` and its second key lead; `name` is what the popup calls it."""

    tab: str
    key: str
    name: str = ""
    part: str = ""
    """The detail tab to open there; empty for the one that is open."""
