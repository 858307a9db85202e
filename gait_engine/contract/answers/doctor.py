"""What `gait doctor` answers (guard-doctor-registry.md F, scout.md 5)."""

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import always
from gait_engine.contract.doctor import AdoptionReport, DoctorCheck
from gait_engine.errors import FAILED_VERIFICATION, DependencyMissing


class DoctorAnswer(Answer, frozen=True, kw_only=True):
    """Every check in order. `ok` is false only where nothing can be fixed or production must wait.

    `fix_commands` holds every fix once, sorted. `binary_path` is the `gait` that answers when its
    name is typed, `path_binary_path` another one that PATH has.
    """

    summary_mode: bool = False
    schema_id: str = ""
    schema_version: str = ""
    created_at: str = ""
    producer_version: str = ""
    onboarding_mode: str = ""
    status: str = ""
    non_fixable: bool = False
    summary: str = ""
    fix_commands: tuple[str, ...] = ()
    binary_path: str = ""
    binary_path_source: str = ""
    path_binary_path: str = ""
    binary_version: str = ""
    checks: tuple[DoctorCheck, ...] = ()

    @property
    def failure_code(self) -> int:
        """7 where nothing can be fixed, 2 where production must wait."""
        return DependencyMissing.exit_code if self.non_fixable else FAILED_VERIFICATION


class AdoptionAnswer(Answer, frozen=True, kw_only=True):
    """What a log of adoption events says together."""

    report: AdoptionReport = always(AdoptionReport())
