"""Logs of adoption events, read whole or refused, and what they say together."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gait_engine.api.doctor import adoption
from gait_engine.contract.doctor import AdoptionReport
from gait_engine.errors import InvalidInput
from tests.support.hosts import FrozenHost


def event(**fields: Any) -> dict[str, Any]:
    return {
        "created_at": "2026-01-01T00:00:00Z",
        "command": "demo",
        "success": True,
        "environment": {"os": "linux", "arch": "amd64"},
    } | fields


def report(host: FrozenHost, *events: dict[str, Any] | str) -> AdoptionReport:
    lines = (line if isinstance(line, str) else json.dumps(line) for line in events)
    (host.cwd / "e.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return adoption(" e.jsonl ", host=host).report


@pytest.mark.parametrize(
    "line",
    [
        event(schema_id="gait.scout.other"),
        event(schema_version="2.0.0"),
        event(created_at=None),
        event(created_at="0001-01-01T00:00:00Z"),
        event(created_at="yesterday"),
        event(command=" "),
        event(command=None),
        event(environment={"os": " ", "arch": "a"}),
        event(environment={"os": "linux"}),
        event(environment=None),
        event(exit_code=-1),
        event(exit_code=256),
        event(exit_code=1.0),
        event(success="yes"),
        event(milestones="A1"),
        "{",
        "[]",
        "null",
        '{"command":"a","command":"b"}',
        '{"Command":"a"}',
        '{"command":"' + "x" * (1 << 20) + '"}',
    ],
)
def test_one_bad_line_refuses_the_log(line: Any, frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput, match=r"e\.jsonl.*line 2"):
        report(frozen_host, event(), line)


@pytest.mark.parametrize("path", ["", " ", "none.jsonl", "."])
def test_a_log_that_is_none_is_refused(path: str, frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput):
        adoption(path, host=frozen_host)


def test_texts_are_trimmed_and_blank_lines_and_unknown_fields_passed_over(
    frozen_host: FrozenHost,
) -> None:
    said = report(
        frozen_host,
        " ",
        "\u00a0",
        event(command=" demo ", elapsed_ms=-5, milestones=[" A1", "A1 ", ""], more=1),
        f"\t{json.dumps(event(schema_id=' ', schema_version=''))} ",
    )
    assert [(row.command, row.total) for row in said.commands] == [("demo", 2)]
    assert msgspec.to_builtins(said.activation_medians_ms) == {"m1_demo_elapsed_ms": 0}


def test_times_are_compared_as_instants_not_as_text(frozen_host: FrozenHost) -> None:
    said = report(
        frozen_host,
        event(created_at="2026-01-01T00:30:00+01:00", success=False, milestones=["A2"]),
        event(created_at="2026-01-01T00:00:00.5Z", milestones=["A2"]),
        event(created_at="2026-01-01T00:00:02Z", milestones=["A2", "E3"]),
    )
    assert (said.first_event_at, said.last_event_at) == (
        "2025-12-31T23:30:00Z",
        "2026-01-01T00:00:02Z",
    )
    assert said.created_at == said.last_event_at
    assert msgspec.to_builtins(said.activation_timing_ms) == {"A2": 1_800_500}
    assert [m.name for m in said.milestones if m.achieved] == ["A2", "E3"]


def test_a_log_without_events_lacks_every_step(frozen_host: FrozenHost) -> None:
    said = msgspec.to_builtins(report(frozen_host))
    assert (said["created_at"], said["first_event_at"]) == (
        "1980-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
    )
    assert len(said["blockers"]) == 4
    assert {"activation_timing_ms", "activation_medians_ms", "skill_workflows"} & set(said) == set()


def test_medians_of_an_even_count_are_whole(frozen_host: FrozenHost) -> None:
    said = report(
        frozen_host,
        *(event(elapsed_ms=ms, milestones=["A4"]) for ms in (9, 2, 100, 4)),
        event(elapsed_ms=1, milestones=["A4"], success=False),
    )
    assert msgspec.to_builtins(said.activation_medians_ms) == {"m2_regress_run_elapsed_ms": 6}


def test_workflows_count_by_command_or_by_the_name_an_event_gives(
    frozen_host: FrozenHost,
) -> None:
    bad = {"success": False, "elapsed_ms": 4}
    said = report(
        frozen_host,
        event(command="verify", elapsed_ms=1),
        event(command="verify", workflow_id="mine"),
        event(command="x", workflow_id=" gait-capture-runpack ", exit_code=6, **bad),
        event(command="run record", exit_code=2, **bad),
        event(command="gate eval", exit_code=3, **bad),
    )
    assert msgspec.to_builtins(said.skill_workflows) == (
        {
            "workflow": "gait-capture-runpack",
            "total": 3,
            "success": 1,
            "failure": 2,
            "success_rate": 1 / 3,
            "median_runtime_ms": 4,
            "most_common_failure_code": 2,
        },
        {
            "workflow": "gait-policy-test-rollout",
            "total": 1,
            "success": 0,
            "failure": 1,
            "success_rate": 0,
            "median_runtime_ms": 4,
            "most_common_failure_code": 3,
        },
    )


def test_every_step_taken_leaves_no_blocker(frozen_host: FrozenHost) -> None:
    said = report(frozen_host, event(milestones=["A4", "A3", "A2", "A1"], success=False))
    assert (said.activation_complete, said.blockers) == (True, ())
    assert said.activation_timing_ms is msgspec.UNSET


def test_a_log_may_be_a_link(tmp_path: Path, frozen_host: FrozenHost) -> None:
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "e.jsonl")
    report(frozen_host, event())
    assert adoption("link.jsonl", host=frozen_host).report.total_events == 1
