"""What the gate decided, as text (gate.md 4.6)."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.cli.render.foreign import foreign
from gait_engine.contract.answers.gate import GateAnswer


def _gate(answer: GateAnswer) -> Iterator[str]:
    yield f"gate eval: verdict={answer.verdict}"
    yield f"trace: {answer.trace_path}"
    if answer.simulate_mode:
        would_block = str(answer.would_have_blocked).lower()
        yield (
            f"simulate: would_have_blocked={would_block}"
            f" simulated_verdict={answer.simulated_verdict}"
        )
    yield from _told("reasons", ",".join(map(foreign, answer.reason_codes)))
    yield from _told("violations", ",".join(map(foreign, answer.violations)))
    if answer.required_approvals or answer.valid_approvals:
        yield f"approvals: {answer.valid_approvals}/{answer.required_approvals}"
    yield from _told("approval audit", answer.approval_audit_path)
    if answer.delegation_required:
        yield f"delegations: {answer.valid_delegations}"
    yield from _told("delegation audit", answer.delegation_audit_path)
    if answer.credential_ref:
        yield f"credential: {foreign(answer.credential_ref)} ({foreign(answer.credential_issuer)})"
    yield from _told("credential evidence", answer.credential_evidence_path)
    for warning in answer.warnings:
        yield f"warning: {foreign(warning)}"


def _told(what: str, text: str) -> Iterator[str]:
    if text:
        yield f"{what}: {text}"


RENDERERS: Final[Renderers] = {GateAnswer: _gate}
