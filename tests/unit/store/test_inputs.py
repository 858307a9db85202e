import errno
import os
import sys
from pathlib import Path

import pytest

from gait_engine.errors import InvalidInput, IoFailure
from gait_engine.store import inputs
from gait_engine.store.inputs import read_input
from tests.support.hosts import FrozenHost

if sys.platform == "win32":
    pytest.skip("pipes and devices are POSIX", allow_module_level=True)

BIG = b"0123456789" * 100_000
LIMIT = 10_000_000


def read(path: str, host: FrozenHost, limit: int = LIMIT) -> bytes:
    return read_input(path, limit=limit, host=host, what="input")


def refusal(path: str, host: FrozenHost, limit: int = LIMIT) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read(path, host, limit)
    assert caught.value.exit_code == 6
    return caught.value


def test_a_relative_path_is_read_from_the_hosts_working_directory(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "in.json").write_bytes(BIG)
    assert read("in.json", frozen_host) == BIG
    assert read(str(frozen_host.cwd / "in.json"), frozen_host) == BIG


def test_a_link_is_followed(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "in.json").write_bytes(b"{}")
    (frozen_host.cwd / "link").symlink_to("in.json")
    assert read("link", frozen_host) == b"{}"


def test_the_limit_is_the_largest_size_that_passes(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "in.json").write_bytes(b"x" * 100)
    assert len(read("in.json", frozen_host, limit=100)) == 100
    assert "more than 99 bytes" in refusal("in.json", frozen_host, limit=99).message


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", "''"),
        ("missing", "no such file"),
        ("folder", "a folder"),
        ("file/x", "not a directory"),
        ("a\0b", "null"),
        ("n" * 300, "too long"),
        ("loop", "symbolic links"),
    ],
)
def test_what_is_no_file_is_named(frozen_host: FrozenHost, path: str, found: str) -> None:
    (frozen_host.cwd / "folder").mkdir()
    (frozen_host.cwd / "file").touch()
    (frozen_host.cwd / "loop").symlink_to("loop")
    error = refusal(path, frozen_host)
    assert error.code == "invalid_input"
    assert error.message.startswith("input")
    assert found in error.message


def test_a_pipe_by_another_name_is_refused_without_waiting_for_its_writer(
    frozen_host: FrozenHost,
) -> None:
    os.mkfifo(frozen_host.cwd / "pipe")
    (frozen_host.cwd / "link").symlink_to("pipe")
    assert refusal("pipe", frozen_host).code == "path_unsafe"
    assert refusal("link", frozen_host).code == "path_unsafe"


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/dev/./zero", "../dev/zero"])
def test_a_device_is_refused_however_its_name_is_spelled(path: str) -> None:
    assert refusal(path, FrozenHost(Path("/tmp"))).code == "path_unsafe"  # noqa: S108


def test_a_device_is_not_even_opened(
    frozen_host: FrozenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(os, "open", lambda *args: opened.append(args))
    assert refusal("/dev/null", frozen_host).code == "path_unsafe"
    assert opened == []


def test_a_file_swapped_for_a_pipe_at_the_last_moment_is_refused(
    frozen_host: FrozenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(frozen_host.cwd / "pipe")
    monkeypatch.setattr(inputs, "_flags", lambda *_: os.O_NONBLOCK)
    assert refusal("pipe", frozen_host).code == "path_unsafe"


def test_a_pipe_from_the_shell_is_read_to_its_end(frozen_host: FrozenHost) -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(BIG)
        os._exit(0)
    os.close(writing)
    assert read(f"/dev/fd/{reading}", frozen_host) == BIG
    os.close(reading)
    os.waitpid(pid, 0)


def test_a_pipe_from_the_shell_is_cut_off_at_the_limit(frozen_host: FrozenHost) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"x" * 100)
    refusal(f"/dev/fd/{reading}", frozen_host, limit=99)
    os.close(reading)
    os.close(writing)


def test_standard_input_is_read_to_its_end(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "in.json").write_bytes(BIG)
    kept = os.dup(0)
    given = os.open(frozen_host.cwd / "in.json", os.O_RDONLY)
    try:
        os.dup2(given, 0)
        assert read("/dev/stdin", frozen_host) == BIG
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(given)


def test_a_closed_descriptor_is_the_callers_fault(frozen_host: FrozenHost) -> None:
    assert "/dev/fd/999" in refusal("/dev/fd/999", frozen_host).message


def test_a_broken_disk_is_retryable(
    frozen_host: FrozenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_fd: int, _count: int) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    (frozen_host.cwd / "in.json").touch()
    monkeypatch.setattr(os, "read", broken)
    with pytest.raises(IoFailure):
        read("in.json", frozen_host)
