"""One line of text under the hands of a person."""

from collections.abc import Callable
from typing import Final, NamedTuple


class LineEdit(NamedTuple):
    """The text and the place of the caret in it."""

    text: str = ""
    caret: int = 0

    def insert(self, text: str) -> "LineEdit":
        """Put text at the caret; of several lines only the first."""
        first = text.splitlines()[0] if text.strip() else text.replace("\n", "")
        joined = self.text[: self.caret] + first + self.text[self.caret :]
        return LineEdit(joined, self.caret + len(first))

    def press(self, key: str) -> "LineEdit | None":
        """Apply an editing key; None when it is not one."""
        edited = _EDITS.get(key)
        return edited(self) if edited else None


def _backspace(edit: LineEdit) -> LineEdit:
    if not edit.caret:
        return edit
    return LineEdit(edit.text[: edit.caret - 1] + edit.text[edit.caret :], edit.caret - 1)


def _delete(edit: LineEdit) -> LineEdit:
    return LineEdit(edit.text[: edit.caret] + edit.text[edit.caret + 1 :], edit.caret)


def _word_back(edit: LineEdit) -> LineEdit:
    kept = edit.text[: edit.caret].rstrip()
    kept = kept[: kept.rfind(" ") + 1]
    return LineEdit(kept + edit.text[edit.caret :], len(kept))


def _to(caret: int) -> Callable[[LineEdit], LineEdit]:
    """Move the caret; a negative place counts from behind the text."""
    return lambda e: e._replace(caret=caret if caret >= 0 else len(e.text) + 1 + caret)


def _left(edit: LineEdit) -> LineEdit:
    return edit._replace(caret=max(edit.caret - 1, 0))


def _right(edit: LineEdit) -> LineEdit:
    return edit._replace(caret=min(edit.caret + 1, len(edit.text)))


def _drop_before(edit: LineEdit) -> LineEdit:
    return LineEdit(edit.text[edit.caret :], 0)


def _drop_after(edit: LineEdit) -> LineEdit:
    return LineEdit(edit.text[: edit.caret], edit.caret)


_EDITS: Final[dict[str, Callable[[LineEdit], LineEdit]]] = {
    "left": _left,
    "right": _right,
    "home": _to(0),
    "ctrl+a": _to(0),
    "end": _to(-1),
    "ctrl+e": _to(-1),
    "backspace": _backspace,
    "delete": _delete,
    "ctrl+w": _word_back,
    "ctrl+u": _drop_before,
    "ctrl+k": _drop_after,
}
