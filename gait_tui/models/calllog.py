"""What the engine was asked in a session: the last of it, the newest at the end."""

from collections import deque
from threading import Lock
from typing import Final, NamedTuple

MOST_KEPT: Final = 500


class Call(NamedTuple):
    """A question that was answered, as a command; the same one put again and again is one."""

    number: int
    argv: tuple[str, ...]
    exit_code: int
    at_ns: int
    """When the last answer was there."""
    seconds: float
    part: str = ""
    """What was done where no command does it: `argv` then shows what it was done about."""
    times: int = 1


class CallLog:
    """Keeps the last questions; threads add to it."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._kept: deque[Call] = deque(maxlen=most)
        self._lock = Lock()
        self.total = 0
        """How many questions there were, those that are not kept any more included."""

    def add(
        self, argv: tuple[str, ...], exit_code: int, at_ns: int, seconds: float, part: str = ""
    ) -> None:
        """Note an answer; one that equals the answer before in all but time counts with it."""
        with self._lock:
            self.total += 1
            call = Call(self.total, argv, exit_code, at_ns, seconds, part)
            last = self._kept[-1] if self._kept else None
            if last and _about(last) == _about(call):
                self._kept[-1] = call._replace(number=last.number, times=last.times + 1)
            else:
                self._kept.append(call)

    def kept(self) -> tuple[Call, ...]:
        """Return what is kept, the newest last."""
        with self._lock:
            return tuple(self._kept)


def _about(call: Call) -> tuple[object, ...]:
    return call.argv, call.exit_code, call.part
