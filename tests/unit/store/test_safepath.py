import sys
from pathlib import Path

import pytest

from gait_engine.errors import Hazard, InvalidInput
from gait_engine.store.safepath import (
    clean,
    contained,
    display_path,
    join,
    refuse_escape,
    relative_escapes,
    safe_name,
)


@pytest.mark.parametrize(
    "text",
    ["run_a-1", "run 1", "a.b:c", "...", "läuft", "実行", "рун", "été", "-x", "$(id)", "a'b", "😀"],
)
def test_an_honest_name_passes_unchanged(text: str) -> None:
    assert safe_name(text, prefix="runpack_", suffix=".zip") == f"runpack_{text}.zip"


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "..", "a/b", "/a", "../a", "a\\b", 'a"b', "a\0b", "a\nb", "a\tb", "a\x1b[0m"),
        *("a\x7fb", "a\x85b", "a\x9bb", "a\u061cb", "a\u180eb", "a\u200bb", "a\u200db", "a\u200eb"),
        *("a\u2028b", "a\u2029b", "a\u202eb", "a\u2060b", "a\u2066b", "a\ufeffb", "a\U000e0041b"),
        *("a\ud800b", "x" * 244, "ü" * 122),
    ],
)
def test_a_name_that_could_leave_its_folder_or_forge_a_line_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        safe_name(text, prefix="runpack_", suffix=".zip")
    error = caught.value
    assert (error.exit_code, error.code) == (6, "run_id_unsafe")
    assert error.hazards == (Hazard("run_id_unsafe", "run id"),)
    assert error.message.isprintable()


def test_the_longest_name_has_255_bytes() -> None:
    assert len(safe_name("x" * 243, prefix="runpack_", suffix=".zip")) == 255
    assert len(safe_name("x" * 255)) == 255


def test_a_name_of_another_kind_is_refused_with_its_own_code() -> None:
    with pytest.raises(InvalidInput, match="fixture name: 'a/b' holds U\\+002F") as caught:
        safe_name("a/b", what="fixture name", code="path_unsafe")
    assert caught.value.hazards == (Hazard("path_unsafe", "fixture name"),)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("", "."),
        (".", "."),
        ("./", "."),
        ("a", "a"),
        ("./a", "a"),
        ("a/", "a"),
        ("a//b", "a/b"),
        ("a/./b", "a/b"),
        ("a/../b", "b"),
        ("a/b/../../..", ".."),
        ("a/..", "."),
        ("..", ".."),
        ("../..", "../.."),
        ("../../a", "../../a"),
        ("../a/../..", "../.."),
        ("/", "/"),
        ("//", "/"),
        ("//a", "/a"),
        ("///a//b/", "/a/b"),
        ("/..", "/"),
        ("/../../a", "/a"),
        ("/a/../..", "/"),
        ("...", "..."),
        ("a/...", "a/..."),
        (" a", " a"),
        ("a\\..\\b", "a\\..\\b"),
    ],
)
def test_cleaning_a_path(path: str, wanted: str) -> None:
    assert clean(path) == wanted


@pytest.mark.parametrize(
    ("folder", "name", "wanted"),
    [
        ("./gait-out", "x.zip", "gait-out/x.zip"),
        ("", "x.zip", "x.zip"),
        (".", "x", "x"),
        ("/", "x", "/x"),
        ("o/", "x", "o/x"),
        ("o", "../../x", "../x"),
    ],
)
def test_joining_cleans(folder: str, name: str, wanted: str) -> None:
    assert join(folder, name) == wanted


@pytest.mark.parametrize(
    ("path", "escapes"),
    [
        ("..", True),
        ("../x", True),
        ("a/../../x", True),
        ("./../x", True),
        ("a/../x", False),
        ("..x", False),
        ("...", False),
        (".", False),
        ("", False),
        ("/../x", False),
        ("/a/../../x", False),
    ],
)
def test_only_a_relative_path_can_climb_out(path: str, *, escapes: bool) -> None:
    assert relative_escapes(path) is escapes


def test_a_path_that_climbs_out_is_refused_and_another_comes_back_clean() -> None:
    assert refuse_escape("x/../t.json", "--trace-out") == "t.json"
    with pytest.raises(InvalidInput, match=r"--trace-out: '\.\./t\.json' leaves") as caught:
        refuse_escape("../t.json", "--trace-out")
    assert (caught.value.exit_code, caught.value.code) == (6, "invalid_input")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("o/r.zip", "./o/r.zip"),
        ("r.zip", "./r.zip"),
        ("/o/r.zip", "/o/r.zip"),
        ("../r.zip", "../r.zip"),
        (".hidden/r.zip", ".hidden/r.zip"),
    ],
)
def test_a_path_is_shown_with_a_slash_in_it(path: str, wanted: str) -> None:
    assert display_path(path) == wanted


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root/sub").mkdir(parents=True)
    (tmp_path / "root2").mkdir()
    return tmp_path / "root"


@pytest.mark.parametrize("path", ["a", "sub/../a", "sub/new/a", ".", "no/../a"])
def test_a_path_inside_its_root_comes_back_resolved(root: Path, path: str) -> None:
    resolved = contained(root, Path(path), "fixture")
    assert resolved == (root / path).resolve()
    assert resolved.is_relative_to(root)


def test_an_absolute_path_inside_the_root_passes(root: Path) -> None:
    assert contained(root, root / "a", "fixture") == root / "a"


@pytest.mark.parametrize("path", ["..", "../root2/a", "/etc/passwd", "sub/../../root2", "a\0b"])
def test_a_path_outside_its_root_is_refused(root: Path, path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        contained(root, Path(path), "fixture")
    assert (caught.value.exit_code, caught.value.code) == (6, "path_unsafe")


@pytest.mark.skipif(sys.platform == "win32", reason="making a link may need a privilege there")
@pytest.mark.parametrize("target", ["../root2", "/etc", "loop"])
def test_a_link_that_leads_out_is_refused(root: Path, target: str) -> None:
    (root / "loop").symlink_to(target)
    with pytest.raises(InvalidInput) as caught:
        contained(root, Path("loop/a"), "fixture")
    assert caught.value.code == "path_unsafe"


@pytest.mark.skipif(sys.platform == "win32", reason="making a link may need a privilege there")
def test_a_root_that_is_itself_a_link_is_followed(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    assert contained(link, Path("a"), "fixture") == root.resolve() / "a"
