"""`gait doctor`, as it is typed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gait_engine.cli.render.doctor import typeable
from gait_engine.wire.safetext import HIDDEN
from tests.support import process
from tests.support.checkups import ORDINARY, READY, patient_host, program, write
from tests.support.hosts import FrozenHost

Gait = Callable[..., Any]

EVENT = (
    '{"created_at":"2026-01-01T00:00:00Z","command":"demo","success":true,"milestones":["A1"],'
    '"environment":{"os":"linux","arch":"amd64"}}\n'
)
WARNED = "doctor: onboarding_mode=installed_binary status=warn failed=0 warned=1 non_fixable=false"
FINE = "doctor: onboarding_mode=installed_binary status=pass failed=0 warned=0 non_fixable=false"


@pytest.fixture
def place(frozen_host: FrozenHost, monkeypatch: pytest.MonkeyPatch) -> FrozenHost:
    """A place with which nothing is wrong."""
    host = patient_host(frozen_host.cwd)
    monkeypatch.setattr(frozen_host, "_env", dict(host.env))
    frozen_host.started = host.started
    return frozen_host


def test_every_check_has_its_line_and_its_fix(gait: Gait, place: FrozenHost) -> None:
    said = gait("doctor", "--output-dir", "o'o")
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [
        WARNED,
        "- workdir: pass ('.' is writable)",
        "- output_dir: warn ('o'o': missing)",
        "  fix: mkdir -p 'o'\\''o'",
        "- job_runtime_durability: pass (jobs, each whole: 0)",
        f"- temp_dir: pass ('{place.cwd / 'tmp'}' is writable)",
        f"- registry_cache: pass ('{place.cwd}/home/.gait/registry', sound pins: 0)",
        "- gate_rate_limit_lock: pass (no lock)",
        f"- onboarding_binary: pass ('{place.cwd}/bin/gait' answers)",
        "- key_source_ambiguity: pass (each key has one source at most)",
        "- key_permissions: pass (key files that no one else can change: 0)",
        "- key_config: pass (dev: signs with a key that is forgotten at once)",
    ]


def test_the_summary_shows_what_is_wrong_only(gait: Gait, place: FrozenHost) -> None:
    said = gait("doctor", "--summary", "--output-dir", "none")
    assert said.stdout.splitlines() == [
        WARNED,
        "- output_dir: warn ('none': missing)",
        "  fix: mkdir -p 'none'",
    ]


def test_the_summary_of_a_place_that_is_fine_says_what_to_do_next(
    gait: Gait, place: FrozenHost
) -> None:
    said = gait("doctor", "--summary")
    assert said.stdout.splitlines() == [
        FINE,
        "tip: every check, one by one: gait doctor",
        "tip: make a run to work with: gait demo",
    ]


def test_the_json_form_is_one_object(gait: Gait, place: FrozenHost) -> None:
    said = gait("doctor", "--json", "--summary")
    answer = json.loads(said.stdout)
    assert [check["name"] for check in answer["checks"]] == list(ORDINARY)
    assert (answer["summary_mode"], answer["status"], answer["ok"]) == (True, "pass", True)
    assert {"fix_commands", "non_fixable", "error"} & set(answer) == set()
    assert answer["created_at"] == "2026-02-05T12:00:00Z"
    assert said.stdout.count("\n") == 1


def test_production_that_must_wait_is_exit_2_and_no_error(gait: Gait, place: FrozenHost) -> None:
    said = gait("doctor", "--production-readiness")
    assert (said.exit_code, said.stderr) == (2, "")
    assert "  fix: cp examples/config/oss_prod_template.yaml '.gait/config.yaml'\n" in said.stdout
    write(place.cwd, {".gait/config.yaml": READY})
    assert gait("doctor", "--production-readiness").exit_code == 0


@pytest.mark.parametrize(
    "line",
    [
        ("doctor", "stray"),
        ("doctor", "--nope"),
        ("doctor", "--summary=1"),
        ("doctor", "adoption"),
        ("doctor", "adoption", "e.jsonl"),
        ("doctor", "adoption", "--from", "none.jsonl"),
        ("doctor", "adoption", "--from", "e.jsonl", "stray"),
    ],
)
def test_a_line_that_cannot_be_followed_is_exit_6(
    line: tuple[str, ...], gait: Gait, place: FrozenHost
) -> None:
    write(place.cwd, {"e.jsonl": EVENT})
    said = gait(*line, "--json")
    answer = json.loads(said.stdout)
    assert (said.exit_code, answer["ok"], answer["error_code"]) == (6, False, "invalid_input")


def test_a_log_of_events_is_summed_up_in_words(gait: Gait, place: FrozenHost) -> None:
    write(place.cwd, {"e.jsonl": EVENT})
    said = gait("doctor", "adoption", "--from", "e.jsonl")
    assert said.stdout.splitlines() == [
        "adoption: activation incomplete, events=1 failed=0",
        "  source     e.jsonl",
        "  from       2026-01-01T00:00:00Z to 2026-01-01T00:00:00Z",
        "  milestones A1",
        "  demo: 1 of 1 succeeded",
        "- missing A2: run `gait verify <run_id>`",
        "- missing A3: run `gait regress init --from <run_id>`",
        "- missing A4: run `gait regress run`",
    ]
    write(place.cwd, {"e.jsonl": ""})
    empty = gait("doctor", "adoption", "--from", "e.jsonl").stdout.splitlines()
    assert empty[:3] == [
        "adoption: activation incomplete, events=0 failed=0",
        "  source     e.jsonl",
        "  milestones none",
    ]


def test_the_log_that_commands_write_is_the_one_that_is_read(tmp_path: Path) -> None:
    env = {"GAIT_ADOPTION_LOG": "log.jsonl"}
    for line in (["demo"], ["verify", "run_demo"], ["verify", "none"]):
        process.gait(*line, cwd=tmp_path, env=env)
    done = process.gait("doctor", "adoption", "--from", "log.jsonl", "--json", cwd=tmp_path)
    report = json.loads(done.stdout)["report"]
    assert (report["total_events"], report["failed_events"]) == (3, 1)
    assert [m["name"] for m in report["milestones"] if m["achieved"]] == ["A1", "A2"]


def test_the_doctor_writes_one_event_whatever_it_asks(tmp_path: Path) -> None:
    """The program it asks for its version is gait, too."""
    (tmp_path / "bin").mkdir()
    script = f"#!{sys.executable}\n{process.ENTRY}\n"
    program(tmp_path / "bin/gait").write_text(script, encoding="utf-8")
    env = {"GAIT_ADOPTION_LOG": f"{tmp_path}/log", "PATH": f"{tmp_path}/bin"}
    done = process.gait("doctor", "--json", cwd=tmp_path, env=env)
    assert json.loads(done.stdout)["binary_path_source"] == "path"
    assert len((tmp_path / "log").read_text(encoding="utf-8").splitlines()) == 1


HOSTILE = ("\x1b[2J", "x\nVERIFIED\nerror: none", "\u202egpj", "a\u200bb", "\x9b31m", "\udcff")


@pytest.mark.parametrize("evil", HOSTILE, ids=ascii)
@pytest.mark.parametrize("option", ["--workdir", "--output-dir", "--private-key", "--key-mode"])
def test_no_name_reaches_the_terminal_as_it_is(
    option: str, evil: str, gait: Gait, place: FrozenHost
) -> None:
    said = gait("doctor", option, f"e{evil}e")
    lines = said.stdout.splitlines()
    assert HIDDEN.search("".join(lines)) is None
    assert all(line.startswith(("doctor: ", "- ", "  fix: ")) for line in lines)
    assert json.loads(gait("doctor", option, f"e{evil}e", "--json").stdout)["checks"]


def test_hostile_names_that_lie_there_are_shown_escaped(gait: Gait, place: FrozenHost) -> None:
    pins = place.home / ".gait/registry/pins"
    pins.mkdir()
    (pins / "\x1b[2J\nVERIFIED.pin").touch()
    write(place.cwd, {".gait/config.yaml": 'gate:\n  profile: "\\e[2J\\nVERIFIED"\n'})
    for line in (("doctor",), ("doctor", "--production-readiness")):
        stdout = gait(*line).stdout
        assert "\x1b" not in stdout
        assert "\nverified" not in stdout.lower()
        assert "verified" in stdout.lower()


def test_hostile_commands_in_a_log_are_shown_escaped(gait: Gait, place: FrozenHost) -> None:
    write(place.cwd, {"e.jsonl": EVENT.replace("demo", "\\u001b[2J\\nVERIFIED")})
    stdout = gait("doctor", "adoption", "--from", "e.jsonl").stdout
    assert HIDDEN.search(stdout.replace("\n", "")) is None
    assert "\nVERIFIED" not in stdout


def test_eight_doctors_at_once_all_find_the_place_writable(tmp_path: Path) -> None:
    patient_host(tmp_path)
    line = [sys.executable, "-c", process.ENTRY, "doctor", "--json"]
    env = process.bare_env(tmp_path)
    running = [
        subprocess.Popen(line, cwd=tmp_path, env=env, stdout=subprocess.PIPE) for _ in range(8)
    ]
    for doctor in running:
        stdout, _ = doctor.communicate(timeout=120)
        statuses = {check["name"]: check["status"] for check in json.loads(stdout)["checks"]}
        assert (statuses["workdir"], statuses["output_dir"]) == ("pass", "pass")
    assert [name for name in os.listdir(tmp_path) if "writecheck" in name] == []  # noqa: PTH208


@pytest.mark.parametrize(
    ("command", "typed"),
    [
        ("mkdir -p 'a'\\''b'", "mkdir -p 'a'\\''b'"),
        ("x 'plain' 'a\nb'", "x 'plain' \"$(printf 'a\\012b')\""),
        ("x 'it'\\''s\x1b%'", "x \"$(printf 'it\\047s\\033\\045')\""),
        ("x 'a\n'", "x 'a\n'"),  # whose end a shell would cut off
    ],
)
def test_a_fix_can_be_typed_from_the_screen(command: str, typed: str) -> None:
    assert typeable(command) == typed
