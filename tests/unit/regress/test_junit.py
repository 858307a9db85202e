"""JUnit XML: escapes, and what a parser makes of it."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.contract.regress import GraderResult, RegressResult
from gait_engine.regress.junit import junit_xml

COUNTS = {"tests", "failures", "errors", "skipped", "time"}
ATTRIBUTES = {
    "testsuites": COUNTS,
    "testsuite": {"name", *COUNTS},
    "testcase": {"name", "classname", "time"},
    "failure": {"message", "type"},
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure"},
    "failure": set(),
}
"""The part of the usual JUnit schema that a result without errors and skipped tests needs."""


def result(*grades: GraderResult, fixture_set: str = "default") -> RegressResult:
    return RegressResult(fixture_set=fixture_set, status="fail", graders=grades)


def grade(name: str, *reasons: str, status: str = "fail") -> GraderResult:
    return GraderResult(name=name, status=status, reason_codes=reasons)


def require_schema(element: ET.Element) -> None:
    assert set(element.keys()) == ATTRIBUTES[element.tag]
    for count in COUNTS & set(element.keys()):
        assert element.attrib[count].isdecimal()
    for child in element:
        assert child.tag in CHILDREN[element.tag]
        require_schema(child)
    if element.tag in ("testsuites", "testsuite"):
        cases, failures = element.findall(".//testcase"), element.findall(".//failure")
        assert element.attrib["tests"] == str(len(cases))
        assert element.attrib["failures"] == str(len(failures))


@given(st.lists(st.tuples(st.text(), st.booleans(), st.lists(st.text())), max_size=4), st.text())
def test_every_result_is_valid_junit_for_a_parser(
    drawn: list[tuple[str, bool, list[str]]], fixture_set: str
) -> None:
    grades = [
        grade(name, *reasons, status="pass" if passed else "fail")
        for name, passed, reasons in drawn
    ]
    xml = junit_xml(result(*grades, fixture_set=fixture_set))
    root = ET.fromstring(xml)  # noqa: S314  # our own text
    assert root.tag == "testsuites"
    require_schema(root)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("\"'&<>", "&#34;&#39;&amp;&lt;&gt;"),
        ("\t\n\r", "&#x9;&#xA;&#xD;"),
        ("\x00\x1f\ufffe\uffff", "\ufffd" * 4),
        ("é\x7f\x85", "é\x7f\x85"),
    ],
)
def test_markup_is_escaped_and_forbidden_characters_replaced(text: str, spelled: str) -> None:
    xml = junit_xml(result(grade(f"{text}/diff", text))).decode()
    assert f'<testcase name="diff" classname="{spelled}" time="0">\n' in xml
    assert f'<failure message="{spelled}" type="regress_failure">{spelled}</failure>' in xml


def test_a_failure_without_reason_is_failed_and_a_name_splits_at_its_first_slash() -> None:
    xml = junit_xml(result(grade("a/b/diff"))).decode()
    assert 'name="b/diff" classname="a"' in xml
    assert 'message="failed"' in xml
