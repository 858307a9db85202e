import os
import sys
from pathlib import Path

import pytest

from gait_engine.errors import InvalidInput
from gait_engine.store.layout import (
    is_path,
    journal_chain_path,
    journal_state_path,
    resolve_runpack,
    runpack_path,
    searched_places,
)
from tests.support.hosts import FrozenHost


@pytest.fixture
def host(tmp_path: Path) -> FrozenHost:
    """A host with run_here recorded in the working directory, run_home only at home."""
    for folder, names in (
        ("gait-out", ["run_here", "run_both"]),
        ("home/.gait/runpacks", ["run_home", "run_both"]),
    ):
        (tmp_path / folder).mkdir(parents=True)
        for name in names:
            (tmp_path / folder / f"runpack_{name}.zip").touch()
    (tmp_path / "gait-out/runpack_folder.zip").mkdir()
    (tmp_path / "bare.zip").touch()
    (tmp_path / "gait-out/chain.json").touch()
    return FrozenHost(tmp_path)


@pytest.mark.parametrize(
    ("out_dir", "run_id", "wanted"),
    [
        ("./gait-out", "run_1", "gait-out/runpack_run_1.zip"),
        ("o/../p/", "run 1", "p/runpack_run 1.zip"),
        ("/abs", "r", "/abs/runpack_r.zip"),
        ("../up", "r", "../up/runpack_r.zip"),
    ],
)
def test_the_file_of_a_run(out_dir: str, run_id: str, wanted: str) -> None:
    assert runpack_path(out_dir, run_id) == wanted


def test_a_run_id_with_a_separator_makes_no_file_name() -> None:
    with pytest.raises(InvalidInput) as caught:
        runpack_path("gait-out", "../../x")
    assert caught.value.code == "run_id_unsafe"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("run_1", False),
        ("x.json", False),
        ("x.zip.bak", False),
        ("..", False),
        ("x.zip", True),
        ("X.ZIP", True),
        ("./x.json", True),
        ("a/b", True),
        ("a\\b", True),
        (".zip", True),
    ],
)
def test_what_counts_as_a_path(text: str, *, wanted: bool) -> None:
    assert is_path(text) is wanted


def test_a_given_path_is_shown_as_given(host: FrozenHost) -> None:
    for text in ("bare.zip", "./bare.zip", "gait-out/../bare.zip", "./gait-out/chain.json"):
        found = resolve_runpack(text, host)
        assert (found.shown, found.path) == (text, host.cwd / text)
        assert found.path.is_file()


def test_a_run_id_is_looked_up_in_the_working_directory_then_at_home(host: FrozenHost) -> None:
    here = resolve_runpack("run_here", host)
    home = resolve_runpack("run_home", host)
    both = resolve_runpack("run_both", host)
    assert here == (host.cwd / "gait-out/runpack_run_here.zip", "gait-out/runpack_run_here.zip")
    assert home.shown == str(host.home / ".gait/runpacks/runpack_run_home.zip")
    assert home.path == Path(home.shown)
    assert both.shown == "gait-out/runpack_run_both.zip"


def test_an_unknown_run_id_names_every_place_that_was_looked_at(host: FrozenHost) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve_runpack("run_nowhere", host)
    assert "'gait-out/runpack_run_nowhere.zip'" in caught.value.message
    assert f"'{host.home}/.gait/runpacks/runpack_run_nowhere.zip'" in caught.value.message
    assert caught.value.exit_code == 6


def test_each_place_of_a_run_id_is_reported_with_what_stands_there(host: FrozenHost) -> None:
    here = "gait-out/runpack_run_home.zip"
    home = f"{host.home}/.gait/runpacks/runpack_run_home.zip"
    assert searched_places("run_home", host) == [(here, "none"), (home, "found")]
    assert searched_places("folder", host)[0] == ("gait-out/runpack_folder.zip", "a folder")


@pytest.mark.parametrize(
    "text",
    ["", "missing.zip", "./missing", "gait-out/", "folder", "..", "a\0b", "x" * 300, "bare.zip/x"],
)
def test_what_is_no_file_is_not_found(host: FrozenHost, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve_runpack(text, host)
    assert caught.value.code == "invalid_input"


def test_a_json_file_without_a_slash_gets_a_hint(host: FrozenHost) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve_runpack("chain.json", host)
    assert "./chain.json" in caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are POSIX")
def test_a_pipe_is_found_and_left_to_the_reader_to_refuse(host: FrozenHost) -> None:
    os.mkfifo(host.cwd / "pipe.zip")
    assert resolve_runpack("pipe.zip", host).shown == "pipe.zip"


@pytest.mark.parametrize(
    ("journal", "chain"),
    [
        ("s/j.jsonl", "s/j_chain.json"),
        ("j", "j_chain.json"),
        ("/j.jsonl", "/j_chain.json"),
        ("s.d/j", "s.d/j_chain.json"),
        ("s/j.tar.gz", "s/j.tar_chain.json"),
        ("s/.jsonl", "s/_chain.json"),
        ("s/j.", "s/j_chain.json"),
    ],
)
def test_the_files_beside_a_journal(journal: str, chain: str) -> None:
    assert journal_chain_path(journal) == chain
    assert journal_state_path(journal) == f"{journal}.state.json"


def test_a_run_id_is_looked_up_in_the_given_roots_before_the_usual_places(
    frozen_host: FrozenHost,
) -> None:
    for folder in ("elsewhere", "gait-out"):
        (frozen_host.cwd / folder).mkdir()
        (frozen_host.cwd / folder / "runpack_run_1.zip").touch()
    assert resolve_runpack("run_1", frozen_host).shown == "gait-out/runpack_run_1.zip"
    found = resolve_runpack("run_1", frozen_host, ["./elsewhere"])
    assert found.shown == "elsewhere/runpack_run_1.zip"
    places = [place for place, _ in searched_places("run_2", frozen_host, ["./elsewhere"])]
    assert places[:2] == ["elsewhere/runpack_run_2.zip", "gait-out/runpack_run_2.zip"]
