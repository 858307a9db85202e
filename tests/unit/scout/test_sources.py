"""Lists of runs, and whose refusal a refusal is."""

import subprocess
import sys
from pathlib import Path

import pytest

from gait_engine.errors import GaitError, InvalidInput, IoFailure, VerificationFailed
from gait_engine.scout.sources import SourceFile, is_ours_alone, listed, once
from tests.support.process import bare_env

READ = (
    "from gait_engine.host import Host\n"
    "from gait_engine.scout.sources import read_list\n"
    "print(read_list('-', host=Host()))"
)


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are POSIX")
def test_a_list_is_read_from_standard_input(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ],
        input="./a.zip\n\n run_x \n",
        cwd=tmp_path,
        env=bare_env(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "['./a.zip', 'run_x']\n"


def test_a_list_by_commas_has_no_blanks() -> None:
    assert listed(" a, ,b c,") == ["a", "b c"]


def test_a_file_that_is_also_named_counts_as_named() -> None:
    files = [SourceFile("b", is_swept=True), SourceFile(" a", is_swept=True)]
    assert once([*files, SourceFile("b", is_swept=False)]) == [
        SourceFile("a", is_swept=True),
        SourceFile("b", is_swept=False),
    ]


@pytest.mark.parametrize(
    ("error", "is_ours"),
    [
        (InvalidInput("x"), False),
        (VerificationFailed("x"), False),
        (IoFailure("x"), False),
        (InvalidInput("x", code="json_duplicate_key"), True),
        (VerificationFailed("x", code="zip_overlap"), True),
    ],
)
def test_a_refusal_with_a_code_of_its_own_is_ours_alone(error: GaitError, *, is_ours: bool) -> None:
    assert is_ours_alone(error) is is_ours
