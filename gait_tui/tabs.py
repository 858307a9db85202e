"""The main tabs: a tab exists once it has a row here, and is shown then."""

from typing import Final, NamedTuple


class Tab(NamedTuple):
    """A main tab: the id of its key, the key itself, its name, and a short one."""

    id: str
    key: str
    name: str
    short: str


ALL: Final = (
    Tab("inbox", "1", "Inbox", "Inbox"),
    Tab("runs", "2", "Runs", "Runs"),
    Tab("traces", "3", "Traces", "Traces"),
    Tab("approvals", "4", "Approvals", "Appr"),
    Tab("scout", "5", "Scout", "Scout"),
    Tab("regress", "6", "Regress", "Regr"),
    Tab("evidence", "7", "Evidence", "Evid"),
    Tab("health", "8", "Health", "Health"),
)
"""Every tab there is to be, in its place."""
BUILT: Final = ("runs", "scout")
TABS: Final = tuple(tab for tab in ALL if tab.id in BUILT)
"""The tabs there are; the numbers stay what they are when more come."""
