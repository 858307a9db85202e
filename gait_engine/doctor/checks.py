"""Every check in its order, and which of them a question asks (guard-doctor-registry.md F)."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from gait_engine.contract.doctor import (
    INSTALLED_BINARY,
    PRODUCTION,
    REPO_CHECKOUT,
    UNIVERSAL,
    DoctorCheck,
)
from gait_engine.doctor.binary import NOT_LOOKED_FOR, Binary, find_binary
from gait_engine.doctor.cache import registry_cache
from gait_engine.doctor.checkout import hooks_path, is_checkout, onboarding_assets, schema_files
from gait_engine.doctor.finding import Finding, Patient
from gait_engine.doctor.folders import output_dir, temp_dir, workdir
from gait_engine.doctor.jobs import job_runtime_durability
from gait_engine.doctor.keys import key_config, key_permissions, key_source_ambiguity
from gait_engine.doctor.locks import gate_rate_limit_lock

Checker = Callable[[Patient], Finding]

_FOLDERS: Final[tuple[Checker, ...]] = (workdir, output_dir, job_runtime_durability, temp_dir)
_LEFT_BEHIND: Final[tuple[Checker, ...]] = (registry_cache, gate_rate_limit_lock)
_KEYS: Final[tuple[Checker, ...]] = (key_source_ambiguity, key_permissions, key_config)
_CHECKOUT: Final[tuple[Checker, ...]] = (schema_files, hooks_path, onboarding_assets)


class Examination(NamedTuple):
    """What was found, in order, and about which kind of place."""

    onboarding_mode: str
    checks: tuple[DoctorCheck, ...]
    binary: Binary


def examine(patient: Patient) -> Examination:
    """Look for what keeps gait from working here."""
    binary = find_binary(patient)
    checks = [
        *_universal(_FOLDERS + _LEFT_BEHIND, patient),
        _check("onboarding_binary", UNIVERSAL, binary.finding),
        *_universal(_KEYS, patient),
    ]
    mode = _onboarding_mode(patient)
    if mode == REPO_CHECKOUT:
        checks += [_check(look.__name__, mode, look(patient)) for look in _CHECKOUT]
    return Examination(mode, tuple(checks), binary)


def examine_for_production(patient: Patient) -> Examination:
    """Look for what speaks against production here."""
    from gait_engine.doctor.production import production_findings  # which loads yaml

    settings = (_check(name, PRODUCTION, found) for name, found in production_findings(patient))
    checks = (*_universal(_FOLDERS + _KEYS, patient), *settings)
    return Examination(_onboarding_mode(patient), checks, NOT_LOOKED_FOR)


def _onboarding_mode(patient: Patient) -> str:
    return REPO_CHECKOUT if is_checkout(patient) else INSTALLED_BINARY


def _universal(looks: tuple[Checker, ...], patient: Patient) -> Iterator[DoctorCheck]:
    """Make every check; one bears the name of its function."""
    return (_check(look.__name__, UNIVERSAL, look(patient)) for look in looks)


def _check(name: str, scope: str, finding: Finding) -> DoctorCheck:
    return DoctorCheck(
        name=name,
        scope=scope,
        status=finding.status,
        message=finding.message,
        fix_command=finding.fix,
        non_fixable=finding.non_fixable,
    )
