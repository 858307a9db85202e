"""The peer's answers on intents: the digests it printed, and what it called no intent."""

import json
from pathlib import Path
from typing import Any

import pytest

from gait_engine.errors import InvalidInput
from gait_engine.gate.intent import args_digest, intent_digest, read_intent
from gait_engine.gate.prepare import prepared
from tests.support.hosts import FrozenHost
from tests.support.process import ROOT

CASES = {
    file.parent.name: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted((ROOT / "tests" / "golden" / "intent").glob("*/case.json"))
}
ERRORS = (1, 6)
REFUSED = {
    "args-dup-key-last-wins": "json_duplicate_key",
    "args-dup-toplevel-merge": "json_duplicate_key",
    "args-lone-surrogate": "json_lossy_text",
    "args-number-13": "json_lossy_number",
    "args-number-23": "json_lossy_number",
    "case-insensitive-keys": "json_case_variant_key",
    "case-insensitive-mixed-last-wins": "json_case_variant_key",
    "dup-context-merge": "json_duplicate_key",
    "dup-targets-stale-fields": "json_duplicate_key",
}
"""Texts that the peer takes and that two readers could read differently, with our code."""


def is_refused(name: str) -> bool:
    return name.removesuffix("-eval") in REFUSED


def intent_of(name: str) -> tuple[Path, str]:
    argv: list[str] = CASES[name]["argv"]
    file = argv[argv.index("--intent") + 1] if "--intent" in argv else argv[3]
    return ROOT / "tests" / "golden" / "intent" / name, file


def names(*, judged: bool) -> list[str]:
    return [
        name
        for name, case in CASES.items()
        if (case["exit"] not in ERRORS) is judged and not is_refused(name)
    ]


def trace_of(name: str) -> dict[str, Any]:
    traces = CASES[name].get("out_files", {})
    return dict(traces["trace.json"]["json"]) if traces else {}


def test_all_recorded_cases_are_here() -> None:
    assert len(CASES) == 254
    assert sum(case["argv"][0] == "gate" for case in CASES.values()) == 106


@pytest.mark.parametrize("name", names(judged=True))
def test_the_digests_are_those_of_the_peer(name: str) -> None:
    folder, file = intent_of(name)
    intent = read_intent(file, host=FrozenHost(folder))
    trace = trace_of(name)
    if trace:
        intent = prepared(intent)
        assert args_digest(intent) == trace["args_digest"]
        assert intent.script_hash == trace.get("script_hash", "")
    assert intent_digest(intent) == CASES[name]["stdout_json"]["intent_digest"]


@pytest.mark.parametrize("name", names(judged=False))
def test_what_the_peer_calls_no_intent_is_invalid_input(name: str) -> None:
    folder, file = intent_of(name)
    with pytest.raises(InvalidInput) as caught:
        read_intent(file, host=FrozenHost(folder))
    assert caught.value.code == "invalid_input"


@pytest.mark.parametrize("name", [*filter(is_refused, CASES)])
def test_a_text_with_two_readings_is_refused_with_its_own_code(name: str) -> None:
    folder, file = intent_of(name)
    with pytest.raises(InvalidInput) as caught:
        read_intent(file, host=FrozenHost(folder))
    assert caught.value.code == REFUSED[name.removesuffix("-eval")]
