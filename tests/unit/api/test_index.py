"""`index`: every artifact has its row, the broken ones too, and nothing is read twice."""

import os
import shutil
from pathlib import Path

import pytest

from gait_engine.api import session
from gait_engine.api.index import counted, index, newest_first, scan, searched
from gait_engine.contract.answers.index import IndexRow
from gait_engine.errors import InvalidInput
from gait_engine.wire.timestamps import Timestamp
from tests.support import runs, sessions
from tests.support.hosts import FrozenHost


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "gait-out"
    path.mkdir()
    return path


def put(folder: Path, name: str, age: int = 0, data: bytes | None = None) -> Path:
    """Write a file of that age in seconds; a runpack unless told otherwise."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(runs.sealed(runs.members()) if data is None else data)
    os.utime(path, (1_000_000 - age, 1_000_000 - age))
    return path


def paths(rows: tuple[IndexRow, ...]) -> list[str]:
    return [row.path for row in rows]


def test_a_runpack_is_listed_with_what_its_manifest_says(
    frozen_host: FrozenHost, folder: Path
) -> None:
    path = put(folder, "runpack_run_x.zip")
    (row,) = index(host=frozen_host).rows
    manifest = runs.document(path, "manifest.json")
    assert row == IndexRow(
        kind="runpack",
        path="gait-out/runpack_run_x.zip",
        run_id="run_x",
        created_at=Timestamp(runs.STARTED),
        manifest_digest=manifest["manifest_digest"],
        capture_mode="reference",
        signatures=0,
        size=path.stat().st_size,
        mtime_ns=path.stat().st_mtime_ns,
        inode=path.stat().st_ino,
        at_ns=path.stat().st_mtime_ns,
    )


def test_a_session_chain_is_listed_with_its_checkpoints(frozen_host: FrozenHost) -> None:
    sessions.begun(frozen_host, events=1)
    session.checkpoint(sessions.JOURNAL, out="1.zip", host=frozen_host)
    rows = {row.kind: row for row in index(["s"], host=frozen_host).rows}
    assert rows.keys() == {"session", "session_chain"}
    row = rows["session_chain"]
    assert (row.kind, row.path) == ("session_chain", "s/j_chain.json")
    assert (row.session_id, row.run_id, row.checkpoints) == ("sess_1", "run_1", 1)


def test_rows_come_newest_first_then_by_path(frozen_host: FrozenHost, folder: Path) -> None:
    for name, age in (("old.zip", 9), ("b.zip", 5), ("new.zip", 1), ("a.zip", 5)):
        put(folder, name, age)
    answer = index(host=frozen_host)
    assert [row.path.rpartition("/")[2] for row in answer.rows] == [
        "new.zip",
        "a.zip",
        "b.zip",
        "old.zip",
    ]


def test_folders_are_searched_all_the_way_down(frozen_host: FrozenHost, folder: Path) -> None:
    put(folder, "a/b/c.zip")
    put(folder, "a/.hidden/d.zip")
    assert sorted(paths(index(host=frozen_host).rows)) == [
        "gait-out/a/.hidden/d.zip",
        "gait-out/a/b/c.zip",
    ]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.zip", b"", "invalid_input"),
        ("text.zip", b"not a zip", "invalid_input"),
        ("runpack_other.zip", runs.archive({"a.txt": b"x"}), "invalid_input"),
        ("manifest.zip", runs.archive({"manifest.json": b"{"}), "invalid_input"),
        ("twice.zip", runs.archive({"manifest.json": b'{"a":1,"a":2}'}), "json_duplicate_key"),
        ("broken_chain.json", b"{}", "invalid_input"),
        ("torn_chain.json", b'{"session_id', "invalid_input"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_broken_artifact_keeps_its_row_with_the_error(
    frozen_host: FrozenHost, folder: Path, name: str, data: bytes, code: str
) -> None:
    put(folder, name, data=data)
    put(folder, "good.zip", 1)
    answer = index(host=frozen_host)
    assert answer.ok
    broken, good = answer.rows
    assert (broken.path, broken.size) == (f"gait-out/{name}", len(data))
    assert (broken.run_id, broken.error_code) == ("", code)
    assert broken.error
    assert good.error == ""


def test_a_truncated_runpack_keeps_its_row(frozen_host: FrozenHost, folder: Path) -> None:
    whole = runs.sealed(runs.members())
    put(folder, "cut.zip", data=whole[:-30])
    (row,) = index(host=frozen_host).rows
    assert (row.kind, row.error_code) == ("runpack", "invalid_input")


def test_a_tampered_runpack_is_listed_as_it_claims_since_nothing_is_verified(
    frozen_host: FrozenHost, folder: Path
) -> None:
    path = put(folder, "p.zip")
    put(folder, "p.zip", data=runs.archive(runs.members_of(path) | {"run.json": b"{}"}))
    (row,) = index(host=frozen_host).rows
    assert (row.run_id, row.error) == ("run_x", "")


@pytest.mark.skipif(os.name == "nt", reason="links and pipes are POSIX")
def test_links_pipes_and_other_names_are_passed_by(
    frozen_host: FrozenHost, folder: Path, tmp_path: Path
) -> None:
    put(tmp_path, "elsewhere/x.zip")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "pipe.zip")
    (folder / "folder.zip").mkdir()
    put(folder, "notes.txt")
    put(folder, "chain.json")
    assert index(host=frozen_host).rows == ()


def test_a_root_without_a_name_is_refused(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput, match="root: empty, expected a folder"):
        index(("gait-out", ""), host=frozen_host)


def test_a_root_that_is_a_link_is_searched(
    frozen_host: FrozenHost, folder: Path, tmp_path: Path
) -> None:
    put(folder, "x.zip")
    (tmp_path / "linked").symlink_to(folder)
    assert paths(index(["linked"], host=frozen_host).rows) == ["linked/x.zip"]


class TestRoots:
    def test_each_root_says_how_it_fared(
        self, frozen_host: FrozenHost, folder: Path, tmp_path: Path
    ) -> None:
        put(folder, "x.zip")
        (tmp_path / "file").write_bytes(b"")
        answer = index(["gait-out", "nowhere", "file"], host=frozen_host)
        assert answer.ok
        assert [(root.path, root.state, root.artifacts) for root in answer.roots] == [
            ("gait-out", "ok", 1),
            ("nowhere", "missing", 0),
            ("file", "unreadable", 0),
        ]

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
    def test_a_folder_that_may_not_be_read_says_so(
        self, frozen_host: FrozenHost, folder: Path
    ) -> None:
        folder.chmod(0)
        states = [root.state for root in searched(["gait-out"], host=frozen_host)]
        folder.chmod(0o700)
        assert states == ["unreadable"]

    def test_an_artifact_under_two_roots_is_listed_once_by_each_name(
        self, frozen_host: FrozenHost, folder: Path
    ) -> None:
        put(folder, "a/x.zip")
        same = index(["gait-out", "gait-out"], host=frozen_host)
        assert paths(same.rows) == ["gait-out/a/x.zip"]
        nested = index(["gait-out", "gait-out/a"], host=frozen_host)
        assert paths(nested.rows) == ["gait-out/a/x.zip"]
        assert [root.artifacts for root in nested.roots] == [1, 1]

    @pytest.mark.parametrize("root", ["gait-out", "gait-out/", "./gait-out", "."])
    def test_a_path_begins_with_its_root_as_it_was_given(
        self, frozen_host: FrozenHost, folder: Path, root: str
    ) -> None:
        put(folder, "x.zip")
        answer = index([root], host=frozen_host)
        ((row,), (found,)) = answer.rows, answer.roots
        assert row.path.startswith(root.rstrip("/") + "/")
        assert found.artifacts == 1

    def test_the_root_of_the_file_system_is_one(
        self, frozen_host: FrozenHost, folder: Path
    ) -> None:
        put(folder, "x.zip")
        rows = index([str(folder)], host=frozen_host).rows
        assert paths(rows) == [f"{folder}/x.zip"]


class TestKnownRows:
    def test_a_known_row_is_yielded_unread(self, frozen_host: FrozenHost, folder: Path) -> None:
        path = put(folder, "x.zip")
        (row,) = scan(["gait-out"], host=frozen_host)
        known = {row.path: row}
        put(folder, "x.zip", data=b"x" * path.stat().st_size)
        (again,) = scan(["gait-out"], host=frozen_host, known=known)
        assert again is row

    @pytest.mark.parametrize("change", ["size", "time"])
    def test_a_changed_file_is_read_again(
        self, frozen_host: FrozenHost, folder: Path, change: str
    ) -> None:
        path = put(folder, "x.zip")
        (row,) = scan(["gait-out"], host=frozen_host)
        put(
            folder,
            "x.zip",
            age=change == "time",
            data=path.read_bytes()[: -(change == "size") or None],
        )
        (again,) = scan(["gait-out"], host=frozen_host, known={row.path: row})
        assert again != row

    def test_a_row_that_is_gone_is_not_yielded(self, frozen_host: FrozenHost, folder: Path) -> None:
        path = put(folder, "x.zip")
        known = {row.path: row for row in scan(["gait-out"], host=frozen_host)}
        path.unlink()
        assert list(scan(["gait-out"], host=frozen_host, known=known)) == []


def test_rows_stream_before_the_search_is_over(frozen_host: FrozenHost, folder: Path) -> None:
    put(folder, "a.zip")
    rows = scan(["gait-out", "later"], host=frozen_host)
    assert next(rows).path == "gait-out/a.zip"
    put(frozen_host.cwd / "later", "b.zip")
    assert next(rows).path == "later/b.zip"


def test_a_file_or_folder_that_vanishes_during_the_search_is_passed_by(
    frozen_host: FrozenHost, folder: Path
) -> None:
    for name in ("a.zip", "b.zip", "c/d.zip", "e.zip"):
        put(folder, name)
    rows = scan(["gait-out"], host=frozen_host)
    assert next(rows).path == "gait-out/a.zip"
    (folder / "b.zip").unlink()
    shutil.rmtree(folder / "c")
    assert [row.path for row in rows] == ["gait-out/e.zip"]


def test_newest_first_is_a_total_order(frozen_host: FrozenHost, folder: Path) -> None:
    for name in ("b.zip", "a.zip", "c.zip"):
        put(folder, name)
    rows = list(scan(["gait-out"], host=frozen_host))
    assert newest_first(rows) == newest_first(reversed(rows))


def test_a_root_says_how_many_of_its_artifacts_could_not_be_read(
    frozen_host: FrozenHost, folder: Path
) -> None:
    put(folder, "runpack_run_x.zip")
    put(folder, "runpack_run_y.zip", data=b"no archive")
    put(folder / "deep", "runpack_run_z.zip", data=b"")
    found = index(["gait-out", "none"], host=frozen_host)
    said = [(root.path, root.state, root.artifacts, root.unread) for root in found.roots]
    assert said == [("gait-out", "ok", 3, 2), ("none", "missing", 0, 0)]
    assert counted(found.rows, ["gait-out", "none"], host=frozen_host) == found.roots
