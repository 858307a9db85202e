"""What `gait approve` and `gait delegate` answer (gate.md 6.1, 7)."""

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Int64


class ApproveAnswer(Answer, frozen=True, kw_only=True):
    """An approval token that was minted; `expires_at` is cut to whole seconds."""

    token_id: str = ""
    token_path: str = ""
    expires_at: str = ""
    reason_code: str = ""
    scope: tuple[str, ...] = ()
    max_targets: Int64 = 0
    max_ops: Int64 = 0
    key_id: str = ""
    warnings: tuple[str, ...] = ()
    description: str = ""


class DelegationMintAnswer(Answer, frozen=True, kw_only=True):
    """A delegation token that was minted; `expires_at` is cut to whole seconds."""

    token_id: str = ""
    token_path: str = ""
    delegator_identity: str = ""
    delegate_identity: str = ""
    scope: tuple[str, ...] = ()
    scope_class: str = ""
    expires_at: str = ""
    key_id: str = ""
    warnings: tuple[str, ...] = ()
    description: str = ""


class DelegationVerifyAnswer(Answer, frozen=True, kw_only=True):
    """What a delegation token says, where it verifies; else no more than its id and path."""

    token_id: str = ""
    token_path: str = ""
    delegator_identity: str = ""
    delegate_identity: str = ""
    scope: tuple[str, ...] = ()
    scope_class: str = ""
    expires_at: str = ""
    key_id: str = ""
    description: str = ""
