"""The Health tab: checks, the key in use, the roots, the terminal, the settings."""

from collections.abc import Sequence
from typing import Final

from gait_engine.api.shapes import DoctorAnswer, KeysAnswer, SearchedRoot
from gait_tui.models.checkups import FAIL, PASS, WARN, CheckRow
from gait_tui.readings import Outcome
from gait_tui.services.term import Depth
from gait_tui.surroundings import Surroundings
from gait_tui.views import glyphs
from gait_tui.views.line import (
    BLANK,
    LABEL_AT,
    MUTED,
    Line,
    Look,
    Span,
    at_home,
    data,
    line,
    middle,
    own,
    right,
    short_digest,
    spans,
)
from gait_tui.views.parts import (
    MARK_AT,
    Verdict,
    artifact_field,
    broken,
    failure_lines,
    field,
    hazard_lines,
    tidy,
    verdict_line,
    well,
)

_STATUSES: Final = {
    FAIL: (glyphs.FAILED, "failed", "FAIL", "It keeps gait from working here."),
    WARN: (glyphs.PERSON, "sev_medium", "WARN", "It should be looked after."),
    PASS: (glyphs.OK, "ok", "PASS", "Nothing is wrong with it."),
}
_UNKNOWN: Final = (glyphs.UNCHECKED, "unchecked", "UNKNOWN", "The doctor says no more.")
_SAYS_AT: Final = 31
_DEPTHS: Final = {
    Depth.TRUECOLOR: (glyphs.OK, "ok", "24 bit"),
    Depth.XTERM256: (glyphs.OK, "ok", "256"),
    Depth.STANDARD: (glyphs.PERSON, "sev_medium", "16: no contrast can be promised"),
}
_ROOTS: Final = {
    "ok": ("", ""),
    "missing": (glyphs.UNCHECKED, "unchecked"),
    "unreadable": (glyphs.FAILED, "failed"),
}


# ---------------------------------------------------------------- checks


def head(look: Look) -> Line:
    """Head the columns."""
    return line(look, own(5, "CHECK", MUTED), own(_says_at(look), "SAYS", MUTED))


def _says_at(look: Look) -> int:
    return _SAYS_AT if look.width >= 50 else 28


def check_line(look: Look, row: CheckRow, *, is_current: bool, is_marked: bool) -> Line:
    """Draw a check; its mark is coloured."""
    mark, role, _, _ = _STATUSES.get(row.check.status, _UNKNOWN)
    at = _says_at(look)
    name = middle(row.key, at - 6, "b:text" if is_current else "text")
    cells = [own(2, "▪", "b:mark")] if is_marked else []
    cells += [own(3, mark, f"b:{role}"), spans(5, *name)]
    return line(look, *cells, data(at, tidy(row.check.message, look), MUTED), key=row.key)


def title_state(row: CheckRow) -> list[Span]:
    """Say at the end of a title how a check ended."""
    mark, role, _, _ = _STATUSES.get(row.check.status, _UNKNOWN)
    return [Span(f"{mark} ", f"b:{role}"), Span(row.check.status, MUTED)]


def check_page(row: CheckRow, look: Look) -> list[Line]:
    """Say what a check found and what repairs it."""
    mark, role, word, sentence = _STATUSES.get(row.check.status, _UNKNOWN)
    lines = [*verdict_line(look, Verdict(mark, role, word, sentence)), BLANK]
    lines += artifact_field(look, "says", tidy(row.check.message, look))
    lines += field(look, "scope", row.check.scope.replace("_", " "))
    if row.check.non_fixable:
        lines += [BLANK, *field(look, "", "No command can repair this.", at=LABEL_AT)]
    if row.check.fix_command:
        lines += [BLANK, *fix_page(row, look)]
    return lines


def fix_page(row: CheckRow, look: Look) -> list[Line]:
    """Show what to type; nothing here runs it."""
    if not row.check.fix_command:
        return field(look, "", "There is nothing to repair.", at=LABEL_AT)
    text = Span(row.check.fix_command, "b:text", is_data=True)
    lines = well(look, broken([text], look, look.width - 19), at=15, label="repair")
    keys = spans(
        LABEL_AT,
        Span("y c", "b:key_hint"),
        Span(" copy the command   ", MUTED),
        Span("v", "b:key_hint"),
        Span(" check again", MUTED),
    )
    lines += [BLANK, line(look, keys)]
    sentence = "The TUI runs no repair: copy it to a shell."
    return [*lines, *field(look, "", sentence, role=MUTED, at=LABEL_AT)]


def nothing_page(failed: Outcome[DoctorAnswer] | None, look: Look) -> list[Line]:
    """Say why there is no check."""
    words = "The doctor did not answer."
    verdict = Verdict(glyphs.UNCHECKED, "unchecked", "NOT CHECKED", words)
    lines = [BLANK, *verdict_line(look, verdict)]
    return lines + (failure_lines(look, failed.failure) if failed and failed.failure else [])


