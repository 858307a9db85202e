"""What the engine said about the files of a runpack, in words: views of a verification."""

from typing import Final

from gait_engine.api.shapes import FileCheck, SessionChainAnswer, VerifyAnswer
from gait_tui.readings import Outcome
from gait_tui.views import glyphs
from gait_tui.views.line import (
    LABEL_AT,
    MUTED,
    Line,
    Look,
    Span,
    data,
    line,
    own,
    short_digest,
    spans,
)
from gait_tui.views.parts import MARK_AT, Verdict, count, heads
from gait_tui.views.timetext import clock

EXPECTED_GAP: Final = 3
_FOUND_WIDTH: Final = 18
MANIFEST: Final = "manifest.json"
_STATES: Final = {
    "same": (glyphs.OK, "ok", "same"),
    "differs": (glyphs.FAILED, "failed", "differs"),
    "missing": (glyphs.FAILED, "failed", "missing"),
    "unreadable": (glyphs.FAILED, "failed", "unreadable"),
    "unlisted": (glyphs.PERSON, "sev_medium", "not in the manifest"),
}


def checked_verdict(outcome: "Outcome[VerifyAnswer] | Outcome[SessionChainAnswer]") -> Verdict:
    """Say what a verification found."""
    if isinstance(outcome.answer, VerifyAnswer):
        return runpack_verdict(outcome.answer)
    if isinstance(outcome.answer, SessionChainAnswer):
        return chain_verdict(outcome.answer)
    return failure_verdict(outcome.exit_code)


def failure_verdict(exit_code: int) -> Verdict:
    """Say that nothing could be found out, or that what was found is refused."""
    if exit_code == 2:
        return Verdict(glyphs.FAILED, "failed", "DAMAGED", "The file is refused: do not use it.")
    return Verdict(glyphs.UNCHECKED, "unchecked", "NOT READ", "Nothing is known about this file.")


def runpack_verdict(answer: VerifyAnswer) -> Verdict:
    """Say whether a runpack is what was recorded."""
    if answer.ok:
        total = answer.files_checked
        sentence = f"{total} of {total} files are the files that were recorded."
        return Verdict(glyphs.OK, "ok", "VERIFIED", sentence)
    return Verdict(glyphs.FAILED, "failed", "DAMAGED", _damage(answer))


def _damage(answer: VerifyAnswer) -> str:
    wrong = {m.path for m in answer.hash_mismatches}
    missing = set(answer.missing_files)
    total = max(answer.files_checked, len(wrong | missing))
    parts = []
    if wrong:
        parts.append(f"{len(wrong)} of {total} {_are(len(wrong))} that was recorded")
    if missing:
        parts.append(
            f"{len(missing)} of {total} files {'is' if len(missing) == 1 else 'are'} missing"
        )
    unreadable = [file.path for file in answer.files if file.state == "unreadable"]
    if unreadable:
        total = sum(file.path != MANIFEST for file in answer.files)
        parts.append(f"{len(unreadable)} of {total} files cannot be read any more")
    if parts:
        return ", ".join(parts) + "."
    if answer.error:
        return "The file is refused: do not use it."
    return "The files match the manifest, but no signature verifies."


def _are(number: int) -> str:
    return "files is not the file" if number == 1 else "files are not the files"


def chain_verdict(answer: SessionChainAnswer) -> Verdict:
    """Say whether the links of a session chain hold."""
    if answer.ok:
        number = answer.checkpoints_checked
        links = "holds" if number == 1 else "and the links between them hold"
        sentence = f"{count(number, 'checkpoint')} {links}."
        return Verdict(glyphs.OK, "ok", "VERIFIED", sentence)
    if answer.error:
        return failure_verdict(2)
    wrong = len(answer.linkage_errors) + len(answer.checkpoint_errors)
    return Verdict(
        glyphs.FAILED, "failed", "DAMAGED", f"{count(wrong, 'link')} of the chain do not hold."
    )


