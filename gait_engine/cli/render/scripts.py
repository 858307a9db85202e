"""Approved scripts as text."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.scripts import ScriptApprovalAnswer, ScriptListAnswer


def _approved(answer: ScriptApprovalAnswer) -> Iterator[str]:
    yield f"approve-script ok: {answer.pattern_id}"
    yield f"  script    {answer.script_hash}"
    yield f"  policy    {answer.policy_digest}"
    yield f"  tools     {' '.join(answer.tool_sequence)}"
    yield f"  expires   {answer.expires_at}"
    yield f"  registry  {answer.registry_path}"
    for warning in answer.warnings:
        yield f"warning: {warning}"


def _listed(answer: ScriptListAnswer) -> Iterator[str]:
    yield f"list-scripts: {answer.registry} entries={answer.count}, signatures not checked"
    for row in answer.entries:
        standing = "expired" if row.expired else "current"
        yield f"  {standing:7}  {row.pattern_id}  until={row.expires_at} by={row.approver_identity}"
        yield f"           script={row.script_hash} tools={','.join(row.tool_sequence)}"
        if row.scope:
            yield f"           scope={','.join(row.scope)}"


RENDERERS: Final[Renderers] = {ScriptApprovalAnswer: _approved, ScriptListAnswer: _listed}
