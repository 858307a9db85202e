"""The peer's lock protocol: whoever creates `X.lock` owns X, and removes it when done.

The peer lets a lock go by its age alone. Ours says more about its owner, so that the lock of a
dead process of this machine is broken at once, however young. Of a lock without that, of one
from another machine or another container, only the age counts. Contract: runpack.md 7.4.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal, NamedTuple

from gait_engine.errors import GaitError, Hazard, InvalidInput, StateContention, quoted
from gait_engine.host import Host
from gait_engine.store.atomic import (
    FILE_MODE,
    NO_FOLLOW,
    NO_WAIT,
    PLAIN,
    create_beside,
    links_unsupported,
    os_errors_as_ours,
    temp_name,
    write_all,
)
from gait_engine.store.owner import LockOwner, is_alive, this_process
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.jsonwrite import compact
from gait_engine.wire.text import normal, trim
from gait_engine.wire.timestamps import is_zero, parse_duration, to_ns

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

SESSION_LOCK_SCHEMA: Final = "gait.runpack.session_lock"

_SECOND_NS: Final = 10**9
_MAX_LOCK_BYTES: Final = 4_096
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW | PLAIN


class LockProfile(NamedTuple):
    """How long to wait for a lock, how often to look, and from what age on it counts as left.

    The age is counted from the time named inside the lock, or from the file's own time where
    the peer's locks of that kind are empty (logs, job states).
    """

    timeout_ns: int
    retry_ns: int
    stale_after_ns: int
    age_from: Literal["content", "file"] = "content"
    schema_id: str = SESSION_LOCK_SCHEMA


STANDARD: Final = LockProfile(2 * _SECOND_NS, _SECOND_NS // 20, 300 * _SECOND_NS)
SWARM: Final = LockProfile(10 * _SECOND_NS, _SECOND_NS // 50, 600 * _SECOND_NS)


class _Identity(NamedTuple):
    """What tells a lock file from its successor of the same name, even on a reused inode."""

    device: int
    inode: int
    modified_ns: int


class _Found(NamedTuple):
    """A lock that somebody else holds; `owner` is None where its content says nothing."""

    identity: _Identity
    owner: LockOwner | None


def session_lock_profile(env: Mapping[str, str]) -> LockProfile:
    """Choose the profile that the GAIT_SESSION_LOCK_* variables ask for."""
    chosen = SWARM if normal(env.get("GAIT_SESSION_LOCK_PROFILE", "")) == "swarm" else STANDARD
    timeout_ns, retry_ns, stale_after_ns = (
        _from_env(env, f"GAIT_SESSION_LOCK_{name}", preset, standard)
        for name, preset, standard in (
            ("TIMEOUT", chosen.timeout_ns, STANDARD.timeout_ns),
            ("RETRY", chosen.retry_ns, STANDARD.retry_ns),
            ("STALE_AFTER", chosen.stale_after_ns, STANDARD.stale_after_ns),
        )
    )
    return LockProfile(timeout_ns, min(retry_ns, timeout_ns), stale_after_ns)


@contextmanager
def hold_lock(path: str | Path, profile: LockProfile, host: Host) -> Iterator[tuple[Hazard, ...]]:
    """Hold `<path>.lock` for a while; yields the note that a dead owner's lock was broken.

    Raises StateContention when the lock stays busy for the whole timeout, InvalidInput when its
    folder is missing. Contract: runpack.md 7.4.
    """
    lock = Path(f"{path}.lock")
    owner_pid = host.pid
    identity, notes = _acquire(lock, profile, host)
    try:
        yield notes
    finally:
        if host.pid == owner_pid:  # a forked child leaves the lock to its parent
            _release(lock, identity)


def _from_env(env: Mapping[str, str], name: str, preset: int, standard: int) -> int:
    text = trim(env.get(name, ""))
    if not text:
        return preset
    try:
        given = parse_duration(text)
    except InvalidInput:  # the contract takes the profile's value then
        return preset
    return given if given > 0 else standard


def _acquire(lock: Path, profile: LockProfile, host: Host) -> tuple[_Identity, tuple[Hazard, ...]]:
    deadline = host.monotonic() + profile.timeout_ns / _SECOND_NS
    notes: tuple[Hazard, ...] = ()
    while True:
        with os_errors_as_ours("lock", lock, "a lock that can be taken"):
            identity = _take(lock, profile, host)
            if identity is not None:
                return identity, notes
            found = _look(lock)
            is_left = found is not None and _is_left(found, profile, host.now_ns())
            was_broken = found is not None and is_left and _break(lock, found.identity)
        if was_broken:
            notes = (Hazard("lock_broken", os.fspath(lock)),)
            continue
        left = deadline - host.monotonic()
        if left <= 0:
            raise _still_busy(lock, found, profile)
        host.pause(min(profile.retry_ns / _SECOND_NS, left))


def _take(lock: Path, profile: LockProfile, host: Host) -> _Identity | None:
    """Create the lock with its content in one step, so that nobody ever finds it empty."""
    if os.path.lexists(lock):
        return None
    line = compact(this_process(profile.schema_id, host)) + b"\n"
    temp, fd = create_beside(lock)
    try:
        identity = _write(fd, line)
        lock.hardlink_to(temp)
        return identity
    except FileExistsError:
        return None
    except OSError as exc:
        if not links_unsupported(exc):
            raise
        return _take_without_links(lock, line)
    finally:
        with suppress(OSError):
            temp.unlink()


def _take_without_links(lock: Path, line: bytes) -> _Identity | None:
    try:
        fd = os.open(lock, _CREATE, FILE_MODE)
    except FileExistsError:
        return None
    try:
        return _write(fd, line)
    except OSError:
        lock.unlink()
        raise


def _write(fd: int, line: bytes) -> _Identity:
    try:
        write_all(fd, line)
        return _identity(os.fstat(fd))
    finally:
        os.close(fd)


def _release(lock: Path, identity: _Identity) -> None:
    """Remove the lock unless it was broken meanwhile; one that stays is a dead owner's soon."""
    with suppress(OSError):
        if _identity(lock.lstat()) == identity:
            lock.unlink()


