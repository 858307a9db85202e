"""Approval and delegation tokens as text."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.cli.render.foreign import foreign, railed
from gait_engine.contract.answers.tokens import (
    ApproveAnswer,
    DelegationMintAnswer,
    DelegationVerifyAnswer,
)

_Delegation = DelegationMintAnswer | DelegationVerifyAnswer


def _approved(answer: ApproveAnswer) -> Iterator[str]:
    yield f"approved: {answer.token_path}"
    yield f"  token    {answer.token_id}"
    yield from railed("  reason   ", foreign(answer.reason_code))
    yield from railed("  scope    ", ",".join(map(foreign, answer.scope)))
    for name, bound in (("targets", answer.max_targets), ("ops", answer.max_ops)):
        if bound:
            yield f"  {name:8} at most {bound}"
    yield f"  expires  {answer.expires_at}"
    yield f"  key      {answer.key_id}"
    yield from _warned(answer.warnings)


def _minted(answer: DelegationMintAnswer) -> Iterator[str]:
    yield f"delegated: {answer.token_path}"
    yield from _delegation(answer)
    yield from _warned(answer.warnings)


def _verified(answer: DelegationVerifyAnswer) -> Iterator[str]:
    yield f"delegation token ok: {answer.token_path}"
    yield from _delegation(answer)


def _delegation(answer: _Delegation) -> Iterator[str]:
    yield f"  token    {answer.token_id}"
    yield from railed("  from     ", foreign(answer.delegator_identity))
    yield from railed("  to       ", foreign(answer.delegate_identity))
    yield from railed("  scope    ", ",".join(map(foreign, answer.scope)))
    if answer.scope_class:
        yield from railed("  class    ", foreign(answer.scope_class))
    yield f"  expires  {answer.expires_at}"
    if answer.key_id:
        yield f"  key      {answer.key_id}"


def _warned(warnings: tuple[str, ...]) -> Iterator[str]:
    for warning in warnings:
        yield f"warning: {warning}"


RENDERERS: Final[Renderers] = {
    ApproveAnswer: _approved,
    DelegationMintAnswer: _minted,
    DelegationVerifyAnswer: _verified,
}
