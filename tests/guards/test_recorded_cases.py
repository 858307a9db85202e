"""The recorded cases: all of them run, but those whose command does not exist yet."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.conformance.selected import (
    argv_of,
    case_names,
    command_of,
    is_named,
    left_out_line,
    patterns,
    refused,
    split_cases,
)
from tests.support.process import ROOT, gait


@pytest.fixture(scope="module")
def help_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    return gait("--help", cwd=tmp_path_factory.mktemp("help")).stdout


@pytest.mark.parametrize("line", patterns())
def test_every_line_of_the_selection_means_some_case(line: str) -> None:
    assert any(is_named(case, line) for case in case_names())


def test_a_case_is_left_out_only_while_its_command_does_not_exist(help_text: str) -> None:
    assert re.search(r"^\W*verify\b", help_text, re.MULTILINE)
    run, left_out = split_cases()
    waiting = {command_of(case) for case in left_out if case not in refused()}
    existing = {c for c in waiting if re.search(rf"^\W*{c}\b", help_text, re.MULTILINE)}
    assert existing == set()
    assert len(run) + len(left_out) == len(case_names())


@pytest.mark.parametrize("case", refused())
def test_a_refused_case_ends_with_exit_7_until_its_command_can_do_it(
    case: str, tmp_path: Path
) -> None:
    assert gait(*argv_of(case), cwd=tmp_path).returncode == 7


def test_the_first_line_of_a_run_counts_what_is_left_out() -> None:
    cases = ["attacks/path/job-submit-space", "attacks/path/regress-config-dotdot"]
    assert left_out_line(cases, 10) == (
        "not run: 2 of 10 copied cases need commands that do not exist yet (job 1, regress 1)"
    )
    assert left_out_line([], 10).endswith("(none)")


def test_every_listed_divergence_names_cases_exits_and_a_reason() -> None:
    path = ROOT / "tests" / "conformance" / "divergences.toml"
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("divergence", [])
    run, _ = split_cases()
    for row in rows:
        assert set(row) == {"cases", "exit", "why"}
        assert len(row["why"]) >= 20, row
        for pattern in row["cases"]:
            assert any(is_named(case, pattern) for case in run), pattern


def test_no_recorded_case_lies_outside_the_root_of_the_runner() -> None:
    assert (ROOT / "tests" / "golden" / "README.md").is_file()
    assert {Path(case).parts[0] for case in case_names()} >= {"jcs", "verify", "attacks"}
