"""Where the rules of a policy stand in its file."""

import pytest

from gait_engine.gate.explain.lines import rule_lines
from gait_engine.gate.policy import from_tree
from gait_engine.wire.yamlread import read_yaml

POLICY = b"""\
default_verdict: block
rules:
  - {name: c, effect: allow, priority: 2}
  - name: " b "
    effect: allow
    priority: 2
  -
    effect: allow
    priority: null
    name: a
  - {name: negative, effect: allow, priority: -1}
"""


def test_lines_are_in_the_order_of_the_walk() -> None:
    tree = read_yaml(POLICY, "p.yaml")
    names = [rule.name for rule in from_tree(tree, "p.yaml").rules]
    assert list(zip(names, rule_lines(tree), strict=True)) == [
        ("negative", 11),
        ("a", 8),
        ("b", 4),
        ("c", 3),
    ]


@pytest.mark.parametrize("text", [b"", b"default_verdict: block\n", b"rules: null\n", b"rules: []"])
def test_a_policy_without_rules_has_no_lines(text: bytes) -> None:
    assert rule_lines(read_yaml(text, "p.yaml")) == ()
