"""A checkout of the original's source."""

import os
import subprocess
from pathlib import Path

import pytest

from gait_engine.api.doctor import DoctorRequest, doctor
from gait_engine.contract.keys import KeySources
from gait_engine.doctor.checkout import _ASSETS, _SCHEMAS
from tests.support.checkups import ORDINARY, checks, patient_host, write

MARKS = {
    "go.mod": "module github.com/Clyra-AI/gait\n",
    **dict.fromkeys(("cmd/gait/x", "core/x", "schemas/v1/x", "scripts/install.sh"), ""),
}
CHECKOUT = ("schema_files", "hooks_path", "onboarding_assets")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    write(tmp_path, MARKS)
    return tmp_path


def test_a_checkout_is_asked_three_more_questions(checkout: Path) -> None:
    assert tuple(checks(patient_host(checkout))) == (*ORDINARY, *CHECKOUT)


@pytest.mark.parametrize("mark", MARKS)
def test_without_one_of_its_marks_a_folder_is_no_checkout(mark: str, checkout: Path) -> None:
    (checkout / mark).unlink()
    if mark.endswith("/x"):
        (checkout / mark).parent.rmdir()
    answer = doctor(DoctorRequest(), host=patient_host(checkout))
    assert (answer.onboarding_mode, len(answer.checks)) == ("installed_binary", len(ORDINARY))


def test_another_module_is_no_checkout(checkout: Path) -> None:
    write(checkout, {"go.mod": "module example.com/gait\n"})
    assert tuple(checks(patient_host(checkout))) == ORDINARY


def test_missing_schemas_cannot_be_fixed(checkout: Path) -> None:
    write(checkout, dict.fromkeys(_SCHEMAS[1:], "{}"))
    answer = doctor(DoctorRequest(), host=patient_host(checkout))
    check = answer.checks[len(ORDINARY)]
    assert (check.status, check.non_fixable, check.fix_command) == ("fail", True, "")
    assert check.message == "missing: schemas/v1/runpack/manifest.schema.json"
    assert (answer.ok, answer.non_fixable, answer.failure_code) == (False, True, 7)
    assert answer.summary.endswith("failed=1 warned=2 non_fixable=true")


def test_twenty_three_schemas_are_enough(checkout: Path) -> None:
    assert len(set(_SCHEMAS)) == 23
    write(checkout, dict.fromkeys(_SCHEMAS, "{}"))
    assert checks(patient_host(checkout))["schema_files"].status == "pass"


def test_production_wins_over_what_cannot_be_fixed(checkout: Path) -> None:
    answer = doctor(DoctorRequest(production_readiness=True), host=patient_host(checkout))
    assert (answer.ok, answer.failure_code, answer.onboarding_mode) == (False, 2, "repo_checkout")


@pytest.mark.parametrize(
    ("path", "status"), [(".githooks", "pass"), ("./.githooks/", "pass"), ("hooks", "warn")]
)
def test_git_must_find_the_hooks(path: str, status: str, checkout: Path) -> None:
    host = patient_host(checkout, {"PATH": "/usr/bin:/bin:/usr/local/bin"})
    assert checks(host)["hooks_path"].fix_command == "make hooks"
    for line in (["init", "-q"], ["config", "core.hooksPath", path]):
        subprocess.run(["git", *line], cwd=checkout, check=True, timeout=60)
    assert checks(host)["hooks_path"].status == status


def test_the_first_steps_must_be_there_and_the_script_executable(checkout: Path) -> None:
    host = patient_host(checkout)
    missing = checks(host)["onboarding_assets"]
    assert missing.fix_command == (
        "git restore --source=HEAD -- scripts/quickstart.sh examples/integrations"
    )
    write(checkout, dict.fromkeys(_ASSETS, ""))
    (checkout / _ASSETS[0]).chmod(0o644)
    plain = checks(host)["onboarding_assets"]
    assert (plain.status, plain.fix_command) == ("warn", "chmod +x scripts/quickstart.sh")
    (checkout / _ASSETS[0]).chmod(0o755)
    assert checks(host)["onboarding_assets"].status == "pass"


@pytest.mark.parametrize("name", ["go.mod", ".gait/config.yaml", "p.key"])
def test_a_pipe_in_the_place_of_a_file_does_not_hang(name: str, checkout: Path) -> None:
    (checkout / name).unlink(missing_ok=True)
    (checkout / name).parent.mkdir(exist_ok=True)
    os.mkfifo(checkout / name)
    host, keys = patient_host(checkout), KeySources(private_key="p.key")
    assert checks(host, keys, key_mode="prod")["key_config"].status == "fail"
    found = checks(host, keys, production_readiness=True)
    assert found["production_readiness_config"].status == "fail"
