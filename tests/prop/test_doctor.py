"""Laws of the doctor: what a shell reads from a fix, what the sums say, that no order matters."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import to_builtins

from gait_engine.api.doctor import adoption
from gait_engine.cli.render.doctor import typeable
from gait_engine.doctor.finding import shell_word
from gait_engine.doctor.production import host_of_address
from gait_engine.wire.safetext import HIDDEN
from tests.support.hosts import FrozenHost

NAMES = st.text(
    st.one_of(st.sampled_from("'\"\\$`!%-~*\n\t\x1b\u202e\udcff é"), st.characters()), min_size=1
).filter(lambda name: "\0" not in name and _is_bytes(name))
COMMANDS = st.sampled_from(["demo", "verify", "regress run", "gate eval", "run record", "x"])
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "created_at": st.sampled_from(
                ["2026-01-01T00:00:00Z", "2026-01-01T00:30:00+01:00", "2026-01-01T00:00:00.25Z"]
            ),
            "command": COMMANDS,
            "success": st.booleans(),
            "exit_code": st.integers(0, 255),
            "elapsed_ms": st.integers(-5, 2**53),
            "milestones": st.lists(st.sampled_from(["A1", "A2", "A3", "A4", "E1", "Z"])),
            "workflow_id": st.sampled_from(["", "mine", "gait-capture-runpack"]),
            "environment": st.just({"os": "linux", "arch": "amd64"}),
        }
    ),
    max_size=12,
)


def _is_bytes(name: str) -> bool:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True


def read_by_a_shell(word: str) -> bytes:
    command = os.fsencode(f"printf '%s' {word}")
    return subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout


@given(NAMES)
@settings(max_examples=60, deadline=None)
def test_a_shell_reads_the_path_that_was_meant(name: str) -> None:
    meant = os.fsencode(f"./{name}" if name.startswith("-") else name)
    assert read_by_a_shell(shell_word(name)) == meant
    shown = typeable(shell_word(name))
    assert read_by_a_shell(shown) == meant
    assert HIDDEN.search(shown) is None or name.endswith("\n")


@given(st.text())
@settings(deadline=None)
def test_an_address_that_is_read_ends_with_a_port(address: str) -> None:
    host = host_of_address(address)
    assert host is None or address.startswith((f"{host}:", f"[{host}]:"))


def _report(events: list[dict[str, Any]]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        host = FrozenHost(Path(folder))
        text = "".join(f"{json.dumps(event)}\n" for event in events)
        (host.cwd / "e.jsonl").write_text(text, encoding="utf-8")
        built: dict[str, Any] = to_builtins(adoption("e.jsonl", host=host).report)
        return built


@given(EVENTS, st.randoms(use_true_random=False))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_order_of_events_does_not_matter(events: list[dict[str, Any]], random: Any) -> None:
    before = _report(events)
    shuffled = list(events)
    random.shuffle(shuffled)
    assert _report(shuffled) == before


@given(EVENTS)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_event_is_counted_once(events: list[dict[str, Any]]) -> None:
    said = _report(events)
    assert said["total_events"] == len(events) == said["success_events"] + said["failed_events"]
    assert sum(row["total"] for row in said["commands"]) == len(events)
    for row in (*said["commands"], *said.get("skill_workflows", ())):
        assert row["total"] == row["success"] + row["failure"] > 0
    missing = [m["name"] for m in said["milestones"] if not m["achieved"] and m["name"][0] == "A"]
    assert [text.split(":")[0] for text in said.get("blockers", ())] == [
        f"missing {name}" for name in missing
    ]
    assert said["activation_complete"] is (not missing)
