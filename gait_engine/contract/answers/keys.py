"""What `gait keys` answers (runpack.md 2.2)."""

from gait_engine.contract.answers.base import Answer


class KeysAnswer(Answer, frozen=True, kw_only=True):
    """`gait keys init`, `rotate` and `verify`."""

    prefix: str = ""
    key_id: str = ""
    public_key_path: str = ""
    private_key_path: str = ""
    public_key_source: str = ""
    private_key_source: str = ""
    warnings: tuple[str, ...] = ()
