"""A policy written out: the peer's bytes, and always the same policy."""

import json
from typing import Final

import pytest

from gait_engine.gate.policy import parse
from gait_engine.gate.policyfields import POLICY, RULE
from gait_engine.gate.policyfmt import format_text
from gait_engine.gate.templates import TEMPLATES, Template
from tests.support.process import ROOT

GOLDEN: Final = ROOT / "tests" / "golden"


def formatted(text: str) -> str:
    return format_text(parse(text.encode(), "p.yaml"))


def test_three_rules_are_written_as_the_peer_writes_them() -> None:
    case = GOLDEN / "policy-test" / "fmt-json"
    recorded = json.loads((case / "case.json").read_text(encoding="utf-8"))
    policy = (case / "p.yaml").read_text(encoding="utf-8")
    assert formatted(policy) == recorded["stdout_json"]["formatted"]


def test_what_the_file_said_in_the_second_spelling_stays_beside_the_first() -> None:
    text = formatted(
        "default_action: ' ALLOW '\nrules: [{name: a, action: Block, match: {tool_name: T,"
        " endpoint_class: [Fs.read]}}]"
    )
    for line in (
        "default_verdict: allow",
        'default_action: " ALLOW "',
        "  effect: block",
        "  action: Block",
        "    tool_name: T",
        "    tool_names:\n    - t",
        "    endpoint_class:\n    - Fs.read",
        "    endpoint_classes:\n    - fs.read",
    ):
        assert f"{line}\n" in text


def test_optional_values_windows_and_long_texts_have_their_places() -> None:
    text = formatted(
        'rules: [{name: "a\\nb", effect: allow, reason_codes: ["x\\ny"], match: {'
        "max_delegation_depth: 0, tool_annotations: {readOnlyHint: false}}, freeze_window: {"
        "timezone: UTC, windows: [{start: 2026-01-01T00:00:00, end: '2026-01-02'}]}}]"
    )
    assert "rules:\n- name: |-\n    a\n    b\n  priority: 0\n" in text
    assert "  reason_codes:\n  - |-\n    x\n    y\n" in text
    assert "      readOnlyHint: false\n      destructiveHint: null\n" in text
    assert "    max_delegation_depth: 0\n" in text
    assert (
        "    windows:\n    - name: window-1\n      start: 2026-01-01T00:00:00\n"
        '      end: "2026-01-02"\n'
    ) in text


def test_every_field_is_written_in_the_order_of_the_contract() -> None:
    top = [line for line in formatted("").splitlines() if not line.startswith(" ")]
    assert [line.partition(":")[0] for line in top] == [field.key for field in POLICY.fields]
    rule = formatted("rules: [{name: a, effect: allow}]").partition("rules:\n- ")[2].splitlines()
    members = [line.strip() for line in rule if line[:3].strip() or line.startswith("name")]
    assert [line.partition(":")[0] for line in members] == [field.key for field in RULE.fields]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_formatting_keeps_the_policy_and_is_done_after_once(template: Template) -> None:
    text = template.text
    once = formatted(text)
    assert parse(once.encode(), "once") == parse(text.encode(), "template")
    assert formatted(once) == once
