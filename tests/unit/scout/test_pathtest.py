"""Which paths a snapshot looks at."""

import pytest

from gait_engine.scout.pathtest import path_test


@pytest.mark.parametrize(
    ("pattern", "path", "is_hit"),
    [
        ("*.py", "a.py", True),
        ("*.py", "d/a.py", False),
        ("d/?.py", "d/a.py", True),
        ("d?a.py", "d/a.py", False),
        ("[a-c].py", "b.py", True),
        ("[^a-c].py", "b.py", False),
        ("[^a-c].py", "z.py", True),
        ("[xb].py", "b.py", True),
        (r"\*.py", "*.py", True),
        (r"[\]].py", "].py", True),
        ("[z-a].py", "m.py", False),
        ("[]a].py", "a.py", False),
        ("[-a].py", "a.py", False),
        ("[a", "xa", False),
        ("a\\", "a", False),
        ("gen", "src/agent.py", True),
        ("[a", "x/[a/b.py", True),
    ],
)
def test_a_pattern_hits_as_a_glob_of_the_whole_path_or_as_a_part_of_it(
    pattern: str, path: str, *, is_hit: bool
) -> None:
    assert path_test([pattern], [])(path) is is_hit
    assert path_test([], [pattern])(path) is not is_hit


def test_exclude_beats_include() -> None:
    assert not path_test(["a.py"], ["a"])("a.py")
    assert path_test([], [])("anything")
