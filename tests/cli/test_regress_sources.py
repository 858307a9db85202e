"""From an artifact of each kind to a fixture that is judged, all through the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support import process, runs
from tests.support.fixturesets import CALLS, with_candidate, write_config, write_fixture
from tests.support.hosts import FrozenHost
from tests.support.runs import intent, result

Gait = Callable[..., Any]
JOURNAL: Final = ("--journal", "s/journal.jsonl")
LOCALES: Final = [("UTC", "C"), ("Asia/Tokyo", "tr_TR.UTF-8"), ("America/St_Johns", "de_DE.UTF-8")]


def said(gait: Gait, *argv: str, exit_code: int = 0) -> dict[str, Any]:
    answer = gait(*argv, "--json")
    assert answer.exit_code == exit_code, answer.stdout
    found = json.loads(answer.stdout)
    assert isinstance(found, dict)
    return found


def checkpoints(gait: Gait) -> None:
    """Keep a session of three calls, the last of which was blocked, sealed after the second."""
    said(gait, "run", "session", "start", *JOURNAL, "--session-id", "s1", "--run-id", "run_s")
    for tool, verdict in (("crm.find", "allow"), ("crm.note", "allow"), ("db.drop", "block")):
        said(gait, "run", "session", "append", *JOURNAL, "--tool", tool, "--verdict", verdict)
        if tool != "crm.find":
            said(gait, "run", "session", "checkpoint", *JOURNAL, "--out", f"s/{tool}.zip")


@pytest.mark.parametrize("verb", ["init", "add"])
@pytest.mark.parametrize(
    ("checkpoint", "tools", "verdicts"),
    [
        ("1", ["crm.find", "crm.note"], ["allow", "allow"]),
        ("latest", ["db.drop"], ["error"]),
    ],
)
def test_a_checkpoint_of_a_kept_session_is_pinned_and_holds(
    gait: Gait, tmp_path: Path, verb: str, checkpoint: str, tools: list[str], verdicts: list[str]
) -> None:
    checkpoints(gait)
    (chain,) = (tmp_path / "s").glob("*chain*.json")
    source = chain.relative_to(tmp_path).as_posix()
    made = said(gait, "regress", verb, "--from", source, "--checkpoint", checkpoint)
    fixture = json.loads((tmp_path / made["fixture_dir"] / "fixture.json").read_bytes())
    assert fixture["session_chain"] == source
    assert (fixture["expected_tool_sequence"], fixture["expected_verdict_sequence"]) == (
        tools,
        verdicts,
    )
    assert said(gait, "regress", "run")["status"] == "pass"


@pytest.mark.parametrize("kind", ["run id", "runpack", "receipt", "receipt of a session"])
def test_what_was_captured_is_pinned_and_holds(gait: Gait, tmp_path: Path, kind: str) -> None:
    said(gait, "demo")
    source = "run_demo" if kind == "run id" else "gait-out/runpack_run_demo.zip"
    if kind.startswith("receipt"):
        if kind == "receipt of a session":
            checkpoints(gait)
            (source,) = (f"s/{path.name}" for path in (tmp_path / "s").glob("*chain*.json"))
        said(gait, "capture", "--from", source)
        source = "gait-out/capture.json"
    assert said(gait, "regress", "add", "--from", source, "--name", "pinned")["ok"]
    assert said(gait, "regress", "run")["graders"] >= 4


@pytest.mark.parametrize(
    ("section", "changed"),
    [
        ("intents", intent("i1", tool_name="crm.list")),
        ("intents", intent("i2", tool_name="mail.send", args_digest="e" * 64)),
        ("results", result("i1", status="denied")),
        ("results", result("i2", status="error", result_digest="e" * 64)),
    ],
)
def test_one_record_changed_is_a_regression_and_is_named(
    frozen_host: FrozenHost, gait: Gait, section: str, changed: dict[str, Any]
) -> None:
    key = changed["intent_id"]
    records = [changed if row["intent_id"] == key else row for row in CALLS[section]]
    assert records != CALLS[section]
    with_candidate(frozen_host, CALLS | {section: records})
    answer = gait("regress", "run")
    assert answer.exit_code == 5
    assert f"\n  {section} {key} (" in answer.stdout
    assert answer.stdout.count(": changed in ") == 1


def test_a_record_left_out_or_added_is_named_too(frozen_host: FrozenHost, gait: Gait) -> None:
    rows = [CALLS["intents"][0], intent("i3", tool_name="x.y")]
    with_candidate(frozen_host, CALLS | {"intents": rows})
    answer = gait("regress", "run")
    assert answer.exit_code == 5
    assert "  intents i2 (mail.send): left_only" in answer.stdout
    assert "  intents i3 (x.y): right_only" in answer.stdout


def test_an_update_is_shown_before_and_while_it_is_made(
    frozen_host: FrozenHost, gait: Gait
) -> None:
    with_candidate(frozen_host, CALLS | {"results": [result("i1"), result("i2", status="denied")]})
    pinned = frozen_host.cwd / "fixtures/alpha/runpack.zip"
    before = pinned.read_bytes()
    shown = gait("regress", "run", "--update").stdout
    assert "results i2 (" in shown
    assert "to re-pin, add --yes" in shown
    assert pinned.read_bytes() == before
    made = gait("regress", "run", "--update", "--yes").stdout
    assert "results i2 (" in made
    assert "re-pinned" in made
    assert pinned.read_bytes() == (frozen_host.cwd / "fixtures/alpha/candidate.zip").read_bytes()


@pytest.mark.parametrize(
    "text", ["fixtures:\n  - name: alpha\n    runpack: a/runpack.zip\n", "{}\n"]
)
def test_a_config_of_yaml_or_of_nothing_is_refused(
    frozen_host: FrozenHost, gait: Gait, text: str
) -> None:
    write_fixture(frozen_host)
    (frozen_host.cwd / "gait.yaml").write_text(text)
    found = said(gait, "regress", "run", exit_code=6)
    assert "gait.yaml" in found["error"]
    assert "gait regress init" in found["hint"] or "fixtures" in found["error"]


@pytest.mark.parametrize("name", ["fixtures/beta/runpack.zip", "fixtures/beta/fixture.json"])
@pytest.mark.parametrize("content", [None, b"", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_a_foreign_or_missing_file_breaks_its_own_fixture_alone(
    frozen_host: FrozenHost, gait: Gait, name: str, content: bytes | None
) -> None:
    for fixture in ("alpha", "beta", "gamma"):
        write_fixture(frozen_host, fixture)
    write_config(frozen_host, "alpha", "beta", "gamma")
    path = frozen_host.cwd / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    before = runs.tree(frozen_host.cwd)
    found = said(gait, "regress", "run", "--junit", "j.xml", exit_code=6)
    assert [row["fixture"] for row in found["unjudged"]] == ["beta"]
    assert {row["name"].partition("/")[0] for row in found["judged"]} == {"alpha", "gamma"}
    assert runs.tree(frozen_host.cwd) == before


def test_every_byte_is_the_same_in_any_folder_zone_locale_and_hash_order(tmp_path: Path) -> None:
    made = set()
    for number, (zone, locale) in enumerate(LOCALES):
        folder = tmp_path / f"{number} é"
        folder.mkdir()
        with_candidate(FrozenHost(folder), CALLS | {"results": [result("i1")]})
        (folder / "gait-out").mkdir()
        runs.runpack(folder, "gait-out/runpack_run_x.zip", **CALLS)
        env = {"TZ": zone, "LC_ALL": locale, "LANG": locale, "PYTHONHASHSEED": str(number)}
        argv = ("--from", "run_x", "--junit", "j.xml", "--json")
        done = process.gait("regress", "bootstrap", *argv, cwd=folder, env=env)
        text = process.gait("regress", "run", "--output", "again.json", cwd=folder, env=env)
        assert (done.returncode, text.returncode) == (5, 5), done.stdout
        files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        assert {"gait.yaml", "j.xml", "regress_result.json", "again.json"} <= files.keys()
        made.add((done.stdout, text.stdout, tuple(sorted(files.items()))))
    assert len(made) == 1
