"""Deleting traces and packs that are older than they are to be kept.

All is looked at before anything is deleted. Contract: guard-doctor-registry.md C.
"""

import os
import stat
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import msgspec

from gait_engine.contract.guard import RetentionEvent, RetentionReport
from gait_engine.host import Host
from gait_engine.store.atomic import os_errors_as_ours
from gait_engine.store.safepath import clean, join
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.text import lower
from gait_engine.wire.timestamps import from_ns

_SECOND_NS: Final = 10**9

Kind = Literal["trace", "pack"]


class Ttls(NamedTuple):
    """How long each kind is kept, in nanoseconds; zero or less means for ever."""

    trace: int
    pack: int


def plan_retention(root: str, ttls: Ttls, *, host: Host, dry_run: bool) -> RetentionReport:
    """Judge every trace and pack under a folder, and delete nothing yet.

    Links are judged by their own time and never followed. Raises InvalidInput for a root or a
    folder below it that cannot be read; IoFailure.
    """
    now = host.now_ns()
    judged = sorted(
        _judged(clean(root), ttls, now, host), key=lambda event: os.fsencode(event.path)
    )
    return RetentionReport(
        created_at=from_ns(now),
        producer_version=host.producer_version,
        root_path=clean(root),
        dry_run=dry_run,
        trace_ttl_seconds=_whole_seconds(ttls.trace),
        pack_ttl_seconds=_whole_seconds(ttls.pack),
        scanned_files=len(judged),
        deleted_files=tuple(event for event in judged if event.action == "deleted"),
        kept_files=tuple(event for event in judged if event.action == "kept"),
    )


def delete_expired(report: RetentionReport, *, host: Host) -> None:
    """Delete what a plan says. Raises InvalidInput, IoFailure at the first that cannot be."""
    for event in report.deleted_files:
        path = host.cwd / event.path
        with os_errors_as_ours("expired file", path, "a file that can be deleted"):
            path.unlink(missing_ok=True)


def report_bytes(report: RetentionReport) -> bytes:
    """Return the content of a report; U+FFFD stands for bytes of a name that are not UTF-8."""
    return canonical_record(
        msgspec.structs.replace(
            report,
            root_path=_as_text(report.root_path),
            deleted_files=tuple(map(_with_text, report.deleted_files)),
            kept_files=tuple(map(_with_text, report.kept_files)),
        )
    )


def kind_of(name: str) -> Kind | None:
    """Tell by its base name whether a file is a trace or a pack; None for all others."""
    name = lower(name)
    if name.startswith("trace_") and name.endswith(".json"):
        return "trace"
    is_pack = name.startswith(("evidence_pack_", "incident_pack_"))
    return "pack" if is_pack and name.endswith((".zip", ".gaitenc")) else None


def _judged(root: str, ttls: Ttls, now: int, host: Host) -> Iterator[RetentionEvent]:
    for path, facts in _files(root, host):
        if kind := kind_of(path.rpartition("/")[2]):
            yield _judge(path, kind, facts.st_mtime_ns, getattr(ttls, kind), now)


def _judge(path: str, kind: Kind, modified_ns: int, ttl: int, now: int) -> RetentionEvent:
    age = max(0, now - modified_ns)
    return RetentionEvent(
        path=path,
        kind=kind,
        modified_at=from_ns(modified_ns),
        age_seconds=age // _SECOND_NS,
        action="deleted" if 0 < ttl < age else "kept",
    )


def _files(path: str, host: Host) -> Iterator[tuple[str, os.stat_result]]:
    """Yield all that is no folder, a link for what it is itself."""
    place = host.cwd / path
    with os_errors_as_ours("retention root", place, "a folder or file that can be read"):
        facts = place.lstat()
        is_folder = stat.S_ISDIR(facts.st_mode)
        names = sorted(entry.name for entry in place.iterdir()) if is_folder else None
    if names is None:
        yield path, facts
        return
    for name in names:
        yield from _files(join(path, name), host)


def _with_text(event: RetentionEvent) -> RetentionEvent:
    return msgspec.structs.replace(event, path=_as_text(event.path))


def _as_text(path: str) -> str:
    return os.fsencode(path).decode(errors="replace")


def _whole_seconds(span_ns: int) -> int:
    return abs(span_ns) // _SECOND_NS * (1 if span_ns >= 0 else -1)
