"""Where the rules of a policy stand in its file."""

from gait_engine.wire.yamlfields import integer, text
from gait_engine.wire.yamltree import Node


def rule_lines(root: Node | None) -> tuple[int, ...]:
    """Return the line of each rule, from 1, in the order in which a policy has its rules.

    `root` is the tree of a policy that has been read without an error.
    """
    _, rules = root.value.get("rules", (None, None)) if root else (None, None)
    listed = (rules.value or []) if rules else []
    return tuple(node.line for node in sorted(listed, key=_order))


def _order(rule: Node) -> tuple[int, str]:
    _, name = rule.value["name"]
    _, priority = rule.value.get("priority", (None, None))
    is_given = priority is not None and priority.value is not None
    return integer(priority) if is_given else 0, text(name)
