"""Places for the doctor to examine, and what it says about them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gait_engine.api.doctor import DoctorRequest, doctor
from gait_engine.contract.doctor import DoctorCheck
from gait_engine.contract.keys import NO_KEYS, KeySources
from tests.support.hosts import FrozenHost

ORDINARY: Final = (
    "workdir",
    "output_dir",
    "job_runtime_durability",
    "temp_dir",
    "registry_cache",
    "gate_rate_limit_lock",
    "onboarding_binary",
    "key_source_ambiguity",
    "key_permissions",
    "key_config",
)
READY: Final = """\
gate:
  policy: p.yaml
  profile: oss-prod
  key_mode: prod
retention:
  trace_ttl: 168h
  session_ttl: 336h
  export_ttl: 1h30m
"""


def patient_host(folder: Path, env: Mapping[str, str] | None = None) -> FrozenHost:
    """A host with whom nothing is wrong: the folders are there, and a gait that answers."""
    for name in ("gait-out", "home/.gait/registry", "tmp", "bin"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    host = FrozenHost(folder, {"TMPDIR": str(folder / "tmp"), **(env or {})})
    host.started = (str(program(folder / "bin" / "gait")),)
    return host


def program(path: Path, says: str = "gait 1.0", mode: int = 0o755) -> Path:
    """Write a program that answers one line to whatever it is asked."""
    path.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    path.chmod(mode)
    return path


def checks(host: FrozenHost, keys: KeySources = NO_KEYS, **request: Any) -> dict[str, DoctorCheck]:
    """Examine, and return the checks by name."""
    answer = doctor(DoctorRequest(**request), keys=keys, host=host)
    return {check.name: check for check in answer.checks}


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, their folders with them."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
