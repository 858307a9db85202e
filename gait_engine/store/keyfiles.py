"""The two files of a key pair: where they go, and how neither is ever left without the other.

Knows nothing of what is inside. Contract: runpack.md 2.1, 2.2.
"""

import os
import stat
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, NamedTuple

from gait_engine.errors import Hazard, InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.store.atomic import (
    make_dirs,
    os_errors_as_ours,
    publish,
    refuse_special_target,
    staged,
    sync_folder,
)
from gait_engine.store.safepath import join
from gait_engine.wire.text import trim

_OTHERS_MAY_READ: Final = stat.S_IRGRP | stat.S_IROTH
_SECOND_NS: Final = 10**9


class KeyPaths(NamedTuple):
    """The files of one pair, as they are shown."""

    prefix: str
    folder: str
    private: str
    public: str


def key_paths(out_dir: str, prefix: str) -> KeyPaths:
    """Name the files of a pair: `<prefix>_private.key` and `<prefix>_public.key`.

    Raises InvalidInput for a blank folder or prefix.
    """
    folder, name = _required("--out-dir", out_dir), _required("--prefix", prefix)
    return KeyPaths(
        name, folder, join(folder, f"{name}_private.key"), join(folder, f"{name}_public.key")
    )


def rotated_prefix(prefix: str, host: Host) -> str:
    """Return the prefix of the successor of a pair: `<prefix>_<UTC time>`."""
    now = time.gmtime(host.now_ns() // _SECOND_NS)
    return f"{_required('--prefix', prefix)}_{time.strftime('%Y%m%dT%H%M%SZ', now)}"


def write_key_pair(
    paths: KeyPaths, private_text: bytes, public_text: bytes, host: Host, *, force: bool = False
) -> None:
    """Write both files with mode 0600, or neither; without `force` never over an existing one.

    Raises InvalidInput, IoFailure; every earlier file is then as it was.
    """
    private, public = host.cwd / paths.private, host.cwd / paths.public
    if not force:
        _refuse_existing(paths, private, public)
    for target in (private, public):
        refuse_special_target(target)
    make_dirs(host.cwd / paths.folder)
    with ExitStack() as stack:
        new_private = stack.enter_context(staged(private, private_text))
        new_public = stack.enter_context(staged(public, public_text))
        kept = _keep(private, stack) if force else None
        publish(new_private, private, exclusive=not force)
        try:
            publish(new_public, public, exclusive=not force)
        except BaseException:
            _put_back(kept, private)
            raise
        if kept:
            with suppress(OSError):
                kept.unlink()
    sync_folder(private)


def key_file_notes(path: str, host: Host) -> tuple[Hazard, ...]:
    """Note a private key file that others may read; mounted secrets look so, it is accepted."""
    with suppress(OSError, ValueError):
        mode = (host.cwd / path).stat().st_mode
        if stat.S_ISREG(mode) and mode & _OTHERS_MAY_READ and os.name != "nt":
            return (Hazard("key_file_open", path),)
    return ()


def _required(option: str, text: str) -> str:
    trimmed = trim(text)
    if not trimmed:
        raise InvalidInput(f"{option}: {quoted(text)}, expected a name")
    return trimmed


def _refuse_existing(paths: KeyPaths, private: Path, public: Path) -> None:
    for shown, target in ((paths.private, private), (paths.public, public)):
        if os.path.lexists(target):
            raise InvalidInput(
                f"key file {quoted(shown, 200)}: already exists, expected a new name",
                where=shown,
                hint="use gait keys rotate for a new pair, or --force to overwrite this one",
            )


def _keep(path: Path, stack: ExitStack) -> Path | None:
    """Stage a copy of the old file, so that putting it back needs no room on the disk."""
    with os_errors_as_ours("key file", path, "a file that can be replaced"):
        if not path.is_file():
            return None
        old = path.read_bytes()
    return stack.enter_context(staged(path, old))


def _put_back(kept: Path | None, path: Path) -> None:
    with os_errors_as_ours("key file", path, "a file that can be put back"):
        if kept:
            kept.replace(path)
        else:
            path.unlink()
