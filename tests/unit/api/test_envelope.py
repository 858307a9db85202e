"""The envelope of every answer: its id, its error companions, its exit code, its bytes."""

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.api.envelope import correlation_id, encode, exit_code, failure, seal
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.answers.run import DiffAnswer, ReplayAnswer
from gait_engine.contract.answers.verify import VerifyAnswer
from gait_engine.errors import (
    DependencyMissing,
    GaitError,
    Hazard,
    InternalFailure,
    InvalidInput,
    IoFailure,
    RegressFailed,
    StateContention,
    UnsafeOperation,
    VerificationFailed,
)

CASES = [
    (InvalidInput, 6, "invalid_input", "invalid_input", False),
    (VerificationFailed, 2, "verification_failed", "verification_failed", False),
    (DependencyMissing, 7, "dependency_missing", "dependency_missing", False),
    (RegressFailed, 5, "regress_failed", "internal_failure", False),
    (UnsafeOperation, 8, "unsafe_operation", "internal_failure", False),
    (IoFailure, 1, "io_failure", "io_failure", True),
    (StateContention, 1, "state_contention", "state_contention", True),
    (InternalFailure, 1, "internal_failure", "internal_failure", False),
]


class TestCorrelationId:
    """The first 24 hex digits of a digest over the trimmed words, `gait` among them."""

    @given(st.lists(st.text("ab -=/é", max_size=6), max_size=5))
    def test_it_is_the_contracts(self, argv: list[str]) -> None:
        line = "\x1f".join(["gait", *(word.strip() for word in argv)])
        assert correlation_id(argv) == sha256(line.encode()).hexdigest()[:24]

    def test_white_space_around_a_word_does_not_count_but_words_do(self) -> None:
        assert correlation_id(["verify", " x\u3000"]) == correlation_id(["verify", "x"])
        assert correlation_id(["verify", "x"]) != correlation_id(["verify x"])

    def test_bytes_that_are_no_text_count_as_they_are(self) -> None:
        word = b"\xff".decode("utf-8", "surrogateescape")
        assert correlation_id([word]) == sha256(b"gait\x1f\xff").hexdigest()[:24]


class TestFailure:
    @pytest.mark.parametrize(("kind", "exits", "code", "category", "retryable"), CASES)
    def test_each_class_of_error_has_its_exit_code_and_companions(
        self, kind: type[GaitError], exits: int, code: str, category: str, *, retryable: bool
    ) -> None:
        answer = failure(kind("what: found, expected wanted"))
        assert (exit_code(answer), answer.ok) == (exits, False)
        assert (answer.error_code, answer.error_category) == (code, category)
        assert answer.retryable is retryable
        assert answer.hint
        assert kind("x").exit_code == exits

    @pytest.mark.parametrize(("kind", "exits"), [(case[0], case[1]) for case in CASES[:3]])
    def test_a_specific_code_keeps_the_exit_code_of_its_class(
        self, kind: type[GaitError], exits: int
    ) -> None:
        assert exit_code(failure(kind("x", code="very_specific"))) == exits

    def test_hazards_are_listed_sorted(self) -> None:
        hazards = (
            Hazard("zip_overlap", "b"),
            Hazard("zip_name_unsafe", "z"),
            Hazard("zip_overlap", "a"),
        )
        answer = failure(VerificationFailed("x", hazards=hazards))
        assert [(note.code, note.where) for note in answer.hazards] == sorted(hazards)

    def test_what_is_known_in_spite_of_it_stands_beside_the_error(self) -> None:
        error = UnsafeOperation("x")
        error.answer = ReplayAnswer(ok=True, requested_unsafe=True)
        answer = failure(error, DiffAnswer(ok=True))
        assert isinstance(answer, ReplayAnswer)
        assert (answer.ok, answer.requested_unsafe) == (False, True)
        assert isinstance(failure(InvalidInput("x"), DiffAnswer(ok=True)), DiffAnswer)
        assert type(failure(InvalidInput("x"))) is Answer


def test_a_negative_verdict_without_an_error_exits_2_and_has_no_companions() -> None:
    answer = VerifyAnswer(ok=False, run_id="r")
    assert exit_code(answer) == 2
    assert json.loads(encode(answer)) == {"ok": False, "run_id": "r"}


def test_a_good_answer_exits_0() -> None:
    assert exit_code(Answer(ok=True)) == 0


class TestBytes:
    def test_keys_are_sorted_and_the_line_ends(self) -> None:
        text = encode(seal(VerifyAnswer(ok=True, run_id="r", path="p"), ["verify"]))
        assert text.endswith(b"}\n")
        assert list(json.loads(text)) == ["correlation_id", "ok", "path", "run_id"]
        assert b" " not in text

    @given(st.text())
    def test_any_text_comes_through_with_its_value_on_one_visible_line(self, text: str) -> None:
        encoded = encode(Answer(ok=False, error=text or "x"))
        assert json.loads(encoded)["error"] == (text or "x")
        assert encoded.count(b"\n") == 1
        assert not any(sign in encoded.decode() for sign in "<>&\x7f\x9b\u2028\u202e\u200b")

    def test_text_that_no_utf8_can_hold_comes_through_replaced(self) -> None:
        answer = VerifyAnswer(ok=False, path="a\udcffb", signature_errors=("\ud800",))
        found = json.loads(encode(answer))
        assert (found["path"], found["signature_errors"]) == ("a\ufffdb", ["\ufffd"])
