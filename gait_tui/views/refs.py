"""The context a run was given, by reference."""

from gait_engine.api.shapes import InspectAnswer, Receipt
from gait_tui.views.line import BLANK, LABEL_AT, MUTED, Line, Look, data, line, short_digest, spans
from gait_tui.views.parts import artifact_field, count, field, heads
from gait_tui.views.timetext import instant


def refs_lines(answer: InspectAnswer, look: Look) -> list[Line]:
    """List the receipts, then each of them whole."""
    receipts = answer.receipts
    if not receipts:
        return field(look, "", "This run holds no references to context.", at=LABEL_AT)
    wide = look.width >= 96
    locator_at = 5 + min(max(8, *(len(r.ref_id) for r in receipts)), 24) + 2
    digest_at = look.width - (53 if wide else 18)
    rows = [
        heads(
            look,
            (3, "REF"),
            (locator_at, "SOURCE"),
            (digest_at, "CONTENT"),
            *(((digest_at + 17, "RETRIEVED"),) if wide else ()),
        )
    ]
    for receipt in receipts:
        cells = [
            data(3, receipt.ref_id),
            data(locator_at, f"{receipt.source_type}  {receipt.source_locator}"),
            spans(digest_at, *short_digest(receipt.content_digest, MUTED)),
        ]
        if wide:
            cells.append(data(digest_at + 17, instant(receipt.retrieved_at), MUTED))
        rows.append(line(look, *cells, key=f"ref {receipt.ref_id}"))
    rows += [BLANK, *field(look, "", f"{count(len(receipts), 'reference')} in all.", at=LABEL_AT)]
    for receipt in receipts:
        rows += [BLANK, *receipt_lines(receipt, look)]
    return rows


def receipt_lines(receipt: Receipt, look: Look) -> list[Line]:
    """Show one receipt whole."""
    lines = artifact_field(look, "ref", receipt.ref_id, role="b:text")
    lines += artifact_field(look, "source", f"{receipt.source_type}  {receipt.source_locator}")
    for label, digest in (("content", receipt.content_digest), ("query", receipt.query_digest)):
        if digest:
            lines += artifact_field(look, label, digest, role=MUTED)
    lines += artifact_field(look, "retrieved", instant(receipt.retrieved_at))
    about = (receipt.redaction_mode, receipt.immutability, receipt.sensitivity_label)
    lines += artifact_field(look, "kept as", "  ".join(word for word in about if word))
    return lines
