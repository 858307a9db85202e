"""A decision with everything that was enforced upon it, and how a hold changes it (gate.md 4)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from gait_engine.contract.common import Record
from gait_engine.contract.decision import Decision
from gait_engine.contract.policy import Texts
from gait_engine.errors import Hazard
from gait_engine.gate.verdicts import merged

if TYPE_CHECKING:  # a decision that asks for none of these need not load them
    from gait_engine.contract.broker import BrokerCredential, BrokerRequest
    from gait_engine.gate.ratelimit import RateUse
    from gait_engine.gate.tokens.chain import DelegationCount
    from gait_engine.gate.tokens.counting import ApprovalCount


class Simulation(NamedTuple):
    """What would have been decided had it counted."""

    verdict: str
    reason_codes: Texts

    @property
    def would_have_blocked(self) -> bool:
        """Whether the call would not have passed."""
        return self.verdict in ("block", "require_approval")


class Issued(NamedTuple):
    """A credential that a broker issued, and what it was asked for."""

    credential: "BrokerCredential"
    request: "BrokerRequest"


class Enforced(Record, frozen=True, kw_only=True):
    """A decision with everything that was enforced upon it; None for what was not asked for."""

    decision: Decision
    rate: "RateUse | None" = None
    budget: "RateUse | None" = None
    delegation: "DelegationCount | None" = None
    approval: "ApprovalCount | None" = None
    issued: Issued | None = None
    simulation: Simulation | None = None
    warnings: tuple[str, ...] = ()
    hazards: tuple[Hazard, ...] = ()


def changed(
    decision: Decision, verdict: str, reasons: Iterable[str], violations: Iterable[str] = ()
) -> Decision:
    """Give a decision another verdict and more codes."""
    return replace(
        decision,
        verdict=verdict,
        reason_codes=merged(decision.reason_codes, reasons),
        violations=merged(decision.violations, violations),
    )
