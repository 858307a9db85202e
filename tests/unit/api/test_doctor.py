"""The answer of the doctor as a whole: its exit code, its sums, its published schema."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from gait_engine.api.doctor import DoctorRequest, adoption, doctor
from gait_engine.api.envelope import encode, exit_code, seal
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.keys import KeySources
from gait_engine.resources import schemas_dir
from tests.support.checkups import READY, patient_host, write

CHECKOUT = {
    "go.mod": "module github.com/Clyra-AI/gait\n",
    **dict.fromkeys(("cmd/gait/x", "core/x", "schemas/v1/x", "scripts/install.sh"), ""),
}
PLACES: dict[str, tuple[dict[str, str], dict[str, Any], int, str]] = {
    "fine": ({}, {}, 0, "pass"),
    "a warning": ({}, {"output_dir": "none"}, 0, "warn"),
    "a failure": ({}, {"workdir": "none"}, 0, "fail"),
    "nothing to be done": (CHECKOUT, {}, 7, "fail"),
    "not ready": ({}, {"production_readiness": True}, 2, "fail"),
    "not ready, nothing to be done": (CHECKOUT, {"production_readiness": True}, 2, "fail"),
    "ready": ({".gait/config.yaml": READY}, {"production_readiness": True}, 0, "pass"),
    "ready, with a warning": (
        {".gait/config.yaml": READY},
        {"production_readiness": True, "output_dir": "none", "summary": True},
        0,
        "warn",
    ),
}
each_place = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)


def as_json(answer: Answer) -> Any:
    return json.loads(encode(seal(answer, ["doctor"])))


def validate(name: str, value: Any) -> None:
    schema = json.loads((schemas_dir() / f"v1/doctor/{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


@each_place
def test_the_exit_code_says_whether_to_go_on(
    place: tuple[dict[str, str], dict[str, Any], int, str], tmp_path: Path
) -> None:
    files, request, code, status = place
    write(tmp_path, files)
    answer = doctor(DoctorRequest(**request), host=patient_host(tmp_path))
    assert (exit_code(answer), answer.status, answer.error) == (code, status, "")
    assert answer.ok is (code == 0)


@each_place
def test_the_answer_is_what_its_schema_says(
    place: tuple[dict[str, str], dict[str, Any], int, str], tmp_path: Path
) -> None:
    files, request, _, _ = place
    write(tmp_path, files)
    validate("result", as_json(doctor(DoctorRequest(**request), host=patient_host(tmp_path))))


def test_the_schema_refuses_what_no_doctor_says(tmp_path: Path) -> None:
    said = as_json(doctor(DoctorRequest(), host=patient_host(tmp_path)))
    for field in ("status", "schema_id", "binary_path_source"):
        with pytest.raises(ValidationError, match="other"):
            validate("result", said | {field: "other"})
    with pytest.raises(ValidationError, match="additional"):
        validate("result", said | {"additional": 1})


def test_the_sums_are_those_of_the_checks(tmp_path: Path) -> None:
    host = patient_host(tmp_path)
    keys = KeySources(private_key="p", private_key_env="E")
    answer = doctor(DoctorRequest(output_dir="none", workdir="nope"), keys=keys, host=host)
    statuses = [check.status for check in answer.checks]
    assert answer.summary == (
        "doctor: onboarding_mode=installed_binary status=fail"
        f" failed={statuses.count('fail')} warned={statuses.count('warn')} non_fixable=false"
    )
    fixes = {check.fix_command for check in answer.checks if check.fix_command}
    assert answer.fix_commands == tuple(sorted(fixes))


def test_two_doctors_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Between two looks of one of them another one has come and gone."""
    host = patient_host(tmp_path)
    first = doctor(DoctorRequest(), host=host)
    assert doctor(DoctorRequest(), host=patient_host(tmp_path)).checks == first.checks


def test_a_log_of_events_is_summed_up_as_its_schema_says(tmp_path: Path) -> None:
    line = {
        "created_at": "2026-01-01T00:00:00Z",
        "command": "demo",
        "success": True,
        "milestones": ["A1", "A4"],
        "environment": {"os": "linux", "arch": "amd64"},
    }
    other = line | {"command": "verify", "success": False, "exit_code": 2}
    (tmp_path / "e.jsonl").write_text(f"{json.dumps(line)}\n{json.dumps(other)}\n")
    validate("adoption_report", as_json(adoption("e.jsonl", host=patient_host(tmp_path)))["report"])
