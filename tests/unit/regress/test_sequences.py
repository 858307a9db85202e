"""Verdict words and sequences."""

import msgspec
import pytest

from gait_engine.contract.runpack import Result
from gait_engine.regress.sequences import verdict_sequence, verdict_word


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        (" OK ", "allow"),
        ("denied", "block"),
        ("needs approval", "require_approval"),
        ("NeedsApproval", "require_approval"),
        ("dry-run", "dry_run"),
        ("failure", "error"),
        ("maybe", ""),
        ("", ""),
    ],
)
def test_a_word_stands_for_one_verdict_or_none(word: str, verdict: str) -> None:
    assert verdict_word(word) == verdict


@pytest.mark.parametrize(
    ("status", "payload", "verdict"),
    [
        ("ok", "", "allow"),
        ("ok", '{"verdict":"Blocked"}', "block"),
        ("ok", '{"verdict":"perhaps"}', "allow"),
        ("simulate", '{"verdict":7}', "dry_run"),
        ("dry-run", "{}", "dry_run"),
        ("needsapproval", "", "error"),
        ("allow", "", "error"),
    ],
)
def test_a_payload_speaks_before_the_status(status: str, payload: str, verdict: str) -> None:
    raw = msgspec.Raw(payload.encode()) if payload else msgspec.UNSET
    assert verdict_sequence([Result(status=status, result=raw)]) == (verdict,)
