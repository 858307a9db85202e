"""Makes run recordings of the size of real incidents: the same bytes at every call."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

_TOOLS = ("tool.search", "db.query", "http.post", "file.write", "queue.publish")
_RUN = {
    "run_id": "run_incident",
    "created_at": "2026-03-01T10:00:00Z",
    "producer_version": "0.0.0-dev",
    "env": {"os": "linux", "arch": "amd64", "runtime": "python"},
    "timeline": [],
}


def recording(calls: int, *, seed: str = "a") -> bytes:
    """Return the input of `gait run record` for a run of `calls` calls, about 740 bytes each."""
    document = {
        "run": _RUN,
        "capture_mode": "raw",
        "intents": list(_intents(calls, seed)),
        "results": list(_results(calls, seed)),
        "refs": {"receipts": []},
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _intents(calls: int, seed: str) -> Iterator[dict[str, Any]]:
    for number in range(calls):
        mark = _mark(seed, number)
        yield {
            "intent_id": f"intent_{number:06}",
            "tool_name": _TOOLS[number % len(_TOOLS)],
            "created_at": _instant(number),
            "args": {
                "query": f"select * from orders where id = {number}",  # noqa: S608  # never run
                "path": f"/srv/data/{mark[:12]}",
                "limit": number % 500,
                "dry_run": number % 7 == 0,
                "labels": ["etl", "nightly", mark[12:18]],
            },
        }


def _results(calls: int, seed: str) -> Iterator[dict[str, Any]]:
    for number in range(calls):
        mark = _mark(seed, number)
        yield {
            "intent_id": f"intent_{number:06}",
            "status": "ok" if number % 97 else "error",
            "created_at": _instant(number),
            "result": {"ok": bool(number % 97), "rows": number % 1000, "etag": mark[:16]},
        }


def _mark(seed: str, number: int) -> str:
    return hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()


def _instant(number: int) -> str:
    minutes, second = divmod(number, 60)
    hours, minute = divmod(minutes, 60)
    fraction = f".{number % 1000:03}".rstrip("0").rstrip(".")
    return f"2026-03-{1 + hours // 24:02}T{hours % 24:02}:{minute:02}:{second:02}{fraction}Z"
