"""What the terminal UI remembers from one start to the next; nothing secret is ever in it."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from gait_engine.host import Host
from gait_tui.services.config import state_folder


class State(msgspec.Struct, frozen=True):
    """What was kept; a state that cannot be read is an empty one."""

    theme: str = ""


def state_file(host: Host) -> Path:
    """Return the file of the state."""
    return state_folder(host) / "tui-state.json"


def read_state(host: Host) -> State:
    """Return what was kept."""
    try:
        return msgspec.json.decode(state_file(host).read_bytes(), type=State)
    except (OSError, msgspec.DecodeError):
        return State()


def write_state(state: State, host: Host) -> str:
    """Keep a state, whole or not at all, for the user alone; return what stood in the way."""
    path = state_file(host)
    fresh = path.with_name(f"{path.name}.{host.pid}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(state) + b"\n")
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        return error.strerror or "not writable"
    return ""
