"""Files that hold state of the gate: absent at first, read and replaced as a whole under a lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from gait_engine.errors import InvalidInput
from gait_engine.host import Host
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.wire.jsonwrite import pretty

STATE_LOCK_SCHEMA: Final = "gait.gate.state_lock"
"""What a lock beside such a file calls itself."""


def read_if_there(path: str, *, host: Host, what: str) -> bytes | None:
    """Return the bytes of a state file, None where nothing stands yet; `what` is for errors.

    Raises InvalidInput for what stands there and cannot be read, IoFailure.
    """
    try:
        return read_input(path, limit=TEXT_LIMIT, host=host, what=what)
    except InvalidInput as exc:
        if isinstance(exc.__cause__, FileNotFoundError):
            return None
        raise


def replace_state(path: str, record: msgspec.Struct, *, host: Host) -> None:
    """Write a state file as a whole; the caller holds its lock. Raises InvalidInput, IoFailure."""
    write_atomic(host.cwd / path, pretty(record))


@contextmanager
def state_lock(path: str, *, host: Host) -> Iterator[None]:
    """Hold a state file while it is read and replaced; its folder is made if need be.

    Raises StateContention, InvalidInput for a path that cannot be used.
    """
    from gait_engine.store.locks import STANDARD, hold_lock  # most decisions need no lock

    target = host.cwd / path
    make_dirs(target.parent)
    with hold_lock(target, STANDARD._replace(schema_id=STATE_LOCK_SCHEMA), host):
        yield
