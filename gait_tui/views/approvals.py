"""The Approvals tab: what waits for a person, tokens with their time left, decisions."""

from collections.abc import Sequence
from typing import Final

from gait_engine.api.shapes import ReviewEvent, ReviewShowAnswer
from gait_tui.models.approvals import DECISION, TOKEN, WAITING, ApprovalRow, TimedToken
from gait_tui.readings import Outcome
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
    own,
    right,
)
from gait_tui.views.parts import (
    Verdict,
    artifact_field,
    failure_lines,
    field,
    row_mark,
    verdict_line,
)
from gait_tui.views.timetext import age, moment

GROUPS: Final = {
    WAITING: "waiting for a person",
    TOKEN: "tokens at hand",
    DECISION: "decided",
}
_TEXT_AT: Final = 5
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "m"))


def head(look: Look) -> Line:
    """Head the columns."""
    who_at, end = _columns(look)
    cells = [own(_TEXT_AT, "WHAT", MUTED), own(who_at, "WHO", MUTED)]
    return line(look, *cells, right(end, "STATE", MUTED))


def _columns(look: Look) -> tuple[int, int]:
    return max(look.width - 29, _TEXT_AT + 18), look.width - 1


def heading_line(group: str, look: Look) -> Line:
    """Name a group."""
    return line(look, own(LABEL_AT, GROUPS[group], MUTED))


def approval_line(
    look: Look, row: ApprovalRow, *, is_current: bool, is_new: bool, is_gone: bool = False
) -> Line:
    """Draw a row of any group."""
    weight = f"{'s:' * is_gone}{'b:' * is_current}text"
    who_at, end = _columns(look)
    mark, role, what, who, state = _told(row, look)
    state = "gone" if is_gone else state
    cells = [row_mark(mark, role, is_marked=False, is_new=is_new and not is_current)]
    cells += [data(_TEXT_AT, what, weight), Cell(who_at, (Span(who, "text", is_data=True),))]
    return line(look, *cells, right(end, state, MUTED), key=row.key)


def _told(row: ApprovalRow, look: Look) -> tuple[str, str, str, str, str]:
    """Return mark, role, what, who and state of a row."""
    if row.item is not None:
        item = row.item
        targets = " ".join(target.value for target in item.targets[:1])
        given = f"{item.valid} of {item.required}" if item.required else "not known"
        state = f"{given}  {age(row.at_ns, look.now_ns)}"
        mark, role = glyphs.PERSON, "verdict_require_approval"
        if item.codes:
            word = item.codes[0].removeprefix("approval_token_")
            state = f"{word}  {age(row.at_ns, look.now_ns)}"
        return mark, role, f"{item.tool_name} {targets}".strip(), item.identity, state
    if row.token is not None:
        return _token_told(row.token)
    event = row.event
    is_minted = event is not None and event.event == "minted"
    mark, role = (glyphs.OK, "ok") if is_minted else (glyphs.FAILED, MUTED)
    what = scope_words(event.scope) if event else ""
    said = f"{event.event if event else ''}  {age(row.at_ns, look.now_ns)}"
    return mark, role, what, event.reviewer if event else "", said


def _token_told(timed: TimedToken) -> tuple[str, str, str, str, str]:
    token = timed.artifact
    if token.error_code:
        name = token.path.rpartition("/")[2]
        return glyphs.UNCHECKED, "unchecked", name, "", "not read"
    who, scope = token.identity, scope_words(token.scope)
    if timed.seconds_left <= 0:
        return glyphs.NONE, MUTED, scope, who, "expired"
    return "·", MUTED, scope, who, f"{left(timed.seconds_left)} left"


def scope_words(scope: Sequence[str]) -> str:
    """Spell a scope, the tool first."""
    return " ".join(sorted(scope, key=lambda part: not part.startswith("tool:")))


def left(seconds: int) -> str:
    """Spell a time to come in one unit, cut down."""
    unit = next(((size, name) for size, name in _UNITS if seconds >= size), (1, "s"))
    return f"{seconds // unit[0]}{unit[1]}"


# ---------------------------------------------------------------- details


