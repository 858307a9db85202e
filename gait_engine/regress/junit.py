"""The result of a set as JUnit XML, byte for byte (regress.md 2.7)."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from gait_engine.contract.regress import PASS, GraderResult, RegressResult

_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES: Final = str.maketrans(
    {
        '"': "&#34;",
        "'": "&#39;",
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "\t": "&#x9;",
        "\n": "&#xA;",
        "\r": "&#xD;",
    }
)


def junit_xml(result: RegressResult) -> bytes:
    """Spell a result as one test suite with a test case for each judgement."""
    return "".join(f"{line}\n" for line in _lines(result)).encode()


def junit_lines(grades: Iterable[GraderResult]) -> Iterator[str]:
    """Spell the test cases alone, as they stand in the file."""
    for grade in grades:
        yield from _test_case(grade)


def _lines(result: RegressResult) -> Iterator[str]:
    failures = sum(grade.status != PASS for grade in result.graders)
    counts = f'tests="{len(result.graders)}" failures="{failures}" errors="0" skipped="0" time="0"'
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<testsuites {counts}>"
    yield f'  <testsuite name="gait.regress.{_escaped(result.fixture_set)}" {counts}>'
    yield from junit_lines(result.graders)
    yield "  </testsuite>"
    yield "</testsuites>"


def _test_case(grade: GraderResult) -> Iterator[str]:
    fixture, _, grader = grade.name.partition("/")
    start = f'    <testcase name="{_escaped(grader)}" classname="{_escaped(fixture)}" time="0">'
    if grade.status == PASS:
        yield f"{start}</testcase>"
        return
    reason = _escaped(",".join(grade.reason_codes) or "failed")
    yield start
    yield f'      <failure message="{reason}" type="regress_failure">{reason}</failure>'
    yield "    </testcase>"


def _escaped(text: str) -> str:
    """Escape markup; what XML 1.0 forbids becomes U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", text).translate(_ESCAPES)
