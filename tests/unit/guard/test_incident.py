import os
import sys

import pytest

from gait_engine.errors import InvalidInput
from gait_engine.guard.incident import (
    Selection,
    incident_evidence,
    incident_window,
    select_evidence,
)
from gait_engine.wire.timestamps import Timestamp
from tests.support.evidence import STARTED, audit, credential, regress, write_json, write_trace
from tests.support.hosts import FrozenHost

if sys.platform == "win32":
    pytest.skip("pipes are POSIX", allow_module_level=True)

ANCHOR = Timestamp(STARTED)


def selected(host: FrozenHost, window: str = "1h", folder: str = ".") -> Selection:
    return select_evidence(folder, incident_window(window, ANCHOR, "run_x"), host=host)


@pytest.mark.parametrize(
    ("text", "seconds", "start"),
    [
        ("1h", 3600, "2026-02-05T11:00:00Z"),
        ("1ns", 0, "2026-02-05T11:59:59.999999999Z"),
        ("0", 86400, "2026-02-04T12:00:00Z"),
        ("-5h", 86400, "2026-02-04T12:00:00Z"),
    ],
)
def test_a_window_reaches_as_far_as_asked_and_never_is_empty(
    text: str, seconds: int, start: str
) -> None:
    window = incident_window(text, ANCHOR, "run_x")
    assert (window.window_seconds, window.start) == (seconds, start)
    assert window.selection_anchor == "run_x"


@pytest.mark.parametrize("text", ["", "1d", "soon"])
def test_a_window_that_is_no_duration_is_bad_input(text: str) -> None:
    with pytest.raises(InvalidInput):
        incident_window(text, ANCHOR, "run_x")


@pytest.mark.parametrize(
    ("created_at", "chosen"),
    [
        ("2026-02-05T11:00:00Z", 1),
        ("2026-02-05T13:00:00Z", 1),
        ("2026-02-05T14:00:00+01:00", 1),
        ("2026-02-05T13:00:00.000000001Z", 0),
        ("2026-02-05T10:59:59.999999999Z", 0),
    ],
)
def test_both_ends_belong_to_the_window(
    created_at: str, chosen: int, frozen_host: FrozenHost
) -> None:
    write_trace(frozen_host.cwd / "trace_1.json", "t", created_at=created_at)
    assert len(selected(frozen_host).traces) == chosen


def test_records_count_for_the_chosen_traces_only(frozen_host: FrozenHost) -> None:
    here = frozen_host.cwd
    write_json(here / "approval_audit_1.json", audit("t"))
    write_json(here / "approval_audit_2.json", audit("other"))
    write_json(here / "credential_evidence_1.json", credential("other"))
    assert len(selected(frozen_host).audits) == 2
    write_trace(here / "trace_1.json", "t")
    chosen = selected(frozen_host)
    assert [each.trace_id for each in chosen.audits] == ["t"]
    assert chosen.credentials == ()
    evidence = incident_evidence(".", chosen, host=frozen_host)
    assert (len(evidence.audits), evidence.credentials) == (1, ())


def test_without_any_chosen_record_all_that_the_folder_holds_go_in(
    frozen_host: FrozenHost,
) -> None:
    here = frozen_host.cwd
    write_json(here / "approval_audit_1.json", audit("t", created_at="2020-01-01T00:00:00Z"))
    chosen = selected(frozen_host)
    assert chosen.audits == ()
    assert len(incident_evidence(".", chosen, host=frozen_host).audits) == 1
    (here / "credential_evidence_1.json").write_text("{", encoding="utf-8")
    with pytest.raises(InvalidInput):
        incident_evidence(".", selected(frozen_host), host=frozen_host)


def test_regress_results_need_no_trace_and_digests_of_policies_are_kept_as_written(
    frozen_host: FrozenHost,
) -> None:
    here = frozen_host.cwd
    write_json(here / "regress.json", regress("fail"))
    for number, digest in enumerate(["b ", " ", "a", "b "]):
        write_trace(here / f"trace_{number}.json", f"t{number}", policy_digest=digest)
    chosen = selected(frozen_host)
    assert len(chosen.regress) == 1
    assert chosen.policy_digests == ("a", "b ")


def test_damage_is_passed_over_and_what_must_be_refused_is_listed(
    frozen_host: FrozenHost,
) -> None:
    here = frozen_host.cwd
    (here / "trace_1.json").write_text("{", encoding="utf-8")
    (here / "trace_2.json").mkdir()
    (here / "trace_3.json").write_text('{"x":1}', encoding="utf-8")
    os.mkfifo(here / "trace_4.json")
    chosen = selected(frozen_host)
    assert chosen.traces == ()
    assert chosen.skipped == (
        ("trace_3.json", "json_unsigned_field"),
        ("trace_4.json", "path_unsafe"),
    )


def test_a_chosen_path_that_no_list_could_name_is_refused(frozen_host: FrozenHost) -> None:
    folder = frozen_host.cwd / "e,f"
    folder.mkdir()
    write_trace(folder / "trace_1.json", "t", created_at="2020-01-01T00:00:00Z")
    assert selected(frozen_host, folder="e,f").traces == ()
    write_trace(folder / "trace_1.json", "t")
    with pytest.raises(InvalidInput, match="commas"):
        selected(frozen_host, folder="e,f")
