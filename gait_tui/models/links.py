"""Links from one item to another: which tab shows it, and under which key."""

from typing import NamedTuple


class Link(NamedTuple):
    """Where `g` and its second key lead; `name` is what the popup calls it."""

    tab: str
    key: str
    name: str = ""
