import errno
import os
import stat
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from gait_engine.errors import GaitError, InvalidInput, IoFailure
from gait_engine.store import atomic
from gait_engine.store.atomic import make_dirs, refuse_special_target, write_atomic
from tests.support.faults import (
    DISK_ERRORS,
    KILLED,
    calls_of,
    fail,
    fault_at,
    in_children,
    killed_at,
    stop_short,
)

if sys.platform == "win32":
    pytest.skip("kills and file modes are POSIX", allow_module_level=True)

OLD = b"old " * 1000
NEW = [b"new " * 500, b"and newer"]
BEFORE = pytest.mark.parametrize("before", [OLD, None], ids=["replacing", "creating"])
each_disk_error = pytest.mark.parametrize(
    "number", DISK_ERRORS, ids=[errno.errorcode[n] for n in DISK_ERRORS]
)


def content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def restore(path: Path, before: bytes | None) -> None:
    for leftover in path.parent.iterdir():
        leftover.unlink()
    if before is not None:
        path.write_bytes(before)


@BEFORE
def test_a_kill_at_any_call_leaves_the_old_or_the_new_content(
    tmp_path: Path, before: bytes | None
) -> None:
    target = tmp_path / "out.zip"
    restore(target, before)
    calls = calls_of(lambda: write_atomic(target, NEW))
    seen = set()
    for n in range(1, len(calls) + 1):
        restore(target, before)
        assert killed_at(n, lambda: write_atomic(target, NEW)) == KILLED
        seen.add(content(target))
        names = {path.name.partition("-")[0] for path in tmp_path.iterdir() if path != target}
        assert names <= {".out.zip.tmp"}, f"killed at call {n}, {calls[n - 1]}"
    assert seen == {before, b"".join(NEW)}


@each_disk_error
@BEFORE
def test_a_disk_error_at_any_call_is_retryable_and_leaves_old_or_new_and_nothing_else(
    tmp_path: Path, before: bytes | None, number: int
) -> None:
    target = tmp_path / "out.zip"
    restore(target, before)
    calls = calls_of(lambda: write_atomic(target, NEW))
    for n in range(1, len(calls) + 1):
        restore(target, before)
        with pytest.raises(IoFailure) as caught, fault_at(n, fail(number)):
            write_atomic(target, NEW)
        assert (caught.value.exit_code, caught.value.retryable) == (1, True)
        assert content(target) in (before, b"".join(NEW)), f"failed at call {n}, {calls[n - 1]}"
        assert [path for path in tmp_path.iterdir() if path != target] == []


def test_a_write_that_takes_half_of_its_bytes_is_continued(tmp_path: Path) -> None:
    target = tmp_path / "out.zip"
    first_write = calls_of(lambda: write_atomic(target, NEW)).index("write") + 1
    with fault_at(first_write, stop_short):
        write_atomic(target, NEW)
    assert target.read_bytes() == b"".join(NEW)


def test_an_error_of_the_producer_of_the_content_passes_through_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise InvalidInput("member: broken")

    with pytest.raises(InvalidInput, match="member: broken"):
        write_atomic(tmp_path / "out", broken())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    previous = os.umask(umask)
    try:
        write_atomic(tmp_path / "a", b"x")
        write_atomic(tmp_path / "b", b"x", mode=0o644)
        make_dirs(tmp_path / "deep/er")
    finally:
        os.umask(previous)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "b", "deep/er")]
    assert modes == [0o600, 0o644, 0o750]


def test_a_link_is_replaced_and_its_target_untouched(tmp_path: Path) -> None:
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_bytes(OLD)
    link.symlink_to(victim)
    write_atomic(link, b"new")
    assert (victim.read_bytes(), link.read_bytes(), link.is_symlink()) == (OLD, b"new", False)


def test_a_name_of_255_bytes_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("ü" * 127 + "x")
    write_atomic(target, b"x")
    assert target.read_bytes() == b"x"


@pytest.mark.parametrize(
    "name",
    ["missing/out", "file/out", ".", "a\0b", "n" * 256, "\ud800"],
    ids=["no folder", "file as folder", "a folder", "NUL", "too long", "no text"],
)
def test_a_path_that_cannot_be_written_is_the_callers_fault(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput) as caught:
        write_atomic(tmp_path / name, b"x")
    assert (caught.value.exit_code, caught.value.code) == (6, "invalid_input")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_refused_permission_is_the_callers_fault(tmp_path: Path, number: int) -> None:
    with pytest.raises(InvalidInput, match="expected a file"), fault_at(1, fail(number)):
        write_atomic(tmp_path / "out", b"x")


def test_a_pipe_is_refused_before_anything_is_created_also_behind_a_link(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        with pytest.raises(InvalidInput) as caught:
            write_atomic(tmp_path / name, b"x")
        assert caught.value.code == "path_unsafe"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "pipe"]