def files_table(look: Look, answer: VerifyAnswer, *, with_keys: bool = False) -> list[Line]:
    """List every file: expected and found digest, what is wrong first."""
    files = sorted(answer.files or _only_wrong(answer), key=lambda f: f.state == "same")
    longest = max((len(f.path) for f in files), default=0)
    expected_at = LABEL_AT + min(max(longest, 13), look.width // 3) + EXPECTED_GAP + 1
    found_at = expected_at + _FOUND_WIDTH
    rows = [heads(look, (LABEL_AT, "FILE"), (expected_at, "EXPECTED"), (found_at, "FOUND"))]
    for file in files:
        rows += _file_rows(look, file, expected_at, found_at, with_keys=with_keys)
    return [*rows, signature_row(look, answer, expected_at)]


def _only_wrong(answer: VerifyAnswer) -> tuple[FileCheck, ...]:
    wrong = (
        FileCheck(path=m.path, state="differs", expected=m.expected, actual=m.actual)
        for m in answer.hash_mismatches
    )
    missing = (FileCheck(path=path, state="missing") for path in answer.missing_files)
    return (*wrong, *missing)


def _file_rows(
    look: Look, file: FileCheck, expected_at: int, found_at: int, *, with_keys: bool
) -> list[Line]:
    """Draw a file; without room beside the expected digest, the one that was found is below."""
    mark, role, word = _STATES.get(file.state, (glyphs.UNCHECKED, "unchecked", file.state))
    is_wrong = role == "failed"
    cells = [
        own(MARK_AT, mark, f"b:{role}"),
        data(LABEL_AT, file.path, "b:text" if is_wrong else "text"),
    ]
    if file.expected:
        tint = "text" if is_wrong else MUTED
        cells.append(spans(expected_at, *short_digest(file.expected, tint)))
    found = spans(found_at, *short_digest(file.actual))
    told = own(found_at, word, f"b:{role}" if is_wrong else MUTED)
    below: list[Line] = []
    if not file.actual or file.state == "same":
        cells.append(told)
    elif look.width >= found_at + _FOUND_WIDTH + len(word) + 1:
        cells += [found, told._replace(at=found_at + _FOUND_WIDTH)]
    else:
        cells.append(told)
        is_found = own(found_at, "is what was found", MUTED)
        below = [line(look, found._replace(at=expected_at), is_found)]
    return [line(look, *cells, key=f"file {file.path}" if with_keys else ""), *below]


def signature_row(look: Look, answer: VerifyAnswer, at: int) -> Line:
    """Say whether the manifest is signed and whether the signature was checked."""
    mark, role, word, note = signature_words(answer)
    cells = [own(MARK_AT, mark, f"b:{role}"), own(LABEL_AT, "signature"), own(at, word, MUTED)]
    if note:
        cells.append(own(at + len(word) + 2, f"({note})", MUTED))
    return line(look, *cells)


def signature_words(answer: VerifyAnswer) -> tuple[str, str, str, str]:
    """Spell the state of the signatures: mark, role, words, note."""
    total, valid = answer.signatures_total, answer.signatures_valid
    match answer.signature_status:
        case "verified":
            words = f"verified, {valid} of {total}" if total > 1 else "verified"
            keys = ", ".join(key[:8] for key in answer.signature_key_ids)
            return glyphs.OK, "ok", words, f"key {keys}" if keys else ""
        case "failed":
            return glyphs.FAILED, "failed", "does not verify", ""
        case "skipped":
            return glyphs.UNCHECKED, "unchecked", "not checked", "no public key given"
        case _:
            return glyphs.UNCHECKED, "unchecked", "not signed", "usual for a local run"


def title_state(outcome: "Outcome[VerifyAnswer] | Outcome[SessionChainAnswer]") -> list[Span]:
    """Say at the end of a title what was found, when, and how the command ended."""
    verdict = checked_verdict(outcome)
    when = clock(outcome.at_ns)
    if outcome.exit_code == 0:
        return [Span(verdict.mark, f"b:{verdict.role}"), Span(f" verified {when}", MUTED)]
    return [Span(f"checked {when}  exit {outcome.exit_code}", MUTED)]