# ---------------------------------------------------------------- what stands below


def key_page(told: Surroundings, key: Outcome[KeysAnswer] | None, look: Look) -> list[Line]:
    """Say which key signs, by its path and id; its bytes never come here."""
    if not told.key_path:
        lines = field(look, "private", "none named", "set key_path in tui.toml")
        return lines + (artifact_field(look, "approver", told.approver) if told.approver else [])
    lines = []
    if key is not None and key.answer is not None:
        digest = spans(15, *short_digest(key.answer.key_id))
        lines.append(line(look, own(LABEL_AT, "key id", MUTED), digest))
    lines += artifact_field(look, "private", at_home(told.key_path, look))
    if key is not None and key.answer is not None:
        lines += field(look, "public", "derived from the private key")
        lines += hazard_lines(look, key.answer)
    elif key is not None and key.failure is not None:
        lines += failure_lines(look, key.failure)
    if told.approver:
        return lines + artifact_field(look, "approver", told.approver, "from tui.toml")
    return lines + field(look, "approver", "none named", "set approver in tui.toml")


def roots_page(roots: Sequence[SearchedRoot], at: str, look: Look) -> list[Line]:
    """Count what each root holds, when it was read."""
    end = look.width - 2
    lines = [
        line(
            look,
            own(LABEL_AT, "PATH", MUTED),
            right(end - 19, "FILES", MUTED),
            right(end - 9, "UNREAD", MUTED),
            right(end, "READ", MUTED),
        )
    ]
    return lines + [_root(root, at, end, look) for root in roots]


def _root(root: SearchedRoot, at: str, end: int, look: Look) -> Line:
    mark, role = _ROOTS.get(root.state, (glyphs.UNCHECKED, "unchecked"))
    cells = [own(MARK_AT, mark, f"b:{role}")] if mark else []
    cells.append(spans(LABEL_AT, *middle(at_home(root.path, look), end - 30)))
    if mark:
        return line(look, *cells, right(end, root.state, MUTED))
    unread = f"{root.unread:,}", "sev_medium" if root.unread else MUTED
    cells += [right(end - 19, f"{root.artifacts:,}"), right(end - 9, *unread)]
    return line(look, *cells, right(end, at, MUTED))


def terminal_page(told: Surroundings, size: tuple[int, int], look: Look) -> list[Line]:
    """Say what the terminal can show, by its own word."""
    mark, role, colours = glyphs.UNCHECKED, "unchecked", "not known"
    if told.terminal is not None:
        mark, role, colours = _DEPTHS[told.terminal.depth]
    drawn = "ASCII" if told.ascii_only else "UTF-8, one cell each"
    mouse = "on, shift+drag selects" if told.mouse else "left to the terminal"
    lines = [_capability(look, mark, role, "colours", colours)]
    lines.append(_capability(look, glyphs.OK, "ok", "glyphs", drawn))
    lines.append(_capability(look, glyphs.UNCHECKED, "unchecked", "clipboard", _clip(told)))
    lines.append(_capability(look, glyphs.UNCHECKED, "unchecked", "mouse", mouse))
    if told.terminal is not None and told.terminal.wants_no_colour:
        lines += field(look, "NO_COLOR", "is set")
    return [*lines, *field(look, "size", f"{size[0]}x{size[1]}")]


def where(told: Surroundings) -> str:
    """Say what the terminal is in."""
    terminal = told.terminal
    if terminal is None:
        return ""
    names = {(True, True): "tmux in ssh", (True, False): "tmux", (False, True): "ssh"}
    return names.get((terminal.is_tmux, terminal.is_remote), "local")


def _clip(told: Surroundings) -> str:
    return "the first that takes it" if told.clipboard == "auto" else told.clipboard


def _capability(look: Look, mark: str, role: str, label: str, words: str) -> Line:
    return line(look, own(MARK_AT, mark, f"b:{role}"), own(LABEL_AT, label, MUTED), own(15, words))


def config_page(told: Surroundings, theme: str, read_only: str, look: Look) -> list[Line]:
    """Say which settings are in force, and which could not be used."""
    lines = artifact_field(look, "theme", theme)
    lines += field(look, "read only", "yes" if read_only else "no", read_only)
    for number, file in enumerate(told.files):
        lines += artifact_field(look, "" if number else "read", at_home(file, look))
    if not told.files:
        lines += field(look, "read", "no file, all defaults")
        where = at_home(told.own_file, look)
        lines += artifact_field(look, "", where, "would be read") if where else []
    for number, warning in enumerate(told.warnings):
        first, *rest = artifact_field(look, "", tidy(warning, look), at=17)
        label = [] if number else [own(LABEL_AT, "warnings", MUTED)]
        said = data(17, first.text.lstrip())
        lines += [line(look, *label, own(15, glyphs.PERSON, "b:sev_medium"), said), *rest]
    return lines
