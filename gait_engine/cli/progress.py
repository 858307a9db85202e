"""A line on stderr while a command takes long, on a terminal only, gone when it is done."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from threading import Event

_PATIENCE_SECONDS: Final = 1.0
_CLEAR_LINE: Final = "\r\x1b[K"


@contextmanager
def shown_when_slow(what: str) -> Iterator[None]:
    """Say after one second, and every second after, that the command is still at work."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    from threading import Event, Thread

    done = Event()
    ticker = Thread(target=_tick, args=(what, done), daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()


def _tick(what: str, done: "Event") -> None:
    seconds = 0
    while not done.wait(_PATIENCE_SECONDS):
        seconds += 1
        sys.stderr.write(f"{_CLEAR_LINE}gait {what}: working for {seconds} s")
        sys.stderr.flush()
    if seconds:
        sys.stderr.write(_CLEAR_LINE)
        sys.stderr.flush()
