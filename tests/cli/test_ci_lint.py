"""The CI kit as its files declare it: schemas, pins, permissions, no text of inputs in scripts."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from gait_engine.errors import InvalidInput
from tests.support import cikit
from tests.support.source import relative

SCHEMAS = [
    (cikit.ACTION, "github-action"),
    (cikit.WORKFLOW, "github-workflow"),
    (cikit.GITLAB, "gitlab-ci"),
    *((path, "github-workflow") for path in cikit.OWN_WORKFLOWS),
]
GITHUB = [cikit.ACTION, cikit.WORKFLOW, *cikit.OWN_WORKFLOWS]

each_github_file = pytest.mark.parametrize("path", GITHUB, ids=relative)
each_script = pytest.mark.parametrize("script", cikit.all_scripts(), ids=lambda made: made.name)


def faults(found: Any, schema: str) -> list[str]:
    return [fault.message for fault in Draft7Validator(cikit.schema(schema)).iter_errors(found)]


@pytest.mark.parametrize(("path", "schema"), SCHEMAS, ids=lambda value: Path(value).name)
def test_a_file_is_what_its_schema_wants(path: Path, schema: str) -> None:
    assert faults(cikit.document(path), schema) == []


@pytest.mark.parametrize(("path", "schema"), SCHEMAS[:3], ids=lambda value: Path(value).name)
def test_the_schemas_refuse_a_misspelled_member(path: Path, schema: str) -> None:
    declared = cikit.document(path)
    job = declared.get("gait-regress", declared)
    assert faults(declared, schema) == []
    job["artefacts"] = job["permission"] = ["x"]
    assert faults(declared, schema)


def test_a_repeated_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.yml").write_text("permissions: {}\npermissions: write-all\n")
    with pytest.raises(InvalidInput):
        cikit.document(tmp_path / "w.yml")


@each_github_file
def test_actions_of_others_are_pinned_by_commit(path: Path) -> None:
    used = [step["uses"] for step in cikit.steps(path) if "uses" in step]
    foreign = [name for name in used if not name.startswith("./")]
    assert [name for name in foreign if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)] == []


@pytest.mark.parametrize("path", GITHUB[1:], ids=relative)
def test_a_workflow_may_read_the_repository_and_no_more(path: Path) -> None:
    declared = cikit.document(path)
    assert declared["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in declared["on"]
    for job in declared["jobs"].values():
        assert "permissions" not in job
        assert job["timeout-minutes"] <= 20


@each_github_file
def test_no_expression_becomes_a_part_of_a_script(path: Path) -> None:
    assert [step["run"] for step in cikit.steps(path) if "${{" in step.get("run", "")] == []


@each_script
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_script_parses_and_quotes_every_variable(shell: str, script: cikit.Script) -> None:
    done = subprocess.run(
        [shell, "-n"], input=script.text.encode(), capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    code = script.text.partition("<<'EOF'")
    bare = re.sub(r'"[^"]*"|code=\$\?|#.*', "", code[0] + code[2].partition("\nEOF\n")[2])
    assert re.findall(r"\$\w+|`|\beval\b", bare) == []


def test_the_summary_is_made_by_one_program_in_three_files() -> None:
    programs = {
        re.sub(r"(?s).*<<'EOF'\n(.*?)\nEOF\n.*", r"\1", script.text)
        for script in cikit.regress_scripts()
    }
    assert len(programs) == 1


def test_each_output_is_one_that_is_made() -> None:
    action = cikit.document(cikit.ACTION)["outputs"]
    (script, *_) = cikit.regress_scripts()
    made = set(re.findall(r'^    "(\w+)":', script.text, re.MULTILINE))
    from_step = re.findall(r"steps\.regress\.outputs\.(\w+)", str(action))
    assert set(from_step) <= made
    assert set(from_step) == {*action} - {"artifact_path"}
    workflow = cikit.document(cikit.WORKFLOW)
    job = workflow["jobs"]["regress"]["outputs"]
    assert set(re.findall(r"steps\.regress\.outputs\.(\w+)", str(job))) <= {*action}
    called = str(workflow["on"]["workflow_call"]["outputs"])
    assert set(re.findall(r"jobs\.regress\.outputs\.(\w+)", called)) == {*job}


def test_the_jenkinsfile_is_one_whole_pipeline() -> None:
    text = cikit.JENKINS.read_text(encoding="utf-8")
    scripts = text.count("sh '''")
    assert scripts == len([*cikit.jenkins_scripts()]) == 2
    assert text.count("'''") == 2 * scripts
    code = re.sub(r"(?s)'''.*?'''", "", text)
    code = re.sub(r"'[^'\n]*'|//.*", "", code)
    assert '"' not in code  # a double-quoted Groovy text takes variables in
    depth, sections = 0, []
    for piece in re.findall(r"\w+(?=\s*(?:\(\s*\)\s*)?\{)|[{}]", code):
        if piece == "}":
            depth -= 1
            assert depth >= 0
        elif piece == "{":
            depth += 1
        else:
            sections.append((depth, piece))
    assert depth == 0
    assert [name for level, name in sections if level == 0] == ["pipeline"]
    assert [name for level, name in sections if level == 1] == [
        "options",
        "environment",
        "stages",
        "post",
    ]
    assert re.search(r"^  agent any$", text, re.MULTILINE)
