"""Host: the only door to clock, randomness, environment, working directory and process identity."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gait_engine import __version__
from gait_engine.environ import ENVIRONMENT
from gait_engine.errors import InvalidInput

_OS_NAMES: Final = {"win32": "windows", "cygwin": "windows"}
_PROGRAM_NAMES: Final = ("gait", "gait.exe")
_ARCH_NAMES: Final = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "i686": "386"}


class Host:
    """What a feature may know of the machine it runs on; tests hand in their own."""

    producer_version: str = __version__

    def now_ns(self) -> int:
        """Return nanoseconds since 1970-01-01T00:00:00Z."""
        return time.time_ns()

    def entropy(self, count: int) -> bytes:
        """Return `count` bytes fit for keys."""
        return os.urandom(count)

    @property
    def env(self) -> Mapping[str, str]:
        """The environment variables."""
        return ENVIRONMENT

    @property
    def cwd(self) -> Path:
        """The working directory, absolute. Raises InvalidInput when it is gone."""
        try:
            return Path.cwd()
        except OSError as exc:
            raise InvalidInput(
                f"working directory: {exc.strerror}, expected one that exists",
                hint="change to another folder, then run the command again",
            ) from exc

    @property
    def home(self) -> Path:
        """The user's home folder; the working directory where none is known."""
        try:
            return Path.home()
        except RuntimeError:
            return self.cwd

    @property
    def pid(self) -> int:
        """The number of this process."""
        return os.getpid()

    @property
    def os_name(self) -> str:
        """The operating system as the peer spells it: linux, darwin, windows."""
        return _OS_NAMES.get(sys.platform, sys.platform)

    @property
    def arch(self) -> str:
        """The processor as the peer spells it: amd64, arm64."""
        machine = (
            os.uname().machine
            if hasattr(os, "uname")
            else self.env.get("PROCESSOR_ARCHITECTURE", "")
        )
        return _ARCH_NAMES.get(machine, machine.lower())

    @property
    def program(self) -> tuple[str, ...]:
        """What was started to run this process, if that is a program called gait; else empty."""
        started = sys.argv[0] if sys.argv else ""
        is_gait = os.path.basename(started) in _PROGRAM_NAMES  # noqa: PTH119
        return (os.path.abspath(started),) if is_gait else ()  # noqa: PTH100

    def monotonic(self) -> float:
        """Return seconds on a clock that only goes forward."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Wait between two tries for a lock."""
        time.sleep(seconds)
