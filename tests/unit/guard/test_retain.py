import os
import sys
from pathlib import Path

import pytest

from gait_engine.errors import InvalidInput
from gait_engine.guard.retain import Ttls, delete_expired, kind_of, plan_retention, report_bytes
from tests.support.hosts import NOON_NS, FrozenHost

if sys.platform == "win32":
    pytest.skip("links are POSIX", allow_module_level=True)

HOUR_NS = 3600 * 10**9
ONE_HOUR = Ttls(HOUR_NS, HOUR_NS)


def aged(path: Path, age_ns: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    os.utime(path, ns=(NOON_NS, NOON_NS - age_ns))
    return path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("trace_1.json", "trace"),
        ("TRACE_.JSON", "trace"),
        ("mytrace_1.json", None),
        ("trace_1.jsonl", None),
        ("evidence_pack_a.zip", "pack"),
        ("incident_pack_a.GAITENC", "pack"),
        ("evidence_pack_a.tar", None),
        ("runpack_a.zip", None),
    ],
)
def test_kinds_are_told_by_name_in_any_case(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("age_ns", "ttl_ns", "action"),
    [
        (HOUR_NS + 1, HOUR_NS, "deleted"),
        (HOUR_NS, HOUR_NS, "kept"),
        (-HOUR_NS, 1, "kept"),
        (HOUR_NS, 0, "kept"),
        (HOUR_NS, -1, "kept"),
    ],
)
def test_a_file_goes_when_it_is_older_than_a_positive_ttl(
    frozen_host: FrozenHost, age_ns: int, ttl_ns: int, action: str
) -> None:
    aged(frozen_host.cwd / "trace_1.json", age_ns)
    report = plan_retention(".", Ttls(ttl_ns, 0), host=frozen_host, dry_run=True)
    (event,) = (*report.deleted_files, *report.kept_files)
    assert (event.path, event.action) == ("trace_1.json", action)
    assert event.age_seconds == max(0, age_ns) // 10**9


def test_a_plan_deletes_nothing_and_its_execution_only_what_it_says(
    frozen_host: FrozenHost,
) -> None:
    old = aged(frozen_host.cwd / "x" / "s" / "trace_1.json", 2 * HOUR_NS)
    young = aged(frozen_host.cwd / "x" / "evidence_pack_a.zip", 0)
    other = aged(frozen_host.cwd / "x" / "notes.txt", 2 * HOUR_NS)
    report = plan_retention("./x//", ONE_HOUR, host=frozen_host, dry_run=False)
    assert (report.root_path, report.scanned_files) == ("x", 2)
    assert [event.path for event in report.deleted_files] == ["x/s/trace_1.json"]
    assert old.exists()
    delete_expired(report, host=frozen_host)
    assert (old.exists(), young.exists(), other.exists()) == (False, True, True)


def test_links_are_judged_by_their_own_time_and_never_followed(frozen_host: FrozenHost) -> None:
    target = aged(frozen_host.cwd / "out" / "kept.json", 0)
    folder = frozen_host.cwd / "x"
    folder.mkdir()
    link = folder / "trace_l.json"
    link.symlink_to(target)
    os.utime(link, ns=(NOON_NS, NOON_NS - 2 * HOUR_NS), follow_symlinks=False)
    (folder / "sub").symlink_to(frozen_host.cwd / "out")
    report = plan_retention("x", ONE_HOUR, host=frozen_host, dry_run=False)
    delete_expired(report, host=frozen_host)
    assert report.scanned_files == 1
    assert not link.is_symlink()
    assert target.exists()


def test_a_root_that_is_a_link_to_a_folder_is_not_entered(frozen_host: FrozenHost) -> None:
    aged(frozen_host.cwd / "x" / "trace_1.json", 2 * HOUR_NS)
    (frozen_host.cwd / "l").symlink_to("x")
    assert plan_retention("l", ONE_HOUR, host=frozen_host, dry_run=True).scanned_files == 0


def test_a_missing_root_is_refused(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput, match="retention root"):
        plan_retention("none", ONE_HOUR, host=frozen_host, dry_run=True)


@pytest.mark.skipif(sys.platform != "linux", reason="others refuse such names")
def test_a_report_shows_a_name_that_is_no_utf8_as_far_as_it_is(frozen_host: FrozenHost) -> None:
    aged(frozen_host.cwd / "trace_\udcff.json", 2 * HOUR_NS)
    report = plan_retention(".", ONE_HOUR, host=frozen_host, dry_run=False)
    assert "trace_\ufffd.json".encode() in report_bytes(report)
    delete_expired(report, host=frozen_host)
    assert list(frozen_host.cwd.iterdir()) == []


def test_spans_are_whole_seconds_cut_towards_zero(frozen_host: FrozenHost) -> None:
    ttls = Ttls(-1_500_000_000, 1_999_999_999)
    report = plan_retention(".", ttls, host=frozen_host, dry_run=True)
    assert (report.trace_ttl_seconds, report.pack_ttl_seconds) == (-1, 1)
