"""What `gait doctor` and `gait doctor adoption` report (guard-doctor-registry.md F, scout.md 5)."""

from typing import Final

from msgspec import UNSET, UnsetType

from gait_engine.contract.common import SCHEMA_VERSION, Int64, Record, always, instant
from gait_engine.wire.timestamps import Timestamp

DOCTOR_SCHEMA: Final = "gait.doctor.result"
ADOPTION_REPORT_SCHEMA: Final = "gait.doctor.adoption_report"

PASS: Final = "pass"  # noqa: S105
WARN: Final = "warn"
FAIL: Final = "fail"

UNIVERSAL: Final = "universal"
REPO_CHECKOUT: Final = "repo_checkout"
PRODUCTION: Final = "production_readiness"
INSTALLED_BINARY: Final = "installed_binary"


class DoctorCheck(Record, frozen=True, kw_only=True):
    """One thing that was looked at; `fix_command` is what to type, or advice in words."""

    name: str = always("")
    scope: str = always("")
    status: str = always("")
    message: str = always("")
    fix_command: str = ""
    non_fixable: bool = False


class CommandCount(Record, frozen=True, kw_only=True):
    """How often a command ran."""

    command: str = always("")
    total: Int64 = always(0)
    success: Int64 = always(0)
    failure: Int64 = always(0)


class Milestone(Record, frozen=True, kw_only=True):
    """A step of getting to know gait, and whether any event has its tag."""

    name: str = always("")
    achieved: bool = always(False)


class ActivationTiming(Record, frozen=True, kw_only=True, rename="upper"):
    """Milliseconds from the first event to the first success of each step."""

    a1: int | UnsetType = UNSET
    a2: int | UnsetType = UNSET
    a3: int | UnsetType = UNSET
    a4: int | UnsetType = UNSET


class ActivationMedians(Record, frozen=True, kw_only=True):
    """The usual run time of the first and the last step, in milliseconds."""

    m1_demo_elapsed_ms: int | UnsetType = UNSET
    m2_regress_run_elapsed_ms: int | UnsetType = UNSET


class SkillWorkflow(Record, frozen=True, kw_only=True):
    """How one of the workflows that skills drive went."""

    workflow: str = always("")
    total: Int64 = always(0)
    success: Int64 = always(0)
    failure: Int64 = always(0)
    success_rate: float = always(0)
    median_runtime_ms: Int64 = always(0)
    most_common_failure_code: Int64 = 0


class AdoptionReport(Record, frozen=True, kw_only=True):
    """What a log of adoption events says together; times are UTC, year 1 where there is none."""

    schema_id: str = always(ADOPTION_REPORT_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    created_at: Timestamp = instant()
    producer_version: str = always("")
    source: str = always("")
    total_events: Int64 = always(0)
    success_events: Int64 = always(0)
    failed_events: Int64 = always(0)
    first_event_at: Timestamp = instant()
    last_event_at: Timestamp = instant()
    commands: tuple[CommandCount, ...] = always(())
    milestones: tuple[Milestone, ...] = always(())
    activation_timing_ms: ActivationTiming | UnsetType = UNSET
    activation_medians_ms: ActivationMedians | UnsetType = UNSET
    skill_workflows: tuple[SkillWorkflow, ...] = ()
    activation_complete: bool = always(False)
    blockers: tuple[str, ...] = ()
