"""The main tabs, in their places."""

from typing import Final, NamedTuple


class Tab(NamedTuple):
    """A main tab: the id of its key, the key itself, its name, and a short one."""

    id: str
    key: str
    name: str
    short: str


TABS: Final = (
    Tab("inbox", "1", "Inbox", "Inbox"),
    Tab("runs", "2", "Runs", "Runs"),
    Tab("traces", "3", "Traces", "Traces"),
    Tab("approvals", "4", "Approvals", "Appr"),
    Tab("scout", "5", "Scout", "Scout"),
    Tab("regress", "6", "Regress", "Regr"),
    Tab("evidence", "7", "Evidence", "Evid"),
    Tab("health", "8", "Health", "Health"),
)
