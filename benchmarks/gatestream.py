"""Makes policies and intents for the benchmarks of the gate: the same bytes at every call."""

import json
from collections.abc import Iterator
from typing import Any, Final

POLICY: Final = """\
default_verdict: block
fail_closed:
  enabled: true
  risk_classes: [high]
  required_fields: [targets, arg_provenance]
rules:
  - name: allow-read
    priority: 1
    effect: allow
    match: {tool_names: [tool.read], risk_classes: [low]}
  - name: block-external
    priority: 3
    effect: block
    match: {target_kinds: [url], provenance_sources: [external]}
  - name: allow-write
    priority: 5
    effect: allow
    match: {tool_names: [tool.write], target_kinds: [path]}
"""
"""Three rules, as a typical policy has for a typical call."""


def intents(count: int) -> Iterator[bytes]:
    """Yield typical intents, each the text of one line."""
    return (json.dumps(_intent(number)).encode() for number in range(count))


def wide_intent(keys: int) -> bytes:
    """Return an intent whose arguments have so many keys."""
    plain = _intent(1)
    plain["args"] = {f"key{number:06}": number for number in range(keys)}
    return json.dumps(plain).encode()


def wide_policy(rules: int) -> bytes:
    """Return a policy of so many rules, none of which is about a typical call."""
    names = (f"  - {{name: rule-{n}, priority: {n % 100}, effect: block, " for n in range(rules))
    conditions = (
        f"match: {{tool_names: [tool.{n}, other.{n}], risk_classes: [high, critical]}},"
        f" reason_codes: [code_{n}]}}"
        for n in range(rules)
    )
    lines = map("".join, zip(names, conditions, strict=True))
    return "\n".join(("default_verdict: allow", "rules:", *lines, "")).encode()


def _intent(number: int) -> dict[str, Any]:
    reads = number % 3 == 0
    path = f"/srv/data/out{number}.txt"
    return {
        "schema_id": "gait.gate.intent_request",
        "schema_version": "1.0.0",
        "created_at": "2026-02-05T00:00:00Z",
        "producer_version": "0.0.0-dev",
        "tool_name": "tool.read" if reads else "tool.write",
        "args": {"path": path, "content": "hello world", "n": number},
        "targets": [{"kind": "path", "value": path, "operation": "read" if reads else "write"}],
        "arg_provenance": [{"arg_path": "args.path", "source": "user"}],
        "context": {
            "identity": "alice",
            "workspace": "/srv/data",
            "risk_class": "low" if reads else "medium",
            "session_id": "session-1",
            "request_id": f"request-{number}",
        },
    }
