import errno
import os
import stat
import sys
from contextlib import suppress

import pytest

from gait_engine.errors import Hazard, InvalidInput, IoFailure
from gait_engine.store.keyfiles import (
    KeyPaths,
    key_file_notes,
    key_paths,
    rotated_prefix,
    write_key_pair,
)
from tests.support.faults import DISK_ERRORS, KILLED, calls_of, fail, fault_at, killed_at
from tests.support.hosts import FrozenHost

if sys.platform == "win32":
    pytest.skip("kills and file modes are POSIX", allow_module_level=True)

PATHS = key_paths("k", "gait")
NEW = (b"new private", b"new public")
OLD = (b"old private", b"old public")
NONE = (None, None)


def write(host: FrozenHost, *, force: bool = False) -> None:
    write_key_pair(PATHS, *NEW, host, force=force)


def pair(host: FrozenHost) -> tuple[bytes | None, ...]:
    files = (host.cwd / PATHS.private, host.cwd / PATHS.public)
    return tuple(file.read_bytes() if file.exists() else None for file in files)


def start_over(host: FrozenHost, before: tuple[bytes | None, ...]) -> None:
    folder = host.cwd / "k"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    for name, text in zip((PATHS.private, PATHS.public), before, strict=True):
        if text is not None:
            (host.cwd / name).write_bytes(text)


@pytest.mark.parametrize(
    ("out_dir", "prefix", "wanted"),
    [
        ("k", " ops ", KeyPaths("ops", "k", "k/ops_private.key", "k/ops_public.key")),
        (
            " ./gait-out/keys ",
            "gait",
            KeyPaths(
                "gait",
                "./gait-out/keys",
                "gait-out/keys/gait_private.key",
                "gait-out/keys/gait_public.key",
            ),
        ),
    ],
)
def test_folder_and_prefix_are_trimmed(out_dir: str, prefix: str, wanted: KeyPaths) -> None:
    assert key_paths(out_dir, prefix) == wanted


@pytest.mark.parametrize(("out_dir", "prefix"), [("", "gait"), (" ", "gait"), ("k", "\u3000")])
def test_a_blank_folder_or_prefix_is_refused(out_dir: str, prefix: str) -> None:
    with pytest.raises(InvalidInput, match="expected a name"):
        key_paths(out_dir, prefix)


def test_a_rotated_pair_is_named_by_the_time_in_utc(frozen_host: FrozenHost) -> None:
    assert rotated_prefix(" ops ", frozen_host) == "ops_20260205T120000Z"
    with pytest.raises(InvalidInput):
        rotated_prefix(" ", frozen_host)


def test_both_files_are_written_for_their_owner_only(frozen_host: FrozenHost) -> None:
    previous = os.umask(0)
    try:
        write(frozen_host)
    finally:
        os.umask(previous)
    assert pair(frozen_host) == NEW
    names = ("k", PATHS.private, PATHS.public)
    modes = [stat.S_IMODE((frozen_host.cwd / name).stat().st_mode) for name in names]
    assert modes == [0o750, 0o600, 0o600]
    assert len(list((frozen_host.cwd / "k").iterdir())) == 2


@pytest.mark.parametrize(
    "before",
    [OLD, (b"old private", None), (None, b"old public")],
    ids=["both", "private", "public"],
)
def test_an_existing_file_is_never_overwritten_without_force(
    frozen_host: FrozenHost, before: tuple[bytes | None, ...]
) -> None:
    start_over(frozen_host, before)
    with pytest.raises(InvalidInput, match="already exists") as caught:
        write(frozen_host)
    assert "--force" in caught.value.hint
    assert pair(frozen_host) == before
    write(frozen_host, force=True)
    assert pair(frozen_host) == NEW
    assert len(list((frozen_host.cwd / "k").iterdir())) == 2


