"""The host of the demo incident: a folder and a clock of its own, nothing of the machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gait_engine.host import Host
from gait_engine.wire.digest import sha256_hex

_SECOND_NS: Final = 10**9


class StoryHost(Host):
    """A host in a folder, with the clock of a story; what is random elsewhere is the same here."""

    def __init__(self, folder: Path, producer_version: str) -> None:
        self.producer_version = producer_version
        self.now = 0
        self._folder = folder

    def now_ns(self) -> int:
        """Return the moment that the story has come to."""
        return self.now

    def entropy(self, count: int) -> bytes:
        """Return the same bytes every time: what is made of them is no secret."""
        seed = sha256_hex(b"gait demo --incident").encode()
        return (seed * (count // len(seed) + 1))[:count]

    @property
    def env(self) -> Mapping[str, str]:
        """What is built aside need not outlive a power cut: that saves half of the time."""
        return {"GAIT_SESSION_LOCK_PROFILE": "swarm"}

    @property
    def cwd(self) -> Path:
        """The folder that is built in."""
        return self._folder

    @property
    def home(self) -> Path:
        """A folder that is not there."""
        return self._folder / "home"

    @property
    def os_name(self) -> str:
        """The system that the runs were recorded on."""
        return "linux"

    @property
    def arch(self) -> str:
        """The processor that the runs were recorded on."""
        return "amd64"

    def monotonic(self) -> float:
        """Return the moment of the story in seconds: nothing takes any time in it."""
        return self.now / _SECOND_NS

    def pause(self, seconds: float) -> None:
        """Let the story go on."""
        self.now += round(seconds * _SECOND_NS)
