"""The dialog before a command writes: from what, every file, what will run, whether it is free."""

from typing import Final, NamedTuple

from gait_engine.api.shapes import Answer, WritePlan
from gait_tui import commands
from gait_tui.models.act import Act
from gait_tui.views import glyphs
from gait_tui.views.line import BLANK, MUTED, Line, Look, Span, line, own, spans, wrap
from gait_tui.views.parts import broken, count, tidy
from gait_tui.views.timetext import clock

LABEL_AT: Final = 2
VALUE_AT: Final = 15

TITLES: Final = {
    commands.BOOTSTRAP: "Make a regression",
    commands.RERUN: "Run the regressions",
    commands.INCIDENT_PACK: "Make an incident pack",
    commands.GUARD_PACK: "Make an evidence pack",
}
FIELDS: Final = {
    commands.BOOTSTRAP: "name",
    commands.INCIDENT_PACK: "file",
    commands.GUARD_PACK: "file",
}
"""What is typed before the command runs; one that has no field writes the same files always."""
PROMISES: Final = {
    commands.BOOTSTRAP: "An existing fixture is never overwritten.",
    commands.RERUN: "Fixtures stay as they are; only the result is written anew.",
}
_DEV: Final = "dev"
_PACKED: Final = "An existing file is never overwritten."
_WRITES: Final = {
    commands.BOOTSTRAP: "write and run",
    commands.RERUN: "run and write",
}


class ActView(NamedTuple):
    """What the dialog shows; without a plan the engine was not heard yet."""

    act: Act
    plan: WritePlan | None
    failure: Answer | None
    at_ns: int = 0
    is_working: bool = False


def verb(act: Act) -> str:
    """Say what enter does."""
    return _WRITES.get(act.kind, "write")


def before_lines(view: ActView, look: Look) -> list[Line]:
    """Say from what, and list every file and what runs."""
    lines = [BLANK]
    act, plan = view.act, view.plan
    if act.target:
        lines += _rows(look, "from", Span(act.name or act.target, is_data=True))
        if act.about:
            about = (Span(f"{act.about} ", MUTED), Span(act.about_name, MUTED, is_data=True))
            lines += _rows(look, "", *about)
    if plan is None:
        return [*lines, BLANK] if act.target else lines
    if plan.files_checked:
        number = plan.files_checked
        words = f"{number} of {count(number, 'file')} as recorded"
        checked = Span(f"   checked {clock(view.at_ns)}", MUTED)
        lines += _rows(look, "intact", Span(f"{glyphs.OK} ", "b:ok"), Span(words), checked)
    if act.kind == commands.BOOTSTRAP:
        lines += _judged(view, plan, look)
    lines += [*([] if len(lines) == 1 else [BLANK]), *_files(plan, look)]
    if plan.fixtures:
        runs = f"all {count(plan.fixtures, 'fixture')}"
        lines += [BLANK, *_rows(look, "will run", Span(runs), Span("   no tool is called", MUTED))]
    elif plan.members:
        lines += [BLANK, *_rows(look, "holds", Span(count(len(plan.members), "member")))]
    return [*lines, *_signed(plan, look), *_notes(plan, look), BLANK]


def _notes(plan: WritePlan, look: Look) -> list[Line]:
    lines: list[Line] = []
    for number, name in enumerate(plan.left_out):
        label = "" if number else "leaves out"
        warned = (Span(f"{glyphs.PERSON} ", "b:warning"), Span(name, is_data=True))
        lines += _rows(look, label, *warned, Span("   not below fixtures/", MUTED))
    for warning in plan.warnings:
        lines += _rows(look, "note", Span(warning, MUTED, is_data=True))
    return lines


def _signed(plan: WritePlan, look: Look) -> list[Line]:
    if not plan.key_mode:
        return []
    if plan.key_mode == _DEV:
        warned = Span(f"{glyphs.PERSON} ", "b:warning")
        return _rows(look, "signed by", warned, Span("a dev key, made for this pack alone"))
    key = Span(f"key {plan.key_id[:8]}", "b:text", is_data=True)
    return _rows(look, "signed by", key, Span(f"   {plan.key_mode}", MUTED))


def _judged(view: ActView, plan: WritePlan, look: Look) -> list[Line]:
    if plan.candidate in view.act.against:
        return _rows(look, "judges", Span(plan.candidate_run_id, "b:text", is_data=True))
    if not plan.candidate:
        why = "no later run did otherwise" if view.act.against else "no other run is named"
        return _rows(look, "judges", Span(f"itself: {why}", MUTED))
    found = Span("   began alike, did otherwise", MUTED)
    return _rows(look, "judges", Span(plan.candidate_run_id, "b:text", is_data=True), found)


def _files(plan: WritePlan, look: Look) -> list[Line]:
    lines: list[Line] = []
    for number, file in enumerate(plan.files):
        note = "   replaces the one there" if file.replaces else ""
        label = "" if number else "will write"
        lines += _rows(look, label, Span(file.path, "b:text", is_data=True), Span(note, MUTED))
    return lines


def after_lines(view: ActView, look: Look) -> list[Line]:
    """Say whether the name is free, what the engine refuses, and what is never done."""
    promise = PROMISES.get(view.act.kind, _PACKED)
    lines = [*_state(view, look)]
    lines += [BLANK] if lines else []
    lines += [line(look, own(LABEL_AT, row, MUTED)) for row in wrap(promise, look.width - 5)]
    return [*lines, BLANK]


def _state(view: ActView, look: Look) -> list[Line]:
    if view.failure is not None:
        refused = (Span(f"{glyphs.FAILED} ", "b:failed"), Span(view.failure.error, is_data=True))
        lines = _rows(look, "", *refused)
        if view.failure.hint:
            lines += _rows(look, "", Span(view.failure.hint, MUTED, is_data=True))
        return lines
    if view.is_working:
        return _rows(look, "", Span("writing", MUTED))
    plan = view.plan
    if plan is None:
        return _rows(look, "", Span("asking what it would write", MUTED))
    if view.act.kind not in FIELDS:
        return []
    if plan.is_taken:
        taken = (Span(f"{glyphs.PERSON} ", "b:warning"), Span("taken; free is "))
        return _rows(look, "", *taken, Span(plan.free_name, "b:text", is_data=True))
    return _rows(look, "", Span(f"{glyphs.OK} ", "b:ok"), Span("free", MUTED))


def _rows(look: Look, label: str, *parts: Span) -> list[Line]:
    shown = [part._replace(text=tidy(part.text, look)) for part in parts if part.text]
    rows = broken(shown, look, look.width - VALUE_AT - 3)
    return [
        line(
            look,
            *([own(LABEL_AT, label, MUTED)] if label and number == 0 else []),
            spans(VALUE_AT, *row),
        )
        for number, row in enumerate(rows)
    ]
