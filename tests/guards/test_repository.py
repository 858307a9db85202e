"""What the repository promises beside its code."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import gait_engine
from tests.support.process import ROOT
from tests.support.source import relative

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROSE = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", ".github/**/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
)
YAML_FILES = sorted([*ROOT.glob(".github/**/*.yml"), ROOT / ".pre-commit-config.yaml"])
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|TBD|lorem ipsum|coming soon)\b", re.IGNORECASE)
OWN_MACHINE = re.compile(r"(?<![\w.~/])/(?:root|home|Users|work)/\w")


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize(
    "wanted",
    [
        *PYPROJECT["project"]["dependencies"],
        *PYPROJECT["project"]["optional-dependencies"]["dev"],
        *PYPROJECT["build-system"]["requires"],
    ],
)
def test_every_dependency_is_pinned_within_its_range(wanted: str) -> None:
    requirement = Requirement(wanted)
    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("path", PROSE, ids=relative)
def test_prose_is_finished_and_names_no_path_of_one_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert UNFINISHED.findall(text) == []
    assert OWN_MACHINE.findall(text) == []


@pytest.mark.parametrize("path", PROSE, ids=relative)
def test_every_link_to_a_file_of_the_repository_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", YAML_FILES, ids=relative)
def test_workflow_and_template_files_are_valid_yaml(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)


def test_ci_runs_every_supported_python_on_every_system() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"]["check"]["strategy"]["matrix"]
    classifiers = " ".join(PYPROJECT["project"]["classifiers"])
    assert matrix["python"] == re.findall(r":: (3\.\d+)", classifiers)
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}


def test_ci_runs_every_step_of_make_check() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    steps = {step.get("run") for step in workflow["jobs"]["check"]["steps"]}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipes = dict(re.findall(r"^(lint|check):.*\n((?:\t.*\n)+)", makefile, re.MULTILINE))
    commands = re.findall(r"\$\(BIN\)/(.+)", recipes["lint"] + recipes["check"])
    assert len(commands) == 5
    assert set(commands) <= steps


def test_the_changelog_has_a_section_for_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## [{gait_engine.__version__}]" in changelog


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/adr/*.md")), ids=relative)
def test_a_decision_record_is_short_and_says_what_was_measured(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 40
    headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert headings == ["Context", "Decision", "Evidence", "Consequences"]


def test_every_folder_that_ships_in_the_wheel_holds_something() -> None:
    """git keeps no empty folder, and without it not even an editable install works."""
    wheel = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    empty = [f for f in wheel["force-include"] if not any((ROOT / f).rglob("*.*"))]
    assert empty == []