@pytest.mark.parametrize("path", ["/dev/null", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_a_device_is_never_replaced(path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        refuse_special_target(Path(path))
    assert caught.value.code == "path_unsafe"


def test_exclusive_creates_but_never_overwrites(tmp_path: Path) -> None:
    target = tmp_path / "out"
    write_atomic(target, b"first", exclusive=True)
    with pytest.raises(InvalidInput, match="exists"):
        write_atomic(target, b"second", exclusive=True)
    assert target.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [target]


def test_exclusive_does_not_follow_a_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("elsewhere")
    with pytest.raises(InvalidInput, match="exists"):
        write_atomic(tmp_path / "out", b"x", exclusive=True)
    assert not (tmp_path / "elsewhere").exists()


def test_of_many_exclusive_writers_exactly_one_wins(tmp_path: Path) -> None:
    target = tmp_path / "out"
    texts = [b"%d" % n for n in range(8)]
    statuses = in_children(partial(write_atomic, target, text, exclusive=True) for text in texts)
    assert sorted(statuses) == [0] + [1] * 7
    assert target.read_bytes() == texts[statuses.index(0)]
    assert list(tmp_path.iterdir()) == [target]


def test_a_kill_at_any_call_of_an_exclusive_write_leaves_nothing_or_all(tmp_path: Path) -> None:
    target = tmp_path / "out"
    calls = calls_of(lambda: write_atomic(target, NEW, exclusive=True))
    for n in range(1, len(calls) + 1):
        restore(target, None)
        assert killed_at(n, lambda: write_atomic(target, NEW, exclusive=True)) == KILLED
        assert content(target) in (None, b"".join(NEW)), f"killed at call {n}, {calls[n - 1]}"


def test_without_hard_links_exclusive_still_never_overwrites(tmp_path: Path) -> None:
    target = tmp_path / "out"
    link_call = calls_of(lambda: write_atomic(target, b"x", exclusive=True)).index("link") + 1
    with (
        pytest.raises(InvalidInput, match="exists"),
        fault_at(link_call, fail(errno.EPERM)),
    ):
        write_atomic(target, b"y", exclusive=True)
    target.unlink()
    with fault_at(link_call, fail(errno.EPERM)):
        write_atomic(target, b"z", exclusive=True)
    assert target.read_bytes() == b"z"
    assert list(tmp_path.iterdir()) == [target]


def test_a_reserved_name_is_given_back_when_the_rename_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(number: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", lambda *_, **__: refuse(errno.EPERM))
    monkeypatch.setattr(os, "replace", lambda *_: refuse(errno.EIO))
    with pytest.raises(IoFailure):
        write_atomic(tmp_path / "out", b"x", exclusive=True)
    assert list(tmp_path.iterdir()) == []


def test_a_stranger_on_the_temporary_name_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "_numbers", iter([7, 8]))
    stranger = tmp_path / f".out.tmp-{os.getpid()}-7"
    stranger.write_bytes(b"theirs")
    write_atomic(tmp_path / "out", b"x")
    assert stranger.read_bytes() == b"theirs"
    assert (tmp_path / "out").read_bytes() == b"x"


def test_a_folder_full_of_strangers_ends_in_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_: object) -> int:
        raise FileExistsError(errno.EEXIST, "File exists")

    monkeypatch.setattr(os, "open", taken)
    with pytest.raises(InvalidInput, match="exists"):
        write_atomic(tmp_path / "out", b"x")


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_cannot_sync_folders_is_no_failure(tmp_path: Path, number: int) -> None:
    calls = calls_of(lambda: write_atomic(tmp_path / "out", b"x"))
    folder_sync = len(calls) - calls[::-1].index("fsync")
    with fault_at(folder_sync, fail(number)):
        write_atomic(tmp_path / "out", b"y")
    assert (tmp_path / "out").read_bytes() == b"y"


def test_a_folder_that_may_not_be_listed_is_no_failure(tmp_path: Path) -> None:
    calls = calls_of(lambda: write_atomic(tmp_path / "out", b"x"))
    folder_open = len(calls) - calls[::-1].index("open")
    with fault_at(folder_open, fail(errno.EACCES)):
        write_atomic(tmp_path / "out", b"y")
    assert (tmp_path / "out").read_bytes() == b"y"


def test_making_folders_keeps_those_that_exist_and_their_mode(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(mode=0o700)
    make_dirs(tmp_path / "a/b")
    make_dirs(tmp_path / "a/b")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["file", "file/sub", "dangling", "a\0b"])
def test_a_folder_that_cannot_be_made_is_the_callers_fault(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(InvalidInput):
        make_dirs(tmp_path / name)


def test_a_folder_made_by_somebody_else_meanwhile_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.mkdir

    def racing(path: str, mode: int = 0o777) -> None:
        real(path, mode)
        raise FileExistsError(errno.EEXIST, "File exists")

    monkeypatch.setattr(os, "mkdir", racing)
    make_dirs(tmp_path / "a")
    assert (tmp_path / "a").is_dir()


def test_a_full_disk_while_making_folders_is_retryable(tmp_path: Path) -> None:
    with pytest.raises(IoFailure), fault_at(1, fail(errno.ENOSPC)):
        make_dirs(tmp_path / "a")


def test_a_folder_link_of_ours_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "gait-out").symlink_to("real")
    make_dirs(tmp_path / "gait-out/keys")
    assert (tmp_path / "real/keys").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a link of another user")
def test_a_folder_link_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "gait-out").symlink_to("real")
    os.lchown(tmp_path / "gait-out", 4711, -1)
    with pytest.raises(GaitError) as caught:
        make_dirs(tmp_path / "gait-out/keys")
    assert (caught.value.exit_code, caught.value.code) == (6, "path_unsafe")
    assert list((tmp_path / "real").iterdir()) == []
