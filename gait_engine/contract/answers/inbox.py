"""What `gait index --inbox` answers: everything that needs a person, worst first."""

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.answers.index import SearchedRoot, Texts
from gait_engine.contract.common import Record, always
from gait_engine.wire.timestamps import Timestamp


class InboxItem(Record, frozen=True, kw_only=True):
    """Something that needs a person.

    `severity` is `critical`, `high`, `medium` or `low`. `kind` is `verify`, `approval`, `family`,
    `trace`, `regress`, `unread` or `session`. `what` is one sentence; what others have written in
    it is cut and made harmless. `at_ns` is what its age goes by; 0 is not known. `paths` are the
    files it is about, at most 20 of `count`. `checked_at` is when the files were last verified.
    `fixture` is the first of a set whose grader failed.
    """

    severity: str
    kind: str
    what: str
    at: Timestamp = always(Timestamp(""))
    at_ns: int = always(0)
    count: int = always(1)
    paths: Texts = always(())
    run_id: str = ""
    session_id: str = ""
    trace_id: str = ""
    family_id: str = ""
    fixture_set: str = ""
    fixture: str = ""
    tool_name: str = ""
    identity: str = ""
    intent_digest: str = ""
    policy_digest: str = ""
    reason: str = ""
    checked_at: Timestamp = Timestamp("")
    error_code: str = ""
    where: str = ""


class Checked(Record, frozen=True, kw_only=True):
    """What verifying a runpack, a chain or a pack found, without any key, and when.

    `state` is `intact`, `damaged` or `unreadable`; `what` says the first fault.
    """

    path: str
    kind: str
    state: str
    checked_at: Timestamp
    what: str = ""
    error_code: str = ""
    where: str = ""


class InboxAnswer(Answer, frozen=True, kw_only=True):
    """The items, worst first, then newest.

    `artifacts` counts the files that were looked at, `unneeded` those of them that are in no item.
    `checked` lists every verification, `unchecked` counts those that were left out when told to
    stop. Without a key of approvals `tokens_checked` is false: then no token counts. Families are
    those of the newest `runs_compared` runs. `answered_unverified` counts the calls that wait no
    more on the word of a trace that nobody has checked.
    """

    count: int
    items: tuple[InboxItem, ...]
    artifacts: int = always(0)
    unneeded: int = always(0)
    checked: tuple[Checked, ...] = always(())
    unchecked: int = 0
    runs_compared: int = always(0)
    tokens_checked: bool = always(False)
    traces_checked: bool = always(False)
    answered_unverified: int = 0
    roots: tuple[SearchedRoot, ...] = always(())
