"""The Regress tab: fixtures by graders, and for one cell what was expected and what was found."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from gait_engine.api.shapes import ShownGrade, ShownStep, WrittenFile
from gait_tui.models.fixtures import COLUMNS, NOT_ASKED, PASSED, UNJUDGED, FixtureRow
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
    spans,
)
from gait_tui.views.parts import (
    Verdict,
    artifact_field,
    count,
    field,
    heads,
    rule,
    verdict_line,
    well,
)
from gait_tui.views.timetext import clock

_NAME_AT: Final = 5
_SHORT: Final = ("SCH", "EXIT", "TRAJ", "DIFF", "CTX")
_MARKS: Final = {
    PASSED: (glyphs.OK, "ok"),
    NOT_ASKED: (glyphs.NONE, MUTED),
    UNJUDGED: (glyphs.UNCHECKED, "unchecked"),
}
_FAIL: Final = (glyphs.FAILED, "failed")
_GRADERS: Final = dict(COLUMNS)
_MANY: Final = 100
"""Columns from which the heads are whole and the table of calls has room."""

_REASONS: Final = {
    "unexpected_exit_code": "The replay of the fixture ends with another exit code.",
    "replay_error": "The fixture cannot be replayed.",
    "unexpected_diff": "Files differ that the fixture does not tolerate.",
    "diff_error": "The candidate cannot be compared.",
    "candidate_path_invalid": "The candidate is not there.",
    "candidate_runpack_invalid": "The candidate cannot be read.",
    "source_runpack_invalid": "The runpack of the fixture cannot be read.",
    "context_set_digest_mismatch": "The context is not the one the fixture expects.",
    "context_evidence_missing": "The candidate holds no evidence of its context.",
    "context_semantic_drift": "The context itself has changed.",
    "context_runtime_drift_blocked": "The same context was fetched at another time.",
}
_PASSES: Final = {
    "schema_validation": "Every record of the fixture is of a known schema.",
    "expected_exit_code": "The replay of the fixture ends as expected.",
    "trajectory": "The candidate calls what the fixture expects.",
    "diff": "No file differs that the fixture does not tolerate.",
    "context_conformance": "The context is the one the fixture expects.",
}


# ---------------------------------------------------------------- matrix


def columns(look: Look) -> list[int]:
    """Return where the middle of each grader's column is."""
    if look.width >= _MANY:
        return [36, 48, 61, 72, 81]
    start = min(max(look.width - 52, 24), 28)
    return [start + 6 * number for number in range(len(COLUMNS))]


