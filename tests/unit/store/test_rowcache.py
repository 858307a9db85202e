"""The cache is never needed: whatever is wrong with it, there is only no entry."""

import os
import sqlite3
import stat
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from gait_engine.store.rowcache import Entry, RowCache, cache_path
from tests.support.hosts import FrozenHost
from tests.support.process import ROOT

KEY = ("rows", b"folder/", b"a.json")
ENTRY = Entry(b"stamp", b"body")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "index.sqlite"


def kept(path: Path, version: str = "1") -> Entry | None:
    cache = RowCache(path, version)
    found = cache.get(KEY)
    cache.close()
    return found


def keep(path: Path, version: str = "1", entry: Entry = ENTRY) -> None:
    cache = RowCache(path, version)
    cache.put(KEY, entry)
    cache.close()


def test_what_is_kept_is_found_again_by_the_next_reader(path: Path) -> None:
    keep(path)
    assert kept(path) == ENTRY


def test_a_page_holds_the_names_that_follow_in_order(path: Path) -> None:
    cache = RowCache(path, "1")
    for name in (b"c", b"a", b"b"):
        cache.put(("rows", b"f", name), ENTRY)
    cache.put(("other", b"f", b"d"), ENTRY)
    cache.put(("rows", b"g", b"d"), ENTRY)
    cache.close()
    assert cache.page("rows", b"f", b"") == [(name, ENTRY) for name in (b"a", b"b", b"c")]
    assert cache.page("rows", b"f", b"b") == [(b"c", ENTRY)]


def test_what_is_dropped_is_gone(path: Path) -> None:
    keep(path)
    cache = RowCache(path, "1")
    cache.drop(KEY)
    cache.close()
    assert kept(path) is None


