"""`gait demo --policy`: a deletion that a policy blocks, ready to be tried (runpack.md 6.8)."""

from typing import Final

from gait_engine.api.policytest import policy_test
from gait_engine.contract.answers.run import DemoAnswer
from gait_engine.host import Host
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.store.layout import OUT_DIR

POLICY_PATH: Final = f"{OUT_DIR}/policy_demo_high_risk.yaml"
INTENT_PATH: Final = f"{OUT_DIR}/intent_demo_delete.json"

_POLICY: Final = """\
schema_id: gait.gate.policy
schema_version: 1.0.0
default_verdict: allow
rules:
  - name: block-destructive-tool-delete
    priority: 10
    effect: block
    match:
      tool_names: [tool.delete]
      risk_classes: [high]
    reason_codes: [destructive_tool_blocked]
"""
_INTENT: Final = """\
{{
  "schema_id": "gait.gate.intent_request",
  "schema_version": "1.0.0",
  "created_at": "2026-02-14T00:00:00Z",
  "producer_version": "{producer_version}",
  "tool_name": "tool.delete",
  "args": {{
    "path": "/tmp/demo/delete-me.txt"
  }},
  "targets": [
    {{
      "kind": "path",
      "value": "/tmp/demo/delete-me.txt",
      "operation": "delete",
      "endpoint_class": "fs.delete",
      "destructive": true
    }}
  ],
  "context": {{
    "identity": "demo.user",
    "workspace": "/tmp/demo",
    "risk_class": "high"
  }}
}}
"""
_TRY: Final = f"gait gate eval --policy {POLICY_PATH} --intent {INTENT_PATH}"
_COMPARE: Final = (
    "gait policy simulate --baseline examples/policy/base_medium_risk.yaml"
    " --policy examples/policy/base_high_risk.yaml --fixtures examples/policy/intents --json"
)
_NEXT: Final = (
    f"{_TRY} --simulate --json",
    f"{_TRY} --json",
    _COMPARE,
)


def policy_demo(*, host: Host) -> DemoAnswer:
    """Write a policy and an intent to ./gait-out and show that the one blocks the other."""
    make_dirs(host.cwd / OUT_DIR)
    write_atomic(host.cwd / POLICY_PATH, _POLICY.encode())
    intent = _INTENT.format(producer_version=host.producer_version)
    write_atomic(host.cwd / INTENT_PATH, intent.encode())
    decided = policy_test(POLICY_PATH, INTENT_PATH, host=host)
    return DemoAnswer(
        ok=True,
        mode="policy",
        bundle=INTENT_PATH,
        pack_path=POLICY_PATH,
        verify="ok",
        policy_verdict=decided.verdict,
        matched_rule=decided.matched_rule,
        reason_codes=decided.reason_codes,
        next_commands=_NEXT,
        metrics_opt_in="export GAIT_ADOPTION_LOG=./gait-out/adoption.jsonl",
    )
