"""Verdicts by strength, and what one constraint adds to the decision about a call.

Contract: gate.md 3.1.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from gait_engine.contract.policy import Texts

_STRENGTH: Final = {"allow": 0, "dry_run": 1, "require_approval": 2, "block": 3}


class Finding(NamedTuple):
    """What one constraint found: the least verdict it lets stand, and why."""

    verdict: str = "allow"
    reasons: Texts = ()
    violations: Texts = ()


NOTHING: Final = Finding()


def strongest(verdicts: Iterable[str]) -> str:
    """Return the strictest verdict: block, require_approval, dry_run, allow."""
    return max(verdicts, key=_STRENGTH.__getitem__)


def merged(*lists: Iterable[str]) -> Texts:
    """Join codes, sorted, each once."""
    return tuple(sorted({code for codes in lists for code in codes}))


def held(verdict: str, codes: Iterable[tuple[str, str]]) -> Finding:
    """Return the finding of a constraint that holds a call back if it has pairs of codes.

    A pair is a reason and its violation.
    """
    pairs = list(codes)
    if not pairs:
        return NOTHING
    return Finding(verdict, tuple(r for r, _ in pairs), tuple(v for _, v in pairs))


def blocked(codes: Iterable[str]) -> Finding:
    """Return the finding of a constraint whose reasons are violations too, and block."""
    return held("block", ((code, code) for code in codes))
