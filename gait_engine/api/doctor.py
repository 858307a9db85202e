"""What keeps gait from working here, and how far its users got (guard-doctor-registry.md F)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from gait_engine.contract.answers.doctor import AdoptionAnswer, DoctorAnswer
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.doctor import DOCTOR_SCHEMA, FAIL, PASS, WARN, DoctorCheck
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.errors import InvalidInput
from gait_engine.host import Host
from gait_engine.store.layout import OUT_DIR
from gait_engine.store.safepath import clean, join
from gait_engine.wire.text import normal, trim
from gait_engine.wire.timestamps import from_ns

if TYPE_CHECKING:
    from gait_engine.doctor.checks import Examination
    from gait_engine.doctor.finding import Patient

_WORKDIR: Final = "."
_KEY_MODE: Final = "dev"


class DoctorRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What `doctor` was told beside keys; blank folders are the usual ones.

    `output_dir` is relative to `workdir`. `summary` asks the text form for what is wrong only.
    With `look_only` no file is created and no program started: folders go by their permissions.
    """

    workdir: str = _WORKDIR
    output_dir: str = OUT_DIR
    key_mode: str = _KEY_MODE
    production_readiness: bool = False
    summary: bool = False
    look_only: bool = False


def doctor(request: DoctorRequest, *, host: Host, keys: KeySources = NO_KEYS) -> DoctorAnswer:
    """Look at folders, jobs, caches, locks, keys and the program, or at production's settings.

    Nothing is changed, and whatever is found is an answer, never an error.
    """
    from gait_engine.doctor.checks import examine, examine_for_production

    for_production = request.production_readiness
    found = (examine_for_production if for_production else examine)(_patient(request, keys, host))
    status = _status(found.checks)
    non_fixable = any(check.non_fixable for check in found.checks)
    return DoctorAnswer(
        ok=not non_fixable and not (for_production and status == FAIL),
        summary_mode=request.summary,
        schema_id=DOCTOR_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=from_ns(host.now_ns()),
        producer_version=host.producer_version,
        onboarding_mode=found.onboarding_mode,
        status=status,
        non_fixable=non_fixable,
        summary=_summary(found, status, non_fixable=non_fixable),
        fix_commands=tuple(sorted({c.fix_command for c in found.checks if c.fix_command})),
        binary_path=found.binary.path,
        binary_path_source=found.binary.source,
        path_binary_path=found.binary.on_path,
        binary_version=found.binary.version,
        checks=found.checks,
    )


def adoption(path: str, *, host: Host) -> AdoptionAnswer:
    """Sum up a log of adoption events. Raises InvalidInput for any bad line, IoFailure."""
    from gait_engine.doctor.adoption import adoption_report
    from gait_engine.doctor.adoptionlog import read_events

    source = trim(path)
    if not source:
        raise InvalidInput(
            "option --from: '', expected a log of adoption events",
            hint="set GAIT_ADOPTION_LOG to a file, use gait, then name that file",
        )
    report = adoption_report(read_events(source, host=host), source, host)
    return AdoptionAnswer(ok=True, report=report)


def _patient(request: DoctorRequest, keys: KeySources, host: Host) -> "Patient":
    from gait_engine.doctor.finding import Patient

    workdir = trim(request.workdir) or _WORKDIR
    output_dir = trim(request.output_dir) or OUT_DIR
    return Patient(
        workdir=workdir,
        output_dir=clean(output_dir) if output_dir.startswith("/") else join(workdir, output_dir),
        key_mode=normal(request.key_mode) or _KEY_MODE,
        keys=keys,
        host=host,
        is_only_looked_at=request.look_only,
    )


def _status(checks: Sequence[DoctorCheck]) -> str:
    found = {check.status for check in checks}
    return next((status for status in (FAIL, WARN) if status in found), PASS)


def _summary(found: "Examination", status: str, *, non_fixable: bool) -> str:
    statuses = [check.status for check in found.checks]
    return (
        f"doctor: onboarding_mode={found.onboarding_mode} status={status}"
        f" failed={statuses.count(FAIL)} warned={statuses.count(WARN)}"
        f" non_fixable={str(non_fixable).lower()}"
    )
