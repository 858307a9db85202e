"""The Scout tab: families, the place of each tool in them, the riskiest calls of all runs."""

from collections.abc import Sequence
from typing import Final

from gait_engine.api.shapes import SkippedFile, TopAction
from gait_tui.models.families import FamilyRow
from gait_tui.views import glyphs
from gait_tui.views.line import (
    BLANK,
    LABEL_AT,
    MUTED,
    Cell,
    Line,
    Look,
    Span,
    data,
    line,
    middle,
    own,
    right,
    safe,
    spans,
    width_of,
)
from gait_tui.views.parts import (
    Verdict,
    artifact_field,
    count,
    field,
    heads,
    row_mark,
    verdict_line,
)
from gait_tui.views.severity import severity

NO_FAILURE: Final = "no failure recorded"
VALUES_AT: Final = 17
_FAMILY_AT: Final = 17
_TOOL_CELL: Final = 4


# ---------------------------------------------------------------- list


def head(look: Look) -> Line:
    """Head the columns of families."""
    runs_end = _runs_end(look)
    return line(
        look,
        own(5, "SEV", MUTED),
        right(15, "SCORE", MUTED),
        own(_FAMILY_AT, "FAMILY", MUTED),
        right(runs_end, "RUNS", MUTED),
        own(runs_end + 2, "TOP REASON", MUTED),
    )


def _runs_end(look: Look) -> int:
    return _FAMILY_AT + (22 if look.width >= 58 else 16)


def family_line(look: Look, row: FamilyRow, *, is_current: bool, is_marked: bool) -> Line:
    """Draw a family; its mark and its severity are coloured."""
    family = row.family
    shown = severity(family.severity_level)
    runs_end = _runs_end(look)
    weight = "b:" if is_current else ""
    name = middle(family.family_id, runs_end - 5 - _FAMILY_AT, f"{weight}text")
    reason = family.top_failure_reason
    cells = [
        row_mark(shown.mark, shown.role, is_marked=is_marked),
        own(5, shown.word, shown.role),
        right(15, f"{family.severity_score:,}"),
        spans(_FAMILY_AT, *name),
        right(runs_end, f"{family.count:,}"),
        data(runs_end + 2, reason) if reason else own(runs_end + 2, NO_FAILURE, MUTED),
    ]
    return line(look, *cells, key=row.key)


def left_out(skipped: Sequence[SkippedFile]) -> str:
    """Name the files that are in no family."""
    if not skipped:
        return ""
    first = skipped[0].path.rpartition("/")[2]
    more = f" and {len(skipped) - 1:,} more" if len(skipped) > 1 else ""
    return f"Left out: {first}{more}: not usable as evidence."


# ---------------------------------------------------------------- detail


def family_page(row: FamilyRow, look: Look) -> list[Line]:
    """Say what the runs of a family have in common."""
    family = row.family
    shown = severity(family.severity_level)
    same = (
        "1 run behaved like this."
        if family.count == 1
        else (f"{family.count:,} runs behaved exactly alike.")
    )
    verdict = Verdict(shown.mark, shown.role, family.severity_level.upper() or "UNRATED", same)
    lines = [*verdict_line(look, verdict), BLANK]
    lines += field(look, "score", f"{family.severity_score:,}", at=VALUES_AT)
    if row.fingerprint is not None:
        lines += [BLANK, *_sequence(row.fingerprint.action_sequence, look)]
    reasons = row.fingerprint.reason_code_vector if row.fingerprint else ()
    lines += _listed(look, "reasons", reasons or (), NO_FAILURE)
    lines += _listed(look, "drivers", family.drivers, "none recognised")
    lines += _proven(row, look)
    targets = row.fingerprint.target_systems if row.fingerprint else ()
    lines += _listed(look, "targets", targets, "none recorded")
    return lines + runs_part(row, look)


def _sequence(tools: Sequence[str], look: Look) -> list[Line]:
    lines = []
    for number, tool in enumerate(tools, 1):
        label = [own(LABEL_AT, "sequence", MUTED)] if number == 1 else []
        cells = [*label, right(VALUES_AT + 1, f"{number}", MUTED), data(VALUES_AT + 3, tool)]
        lines.append(line(look, *cells))
    return lines or field(look, "sequence", "no calls", at=VALUES_AT)


def _listed(look: Look, label: str, values: Sequence[str], none: str) -> list[Line]:
    if not values:
        return [BLANK, *field(look, label, none, role=MUTED, at=VALUES_AT)]
    lines = [BLANK]
    for number, value in enumerate(values):
        lines += artifact_field(look, "" if number else label, value, at=VALUES_AT)
    return lines


def _proven(row: FamilyRow, look: Look) -> list[Line]:
    if not row.proven:
        return []
    lines = [BLANK]
    for number, driver in enumerate(row.proven):
        label = "" if number else "proven"
        lines += artifact_field(look, label, driver.driver, at=VALUES_AT)
        between = f"from {driver.from_run_id} to {driver.to_run_id}"
        lines += artifact_field(look, "", between, at=VALUES_AT, role=MUTED)
        for change in driver.changed:
            lines += artifact_field(look, "", change, at=VALUES_AT + 2)
    return lines


def runs_part(row: FamilyRow, look: Look) -> list[Line]:
    """List the runs of a family, the canonical one first."""
    family = row.family
    others = [run for run in family.run_ids if run != family.canonical_run_id]
    lines = [BLANK]
    lines += artifact_field(look, "runs", family.canonical_run_id, "canonical", at=VALUES_AT)
    for run in others:
        lines += artifact_field(look, "", run, at=VALUES_AT)
    return lines


