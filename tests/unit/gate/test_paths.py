import pytest

from gait_engine.gate.paths import clean_path


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        ("", "."),
        (".", "."),
        ("./", "."),
        ("a/..", "."),
        ("/", "/"),
        ("//", "/"),
        ("//a", "/a"),
        ("/..", "/"),
        ("/../a", "/a"),
        ("/a/../b", "/b"),
        ("b//c/.", "b/c"),
        ("/usr/", "/usr"),
        ("..", ".."),
        ("../a/../..", "../.."),
        ("a/../../b", "../b"),
        ("a\\..\\b", "a\\..\\b"),
        (" a/ ..", " a/ .."),
        ("a\x00/../b\x00c", "b\x00c"),
    ],
)
def test_a_path_is_cleaned_as_text(path: str, cleaned: str) -> None:
    assert clean_path(path) == cleaned
    assert clean_path(cleaned) == cleaned
