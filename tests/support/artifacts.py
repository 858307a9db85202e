"""One artifact of every kind that an index tells apart, for tests."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from gait_engine.contract.pack import IncidentWindow
from gait_engine.wire.jsonwrite import compact, pretty
from tests.support import evidence, packs, reviews, runs, sessions, tokens

OBSERVED: Final = "2026-02-05T12:00:01.5Z"
OLD_NS: Final = 1_000_000 * 10**9


def trace(path: Path, /, **fields: Any) -> Path:
    """Write a trace as the gate spells it."""
    record = packs.bare_trace(**{"observed_at": OBSERVED} | fields)
    path.write_bytes(pretty(record))
    return path


def trace_journal(path: Path, *traces: dict[str, Any]) -> Path:
    """Write a journal of traces."""
    path.write_bytes(b"".join(compact(packs.bare_trace(**one)) + b"\n" for one in traces))
    return path


def session(path: Path, events: int = 1) -> Path:
    """Write a session journal without a checkpoint."""
    lines = [sessions.header(), *(sessions.event(n + 1) for n in range(events))]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def chain(path: Path) -> Path:
    """Write a session chain of one checkpoint."""
    link = sessions.checkpoint(1, 1, 2)["checkpoint"]
    return evidence.write_json(path, {**sessions.SCHEMA, **sessions.IDS, "checkpoints": [link]})


def pack(path: Path, **fields: Any) -> Path:
    """Write an evidence pack with one member."""
    members = {packs.SUMMARY: b"{}"}
    packs.write_pack(path, packs.guard_manifest(members, **fields), members)
    return path


def incident_pack(path: Path) -> Path:
    """Write an evidence pack of an incident."""
    window = IncidentWindow(start=packs.NOON, end=packs.NOON, window_seconds=60)
    return pack(path, incident_window=msgspec.to_builtins(window))


def regress(path: Path, status: str = "fail") -> Path:
    """Write a regress result with one grader that passed and one that has the status."""
    graders = [
        {"name": "nightly/diff", "status": "pass", "reason_codes": [], "details": {}},
        {"name": "nightly/trajectory", "status": status, "reason_codes": ["unexpected_tool"]},
    ]
    record = evidence.regress(status, graders=graders, schema_id="gait.regress.result")
    return evidence.write_json(path, record)


def scout_report(path: Path) -> Path:
    """Write a scout report of one family."""
    family = {"family_id": "fam_1", "severity_level": "high", "top_failure_reason": "why"}
    report = {"schema_id": "gait.scout.signal_report", "family_count": 1, "families": [family]}
    return evidence.write_json(path, report)


def policy(path: Path) -> Path:
    """Write a policy of one rule."""
    reviews.write_policy(path.parent, name=path.name)
    return path


def intent(path: Path) -> Path:
    """Write an intent."""
    reviews.write_intent(path.parent, path.name)
    return path


def token(path: Path, **fields: Any) -> Path:
    """Write an approval token that is good until eight in the evening."""
    tokens.write_token(path.parent, tokens.approval(**fields), path.name)
    return path


def audit(path: Path) -> Path:
    """Write an approval audit."""
    return evidence.write_json(path, evidence.audit("t1"))


def runpack(path: Path) -> Path:
    """Write a runpack."""
    return runs.runpack(path.parent, path.name)


EACH: Final[dict[str, tuple[str, Callable[[Path], Path]]]] = {
    "runpack": ("runpack_run_x.zip", runpack),
    "session_chain": ("s_chain.json", chain),
    "session": ("s.jsonl", session),
    "trace": ("trace_1.json", trace),
    "intent": ("intent.json", intent),
    "policy": ("policy.yaml", policy),
    "approval_token": ("approval_1.json", token),
    "approval_audit": ("approval_audit_1.json", audit),
    "evidence_pack": ("evidence_pack_1.zip", pack),
    "incident_pack": ("evidence_pack_2.zip", incident_pack),
    "regress_result": ("regress_result.json", regress),
    "scout_report": ("scout_signal_report.json", scout_report),
}
"""A usual name and a writer for every kind that is one row of one file."""


def write_each(folder: Path) -> dict[str, Path]:
    """Write one of every kind; the newest comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {kind: write(folder / name) for kind, (name, write) in EACH.items()}
    for age, path in enumerate(written.values()):
        os.utime(path, ns=(OLD_NS + age, OLD_NS + age))
    return written
