"""A checkout of the original's own source: its schemas, hooks and first steps (checks 11 to 13)."""

import os
import posixpath
from pathlib import Path
from typing import Final

from gait_engine.contract.doctor import FAIL
from gait_engine.doctor.finding import Finding, Patient, passed, warned
from gait_engine.doctor.program import said_by
from gait_engine.errors import GaitError
from gait_engine.store.inputs import read_input
from gait_engine.store.safepath import join
from gait_engine.wire.text import trim

_MODULE: Final = b"module github.com/Clyra-AI/gait"
_MARKS: Final = ("cmd/gait", "core", "schemas/v1", "scripts/install.sh")
_QUICKSTART: Final = "scripts/quickstart.sh"
_ASSETS: Final = (
    _QUICKSTART,
    *(f"examples/integrations/{kind}/quickstart.py" for kind in ("openai_agents", "langchain")),
    "examples/integrations/autogen/quickstart.py",
)
_HOOKS: Final = ".githooks"
_SCHEMAS: Final = tuple(
    f"schemas/v1/{family}/{name}.schema.json"
    for family, names in (
        ("runpack", "manifest run intent result refs"),
        (
            "gate",
            "intent_request gate_result trace_record approval_token approval_audit_record",
        ),
        ("gate", "broker_credential_record approved_script_entry"),
        ("common", "relationship_envelope"),
        ("context", "envelope reference_record budget_report"),
        ("policytest", "policy_test_result"),
        ("regress", "regress_result"),
        ("scout", "inventory_snapshot"),
        ("guard", "pack_manifest"),
        ("registry", "registry_pack"),
        ("scout", "adoption_event operational_event"),
    )
    for name in names.split()
)
_GO_MOD_LIMIT: Final = 1 << 20


def is_checkout(patient: Patient) -> bool:
    """Tell whether the workdir is such a checkout."""
    workdir = patient.path(patient.workdir)
    module = join(patient.workdir, "go.mod")
    try:
        text = read_input(module, limit=_GO_MOD_LIMIT, host=patient.host, what="go.mod")
    except GaitError:
        return False
    return _MODULE in text and not _missing(workdir, _MARKS)


def schema_files(patient: Patient) -> Finding:
    """Look for the published schemas; a checkout without them cannot be repaired by a command."""
    missing = _missing(patient.path(patient.workdir), _SCHEMAS)
    if missing:
        return Finding(FAIL, f"missing: {', '.join(missing)}", non_fixable=True)
    return passed(f"{len(_SCHEMAS)} schema files")


def hooks_path(patient: Patient) -> Finding:
    """Ask git where its hooks lie."""
    if patient.is_only_looked_at:
        return warned("core.hooksPath is not known: git was not asked", "gait doctor")
    line = ("git", "config", "--get", "core.hooksPath")
    said = trim(said_by(line, patient.path(patient.workdir), patient.host) or "")
    if said and posixpath.normpath(said) == _HOOKS:
        return passed(f"core.hooksPath is {_HOOKS}")
    return warned(f"core.hooksPath is not {_HOOKS}", "make hooks")


def onboarding_assets(patient: Patient) -> Finding:
    """Look for what the first steps of the checkout use."""
    workdir = patient.path(patient.workdir)
    if missing := _missing(workdir, _ASSETS):
        return warned(
            f"missing: {', '.join(missing)}",
            "git restore --source=HEAD -- scripts/quickstart.sh examples/integrations",
        )
    if not os.access(workdir / _QUICKSTART, os.X_OK):
        return warned(f"{_QUICKSTART} is not executable", f"chmod +x {_QUICKSTART}")
    return passed(f"{len(_ASSETS)} files")


def _missing(workdir: Path, names: tuple[str, ...]) -> list[str]:
    """Name the files that are not there or cannot be looked at."""
    return [name for name in names if not os.path.exists(workdir / name)]  # noqa: PTH110