def _look(lock: Path) -> _Found | None:
    """Read a lock without following a link; None when it is gone, a link or unreadable."""
    try:
        fd = os.open(lock, os.O_RDONLY | NO_FOLLOW | NO_WAIT | PLAIN)
    except OSError:
        return None
    try:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode):
            return None
        return _Found(_identity(facts), _read_owner(os.read(fd, _MAX_LOCK_BYTES)))
    finally:
        os.close(fd)


def _read_owner(line: bytes) -> LockOwner | None:
    try:
        return read_record(line, LockOwner, Source("lock", digested=False))
    except GaitError:  # the contract: content that does not parse is never stale
        return None


def _is_left(found: _Found, profile: LockProfile, now_ns: int) -> bool:
    """Tell a lock whose owner is gone, or too old to be believed where nobody can tell."""
    alive = is_alive(found.owner) if found.owner else None
    if alive is not None:
        return not alive
    since_ns = _held_since(found, profile)
    return since_ns is not None and now_ns - since_ns > profile.stale_after_ns


def _held_since(found: _Found, profile: LockProfile) -> int | None:
    if profile.age_from == "file":
        return found.identity.modified_ns
    if found.owner is None or is_zero(found.owner.created_at):
        return None
    return to_ns(found.owner.created_at)


def _break(lock: Path, judged: _Identity) -> bool:
    """Remove exactly the lock that was judged; False when somebody else was faster."""
    try:
        with _only_breaker(lock, judged) as is_ours:
            return is_ours and _move_away(lock, judged)
    except OSError:  # gone by now, or not ours to remove: it is waited for like any other
        return False


@contextmanager
def _only_breaker(lock: Path, judged: _Identity) -> Iterator[bool]:
    """Keep other breakers out: one must hold the lock file itself, still in its place."""
    if fcntl is None:
        yield True
        return
    fd = os.open(lock, os.O_RDONLY | NO_FOLLOW | NO_WAIT | PLAIN)
    try:
        is_alone = _try_flock(fd)
        in_place = _identity(os.fstat(fd)) == judged == _identity(lock.lstat())
        yield is_alone and in_place
    finally:
        os.close(fd)


def _try_flock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without: the rename alone decides there, as for the peer
        return True
    return True


def _move_away(lock: Path, judged: _Identity) -> bool:
    """Rename before removing: a lock that was swapped at the last moment can be put back."""
    aside = temp_name(lock)
    lock.rename(aside)
    is_judged = _identity(aside.lstat()) == judged
    with suppress(OSError):
        if not is_judged:
            lock.hardlink_to(aside)
        aside.unlink()
    return is_judged


def _identity(facts: os.stat_result) -> _Identity:
    return _Identity(facts.st_dev, facts.st_ino, facts.st_mtime_ns)


def _still_busy(lock: Path, found: _Found | None, profile: LockProfile) -> StateContention:
    owner = found.owner if found else None
    holder = f"held by process {owner.pid} since {owner.created_at}" if owner else "held"
    return StateContention(
        f"lock {quoted(os.fspath(lock), 200)}: {holder}, "
        f"expected it free within {profile.timeout_ns / _SECOND_NS:g} s",
        where=os.fspath(lock),
        hint="wait for the other writer; remove the lock file only if no such process runs",
    )
