"""What a run did, as two sequences: the tools it called, the verdicts that came back.

Contract: regress.md 3.3.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import UNSET

from gait_engine.contract.runpack import Intent, Result
from gait_engine.wire.text import normal, trim

_UNDERSCORES: Final = str.maketrans("- ", "__")
_ALLOW: Final = ("ok", "pass", "passed", "success")
_BLOCK: Final = ("block", "blocked", "deny", "denied")
_APPROVAL: Final = ("require_approval", "approval_required", "needs_approval")
_DRY_RUN: Final = ("dry_run", "dryrun", "simulate", "simulated")

_OF_VERDICT: Final = {
    **dict.fromkeys(("allow", *_ALLOW), "allow"),
    **dict.fromkeys(_BLOCK, "block"),
    **dict.fromkeys((*_APPROVAL, "needsapproval"), "require_approval"),
    **dict.fromkeys(_DRY_RUN, "dry_run"),
    **dict.fromkeys(("error", "failed", "failure"), "error"),
}
_OF_STATUS: Final = {
    **dict.fromkeys(_ALLOW, "allow"),
    **dict.fromkeys(_BLOCK, "block"),
    **dict.fromkeys(_APPROVAL, "require_approval"),
    **dict.fromkeys((*_DRY_RUN, "dry-run"), "dry_run"),
}


def tool_sequence(intents: Iterable[Intent]) -> tuple[str, ...]:
    """Return the tools in recorded order, blank names left out."""
    return without_blanks(intent.tool_name for intent in intents)


def verdict_sequence(results: Iterable[Result]) -> tuple[str, ...]:
    """Return the verdict of each result in recorded order."""
    return tuple(map(_verdict, results))


def verdict_word(text: str) -> str:
    """Return the verdict that a word stands for; empty for an unknown word."""
    return _OF_VERDICT.get(normal(text).translate(_UNDERSCORES), "")


def without_blanks(texts: Iterable[str]) -> tuple[str, ...]:
    """Trim each text and drop blank ones."""
    return tuple(trimmed for text in texts if (trimmed := trim(text)))


def _verdict(result: Result) -> str:
    return _said_verdict(result) or _OF_STATUS.get(normal(result.status), "error")


def _said_verdict(result: Result) -> str:
    """Return the verdict that a stored payload names itself; a reference capture has none."""
    if result.result is UNSET:
        return ""
    said = msgspec.json.decode(result.result, type=dict[str, object]).get("verdict")
    return verdict_word(said) if isinstance(said, str) else ""
