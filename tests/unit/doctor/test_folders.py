"""Folders, the lock on counters, the registry cache: what is wrong, and what is only odd."""

import os
from pathlib import Path

import pytest

from gait_engine.contract.keys import KeySources
from tests.support.checkups import checks, patient_host, write

PIN = "ab" * 32


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_examining_leaves_no_file_behind(tmp_path: Path) -> None:
    host = patient_host(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    checks(host)
    checks(host, production_readiness=True)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_name_that_is_taken_is_no_sign_of_an_unwritable_folder(tmp_path: Path) -> None:
    """Two doctors may look at once: the probe of the other one lies there."""
    host = patient_host(tmp_path)
    taken = f".gait-doctor-writecheck-{patient_host(tmp_path).entropy(8).hex()}"
    (tmp_path / taken).write_text("theirs", encoding="utf-8")
    assert checks(host)["workdir"].status == "pass"
    assert (tmp_path / taken).read_text(encoding="utf-8") == "theirs"


def test_a_folder_where_every_name_is_taken_counts_as_unwritable(tmp_path: Path) -> None:
    drawn = patient_host(tmp_path)
    for _ in range(8):
        (tmp_path / f".gait-doctor-writecheck-{drawn.entropy(8).hex()}").touch()
    found = checks(patient_host(tmp_path))["workdir"]
    assert (found.status, found.fix_command) == ("fail", "chmod u+w '.'")


@pytest.mark.parametrize(
    ("workdir", "message", "fix"),
    [
        ("file", "'file': not a directory", "mkdir -p 'file'"),
        (
            "file/below",
            "'file/below': cannot be looked at, not a directory",
            "mkdir -p 'file/below'",
        ),
        ("nope", "'nope': missing", "mkdir -p 'nope'"),
    ],
)
def test_a_workdir_that_is_none_fails(workdir: str, message: str, fix: str, tmp_path: Path) -> None:
    write(tmp_path, {"file": ""})
    found = checks(patient_host(tmp_path), workdir=workdir)["workdir"]
    assert (found.status, found.message, found.fix_command) == ("fail", message, fix)


def test_a_path_with_a_null_character_cannot_be_looked_at(tmp_path: Path) -> None:
    found = checks(patient_host(tmp_path), KeySources(private_key="k\0"), workdir="a\0b")
    failing = {name for name, check in found.items() if check.status != "pass"}
    assert {"workdir", "output_dir", "gate_rate_limit_lock", "key_permissions"} <= failing


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_blank_folders_are_the_usual_ones(blank: str, tmp_path: Path) -> None:
    found = checks(patient_host(tmp_path), workdir=blank, output_dir=blank)
    assert found["workdir"].message == "'.' is writable"
    assert found["output_dir"].message == "'gait-out' is writable"


def test_the_output_folder_is_relative_to_the_workdir_unless_absolute(tmp_path: Path) -> None:
    write(tmp_path, {"w/a/x": "", "o/x": ""})
    host = patient_host(tmp_path)
    assert checks(host, workdir="w", output_dir="./b/../a")["output_dir"].message == (
        "'w/a' is writable"
    )
    absolute = checks(host, workdir="w", output_dir=f"{tmp_path}/o/")["output_dir"]
    assert absolute.message == f"'{tmp_path}/o' is writable"


def test_a_blank_temporary_folder_cannot_be_fixed_by_a_command(tmp_path: Path) -> None:
    found = checks(patient_host(tmp_path, {"TMPDIR": " "}))["temp_dir"]
    assert (found.status, found.message, found.fix_command) == ("fail", "TMPDIR is blank", "")


def test_without_tmpdir_the_systems_own_folder_counts(tmp_path: Path) -> None:
    found = checks(patient_host(tmp_path, {"TMPDIR": ""}))["temp_dir"]
    assert (found.status, found.message) == ("pass", "'/tmp' is writable")


@pytest.mark.parametrize(("age_s", "status"), [(30, "pass"), (31, "warn"), (-60, "pass")])
def test_a_lock_is_left_behind_after_thirty_seconds(
    age_s: int, status: str, tmp_path: Path
) -> None:
    host = patient_host(tmp_path)
    write(tmp_path, {"gait-out/gate_rate_limits.json.lock": ""})
    changed = host.now - age_s * 10**9
    os.utime(tmp_path / "gait-out/gate_rate_limits.json.lock", ns=(changed, changed))
    assert checks(host)["gate_rate_limit_lock"].status == status


def test_a_lock_that_is_a_folder_has_no_fix(tmp_path: Path) -> None:
    (tmp_path / "gait-out/gate_rate_limits.json.lock").mkdir(parents=True)
    found = checks(patient_host(tmp_path))["gate_rate_limit_lock"]
    assert (found.status, found.fix_command) == ("warn", "")


def test_a_cache_that_is_a_file_fails_without_a_fix(tmp_path: Path) -> None:
    host = patient_host(tmp_path)
    (tmp_path / "home/.gait/registry").rmdir()
    write(tmp_path, {"home/.gait/registry": ""})
    found = checks(host)["registry_cache"]
    assert (found.status, found.fix_command) == ("fail", "")


@pytest.mark.parametrize(
    ("pin", "status"),
    [
        (f"sha256:{PIN}\n", "pass"),
        (f" SHA256:{PIN.upper()} ", "pass"),
        (PIN, "pass"),
        ("cd" * 32, "warn"),
        (PIN[:-1], "warn"),
        ("", "warn"),
        ("*" * 64, "warn"),
    ],
)
def test_a_pin_must_mean_an_installed_manifest(pin: str, status: str, tmp_path: Path) -> None:
    cache = "home/.gait/registry"
    write(tmp_path, {f"{cache}/n/1/{PIN}/registry_pack.json": "{}", f"{cache}/pins/n.pin": pin})
    found = checks(patient_host(tmp_path))["registry_cache"]
    assert found.status == status
    fix = f"gait registry list --cache-dir '{tmp_path}/{cache}'"
    assert found.fix_command == ("" if status == "pass" else fix)


def test_a_pin_that_is_a_folder_is_broken(tmp_path: Path) -> None:
    (tmp_path / "home/.gait/registry/pins/a.pin").mkdir(parents=True)
    found = checks(patient_host(tmp_path))["registry_cache"]
    assert (found.status, found.message) == ("warn", "pins that mean no manifest: 'a.pin'")


def test_pins_that_cannot_be_listed_are_reported(tmp_path: Path) -> None:
    write(tmp_path, {"home/.gait/registry/pins": "no folder"})
    found = checks(patient_host(tmp_path))["registry_cache"]
    assert (found.status, found.fix_command) == ("warn", "mkdir -p ~/.gait/registry")


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_temporary_folder_that_is_none_counts_as_unwritable(name: str, tmp_path: Path) -> None:
    write(tmp_path, {"file": ""})
    (tmp_path / "file").chmod(0o755)
    found = checks(patient_host(tmp_path, {"TMPDIR": name}))["temp_dir"]
    assert (found.status, found.fix_command) == ("fail", f"chmod u+w '{name}'")


def test_looking_only_creates_no_file_and_starts_no_program(tmp_path: Path) -> None:
    host = patient_host(tmp_path)
    script = "#!/bin/sh\ntouch $(dirname $0)/started\necho 'gait 1.0'\n"
    (tmp_path / "bin" / "gait").write_text(script, encoding="utf-8")
    folders = [tmp_path, *(path for path in tmp_path.rglob("*") if path.is_dir())]
    before = {folder: folder.stat().st_mtime_ns for folder in folders}
    found = checks(host, look_only=True)
    checks(host, look_only=True, production_readiness=True)
    assert {folder: folder.stat().st_mtime_ns for folder in folders} == before
    assert found["onboarding_binary"].message.endswith("is there, not asked for its version")
    assert {check.status for check in found.values()} == {"pass"}
    assert checks(host)["onboarding_binary"].message.endswith(" answers")
    assert (tmp_path / "bin" / "started").exists()


def test_looking_only_goes_by_the_permissions_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = patient_host(tmp_path)
    asked: list[int] = []

    def access(path: Path, mode: int, **_options: bool) -> bool:
        asked.append(mode)
        return path.name != "gait-out"

    monkeypatch.setattr(os, "access", access)
    found = checks(host, look_only=True)["output_dir"]
    assert (found.status, found.fix_command) == ("fail", "chmod u+w 'gait-out'")
    assert "no file can be created, permission denied" in found.message
    assert os.W_OK | os.X_OK in asked
