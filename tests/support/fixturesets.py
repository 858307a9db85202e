"""Sets of fixtures for tests, written file by file, and what judging them gives."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gait_engine.api.regress import RunRequest, run
from gait_engine.contract.answers.regress import RegressRunAnswer
from gait_engine.contract.regress import RESULT_PATH
from gait_engine.host import Host
from tests.support import runs
from tests.support.runs import NOTHING, Json, intent, result

CALLS: Final[Json] = {
    "intents": [intent("i1", tool_name="crm.find"), intent("i2", tool_name="mail.send")],
    "results": [result("i1"), result("i2", status="error")],
}
"""Two calls, the second of which failed."""


def write_fixture(
    host: Host, name: str = "alpha", parts: Mapping[str, Any] = CALLS, /, **fields: Any
) -> Path:
    """Write a fixture's folder; `parts` go into its runpack, `fields` into fixture.json."""
    folder = host.cwd / "fixtures" / name
    folder.mkdir(parents=True, exist_ok=True)
    runs.runpack(folder, "runpack.zip", **parts)
    own = {
        "schema_id": "gait.regress.fixture",
        "schema_version": "1.0.0",
        "name": name,
        "run_id": parts.get("run", NOTHING).get("run_id", "run_x"),
        "runpack": "runpack.zip",
        "expected_replay_exit_code": 0,
    }
    (folder / "fixture.json").write_text(json.dumps(own | fields), encoding="utf-8")
    return folder


def write_config(host: Host, *names: str, **fields: Any) -> None:
    """Write a config that lists these fixtures."""
    entries = [{"name": name, "runpack": f"fixtures/{name}/runpack.zip"} for name in names]
    text = json.dumps({"fixtures": entries} | fields)
    (host.cwd / "gait.yaml").write_text(text, encoding="utf-8")


def with_candidate(host: Host, parts: Mapping[str, Any], /, **fields: Any) -> Path:
    """Write the fixture `alpha` with a candidate and the config over it."""
    folder = write_fixture(host, "alpha", CALLS, candidate_runpack="candidate.zip", **fields)
    runs.runpack(folder, "candidate.zip", **parts)
    write_config(host, "alpha")
    return folder


def grades(host: Host, **options: Any) -> dict[str, Json]:
    """Judge the set; return each entry of the written result by its name."""
    judged(host, **options)
    written = json.loads((host.cwd / RESULT_PATH).read_bytes())
    return {entry["name"]: entry for entry in written["graders"]}


def judged(host: Host, **options: Any) -> RegressRunAnswer:
    """Judge the set."""
    return run(RunRequest(**options), host=host)
