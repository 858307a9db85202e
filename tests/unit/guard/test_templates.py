import pytest

from gait_engine.contract.pack import PackEntry
from gait_engine.guard.pdf import pdf_page
from gait_engine.guard.templates import TEMPLATES, control_index, template_id


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("", "soc2"),
        (" ", "soc2"),
        (" SOC2 ", "soc2"),
        ("Pci", "pci"),
        ("incident_response", "incident_response"),
        ("iso27001", "incident_response"),
    ],
)
def test_no_name_means_soc2_and_an_unknown_one_the_incident_template(name: str, meant: str) -> None:
    assert template_id(name) == meant


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_member_speaks_for_a_control_by_type_or_by_a_word_in_its_path(template: str) -> None:
    entries = [
        PackEntry(path="z.json", type="report"),
        PackEntry(path="approval_audit_01.json", type="odd"),
        PackEntry(path="a.json", type="report"),
    ]
    index = control_index(template, entries)
    assert [each.control_id for each in index] == [each.control_id for each in TEMPLATES[template]]
    for control, found in zip(TEMPLATES[template], index, strict=True):
        reports = ["a.json", "z.json"] if "report" in control.types else []
        audits = ["approval_audit_01.json"] if "approval_audit_" in control.words else []
        assert list(found.evidence_paths or ()) == sorted(reports + audits)


def test_offsets_in_a_pdf_point_at_its_objects() -> None:
    page = pdf_page(["a (b) \\c", "é"])
    assert rb"(a \(b\) \\c) Tj" in page
    assert "(é) Tj\nET".encode() in page
    start = int(page.split(b"startxref\n")[1].split(b"\n")[0])
    rows = page[start:].split(b"\n")[3:8]
    assert page[start : start + 5] == b"xref\n"
    for number, row in enumerate(rows, 1):
        assert page[int(row[:10]) :].startswith(b"%d 0 obj\n" % number)
