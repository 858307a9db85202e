"""Hosts for tests: nothing of the machine shows through."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gait_engine.host import Host

NOON_NS: Final = 1_770_292_800 * 10**9  # 2026-02-05T12:00:00Z


class FrozenHost(Host):
    """Clock, randomness, environment and folders stand still; two fields may be set by hand."""

    producer_version = "0.0.0-dev"

    def __init__(
        self, cwd: Path, env: Mapping[str, str] | None = None, now_ns: int = NOON_NS
    ) -> None:
        self._cwd = cwd
        self._env = dict(env or {})
        self._drawn = 0
        self.now = now_ns
        self.started: tuple[str, ...] = ()

    def now_ns(self) -> int:
        return self.now

    def entropy(self, count: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(self._drawn.to_bytes(8)).digest(count)

    @property
    def env(self) -> Mapping[str, str]:
        return self._env

    @property
    def cwd(self) -> Path:
        return self._cwd

    @property
    def home(self) -> Path:
        return self._cwd / "home"

    @property
    def pid(self) -> int:
        return 4242

    @property
    def os_name(self) -> str:
        return "linux"

    @property
    def arch(self) -> str:
        return "amd64"

    @property
    def program(self) -> tuple[str, ...]:
        return self.started

    def monotonic(self) -> float:
        return self.now / 10**9

    def pause(self, seconds: float) -> None:
        self.now += round(seconds * 10**9)