def test_nothing_is_created_before_there_is_something_to_keep(path: Path) -> None:
    cache = RowCache(path, "1")
    assert cache.get(KEY) is None
    cache.drop(KEY)
    cache.close()
    assert not path.parent.exists()


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_it_is_for_its_owner_alone(path: Path) -> None:
    keep(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_form_is_dropped_and_made_anew(path: Path) -> None:
    keep(path, "1")
    assert kept(path, "2") is None
    keep(path, "2")
    assert kept(path, "2") == ENTRY


def other_application(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE entries (x)")
    connection.close()


def right_marks_and_other_tables(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA application_id = {0x67616974}")
        connection.execute(f"PRAGMA user_version = {zlib.crc32(b'1') & 0x7FFFFFFF}")
        connection.execute("CREATE TABLE entries (x)")
    connection.close()


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to be looked at" * 100)


def zeroed_pages(path: Path) -> None:
    cache = RowCache(path, "1")
    for number in range(500):
        cache.put(("rows", b"f", b"%d" % number), Entry(b"s", b"x" * 200))
    cache.close()
    data = bytearray(path.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    path.write_bytes(data)


def cut_off(path: Path) -> None:
    zeroed_pages(path)
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    "spoil", [other_application, right_marks_and_other_tables, garbage, zeroed_pages, cut_off]
)
def test_a_spoilt_cache_is_gone_without_and_rebuilt(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    path.parent.mkdir()
    spoil(path)
    assert kept(path) is None
    keep(path)
    keep(path)
    assert kept(path) == ENTRY


def test_each_flipped_byte_of_an_entry_makes_it_none(path: Path) -> None:
    keep(path, entry=Entry(b"stamp", b"a body of some length"))
    connection = sqlite3.connect(path)
    (stamp, body) = connection.execute("SELECT stamp, body FROM entries").fetchone()
    for at in range(len(stamp) + len(body)):
        flipped = bytearray(stamp + body)
        flipped[at] ^= 1
        with connection:
            values = (bytes(flipped[: len(stamp)]), bytes(flipped[len(stamp) :]))
            connection.execute("UPDATE entries SET stamp = ?, body = ?", values)
        assert kept(path) is None
    with connection:
        connection.execute("UPDATE entries SET stamp = ?, body = ?", (stamp, body))
    connection.close()
    assert kept(path) is not None


@pytest.mark.parametrize("value", [None, "text", 7, 0.5])
def test_a_value_of_another_type_is_none(path: Path, value: object) -> None:
    keep(path)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE entries SET body = ?", (value,))
    connection.close()
    assert kept(path) is None
    cache = RowCache(path, "1")
    assert cache.page("rows", b"folder/", b"") == [(b"a.json", None)]
    cache.close()


def test_a_cache_that_another_one_locks_is_gone_without(path: Path) -> None:
    keep(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    keep(path, entry=Entry(b"new", b"new"))
    holder.execute("COMMIT")
    holder.close()
    assert kept(path) == ENTRY


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_gone_without(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o500)
    keep(path)
    assert kept(path) is None
    path.parent.chmod(0o700)


def test_a_file_in_the_place_of_its_folder_is_gone_without(path: Path) -> None:
    path.parent.write_bytes(b"")
    keep(path)
    assert kept(path) is None
    assert path.parent.read_bytes() == b""


@pytest.mark.skipif(os.name == "nt", reason="links and pipes are POSIX")
def test_a_link_or_a_pipe_in_its_place_is_left_alone(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    target = tmp_path / "precious"
    target.write_bytes(b"mine")
    path.symlink_to(target)
    keep(path)
    assert kept(path) is None
    assert target.read_bytes() == b"mine"
    path.unlink()
    os.mkfifo(path)
    keep(path)
    assert kept(path) is None


def test_a_body_too_large_to_be_worth_it_is_not_kept(path: Path) -> None:
    keep(path, entry=Entry(b"s", b"x" * (8 * 1024 * 1024 + 1)))
    assert kept(path) is None


_WRITER = """
import os, sys
from pathlib import Path
from gait_engine.store.rowcache import Entry, RowCache
cache = RowCache(Path(sys.argv[1]), "1")
for number in range(int(sys.argv[3])):
    cache.put(("rows", sys.argv[2].encode(), b"%06d" % number), Entry(b"s", b"x" * 50))
if sys.argv[4] == "die":
    os.kill(os.getpid(), 9)
cache.close()
"""


def writer(path: Path, folder: str, count: int, end: str) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-c", _WRITER, str(path), folder, str(count), end]
    return subprocess.Popen(argv, cwd=ROOT)


@pytest.mark.skipif(os.name == "nt", reason="no kill -9")
def test_what_was_written_before_a_kill_is_whole(path: Path) -> None:
    with writer(path, "f", 5_000, "die") as process:
        assert process.wait() == -9
    cache = RowCache(path, "1")
    page = cache.page("rows", b"f", b"003990")
    assert [name for name, _ in page] == [b"%06d" % number for number in range(3991, 4000)]
    assert all(entry == Entry(b"s", b"x" * 50) for _, entry in page)
    cache.close()


def test_many_processes_at_once_leave_a_whole_cache(path: Path) -> None:
    started = [writer(path, folder, 3_000, "end") for folder in "abcd"]
    for process in started:
        with process:
            assert process.wait() == 0
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    cache = RowCache(path, "1")
    for folder in (b"a", b"b", b"c", b"d"):
        for _, entry in cache.page("rows", folder, b""):
            assert entry == Entry(b"s", b"x" * 50)
    cache.close()


class TestItsPlace:
    def test_it_lies_under_the_cache_folder_of_the_user(self, tmp_path: Path) -> None:
        host = FrozenHost(tmp_path, {"XDG_CACHE_HOME": str(tmp_path / "x")})
        assert cache_path(host) == tmp_path / "x" / "gait" / "index.sqlite"

    @pytest.mark.parametrize("named", ["", "relative/folder"])
    def test_else_at_home(self, tmp_path: Path, named: str) -> None:
        host = FrozenHost(tmp_path, {"XDG_CACHE_HOME": named})
        assert cache_path(host) == host.home / ".cache" / "gait" / "index.sqlite"