def head(look: Look) -> Line:
    """Head the columns."""
    names = [name for _, name in COLUMNS] if look.width >= _MANY else _SHORT
    places = columns(look)
    cells = [own(_NAME_AT, "FIXTURE", MUTED)]
    cells += [own(at - len(name) // 2, name, MUTED) for at, name in zip(places, names, strict=True)]
    return line(look, *cells, own(_reason_at(look), "FIRST REASON", MUTED))


def _reason_at(look: Look) -> int:
    return columns(look)[-1] + (7 if look.width >= _MANY else 4)


def fixture_line(look: Look, row: FixtureRow, *, column: int, is_current: bool) -> Line:
    """Draw a fixture; brackets stand around the cell under the cursor."""
    mark, role = row_mark(row)
    places = columns(look)
    weight = "b:" if is_current else ""
    name = middle(row.key, places[0] - 4 - _NAME_AT, f"{weight}text")
    cells = [own(3, mark, f"b:{role}"), spans(_NAME_AT, *name)]
    for number, at in enumerate(places):
        cells.append(_cell(row.state(number), at, is_chosen=is_current and number == column))
    if row.first_reason:
        cells.append(data(_reason_at(look), row.first_reason))
    return line(look, *cells, key=row.key)


def row_mark(row: FixtureRow) -> tuple[str, str]:
    """Return mark and role of a fixture."""
    if row.fixture.error:
        return _MARKS[UNJUDGED]
    return _MARKS[PASSED] if row.fixture.status == PASSED else _FAIL


def _cell(state: str, at: int, *, is_chosen: bool) -> Cell:
    return spans(at - is_chosen, *grade_spans(state, is_chosen=is_chosen))


def grade_spans(state: str, *, is_chosen: bool) -> tuple[Span, ...]:
    """Show a grade by its mark; brackets stand around the one under the cursor."""
    mark, role = _MARKS.get(state, _FAIL)
    shown = Span(mark, role if role == MUTED else f"b:{role}")
    edge = "b:accent"
    return (Span("[", edge), shown, Span("]", edge)) if is_chosen else (shown,)


def cell_words(row: FixtureRow, column: int) -> str:
    """Say in words what the cell under the cursor means, for the status row."""
    state, grader = row.state(column), _GRADERS[COLUMNS[column][0]].lower()
    mark = _MARKS.get(state, _FAIL)[0]
    if state == NOT_ASKED:
        return f"{mark}  {grader}: the fixture does not ask for it"
    grade = row.grade(column)
    codes = ", ".join(grade.reason_codes) if grade else row.fixture.error_code
    return f"{mark}  {grader}: {state}{f', {codes}' if codes else ''}"


# ---------------------------------------------------------------- expected and actual


class Before(NamedTuple):
    """What was written about the set before, and the command that judges it anew."""

    files: Sequence[WrittenFile] = ()
    again: str = ""


def expected_page(row: FixtureRow, column: int, before: Before, look: Look) -> list[Line]:
    """Set what was expected beside what was found."""
    if row.fixture.error:
        return unjudged_page(row, look)
    grade = row.grade(column)
    if grade is None:
        words = "The fixture does not ask for it, and nobody else did."
        return verdict_line(look, Verdict(glyphs.NONE, MUTED, "NOT ASKED", words))
    lines = [*verdict_line(look, verdict(row, grade)), BLANK]
    if grade.grader == "trajectory" and row.fixture.steps:
        lines += steps_table(row.fixture.steps, look)
    else:
        lines += details_table(grade.details, look)
    lines += [*_facts(row, grade, look), *written_lines(before.files, look)]
    return lines + (field(look, "again", before.again, role="b:text") if before.again else [])


def verdict(row: FixtureRow, grade: ShownGrade) -> Verdict:
    """Say how the grader judged, in one sentence."""
    if grade.status == PASSED:
        return Verdict(glyphs.OK, "ok", "PASS", _PASSES.get(grade.grader, "It holds."))
    sentences = [_REASONS[code] for code in grade.reason_codes if code in _REASONS]
    if grade.grader == "trajectory" and (parted := _parting(row.fixture.steps)):
        sentences = [parted]
    words = " ".join(sentences) or "It does not hold."
    return Verdict(glyphs.FAILED, "failed", "FAIL", words)


def _parting(steps: Sequence[ShownStep]) -> str:
    first = next((step for step in steps if step.state != "same"), None)
    if first is None:
        return ""
    if first.state == "changed":
        return f"The runs part at index {first.index}."
    number = sum(step.state == first.state for step in steps)
    if first.state == "extra":
        more = count(number, "more call")
        return f"The run went on after its expected end: {more} from index {first.index} on."
    return f"The run ended early: {count(number, 'call')} missing from index {first.index} on."


def steps_table(steps: Sequence[ShownStep], look: Look) -> list[Line]:
    """Pair the calls of both runs; a rule stands before the first that differs."""
    places = _Places(look)
    lines = [
        heads(
            look,
            (places.left - 4, "#"),
            (places.left, "EXPECTED TOOL"),
            (places.left + places.tool, "VERDICT"),
            (places.right, "ACTUAL TOOL"),
            (places.right + places.tool, "VERDICT"),
        )
    ]
    has_differed = False
    for step in steps:
        if step.state != "same" and not has_differed:
            has_differed = True
            lines.append(rule(look, "first difference", role="failed", text_role="failed"))
        lines.append(_step_line(step, places, look))
    return lines


class _Places:
    """Where the two halves of the table begin, and how much a tool may take."""

    def __init__(self, look: Look) -> None:
        is_wide = look.width >= _MANY
        self.left = 12 if is_wide else 7
        gap = 28 if is_wide else 20
        room = look.width - 1 - self.left - gap - 18
        self.tool = min(max(room // 2, 8), 22)
        self.right = self.left + self.tool + gap


_STEP_MARKS: Final = {
    "extra": ("+", "diff_add"),
    "missing": ("-", "diff_del"),
    "changed": ("~", "diff_change"),
}


def _step_line(step: ShownStep, places: _Places, look: Look) -> Line:
    mark, role = _STEP_MARKS.get(step.state, ("", "text"))
    cells = [own(places.left - 4, f"{step.index}", MUTED)]
    cells += _call(places.left, places.tool, step.expected_tool, step.expected_verdict)
    if step.state == "extra":
        cells.append(own(places.left, "nothing expected", MUTED))
    if mark:
        cells.append(own(places.right - 2, mark, f"b:{role}"))
    cells += _call(places.right, places.tool, step.actual_tool, step.actual_verdict)
    if step.state == "missing":
        cells.append(own(places.right, "not called", MUTED))
    return line(look, *cells, key=f"step {step.index}")


def _call(at: int, room: int, tool: str, verdict_word: str) -> list[Cell]:
    cells = [data(at, tool)] if tool else []
    if verdict_word:
        mark, role = glyphs.VERDICTS.get(verdict_word, (glyphs.UNCHECKED, "unchecked"))
        shown = (Span(f"{mark} ", f"b:{role}"), Span(verdict_word, MUTED, is_data=True))
        cells.append(spans(at + room, *shown))
    return cells


def details_table(details: Mapping[str, object], look: Look) -> list[Line]:
    """List what a grader tells, expected and actual in two columns where both are told."""
    at = max((len(name) for name in details), default=0) + LABEL_AT + 3
    at = min(at, look.width // 2)
    lines: list[Line] = []
    for name, value in details.items():
        if name in ("fixture", "run_id", "candidate_runpack"):
            continue
        label = name.replace("_", " ")
        for number, text in enumerate(_texts(value)):
            lines += artifact_field(look, "" if number else label, text, at=at)
    return lines or field(look, "", "The grader tells no more than its verdict.", at=LABEL_AT)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value or "none"
    elif isinstance(value, bool):
        yield "yes" if value else "no"
    elif isinstance(value, int):
        yield f"{value:,}"
    elif isinstance(value, Sequence) and value:
        yield from (str(part) for part in value)
    else:
        yield "none"


def _facts(row: FixtureRow, grade: ShownGrade, look: Look) -> list[Line]:
    fixture = row.fixture
    lines = [BLANK]
    for number, code in enumerate(grade.reason_codes):
        lines += artifact_field(look, "" if number else "reason", code)
    lines += artifact_field(look, "fixture", fixture.runpack, fixture.run_id)
    if fixture.candidate_runpack != fixture.runpack:
        lines += artifact_field(
            look, "candidate", fixture.candidate_runpack, fixture.candidate_run_id
        )
    else:
        lines += field(look, "candidate", "none: the fixture is compared with itself", role=MUTED)
    return lines


def unjudged_page(row: FixtureRow, look: Look) -> list[Line]:
    """Say why a fixture was not judged: the engine's words."""
    words = "The fixture cannot be judged, so neither can the set."
    lines = verdict_line(look, Verdict(glyphs.UNCHECKED, "unchecked", "NOT JUDGED", words))
    lines += [BLANK, *artifact_field(look, "error", row.fixture.error)]
    return lines + artifact_field(look, "code", row.fixture.error_code)


# ---------------------------------------------------------------- the other tabs


def failure_page(row: FixtureRow, look: Look) -> list[Line]:
    """List every grader that failed with its codes and what it tells."""
    if row.fixture.error:
        return unjudged_page(row, look)
    lines: list[Line] = []
    for column in row.failed:
        grade = row.grade(column)
        if grade is None:
            continue
        lines += [BLANK] if lines else []
        mark = own(1, glyphs.FAILED, "b:failed")
        lines.append(line(look, mark, own(LABEL_AT, _GRADERS[grade.grader].lower(), "b:text")))
        for number, code in enumerate(grade.reason_codes):
            lines += artifact_field(look, "" if number else "reason", code)
        told = {
            name: value for name, value in grade.details.items() if not name.endswith("_sequence")
        }
        lines += details_table(told, look)
    if lines:
        return lines
    return verdict_line(look, Verdict(glyphs.OK, "ok", "PASS", "Every grader passed."))


def fixture_page(row: FixtureRow, look: Look) -> list[Line]:
    """Say what the fixture holds and expects."""
    fixture = row.fixture
    lines = artifact_field(look, "name", fixture.fixture)
    if fixture.error:
        return lines + artifact_field(look, "error", fixture.error)
    lines += artifact_field(look, "run", fixture.run_id)
    lines += _place(look, "recorded", fixture.run_path)
    lines += artifact_field(look, "runpack", fixture.runpack)
    lines += artifact_field(look, "expects", fixture.fixture_path)
    lines.append(BLANK)
    lines += artifact_field(look, "candidate", fixture.candidate_runpack)
    lines += artifact_field(look, "its run", fixture.candidate_run_id or "not read")
    lines += _place(look, "recorded", fixture.candidate_run_path)
    tolerated = _tolerated(row)
    lines += [BLANK, *artifact_field(look, "tolerated", ", ".join(tolerated) or "no difference")]
    for number, step in enumerate(s for s in fixture.steps if s.expected_tool):
        lines += [BLANK] if number == 0 else []
        label = "" if number else "sequence"
        lines += artifact_field(look, label, step.expected_tool, step.expected_verdict)
    return lines


def _place(look: Look, label: str, path: str) -> list[Line]:
    if path:
        return artifact_field(look, label, path)
    return field(look, label, "not among the recorded runs", role=MUTED)


def _tolerated(row: FixtureRow) -> tuple[str, ...]:
    for grade in row.fixture.grades:
        if isinstance(allowed := grade.details.get("allowed_files"), tuple):
            return allowed
    return ()


_WRITTEN: Final = {
    "as_now": (glyphs.OK, "ok", "says the same as this screen"),
    "outdated": (glyphs.PERSON, "warning", "says something else: older than what it judges"),
    "unreadable": (glyphs.UNCHECKED, "unchecked", "cannot be read"),
    "missing": (glyphs.NONE, MUTED, "not written yet"),
}


def written_lines(files: Sequence[WrittenFile], look: Look) -> list[Line]:
    """Say of each file of an earlier judgement whether it still holds."""
    lines: list[Line] = []
    for file in files:
        mark, role, words = _WRITTEN.get(file.state, _WRITTEN["unreadable"])
        cells = [] if lines else [own(LABEL_AT, "written", MUTED)]
        shown = Span(f"{mark} ", role if role == MUTED else f"b:{role}")
        path = Span(file.path, is_data=True)
        lines.append(line(look, *cells, spans(15, shown, path, Span(f"   {words}", MUTED))))
    return lines


def junit_page(row: FixtureRow, files: Sequence[WrittenFile], look: Look) -> list[Line]:
    """Show the test cases of a fixture as JUnit XML spells them."""
    lines = [*written_lines(files, look), BLANK]
    shown = [[Span(text, is_data=True)] for text in row.fixture.junit]
    if not shown:
        return lines + field(look, "", "A fixture that is not judged has no test case.", at=3)
    return lines + well(look, shown, at=LABEL_AT)


def outdated(files: Sequence[WrittenFile]) -> str:
    """Name the files that no longer say what the set comes to."""
    old = [file.path for file in files if file.state in ("outdated", "unreadable")]
    if not old:
        return ""
    are = "is" if len(old) == 1 else "are"
    return f"{', '.join(old)} {are} out of date; R writes the result anew."


def nothing_page(look: Look, *, is_missing: bool) -> list[Line]:
    """Say why there are no fixtures, and how to make one."""
    sentence = "No set of fixtures here." if is_missing else "The set of fixtures cannot be read."
    mark, role = (glyphs.NONE, MUTED) if is_missing else _FAIL
    lines = [BLANK, *verdict_line(look, Verdict(mark, role, "NO FIXTURES", sentence)), BLANK]
    lines += field(look, "", "A fixture pins what a run did; later runs are judged by it.", at=3)
    lines += [BLANK, *field(look, "make one", "R on a run in 2 Runs or a family in 5 Scout")]
    lines += field(look, "or", "gait regress init --from RUN", role="b:text")
    return [*lines, BLANK]


def judged_state(config: str, at_ns: int, exit_code: int) -> str:
    """Say at the end of the title what was judged, when, and how the command would end."""
    return f"{config}  judged {clock(at_ns)}  exit {exit_code}"
