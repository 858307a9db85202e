"""Which program answers to the name gait, and whether it does."""

import os
import sys
from pathlib import Path

import pytest

from gait_engine.api.doctor import DoctorRequest, doctor
from gait_engine.contract.answers.doctor import DoctorAnswer
from gait_engine.doctor import program as asking
from gait_engine.host import Host
from tests.support.checkups import patient_host, program
from tests.support.hosts import FrozenHost

BUILD = "go build -o ./gait ./cmd/gait"


def seen(host: FrozenHost) -> tuple[str, str, str]:
    answer = doctor(DoctorRequest(), host=host)
    check = next(check for check in answer.checks if check.name == "onboarding_binary")
    return check.status, answer.binary_path_source, check.fix_command


def on_path(folder: Path, path: str) -> FrozenHost:
    host = patient_host(folder, {"PATH": path})
    host.started = ()
    return host


def answer_of(host: FrozenHost) -> DoctorAnswer:
    return doctor(DoctorRequest(), host=host)


def test_the_program_that_was_started_comes_first(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    program(tmp_path / "other" / "gait")
    host = patient_host(tmp_path, {"PATH": f"{tmp_path}/other"})
    answer = answer_of(host)
    assert answer.binary_path == str(tmp_path / "bin/gait")
    assert answer.binary_path_source == "invoked_executable"
    assert answer.path_binary_path == str(tmp_path / "other/gait")
    assert answer.binary_version == "gait 1.0"


def test_the_same_program_on_path_is_no_other_one(tmp_path: Path) -> None:
    answer = answer_of(patient_host(tmp_path, {"PATH": f"{tmp_path}/bin"}))
    assert answer.path_binary_path == ""


def test_else_the_first_absolute_folder_of_path_counts(tmp_path: Path) -> None:
    program(tmp_path / "gait")
    host = on_path(tmp_path, f".::relative:{tmp_path}/none:{tmp_path}/bin")
    answer = answer_of(host)
    assert (answer.binary_path, answer.binary_path_source) == (f"{tmp_path}/bin/gait", "path")
    assert seen(host) == ("pass", "path", "")


def test_a_program_in_the_workdir_is_named_but_never_run(tmp_path: Path) -> None:
    path = program(tmp_path / "gait")
    path.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\necho gait 1\n", encoding="utf-8")
    assert seen(on_path(tmp_path, "")) == ("warn", "workdir", BUILD)
    path.chmod(0o644)
    assert seen(on_path(tmp_path, "")) == ("warn", "workdir", "chmod +x 'gait'")
    assert not (tmp_path / "ran").exists()


def test_no_program_is_a_warning(tmp_path: Path) -> None:
    assert seen(on_path(tmp_path, str(tmp_path / "none"))) == ("warn", "", BUILD)


@pytest.mark.parametrize("says", ["GAIT 1.0", "git 2", "", "gaiter 1"])
def test_a_program_that_answers_otherwise_is_not_gait(says: str, tmp_path: Path) -> None:
    host = patient_host(tmp_path)
    program(tmp_path / "bin/gait", says)
    assert seen(host) == ("warn", "invoked_executable", BUILD)


@pytest.mark.parametrize(
    "text", ["#!/bin/sh\necho gait 1; exit 3\n", "#!/no/such/interpreter\n", "\x7fELF nonsense"]
)
def test_a_program_that_fails_is_not_gait(text: str, tmp_path: Path) -> None:
    host = patient_host(tmp_path)
    (tmp_path / "bin/gait").write_text(text, encoding="utf-8")
    assert seen(host) == ("warn", "invoked_executable", BUILD)


def test_a_program_that_takes_too_long_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_MAX_SECONDS", 0.01)
    host = patient_host(tmp_path)
    (tmp_path / "bin/gait").write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    assert seen(host) == ("warn", "invoked_executable", BUILD)


def test_the_program_is_asked_without_the_settings_of_gait(tmp_path: Path) -> None:
    """It would write an event of its own into the log."""
    host = patient_host(tmp_path, {"GAIT_ADOPTION_LOG": "log", "OTHER": "seen"})
    (tmp_path / "bin/gait").write_text(
        '#!/bin/sh\necho "gait $GAIT_ADOPTION_LOG $OTHER"\n', encoding="utf-8"
    )
    assert answer_of(host).binary_version == "gait  seen"


@pytest.mark.parametrize(
    ("started", "known"),
    [
        ("/usr/bin/gait", ("/usr/bin/gait",)),
        ("./gait.exe", ("HERE/gait.exe",)),
        ("tests/support/gait_under_test.py", ()),
        ("/x/gait_engine/__main__.py", ()),
        ("/x/gait.py", ()),
        ("-c", ()),
        ("", ()),
    ],
)
def test_only_a_program_called_gait_counts_as_started(
    started: str, known: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [started])
    assert Host().program == tuple(name.replace("HERE", os.getcwd()) for name in known)  # noqa: PTH109


def test_without_any_word_nothing_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [])
    assert Host().program == ()
