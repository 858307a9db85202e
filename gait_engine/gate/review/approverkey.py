"""The key that an approver signs with: one that lasts, and that the gate will check with.

It is loaded when it is needed and forgotten then; what is shown of it is its id and its source.
"""

from typing import TYPE_CHECKING, NamedTuple

from gait_engine.contract.answers.review import Notice
from gait_engine.errors import GaitError
from gait_engine.gate.review.surroundings import Surroundings
from gait_engine.store.inputs import read_input
from gait_engine.wire.text import normal

if TYPE_CHECKING:
    from gait_engine.crypto.keys import SigningKey


class ApproverKey(NamedTuple):
    """A key to sign with, or why there is none."""

    key: "SigningKey | None" = None
    source: str = ""
    fault: Notice | None = None

    @property
    def key_id(self) -> str:
        """The id of the key, empty without one."""
        return "" if self.key is None else self.key.key_id


def load_approver_key(around: Surroundings) -> ApproverKey:
    """Load the key to sign with; never raises for a key that cannot be used, nor for none."""
    from gait_engine.crypto.keys import key_source_label, load_signer

    setting = around.setting
    keys = setting.signing_keys
    if normal(setting.key_mode) == "dev":
        return _none("key_dev", "a dev key is forgotten at once, no gate can check its tokens")
    if keys.is_empty:
        return _none("key_missing", "no private key to sign with was named")
    try:
        key = load_signer(setting.key_mode, keys, around.host, read_input).key
    except GaitError as exc:
        return _none("key_unusable", exc.message)
    source = key_source_label(keys.private_key, keys.private_key_env)
    if key.public_key != around.key:
        text = "the key to sign with is not the one that approvals are checked with"
        return ApproverKey(source=source, fault=Notice(code="key_mismatch", text=text))
    return ApproverKey(key, source)


def _none(code: str, text: str) -> ApproverKey:
    return ApproverKey(fault=Notice(code=code, text=text))