def test_a_dangling_link_counts_as_an_existing_file(frozen_host: FrozenHost) -> None:
    start_over(frozen_host, NONE)
    (frozen_host.cwd / PATHS.public).symlink_to("elsewhere")
    with pytest.raises(InvalidInput, match="already exists"):
        write(frozen_host)
    assert not (frozen_host.cwd / "k/elsewhere").exists()


@pytest.mark.parametrize("number", DISK_ERRORS)
@pytest.mark.parametrize(
    ("before", "force"),
    [(NONE, False), (NONE, True), (OLD, True), ((b"old private", None), True)],
    ids=["new", "new, forced", "replacing", "replacing half"],
)
def test_a_disk_error_at_any_call_leaves_both_files_or_neither(
    frozen_host: FrozenHost, before: tuple[bytes | None, ...], number: int, *, force: bool
) -> None:
    start_over(frozen_host, before)
    calls = calls_of(lambda: write(frozen_host, force=force))
    for n in range(1, len(calls) + 1):
        start_over(frozen_host, before)
        with suppress(IoFailure), fault_at(n, fail(number)):
            write(frozen_host, force=force)
        assert pair(frozen_host) in (before, NEW), f"failed at call {n}, {calls[n - 1]}"


@pytest.mark.parametrize(
    ("before", "force"), [(NONE, False), (OLD, True)], ids=["new", "replacing"]
)
def test_a_kill_at_any_call_never_tears_a_key_file(
    frozen_host: FrozenHost, before: tuple[bytes | None, ...], *, force: bool
) -> None:
    start_over(frozen_host, before)
    calls = calls_of(lambda: write(frozen_host, force=force))
    for n in range(1, len(calls) + 1):
        start_over(frozen_host, before)
        assert killed_at(n, lambda: write(frozen_host, force=force)) == KILLED
        for found, old, new in zip(pair(frozen_host), before, NEW, strict=True):
            assert found in (old, new), f"killed at call {n}, {calls[n - 1]}"


def test_a_private_key_that_appears_meanwhile_is_spared(
    frozen_host: FrozenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_over(frozen_host, (b"another's", None))
    monkeypatch.setattr("gait_engine.store.keyfiles._refuse_existing", lambda *_: None)
    with pytest.raises(InvalidInput):
        write(frozen_host)
    assert pair(frozen_host) == (b"another's", None)


def test_a_public_key_that_appears_meanwhile_takes_the_private_one_back(
    frozen_host: FrozenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_over(frozen_host, (None, b"another's"))
    monkeypatch.setattr("gait_engine.store.keyfiles._refuse_existing", lambda *_: None)
    with pytest.raises(InvalidInput):
        write(frozen_host)
    assert pair(frozen_host) == (None, b"another's")
    assert len(list((frozen_host.cwd / "k").iterdir())) == 1


def test_a_folder_in_the_place_of_a_key_is_refused_before_anything_is_made(
    frozen_host: FrozenHost,
) -> None:
    (frozen_host.cwd / PATHS.public).mkdir(parents=True)
    with pytest.raises(InvalidInput):
        write(frozen_host, force=True)
    assert not (frozen_host.cwd / PATHS.private).exists()


def test_an_unwritable_folder_is_the_callers_fault(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput), fault_at(1, fail(errno.EACCES)):
        write(frozen_host)


@pytest.mark.parametrize(
    ("mode", "is_noted"),
    [(0o600, False), (0o400, False), (0o622, False), (0o644, True), (0o640, True), (0o604, True)],
)
def test_a_private_key_that_others_may_read_is_noted(
    frozen_host: FrozenHost, mode: int, *, is_noted: bool
) -> None:
    (frozen_host.cwd / "p.key").touch()
    (frozen_host.cwd / "p.key").chmod(mode)
    wanted = (Hazard("key_file_open", "p.key"),) if is_noted else ()
    assert key_file_notes("p.key", frozen_host) == wanted


@pytest.mark.parametrize("path", ["", "missing", "a\0b", "/dev/null"])
def test_what_is_no_key_file_is_not_noted(frozen_host: FrozenHost, path: str) -> None:
    assert key_file_notes(path, frozen_host) == ()
