"""The scripts of the CI kit, run in a shell as the runner would, and what they leave."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.support import cikit, runs
from tests.support.fixturesets import CALLS, with_candidate, write_config, write_fixture
from tests.support.hosts import FrozenHost
from tests.support.process import ROOT, bare_env
from tests.support.runs import result
from tests.support.zipforge import Part, forge

FOLDER: Final = "gait-out/regress-ci"
CHANGED: Final = CALLS | {"results": [result("i1"), result("i2", status="denied")]}
SCRIPTS: Final = cikit.regress_scripts()
ACTION: Final = SCRIPTS[0]
WHEEL: Final = "ci_probe-1.0-py3-none-any.whl"

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda made: made.name)


@pytest.fixture
def host(tmp_path: Path) -> FrozenHost:
    """A host in a folder beside which the runner keeps its own files."""
    (tmp_path / "work").mkdir()
    return FrozenHost(tmp_path / "work")


def shell(
    script: cikit.Script, cwd: Path, shell: str = "sh", **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a script as a runner does: stop at the first failure, and at an unset variable."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    home = cwd.parent
    files = {
        name: str(home / name)
        for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        if script.name.startswith("action.yml")
    }
    return subprocess.run(
        [shell, "-eu"],
        input=script.text,
        cwd=cwd,
        env=bare_env(home) | {"PATH": path} | files | dict(script.env) | env,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def passing(host: FrozenHost) -> None:
    write_fixture(host)
    write_config(host, "alpha")


def failing(host: FrozenHost) -> None:
    with_candidate(host, CHANGED)


def broken(host: FrozenHost) -> None:
    write_fixture(host)
    write_config(host, "alpha", "beta\nstatus=pass\n::error::x", "gamma\x1b[2J")


def empty(_: FrozenHost) -> None:
    pass


def repeated(host: FrozenHost) -> None:
    twice = forge(Part("run.json", b""), Part("run.json", b""))
    (write_fixture(host) / "runpack.zip").write_bytes(twice)
    write_config(host, "alpha")


SETS: Final = {
    "passing": (passing, 0, "pass"),
    "failing": (failing, 5, "fail"),
    "broken": (broken, 6, "broken"),
    "without a config": (empty, 6, "error"),
    "with a repeated entry": (repeated, 2, "broken"),
}


def rows_of(text: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in text.splitlines()]
    assert len({key for key, _, _ in pairs}) == len(pairs)
    return {key: value for key, _, value in pairs}


@each_script
@pytest.mark.parametrize("name", SETS)
def test_the_exit_code_is_gaits_and_the_summary_says_why(
    host: FrozenHost, script: cikit.Script, name: str
) -> None:
    make, code, status = SETS[name]
    make(host)
    folder = host.cwd / FOLDER
    folder.mkdir(parents=True)
    for stale in ("regress_result.json", "junit.xml"):
        (folder / stale).write_text("of an earlier job")
    done = shell(script, host.cwd)
    assert done.returncode == code, done.stderr
    rows = rows_of((folder / "summary.txt").read_text(encoding="utf-8"))
    assert (rows["status"], rows["exit_code"]) == (status, str(code))
    assert done.stdout == (folder / "summary.txt").read_text(encoding="utf-8")
    is_judged = code in (0, 5)
    assert (folder / "regress_result.json").exists() is is_judged
    assert (folder / "junit.xml").exists() is is_judged
    assert rows["result_path"] == (f"{FOLDER}/regress_result.json" if is_judged else "")
    assert rows["junit_path"] == (f"{FOLDER}/junit.xml" if is_judged else "")
    assert bool(rows["error"]) is not is_judged
    assert json.loads((folder / "answer.json").read_bytes())["ok"] is (code == 0)


@each_script
def test_a_regression_is_named_with_the_command_that_repeats_it(
    host: FrozenHost, script: cikit.Script
) -> None:
    failing(host)
    rows = rows_of(shell(script, host.cwd).stdout)
    assert rows["top_failure_reason"] == "unexpected_diff"
    assert rows["next_command"] == "gait regress run --json"
    assert rows["failed_graders"] == "1"


@each_script
def test_a_name_of_a_fixture_is_one_line_and_no_command(
    host: FrozenHost, script: cikit.Script
) -> None:
    broken(host)
    said = shell(script, host.cwd).stdout
    rows = rows_of(said)
    assert rows["unjudged"] == "beta status=pass ::error::x,gamma [2J"
    assert (rows["status"], "\x1b" in said) == ("broken", False)
    assert [line for line in said.splitlines() if line.startswith("::")] == []


@each_script
def test_a_setting_is_never_read_as_code_nor_as_an_option(
    host: FrozenHost, script: cikit.Script
) -> None:
    passing(host)
    for hostile in ("$(touch pwned)", "x; touch pwned", "`touch pwned`", "--update", "a\nb"):
        done = shell(script, host.cwd, GAIT_CONFIG=hostile)
        assert done.returncode == 6
        assert rows_of(done.stdout)["status"] == "error"
    assert not (host.cwd / "pwned").exists()


@each_script
def test_without_gait_the_job_fails_and_says_so(host: FrozenHost, script: cikit.Script) -> None:
    passing(host)
    tools = host.cwd.parent / "bin"
    tools.mkdir()
    (tools / "python").symlink_to(sys.executable)
    done = shell(script, host.cwd, PATH=f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin")
    assert done.returncode == 127
    rows = rows_of(done.stdout)
    assert (rows["status"], rows["error"]) == ("error", "gait gave no answer")


def runner_file(host: FrozenHost, name: str) -> str:
    return (host.cwd.parent / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("program", ["sh", "bash"])
def test_the_action_gives_its_outputs_and_a_summary(
    host: FrozenHost, name: str, program: str
) -> None:
    make, code, status = SETS[name]
    make(host)
    done = shell(ACTION, host.cwd, program)
    assert done.returncode == code
    outputs = runner_file(host, "GITHUB_OUTPUT")
    assert rows_of(outputs)["status"] == status
    assert runner_file(host, "GITHUB_STEP_SUMMARY") == f"### gait regress\n```\n{outputs}```\n"


@pytest.mark.parametrize(
    ("fail_on", "name", "code"),
    [
        ("any", "failing", 5),
        ("broken", "failing", 0),
        ("broken", "broken", 6),
        ("never", "broken", 0),
        ("never", "failing", 0),
    ],
)
def test_fail_on_decides_what_ends_the_job_but_not_what_is_told(
    host: FrozenHost, fail_on: str, name: str, code: int
) -> None:
    make, own_code, _ = SETS[name]
    make(host)
    assert shell(ACTION, host.cwd, GAIT_FAIL_ON=fail_on).returncode == code
    assert rows_of(runner_file(host, "GITHUB_OUTPUT"))["exit_code"] == str(own_code)


@pytest.mark.parametrize("fail_on", ["", "Never", "none", "any "])
def test_an_unknown_fail_on_is_refused_before_anything_is_judged(
    host: FrozenHost, fail_on: str
) -> None:
    passing(host)
    done = shell(ACTION, host.cwd, GAIT_FAIL_ON=fail_on)
    assert (done.returncode, done.stdout) == (6, "")
    assert not (host.cwd / "gait-out").exists()


def test_the_action_takes_a_candidate_and_another_place_for_junit(host: FrozenHost) -> None:
    passing(host)
    runs.runpack(host.cwd, "new run.zip", **CHANGED)
    env = {"GAIT_CANDIDATE": "new run.zip", "GAIT_JUNIT": "reports/junit.xml"}
    assert shell(ACTION, host.cwd, **env).returncode == 5
    rows = rows_of(runner_file(host, "GITHUB_OUTPUT"))
    assert rows["next_command"] == "gait regress run --candidate 'new run.zip' --json"
    assert (host.cwd / rows["junit_path"]).is_file()


def test_the_first_fixture_is_pinned_only_where_no_set_is(host: FrozenHost) -> None:
    given = {"inputs.config_path": "gait.yaml", "inputs.source_run": "run_demo"}
    script = [*cikit.step_scripts(cikit.WORKFLOW, given)][1]
    assert shell(script, host.cwd).returncode == 0
    assert shell(ACTION, host.cwd).returncode == 0
    before = runs.tree(host.cwd)
    assert shell(script, host.cwd).returncode == 0
    assert runs.tree(host.cwd) == before


def test_a_first_fixture_from_a_run_that_is_not_there_fails(host: FrozenHost) -> None:
    given = {"inputs.config_path": "gait.yaml", "inputs.source_run": "--x $(touch pwned)"}
    script = [*cikit.step_scripts(cikit.WORKFLOW, given)][1]
    assert shell(script, host.cwd).returncode == 6
    assert runs.tree(host.cwd) == {}


@pytest.mark.parametrize("script", cikit.install_scripts(), ids=lambda made: made.name)
def test_the_installation_takes_what_is_named_and_no_options(
    host: FrozenHost, script: cikit.Script
) -> None:
    wheel(host.cwd / WHEEL)
    env = {"PIP_NO_INDEX": "1", "PIP_TARGET": str(host.cwd / "site"), "PIP_NO_CACHE_DIR": "1"}
    done = shell(script, host.cwd, GAIT_REQUIREMENT=f"./{WHEEL}", **env)
    assert done.returncode == 0, done.stderr
    assert (host.cwd / "site/ci_probe.py").is_file()
    (host.cwd / "requirements.txt").write_text(f"./{WHEEL}\n")
    assert shell(script, host.cwd, GAIT_REQUIREMENT="-rrequirements.txt", **env).returncode != 0


def wheel(path: Path) -> None:
    info = "ci_probe-1.0.dist-info"
    members: Mapping[str, str] = {
        "ci_probe.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: ci-probe\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "".join(
            f"{name},,\n" for name in ("ci_probe.py", f"{info}/METADATA", f"{info}/WHEEL")
        ),
    }
    path.write_bytes(forge(*(Part(name, text.encode()) for name, text in members.items())))


def test_the_readme_of_the_kit_is_about_files_that_are_there() -> None:
    text = (ROOT / "examples/ci/README.md").read_text(encoding="utf-8")
    for path in (cikit.ACTION.parent, cikit.WORKFLOW, cikit.GITLAB, cikit.JENKINS):
        assert path.name in text
