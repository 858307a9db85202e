"""The records of regression tests: config, fixture, result (regress.md 1, 2.6)."""

from typing import Annotated, Final

from msgspec import Meta

from gait_engine.contract.common import SCHEMA_VERSION, Int64, Record, always, instant
from gait_engine.wire.timestamps import Timestamp

CONFIG_SCHEMA: Final = "gait.regress.config"
FIXTURE_SCHEMA: Final = "gait.regress.fixture"
RESULT_SCHEMA: Final = "gait.regress.result"

CONFIG_PATH: Final = "gait.yaml"
RESULT_PATH: Final = "regress_result.json"
FIXTURES_DIR: Final = "fixtures"
FIXTURE_FILE: Final = "fixture.json"
FIXTURE_RUNPACK: Final = "runpack.zip"
FIXTURE_CANDIDATE: Final = "candidate.zip"
DEFAULT_SET: Final = "default"

PASS: Final = "pass"  # noqa: S105  # a status
FAIL: Final = "fail"
REQUIRED: Final = "required"
CONFORMANCE: Final = ("", REQUIRED, "none")

Detail = str | bool | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | tuple[str, ...] | None
"""What a grader tells about its judgement under one key."""


class ConfigEntry(Record, frozen=True, kw_only=True):
    """One fixture of a set: its name, the run it must hold, its runpack relative to the cwd."""

    name: str = always("")
    run_id: str = always("")
    runpack: str = always("")


class RegressConfig(Record, frozen=True, kw_only=True):
    """`gait.yaml`, which holds JSON: the fixtures of a set."""

    schema_id: str = always(CONFIG_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    fixture_set: str = always("")
    fixtures: tuple[ConfigEntry, ...] = always(())


class Fixture(Record, frozen=True, kw_only=True):
    """`fixture.json`: what a run is expected to do, and what may differ."""

    schema_id: str = always(FIXTURE_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    name: str = always("")
    run_id: str = always("")
    runpack: str = always("")
    expected_replay_exit_code: Int64 = always(0)
    expected_tool_sequence: tuple[str, ...] = ()
    expected_verdict_sequence: tuple[str, ...] = ()
    candidate_runpack: str = ""
    context_conformance: str = ""
    allow_context_runtime_drift: bool = False
    expected_context_set_digest: str = ""
    diff_allow_changed_files: tuple[str, ...] = ()
    session_chain: str = ""
    checkpoint_index: Int64 = 0


class GraderResult(Record, frozen=True, kw_only=True):
    """The judgement of one grader on one fixture; `name` is `<fixture>/<grader>`."""

    name: str = always("")
    status: str = always("")
    reason_codes: tuple[str, ...] = always(())
    context_conformance: str = ""
    details: dict[str, Detail] = always({})


class RegressResult(Record, frozen=True, kw_only=True):
    """`regress_result.json`: every judgement, sorted by name."""

    schema_id: str = always(RESULT_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    created_at: Timestamp = instant()
    producer_version: str = always("")
    fixture_set: str = always("")
    status: str = always("")
    graders: tuple[GraderResult, ...] = always(())
