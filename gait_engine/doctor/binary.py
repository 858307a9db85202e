"""The `gait` that answers when its name is typed (check 7)."""

import os
from typing import Final, NamedTuple

from gait_engine.doctor.finding import Finding, Patient, named, passed, shell_word, warned
from gait_engine.doctor.program import said_by
from gait_engine.store.safepath import join
from gait_engine.wire.text import trim

INVOKED: Final = "invoked_executable"
ON_PATH: Final = "path"
IN_WORKDIR: Final = "workdir"

_NAMES: Final = ("gait", "gait.exe")
_BUILD: Final = "go build -o ./gait ./cmd/gait"


class Binary(NamedTuple):
    """A program called gait: its path, how it was found, the other one on PATH, its version."""

    finding: Finding
    path: str = ""
    source: str = ""
    on_path: str = ""
    version: str = ""


NOT_LOOKED_FOR: Final = Binary(passed("not looked for"))


def find_binary(patient: Patient) -> Binary:
    """Find the program that was started, else that on PATH, else one in the workdir.

    One in the workdir is named, never run: looking at a folder must not run what lies there.
    """
    on_path = _on_path(patient)
    if program := patient.host.program:
        path = program[-1]
        found = Binary(passed(""), path, INVOKED, on_path if on_path != path else "")
        return _asked(found, program, patient)
    if on_path:
        return _asked(Binary(passed(""), on_path, ON_PATH), (on_path,), patient)
    for name in _NAMES:
        path = join(patient.workdir, name)
        if os.path.isfile(patient.path(path)):  # noqa: PTH113  # one that cannot be seen is none
            return _in_workdir(path, patient)
    return Binary(warned("no program called gait is on PATH", _BUILD))


def _asked(binary: Binary, program: tuple[str, ...], patient: Patient) -> Binary:
    shown = named(binary.path)
    if not os.access(patient.path(program[0]), os.X_OK):
        fix = f"chmod +x {shell_word(binary.path)}"
        return binary._replace(finding=warned(f"{shown}: not executable", fix))
    if patient.is_only_looked_at:
        return binary._replace(finding=passed(f"{shown} is there, not asked for its version"))
    said = trim(said_by((*program, "version"), patient.host.cwd, patient.host) or "")
    if not said.startswith("gait "):
        return binary._replace(finding=warned(f"{shown}: does not answer as gait does", _BUILD))
    return binary._replace(finding=passed(f"{shown} answers"), version=said.splitlines()[0])


def _in_workdir(path: str, patient: Patient) -> Binary:
    shown = named(path)
    if os.access(patient.path(path), os.X_OK):
        finding = warned(f"{shown}: not run, since it is not on PATH", _BUILD)
    else:
        finding = warned(f"{shown}: not executable", f"chmod +x {shell_word(path)}")
    return Binary(finding, path, IN_WORKDIR)


def _on_path(patient: Patient) -> str:
    """Return the gait that a shell would start; a relative entry of PATH is no place to trust."""
    folders = patient.host.env.get("PATH", "").split(os.pathsep)
    for folder in filter(os.path.isabs, folders):
        for name in _NAMES:
            path = join(folder, name)
            if os.path.isfile(path) and os.access(path, os.X_OK):  # noqa: PTH113  # as above
                return path
    return ""
