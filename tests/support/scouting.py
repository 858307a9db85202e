"""Runs for scout's tests: runpacks, traces and regress results with little to say."""

import json
from pathlib import Path
from typing import Any

from tests.support import runs
from tests.support.packs import bare_trace, write_record


def scout_run(folder: Path, name: str, /, **facts: Any) -> Path:
    """Write a runpack; facts: run_id, tools, status, payload, receipts, created_at, env, mode."""
    tools = facts.get("tools", ["crm.read"])
    payload = {"result": facts["payload"]} if "payload" in facts else {}
    run_id = facts.get("run_id", f"run_{Path(name).stem}")
    run = {
        "run_id": run_id,
        "created_at": facts.get("created_at", runs.STARTED),
        "env": {"os": "linux", "arch": "amd64", "runtime": facts.get("runtime", "py")},
    }
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = runs.members(
        intents=[runs.intent(f"i{n}", tool_name=tool) for n, tool in enumerate(tools)],
        results=[
            runs.result(f"i{n}", status=facts.get("status", "ok"), **payload)
            for n in range(len(tools))
        ],
        run=run,
        refs={"receipts": facts.get("receipts", [])},
    )
    path.write_bytes(runs.sealed(data, run_id=run_id, capture_mode=facts.get("mode", "raw")))
    return path


def trace(folder: Path, name: str, run_id: str, **fields: Any) -> Path:
    """Write a trace that is about a run."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_record(path, bare_trace(correlation_id=run_id, **fields))


def regress(folder: Path, name: str, *graders: dict[str, Any]) -> Path:
    """Write a regress result."""
    path = folder / name
    path.write_text(json.dumps({"graders": list(graders)}), encoding="utf-8")
    return path
