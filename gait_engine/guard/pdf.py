"""A one-page PDF without any library: the same lines give the same bytes.

Contract: guard-doctor-registry.md A.2.
"""

from collections.abc import Iterable
from typing import Final

_HEADER: Final = b"%PDF-1.4\n"
_PAGE: Final = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
    b" /Resources << /Font << /F1 5 0 R >> >> >>"
)
_BEFORE_CONTENT: Final = (
    b"<< /Type /Catalog /Pages 2 0 R >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    _PAGE,
)
_FONT: Final = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_ESCAPES: Final = str.maketrans({"\\": r"\\", "(": r"\(", ")": r"\)"})


def pdf_page(lines: Iterable[str]) -> bytes:
    """Return a PDF of one page with these lines, UTF-8 as it is."""
    content = _content(lines)
    stream = b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content)
    bodies = (*_BEFORE_CONTENT, stream, _FONT)
    pieces, offsets, size = [_HEADER], [], len(_HEADER)
    for number, body in enumerate(bodies, 1):
        offsets.append(size)
        pieces.append(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        size += len(pieces[-1])
    return b"".join(pieces) + _cross_references(offsets, size)


def _content(lines: Iterable[str]) -> bytes:
    shown = (f"({line.translate(_ESCAPES)}) Tj\n" for line in lines)
    text = "BT\n/F1 10 Tf\n50 760 Td\n" + "0 -14 Td\n".join(shown) + "ET"
    return text.encode()


def _cross_references(offsets: list[int], start: int) -> bytes:
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(offsets) + 1
    return (
        b"xref\n0 %d\n0000000000 65535 f \n%b"
        b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (count, rows, count, start)
    )
