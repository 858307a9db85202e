"""Where keys come from: what key flags a command was given (runpack.md 2.2)."""

from typing import Final, NamedTuple


class KeySources(NamedTuple):
    """Where the keys of one purpose come from: paths of files, names of environment variables."""

    public_key: str = ""
    public_key_env: str = ""
    private_key: str = ""
    private_key_env: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell that no key was named at all."""
        return not any(self)


NO_KEYS = KeySources()

DEMO_KEY_ID: Final = "b1f7e6cc2889aba1af4c07ceb4d6feb7344307ecbeae9ca59b2b016447800f43"
"""The id of the key that `gait demo --incident` writes: everybody has it."""
