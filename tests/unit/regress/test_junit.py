"""JUnit XML: escapes, and what a parser makes of it."""

from xml.etree import ElementTree as ET

import junitparser
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.contract.regress import GraderResult, RegressResult
from gait_engine.regress.junit import junit_xml
from tests.support.process import ROOT

STATUSES = ("pass", "fail")
XSD = xmlschema.XMLSchema10(str(ROOT / "tests/data/ci/junit-10.xsd"))


def result(*grades: GraderResult, fixture_set: str = "default") -> RegressResult:
    return RegressResult(fixture_set=fixture_set, status="fail", graders=grades)


def grade(name: str, *reasons: str, status: str = "fail") -> GraderResult:
    return GraderResult(name=name, status=status, reason_codes=reasons)


def schema_faults(xml: bytes) -> list[str]:
    """Validate by the schema of Jenkins, which lacks one attribute that the contract has."""
    root = ET.fromstring(xml)  # noqa: S314  # our own text
    assert root.attrib.pop("skipped") == "0"
    return [str(fault.reason) for fault in XSD.iter_errors(root)]


drawn_grades = st.lists(st.builds(grade, st.text(), st.text(), status=st.sampled_from(STATUSES)))


@given(drawn_grades, st.text())
def test_every_result_is_valid_by_the_schema_of_junit(
    grades: list[GraderResult], fixture_set: str
) -> None:
    assert schema_faults(junit_xml(result(*grades, fixture_set=fixture_set))) == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(b"<testcase name=", b"<testcase nom="), (b"failure", b"mishap"), (b' tests="', b' test="')],
)
def test_the_schema_refuses_what_is_no_junit(ours: bytes, theirs: bytes) -> None:
    xml = junit_xml(result(grade("a/diff", "x")))
    assert ours in xml
    assert schema_faults(xml.replace(ours, theirs))


@given(drawn_grades)
def test_a_parser_of_junit_finds_each_judgement(grades: list[GraderResult]) -> None:
    root = junitparser.JUnitXml.fromstring(junit_xml(result(*grades)))
    assert isinstance(root, junitparser.JUnitXml)
    (suite,) = root
    failed = sum(row.status != "pass" for row in grades)
    cases = list(suite)
    assert (root.tests, root.failures, root.errors, root.skipped) == (len(grades), failed, 0, 0)
    assert (suite.tests, len(cases), suite.name) == (
        len(grades),
        len(grades),
        "gait.regress.default",
    )
    assert [case.is_passed for case in cases] == [row.status == "pass" for row in grades]


def test_a_parser_of_junit_reads_names_and_reasons() -> None:
    failed = grade("alpha <1>/diff", "unexpected_diff", "x & y")
    root = junitparser.JUnitXml.fromstring(junit_xml(result(failed)))
    ((case,),) = root
    assert (case.classname, case.name) == ("alpha <1>", "diff")
    (failure,) = case.result
    assert (failure.message, failure.type) == ("unexpected_diff,x & y", "regress_failure")
    assert failure.text == failure.message


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
