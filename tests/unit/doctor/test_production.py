"""The settings of a project, held against what production needs."""

from pathlib import Path
from typing import Any

import pytest

from gait_engine.doctor.production import host_of_address, is_loopback
from tests.support.checkups import READY, checks, patient_host, write

UNIVERSAL = (
    *("workdir", "output_dir", "job_runtime_durability", "temp_dir"),
    *("key_source_ambiguity", "key_permissions", "key_config"),
)
SETTINGS = (
    *("production_readiness_config", "production_profile", "production_key_mode"),
    *("production_retention", "production_service_boundary", "production_context_strictness"),
)
SERVE = """\
mcp_serve:
  enabled: true
  max_request_bytes: 4194304
  http_verdict_status: strict
"""


def failing(folder: Path, config: str, **request: Any) -> dict[str, str]:
    """Return what fails, with its message."""
    write(folder, {".gait/config.yaml": config})
    found = checks(patient_host(folder), production_readiness=True, **request)
    return {name: check.message for name, check in found.items() if check.status != "pass"}


def test_the_checks_stand_in_their_order(tmp_path: Path) -> None:
    assert failing(tmp_path, READY) == {}
    found = checks(patient_host(tmp_path), production_readiness=True)
    assert tuple(found) == UNIVERSAL + SETTINGS
    assert [found[name].scope for name in SETTINGS] == ["production_readiness"] * 6


@pytest.mark.parametrize("blank", ["", "\n", "# nothing\n", "gate:\nretention: null\n"])
def test_blank_settings_can_be_read_and_are_not_enough(blank: str, tmp_path: Path) -> None:
    assert set(failing(tmp_path, blank)) == set(SETTINGS) - {
        "production_readiness_config",
        "production_service_boundary",
    }


@pytest.mark.parametrize(
    "config",
    [
        "a: [",
        "gate: {}\ngate: {}\n",
        "gate: []\n",
        "- gate\n",
        "gate:\n  policy: [p]\n",
        "gate:\n  private_key: {}\n",
        "gate:\n  policy: true\n",
        "mcp_serve:\n  enabled: 'true'\n",
        "mcp_serve:\n  max_request_bytes: '1'\n",
        "mcp_serve:\n  max_request_bytes: 1.0\n",
        "retention:\n  trace_ttl: 1.5\n",
        "gate:\n  1: x\n",
        "1: x\n",
        "a: 1\n---\nb: 2\n",
        "gate:\n  policy: !odd x\n",
    ],
)
def test_of_settings_that_cannot_be_read_only_that_is_said(config: str, tmp_path: Path) -> None:
    write(tmp_path, {".gait/config.yaml": config})
    found = checks(patient_host(tmp_path), production_readiness=True)
    assert tuple(found) == (*UNIVERSAL, SETTINGS[0])
    assert found[SETTINGS[0]].status == "fail"
    assert found[SETTINGS[0]].fix_command


def test_settings_that_are_a_folder_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / ".gait/config.yaml").mkdir(parents=True)
    found = checks(patient_host(tmp_path), production_readiness=True)
    assert tuple(found) == (*UNIVERSAL, SETTINGS[0])


def test_the_settings_lie_in_the_workdir(tmp_path: Path) -> None:
    write(tmp_path, {"w/.gait/config.yaml": READY, "w/gait-out/x": ""})
    found = checks(patient_host(tmp_path), production_readiness=True, workdir="w")
    assert {check.status for check in found.values()} == {"pass"}
    (tmp_path / "w/.gait/config.yaml").unlink()
    missing = checks(patient_host(tmp_path), production_readiness=True, workdir="w")[SETTINGS[0]]
    assert missing.fix_command == (
        "cp examples/config/oss_prod_template.yaml 'w/.gait/config.yaml'"
    )


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("oss-prod", "standard", {"production_profile", "production_context_strictness"}),
        ("oss-prod", "' OSS-Prod '", set()),
        ("key_mode: prod", "key_mode: dev", {"production_key_mode"}),
        ("key_mode: prod", "key_mode: null", {"production_key_mode"}),
        ("policy: p.yaml", "policy: ' '", {"production_context_strictness"}),
        ("trace_ttl: 168h", "trace_ttl: ' '", {"production_retention"}),
        ("trace_ttl: 168h", "trace_ttl: 7d", {"production_retention"}),
        ("trace_ttl: 168h", "trace_ttl: 0", set()),
        ("trace_ttl: 168h", "trace_ttl: ' 1.5h '\n  unknown: [1]", set()),
        ("  session_ttl: 336h\n", "", {"production_retention"}),
    ],
)
def test_each_setting_is_held_against_what_production_needs(
    old: str, new: str, names: set[str], tmp_path: Path
) -> None:
    assert set(failing(tmp_path, READY.replace(old, new))) == names


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("", "", ""),
        ("enabled: true", "enabled: false", ""),
        ("enabled: true", "enabled: false\n  listen: '0.0.0.0:1'", "open to others"),
        ("enabled: true", "listen: 127.0.0.1:80", ""),
        ("enabled: true", "listen: 127.0.0.1", "expected host:port"),
        ("enabled: true", "listen: ':8787'", "open to others"),
        ("enabled: true", "listen: ':8787'\n  auth_mode: Token", "auth_token_env"),
        ("enabled: true", "listen: ':8787'\n  auth_mode: Token\n  auth_token_env: T", ""),
        ("enabled: true", "enabled: true\n  auth_mode: token", "auth_token_env"),
        ("enabled: true", "enabled: true\n  allow_client_artifact_paths: true", "clients may"),
        ("4194304", "4194305", "max_request_bytes"),
        ("4194304", "0", "max_request_bytes"),
        ("4194304", "-1", "max_request_bytes"),
        ("  max_request_bytes: 4194304\n", "", "max_request_bytes"),
        ("strict", "compat", "http_verdict_status"),
        ("strict", "' STRICT '", ""),
    ],
)
def test_what_is_served_is_guarded(old: str, new: str, fault: str, tmp_path: Path) -> None:
    serve = SERVE.replace(old, new) if old else SERVE
    found = failing(tmp_path, READY + serve)
    assert set(found) == ({"production_service_boundary"} if fault else set())
    assert fault in found.get("production_service_boundary", "")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("127.0.0.1:8787", "127.0.0.1"),
        (":8787", ""),
        ("a:", "a"),
        ("[::1]:80", "::1"),
        ("[fe80::1%eth0]:80", "fe80::1%eth0"),
        ("[]:80", ""),
        ("::1:80", None),
        ("127.0.0.1", None),
        ("[::1]", None),
        ("[::1]80", None),
        ("[[::1]]:80", None),
        ("a]:80", None),
        ("a:8]0", None),
        ("[a]b:80", None),
        ("", None),
    ],
)
def test_an_address_is_host_and_port(address: str, host: str | None) -> None:
    assert host_of_address(address) == host


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("", False),
        ("128.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104  # nobody listens
        ("::", False),
        ("::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("127.1", False),
        ("0177.0.0.1", False),
        ("localhost.example", False),
        ("LOCALHOST", False),
    ],
)
def test_only_what_no_other_machine_can_reach_is_loopback(host: str, *, is_local: bool) -> None:
    assert is_loopback(host) is is_local