def runs_page(row: FamilyRow, look: Look) -> list[Line]:
    """List the runs of a family and their runpacks."""
    family = row.family
    paths = family.artifact_pointers
    lines = [heads(look, (LABEL_AT, "RUNPACK"))]
    lines += [line(look, data(LABEL_AT, path), key=f"run {path}") for path in paths]
    lines += runs_part(row, look)
    number = count(len(paths), "runpack")
    return [*lines, BLANK, *field(look, "", f"{number}; g r opens the canonical run.", at=LABEL_AT)]


def fingerprint_page(row: FamilyRow, look: Look) -> list[Line]:
    """Show what was compared: equal parts make one family."""
    fingerprint = row.fingerprint
    lines = artifact_field(look, "fingerprint", row.family.fingerprint, at=VALUES_AT)
    if fingerprint is None:
        return lines
    lines += _listed(look, "classes", fingerprint.tool_classes, "none")
    lines += _listed(look, "reasons", fingerprint.reason_code_vector, NO_FAILURE)
    lines += _listed(look, "context", fingerprint.ref_receipt_digests, "no references")
    if fingerprint.trace_count:
        lines += [BLANK, *field(look, "traces", f"{fingerprint.trace_count:,}", at=VALUES_AT)]
    return lines


def suggestions_page(row: FamilyRow, look: Look) -> list[Line]:
    """List what to do about the drivers of a family."""
    lines: list[Line] = []
    for suggestion in row.family.suggestions:
        lines += [BLANK] if lines else []
        lines += field(look, suggestion.kind.replace("_", " "), suggestion.summary, at=22)
        lines += artifact_field(look, "", suggestion.likely_scope, at=22, role=MUTED)
    return lines or field(look, "", "The engine has no suggestion for this family.", at=LABEL_AT)


# ---------------------------------------------------------------- tools and actions


def tools_of(rows: Sequence[FamilyRow]) -> list[str]:
    """Name the tools of all families, in the order in which they are met."""
    seen: dict[str, None] = {}
    for row in rows:
        for tool in row.fingerprint.action_sequence if row.fingerprint else ():
            seen.setdefault(tool)
    return list(seen)


def tools_page(rows: Sequence[FamilyRow], look: Look) -> list[Line]:
    """Show at which places of its run each tool stands, family by family."""
    tools = tools_of(rows)
    columns = _columns(rows, tools, look)
    shown = tools[: len(columns)]
    lines = [line(look, *(_title(end, tool) for end, tool in zip(columns, shown, strict=True)))]
    for row in rows:
        cells = [spans(LABEL_AT, *middle(row.key, 16))]
        for end, tool in zip(columns, shown, strict=True):
            places = _places(row, tool)
            cells.append(right(end, places or "·", "text" if places else MUTED))
        lines.append(line(look, *cells))
    if len(shown) < len(tools):
        lines += field(look, "", f"and {count(len(tools) - len(shown), 'tool')} more", at=LABEL_AT)
    return lines


def _short(tool: str) -> Span:
    """Cut the part that tools have in common."""
    return Span(tool.removeprefix("tool."), MUTED, is_data=True)


def _title(end: int, tool: str) -> Cell:
    return Cell(end - _width(tool), (_short(tool),))


def _width(tool: str) -> int:
    return width_of(safe([_short(tool)], Look(0)))


def _places(row: FamilyRow, tool: str) -> str:
    sequence = row.fingerprint.action_sequence if row.fingerprint else ()
    places = [str(number) for number, name in enumerate(sequence, 1) if name == tool]
    return " ".join(places[:3]) + (glyphs.CUT if len(places) > 3 else "")


def _columns(rows: Sequence[FamilyRow], tools: Sequence[str], look: Look) -> list[int]:
    ends: list[int] = []
    at = LABEL_AT + 17
    for tool in tools:
        widest = max((len(_places(row, tool)) for row in rows), default=1)
        at += max(_width(tool), widest, _TOOL_CELL) + 2
        if at > look.width - 1:
            break
        ends.append(at)
    return ends


def action_head(look: Look) -> Line:
    """Head the columns of the riskiest calls."""
    tool_at, class_at, run_at = _action_columns(look)
    return line(
        look,
        own(LABEL_AT, "#", MUTED),
        right(13, "SCORE", MUTED),
        own(tool_at, "TOOL", MUTED),
        own(class_at, "CLASS", MUTED),
        own(run_at, "RUN", MUTED),
    )


def _action_columns(look: Look) -> tuple[int, int, int]:
    tool = min(max((look.width - 30) // 3, 12), 22)
    return 15, 15 + tool, 15 + tool + 14


def action_line(look: Look, action: TopAction) -> Line:
    """Draw one of the riskiest calls."""
    tool_at, class_at, run_at = _action_columns(look)
    return line(
        look,
        own(LABEL_AT, f"{action.rank}", MUTED),
        right(13, f"{action.score:,}"),
        data(tool_at, action.tool_name),
        data(class_at, action.tool_class),
        data(run_at, action.run_id),
    )


def actions_page(actions: Sequence[TopAction], look: Look) -> list[Line]:
    """List the riskiest calls of all runs."""
    if not actions:
        return field(look, "", "These runs hold no calls.", at=LABEL_AT)
    return [action_head(look), *(action_line(look, action) for action in actions)]


def nothing_page(look: Look, sentence: str) -> list[Line]:
    """Say why there are no families, and how to make some."""
    verdict = Verdict(glyphs.UNCHECKED, "unchecked", "NO FAMILIES", sentence)
    lines = [BLANK, *verdict_line(look, verdict), BLANK]
    lines += field(look, "", "Runs that behaved alike form a family.", at=3)
    lines += [BLANK, *field(look, "make one", "gait run record --input FILE", role="b:text")]
    return [*lines, *field(look, "see some", "gait demo --incident", role="b:text"), BLANK]
