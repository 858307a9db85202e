"""`gait pending`: the calls that await a person's approval, found under some folders.

A call is pending if the newest trace of its intent under its policy says `require_approval` and
the tokens at hand that the gate would count are too few. `gate eval` writes its traces into the
working directory, so that is looked into by default, not below; `./gait-out` is searched as
`gait index` does. Nothing of the project's config is read: a file that comes with the work must
not decide what an approver sees. A trace is believed without its signature unless a key of traces
is given; what is left out on the word of such a trace is named.
"""

from collections.abc import Container, Sequence
from typing import Final

from gait_engine.contract.answers.index import SearchedRoot
from gait_engine.contract.answers.pending import PendingAnswer
from gait_engine.contract.review import ReviewSetting
from gait_engine.errors import InvalidInput, quoted
from gait_engine.gate.review.pending import answered_unverified, pending_items
from gait_engine.gate.review.places import is_below
from gait_engine.gate.review.surroundings import Surroundings
from gait_engine.host import Host
from gait_engine.store.layout import OUT_DIR
from gait_engine.store.walk import named_root, root_state

DEFAULT_ROOTS: Final = ((OUT_DIR, 8), (".", 0))
"""Folders and how many levels below them are searched."""

_MAX_DEPTH: Final = 8


def roots_of(given: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Return the roots to search: those given in full depth, else the default ones.

    Raises InvalidInput for a root without a name.
    """
    return tuple((named_root(root), _MAX_DEPTH) for root in given) or DEFAULT_ROOTS


def pending(setting: ReviewSetting, *, host: Host, passed_by: Container[str] = ()) -> PendingAnswer:
    """List the pending calls, newest first; files that cannot be used are listed, never fatal.

    The files in `passed_by` are known to say nothing about what waits, and are not counted.
    Raises InvalidInput where no root can be searched, and for a key or an inventory that cannot
    be used; IoFailure.
    """
    states = {root: root_state(root, host) for root, _ in setting.roots}
    if "ok" not in states.values():
        said = ", ".join(f"{quoted(root, 200)} is {state}" for root, state in states.items())
        raise InvalidInput(f"roots: {said}, expected a folder that can be searched")
    around = Surroundings(setting, host, passed_by)
    items, unread = pending_items(around)
    places = [found.place for found in around.survey.traces]
    return PendingAnswer(
        ok=True,
        count=len(items),
        items=items,
        tokens_checked=around.key is not None,
        key_id=around.key_id,
        traces_checked=around.trace_key is not None,
        answered_unverified=answered_unverified(around),
        roots=tuple(
            SearchedRoot(path=root, state=state, artifacts=sum(is_below(p, root) for p in places))
            for root, state in states.items()
        ),
        unread=unread,
    )
