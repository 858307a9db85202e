"""The command line with its clock and producer version pinned, for comparing recorded bytes.

CONFORMANCE_CLOCK: an RFC 3339 instant, up to nine fraction digits; the clock stands still there.
CONFORMANCE_PRODUCER_VERSION: what artifacts name as their producer. The product reads neither.
"""

import os
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

# This checkout is under test, whatever else is installed.
sys.path[0] = str(Path(__file__).resolve().parents[2])

from gait_engine.cli.main import main  # noqa: E402
from gait_engine.host import Host  # noqa: E402

_INSTANT: Final = re.compile(r"([^.]+?)(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})")


class PinnedHost(Host):
    """A host whose clock stands still and whose version is the recorded one, where given."""

    def __init__(self) -> None:
        clock = os.environ.get("CONFORMANCE_CLOCK", "")
        self._standing_ns = to_unix_ns(clock) if clock else None
        version = os.environ.get("CONFORMANCE_PRODUCER_VERSION", "")
        if version:
            self.producer_version = version

    @property
    def program(self) -> tuple[str, ...]:
        """This launcher stands for the program called gait."""
        return (sys.executable, __file__)

    def now_ns(self) -> int:
        return super().now_ns() if self._standing_ns is None else self._standing_ns


def to_unix_ns(instant: str) -> int:
    """Count nanoseconds since 1970; datetime keeps microseconds only."""
    parts = _INSTANT.fullmatch(instant)
    if parts is None:
        raise SystemExit(f"CONFORMANCE_CLOCK: {instant!r}, expected RFC 3339")
    seconds = int(datetime.fromisoformat(parts[1] + parts[3]).timestamp())
    return seconds * 10**9 + int((parts[2] or "").ljust(9, "0"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], PinnedHost()))
