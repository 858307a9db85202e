"""What the cache spares, and when it must not be believed."""

import os
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from gait_engine.api.index import find_inbox, index, scan
from gait_engine.contract.answers.index import IndexRow
from tests.support import artifacts, runs
from tests.support.hosts import FrozenHost

OUT = "gait-out"
LATER_NS = 4 * 10**18


@pytest.fixture
def host(frozen_host: FrozenHost) -> FrozenHost:
    """A host to whom every file of the test is old."""
    frozen_host.now = LATER_NS
    return frozen_host


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / OUT
    path.mkdir()
    return path


def cache_of(host: FrozenHost) -> Path:
    return host.home / ".cache" / "gait" / "index.sqlite"


def kept(host: FrozenHost, area: str = "rows") -> list[bytes]:
    connection = sqlite3.connect(cache_of(host))
    rows = connection.execute("SELECT name FROM entries WHERE area = ?", (area,)).fetchall()
    connection.close()
    return sorted(name for (name,) in rows)


def spoil(host: FrozenHost) -> None:
    """Give every kept row another tool, its checksum right: only a reader of the cache shows it."""
    from gait_engine.store.rowcache import Entry, RowCache

    connection = sqlite3.connect(cache_of(host))
    rows = connection.execute("SELECT area, folder, name, stamp, body FROM entries").fetchall()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    cache = RowCache(cache_of(host), "")
    cache._version = version
    for *key, stamp, body in rows:
        area, where, name = key
        cache.put(
            (area, where, name), Entry(stamp, body[4:].replace(b"tool.deploy", b"tool.KEPT!!"))
        )
    cache.close()


def test_an_unchanged_file_is_not_read_again(host: FrozenHost, folder: Path) -> None:
    artifacts.write_each(folder)
    first = index([OUT], host=host)
    assert index([OUT], host=host) == first
    spoil(host)
    tools = {row.tool_name for row in index([OUT], host=host).rows}
    assert "tool.KEPT!!" in tools


def test_without_the_cache_everything_is_read_and_nothing_kept(
    host: FrozenHost, folder: Path
) -> None:
    artifacts.write_each(folder)
    first = index([OUT], host=host, use_cache=False)
    assert not cache_of(host).exists()
    index([OUT], host=host)
    spoil(host)
    assert index([OUT], host=host, use_cache=False) == first


def test_a_file_of_a_moment_ago_is_not_kept(host: FrozenHost, folder: Path) -> None:
    old, young = artifacts.trace(folder / "t1.json"), artifacts.trace(folder / "t2.json")
    host.now = max(old.stat().st_ctime_ns, young.stat().st_ctime_ns) + 10**9
    index([OUT], host=host)
    assert not cache_of(host).exists()


def test_what_cannot_be_opened_is_tried_again(host: FrozenHost, folder: Path) -> None:
    (folder / "bad.zip").write_bytes(b"x")
    artifacts.trace(folder / "t.json")
    index([OUT], host=host)
    assert kept(host) == [b"t.json"]


def test_files_that_are_gone_are_forgotten(host: FrozenHost, folder: Path) -> None:
    for name in "abc":
        artifacts.trace(folder / f"{name}.json")
    index([OUT], host=host)
    (folder / "b.json").unlink()
    index([OUT], host=host)
    assert kept(host) == [b"a.json", b"c.json"]


def test_more_files_than_a_page_are_found_in_order(host: FrozenHost, folder: Path) -> None:
    whole = artifacts.trace(folder / "0.json").read_bytes()
    for number in range(2_500):
        (folder / f"{number}.json").write_bytes(whole)
    first = index([OUT], host=host)
    spoil(host)
    (folder / "1000.json").unlink()
    (folder / "1000a.json").write_bytes(whole)
    again = index([OUT], host=host)
    read_anew = [row.path for row in again.rows if row.tool_name != "tool.KEPT!!"]
    assert read_anew == [f"{OUT}/1000a.json"]
    assert len(again.rows) == len(first.rows)


def test_an_entry_of_one_working_directory_says_nothing_in_another(
    host: FrozenHost, folder: Path, tmp_path: Path
) -> None:
    artifacts.trace(folder / "t.json")
    index([OUT], host=host)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(folder, elsewhere / OUT)
    other = FrozenHost(elsewhere, {"XDG_CACHE_HOME": str(host.home / ".cache")}, now_ns=LATER_NS)
    spoil(host)
    (row,) = index([OUT], host=other).rows
    assert row.tool_name == "tool.deploy"


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_no_text_is_listed_and_not_kept(host: FrozenHost, folder: Path) -> None:
    path = artifacts.trace(folder / "t.json")
    path.rename(os.fsdecode(os.fsencode(folder) + b"/\xff.json"))
    assert index([OUT], host=host) == index([OUT], host=host)
    assert not cache_of(host).exists()


def test_whoever_stops_early_loses_nothing(host: FrozenHost, folder: Path) -> None:
    for name in "abc":
        artifacts.trace(folder / f"{name}.json")
    index([OUT], host=host)
    with closing(cast("Generator[IndexRow]", scan([OUT], host=host))) as rows:
        next(rows)
    assert kept(host) == [b"a.json", b"b.json", b"c.json"]


class TestChecks:
    def test_a_verdict_is_kept_with_its_time(self, host: FrozenHost, folder: Path) -> None:
        artifacts.runpack(folder / "p.zip")
        (first,) = find_inbox([OUT], host=host).checked
        host.now += 3600 * 10**9
        (again,) = find_inbox([OUT], host=host).checked
        assert again == first
        (anew,) = find_inbox([OUT], host=host, use_cache=False).checked
        assert anew.checked_at != first.checked_at

    def test_a_changed_file_is_verified_again(self, host: FrozenHost, folder: Path) -> None:
        path = artifacts.runpack(folder / "p.zip")
        facts = path.stat()
        assert find_inbox([OUT], host=host).checked[0].state == "intact"
        data = path.read_bytes()
        with path.open("r+b") as file:
            file.write(data.replace(b"gait.runpack.refs", b"gait.runpack.refz"))
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        assert path.stat().st_size == facts.st_size
        assert find_inbox([OUT], host=host).checked[0].state != "intact"

    def test_a_verdict_that_was_tampered_with_in_the_cache_is_none(
        self, host: FrozenHost, folder: Path
    ) -> None:
        path = artifacts.runpack(folder / "p.zip")
        members = runs.members_of(path)
        path.write_bytes(runs.archive({**members, "run.json": b"{}"}))
        assert find_inbox([OUT], host=host).checked[0].state == "damaged"
        connection = sqlite3.connect(cache_of(host))
        with connection:
            connection.execute(
                "UPDATE entries SET body = CAST(replace(body, 'damaged', 'intact!') AS BLOB)"
                " WHERE area = 'checks'"
            )
        connection.close()
        assert find_inbox([OUT], host=host).checked[0].state == "damaged"
