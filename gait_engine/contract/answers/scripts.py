"""`gait approve-script` and `gait list-scripts` (gate.md 8)."""

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Int64, Record, always, instant
from gait_engine.contract.policy import Texts
from gait_engine.wire.timestamps import Timestamp


class ScriptApprovalAnswer(Answer, frozen=True, kw_only=True):
    """`gait approve-script`: the entry that now stands in the registry."""

    pattern_id: str = ""
    policy_digest: str = ""
    script_hash: str = ""
    tool_sequence: Texts = ()
    registry_path: str = ""
    expires_at: str = ""
    warnings: Texts = ()


class ScriptRow(Record, frozen=True, kw_only=True):
    """An approved script, its signature unchecked."""

    pattern_id: str = always("")
    approver_identity: str = always("")
    policy_digest: str = always("")
    script_hash: str = always("")
    tool_sequence: Texts = always(())
    scope: Texts = ()
    expires_at: Timestamp = instant()
    expired: bool = always(False)


class ScriptListAnswer(Answer, frozen=True, kw_only=True):
    """`gait list-scripts`, in file order."""

    registry: str = ""
    count: Int64 = 0
    entries: tuple[ScriptRow, ...] = ()
