"""Finding fixtures by file and by folder."""

import os
from pathlib import Path

import pytest

from gait_engine.errors import GaitError, InvalidInput
from gait_engine.store.fixtures import find_fixtures
from tests.support.hosts import FrozenHost


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("fx/a.json", "fx/sub/deep.JSON", "fx/readme.txt", "b.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}", encoding="utf-8")
    return tmp_path


def test_folders_are_searched_through_and_every_file_counts_once(folder: Path) -> None:
    named = ["fx/", " ./fx/../fx/a.json ", "b.json", ""]
    assert find_fixtures(named, host=FrozenHost(folder)) == [
        *("b.json", "fx/a.json", "fx/sub/deep.JSON"),
    ]


def test_the_working_directory_is_a_folder_too(folder: Path) -> None:
    found = find_fixtures(["."], host=FrozenHost(folder))
    assert found == ["b.json", "fx/a.json", "fx/sub/deep.JSON"]


def test_an_absolute_folder_gives_absolute_paths(folder: Path) -> None:
    found = find_fixtures([str(folder / "fx")], host=FrozenHost(folder / "fx" / "sub"))
    assert found == [str(folder / "fx" / "a.json"), str(folder / "fx" / "sub" / "deep.JSON")]


@pytest.mark.parametrize("named", [[], ["", " "], ["nope"], ["nope.json"], ["fx/readme.txt"]])
def test_nothing_missing_and_no_json_are_refused(folder: Path, named: list[str]) -> None:
    with pytest.raises(InvalidInput):
        find_fixtures(named, host=FrozenHost(folder))


def test_a_folder_without_fixtures_is_refused(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(InvalidInput, match="none found"):
        find_fixtures(["empty"], host=FrozenHost(folder))


def test_a_path_that_leads_nowhere_is_refused(folder: Path) -> None:
    (folder / "fx" / "loop").symlink_to("loop")
    with pytest.raises(InvalidInput):
        find_fixtures(["fx/loop"], host=FrozenHost(folder))


def test_a_folder_that_cannot_be_listed_is_not_passed_over(folder: Path) -> None:
    """Its path is longer than any system takes; by steps it can still be made."""
    name = "d" * 200
    above = os.open(folder / "fx", os.O_RDONLY)
    for _ in range(25):
        os.mkdir(name, dir_fd=above)
        below = os.open(name, os.O_RDONLY, dir_fd=above)
        os.close(above)
        above = below
    os.close(above)
    with pytest.raises(GaitError):
        find_fixtures(["fx"], host=FrozenHost(folder))
