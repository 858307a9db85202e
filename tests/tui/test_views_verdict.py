"""What a verification says in one word and one sentence."""

import pytest

from gait_engine.api.shapes import FileCheck, VerifyAnswer
from gait_tui.views.verdict import runpack_verdict


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        (("same", "unreadable"), "1 of 2 files cannot be read any more."),
        (("unreadable", "unreadable"), "2 of 2 files cannot be read any more."),
    ],
)
def test_a_member_that_cannot_be_read_is_damage(states: tuple[str, ...], sentence: str) -> None:
    files = [FileCheck(path=f"{number}.json", state=state) for number, state in enumerate(states)]
    files.append(FileCheck(path="manifest.json", state="same"))
    verdict = runpack_verdict(VerifyAnswer(ok=False, files=tuple(files)))
    assert (verdict.word, verdict.sentence) == ("DAMAGED", sentence)