def waiting_page(
    row: ApprovalRow, shown: "Outcome[ReviewShowAnswer] | None", look: Look
) -> list[Line]:
    """Say what waits and what keeps it from being approved; the review shows all of it."""
    item = row.item
    if item is None:
        return []
    given = f"{item.valid} of {item.required} given" if item.required else "approvals not known"
    verdict = Verdict(
        glyphs.PERSON, "verdict_require_approval", "REQUIRE_APPROVAL", f"{given}; a reviews it."
    )
    lines = [*verdict_line(look, verdict), BLANK]
    lines += artifact_field(look, "tool", item.tool_name)
    for number, target in enumerate(item.targets):
        label = "" if number else "target"
        lines += artifact_field(look, label, f"{target.operation} {target.value}".strip())
    lines += artifact_field(look, "agent", item.identity or "unknown", item.environment)
    risk = "destructive" if item.destructive else ""
    lines += artifact_field(look, "risk", item.risk_class or "not given", risk)
    lines += artifact_field(look, "rule", item.matched_rule or "not known")
    lines += artifact_field(look, "observed", moment(str(item.observed_at), look.now_ns))
    lines += [BLANK, *_approvers(row, look)]
    for blocker in item.blockers:
        lines += artifact_field(look, "blocked by", blocker)
    lines += [BLANK, *artifact_field(look, "trace", item.trace_path)]
    lines += artifact_field(look, "intent", item.intent_path or "no file with its digest is here")
    lines += artifact_field(look, "policy", item.policy_path or "no file with its digest is here")
    failure = shown.failure if shown else None
    return lines + ([BLANK, *failure_lines(look, failure)] if failure else [])


def _approvers(row: ApprovalRow, look: Look) -> list[Line]:
    item = row.item
    if item is None:
        return []
    who = ", ".join(item.approvers) or "nobody so far"
    lines = artifact_field(look, "approved by", who)
    for code in item.codes:
        lines += artifact_field(look, "no good", code, "a token at hand does not count")
    return lines


def token_page(timed: TimedToken, look: Look) -> list[Line]:
    """Say what a token allows, and how long; nobody has checked its signature here."""
    token = timed.artifact
    if token.error_code:
        verdict = Verdict(glyphs.UNCHECKED, "unchecked", "NOT READ", "This token cannot be read.")
        return [*verdict_line(look, verdict), BLANK, *artifact_field(look, "error", token.error)]
    is_over = timed.seconds_left <= 0
    good = "it lets nothing pass any more" if is_over else "good for any number of calls till then"
    word, role = ("EXPIRED", MUTED) if is_over else ("TOKEN", "unchecked")
    verdict = Verdict(glyphs.NONE if is_over else "·", role, word, f"{good}.")
    lines = [*verdict_line(look, verdict), BLANK]
    lines += artifact_field(look, "token", token.token_id)
    lines += artifact_field(look, "by", token.identity)
    lines += artifact_field(look, "reason", token.reason_code)
    for number, scope in enumerate(token.scope):
        lines += artifact_field(look, "" if number else "scope", scope)
    lines += artifact_field(look, "until", moment(str(token.expires_at), look.now_ns))
    lines += artifact_field(look, "intent", token.intent_digest, role=MUTED)
    lines += artifact_field(look, "policy", token.policy_digest, role=MUTED)
    lines += field(look, "signature", "not checked here; the review checks it with your key")
    return lines + artifact_field(look, "file", token.path)


def decision_page(event: ReviewEvent, look: Look) -> list[Line]:
    """Say who decided what, and why, as the review log has it."""
    is_minted = event.event == "minted"
    mark, role = (glyphs.OK, "ok") if is_minted else (glyphs.FAILED, "failed")
    sentence = "A token was minted and read back." if is_minted else "The call was denied."
    verdict = Verdict(mark, role, "APPROVED" if is_minted else "DENIED", sentence)
    lines = [*verdict_line(look, verdict), BLANK]
    lines += artifact_field(look, "by", event.reviewer)
    lines += artifact_field(look, "at", moment(str(event.at), look.now_ns))
    lines += artifact_field(look, "reason", event.reason_code)
    if event.note:
        lines += artifact_field(look, "note", event.note)
    for number, scope in enumerate(event.scope):
        lines += artifact_field(look, "" if number else "scope", scope)
    for label, value in (("token", event.token_id), ("key", event.key_id), ("ttl", event.ttl)):
        lines += artifact_field(look, label, value) if value else []
    lines += artifact_field(look, "intent", event.intent_digest, role=MUTED)
    lines += artifact_field(look, "policy", event.policy_digest, role=MUTED)
    return lines


def nothing_lines(look: Look) -> list[Line]:
    """Say that nothing waits, and what would appear."""
    verdict = Verdict(glyphs.OK, "muted", "NOTHING WAITS", "No call at hand asks for a person.")
    lines = [BLANK, *verdict_line(look, verdict), BLANK]
    words = "A call appears when gait gate eval answers require_approval."
    return lines + field(look, "", words, at=LABEL_AT)
