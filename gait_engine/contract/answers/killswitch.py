"""`gait kill-switch add|list|disable|expire` (gate.md 3.8)."""

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Int64, always
from gait_engine.contract.killswitch import KillSwitchEntry


class KillSwitchRow(KillSwitchEntry, frozen=True, kw_only=True):
    """An entry, and whether it stops calls at the time of the answer."""

    active: bool = always(False)


class KillSwitchAnswer(Answer, frozen=True, kw_only=True):
    """`gait kill-switch add`, `disable` and `expire`: the entry as it now stands in the file."""

    operation: str
    state: str
    entry: KillSwitchRow


class KillSwitchListAnswer(Answer, frozen=True, kw_only=True):
    """`gait kill-switch list`, in file order."""

    state: str = ""
    count: Int64 = 0
    entries: tuple[KillSwitchRow, ...] = ()
