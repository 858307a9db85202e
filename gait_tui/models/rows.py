"""The rows of the Runs tab: their order, filter, marks and cursor; nothing here touches a screen.

The cursor stays on its item, not on its row number.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from gait_engine.api.shapes import IndexRow
from gait_tui.models.filter import Filter, Subject, parse

NEW_FOR_NS: Final = 10 * 10**9
FIELDS: Final = ("run", "session", "path", "capture", "kind", "state")

NOT_CHECKED: Final = "not checked"
NOT_READ: Final = "not read"
INTACT: Final = "intact"
DAMAGED: Final = "damaged"
CHANGED: Final = "changed"
GONE: Final = "gone"


class Check(NamedTuple):
    """What the engine said about a file, when, and about which state of the file."""

    state: str
    at_ns: int
    stamp: tuple[int, int]
    calls: int | None = None
    not_ok: int | None = None


class Row(NamedTuple):
    """An artifact of the list."""

    artifact: IndexRow
    at_ns: int | None

    @property
    def key(self) -> str:
        """What tells it from every other row."""
        return self.artifact.path

    @property
    def name(self) -> str:
        """What it is called: run, session or file."""
        if self.artifact.kind == "session_chain" and self.artifact.session_id:
            return self.artifact.session_id
        return self.artifact.run_id or self.artifact.path.replace("\\", "/").rpartition("/")[2]

    @property
    def stamp(self) -> tuple[int, int]:
        """The state of the file that was read."""
        return (self.artifact.mtime_ns, self.artifact.size)


class RunStore:
    """Rows with a life: they appear, change, vanish; a person filters and marks them."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.checks: dict[str, Check] = {}
        self.marks: list[str] = []
        self.visible: list[str] = []
        self.filter = Filter()
        self.cursor = ""
        self.is_following = False
        self._appeared: dict[str, int] = {}
        self._gone: set[str] = set()
        self._is_first = True

    def fill(self, rows: Iterable[Row], now_ns: int, *, is_whole: bool) -> bool:
        """Take the rows of a scan, in the engine's order; tell whether anything changed.

        A part of a scan adds rows. The whole scan also tells which rows are gone.
        """
        found = {row.key: row for row in rows}
        if is_whole and found == self.rows and not self._is_first:
            return False
        if not self._is_first:
            self._appeared.update({key: now_ns for key in found if key not in self.rows})
        self._gone = {key for key in self.rows if key not in found} if is_whole else set()
        kept = _keep_places(list(self.rows), list(found)) if is_whole else [*self.rows, *found]
        self.rows = {key: found.get(key) or self.rows[key] for key in kept}
        self._is_first = self._is_first and not is_whole
        self._refresh(now_ns)
        return True

    def forget_gone(self, now_ns: int) -> None:
        """Drop the rows whose files are no longer there, and what was new."""
        for key in self._gone:
            self.rows.pop(key, None)
            self.checks.pop(key, None)
        self.marks = [key for key in self.marks if key in self.rows]
        self._gone, self._appeared = set(), {}
        self._refresh(now_ns)

    def narrow(self, text: str, now_ns: int) -> str:
        """Filter by text; return what is wrong with it."""
        self.filter = parse(text, FIELDS)
        self._refresh(now_ns)
        return self.filter.problem

    def check(self, key: str, check: Check) -> None:
        """Keep what the engine said about a row."""
        self.checks[key] = check

    def state(self, key: str) -> str:
        """Say in one word what is known about a row."""
        row = self.rows[key]
        if key in self._gone:
            return GONE
        if row.artifact.error_code:
            return NOT_READ
        check = self.checks.get(key)
        if check is None:
            return NOT_CHECKED
        return check.state if check.stamp == row.stamp else CHANGED

    def is_new(self, key: str, now_ns: int) -> bool:
        """Tell a row that appeared a moment ago."""
        appeared = self._appeared.get(key)
        return appeared is not None and now_ns - appeared < NEW_FOR_NS

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away."""
        if self.cursor in self.marks:
            self.marks.remove(self.cursor)
        elif self.cursor:
            self.marks.append(self.cursor)

    def pair(self) -> tuple[str, str] | None:
        """Name the two rows to compare: two marks, or one mark and the cursor; base first."""
        if len(self.marks) == 2:
            return self.marks[0], self.marks[1]
        if len(self.marks) == 1 and self.cursor and self.cursor != self.marks[0]:
            return self.marks[0], self.cursor
        return None

    def place(self) -> int:
        """Return the row number of the cursor; -1 when nothing is listed."""
        try:
            return self.visible.index(self.cursor)
        except ValueError:
            return -1

    def move_to(self, place: int) -> None:
        """Put the cursor on a row number."""
        if self.visible:
            self.cursor = self.visible[min(max(place, 0), len(self.visible) - 1)]

    def current(self) -> Row | None:
        """Return the row under the cursor."""
        return self.rows.get(self.cursor) if self.visible else None

    def _refresh(self, now_ns: int) -> None:
        place = self.place()
        if self.filter.tests:
            rows = self.rows
            self.visible = [k for k in rows if self.filter.accepts(self._subject(k), now_ns)]
        else:
            self.visible = list(self.rows)
        if self.is_following or self.cursor not in self.visible:
            self.move_to(0 if self.is_following else place)
        if not self.visible:
            self.cursor = ""

    def _subject(self, key: str) -> Subject:
        row = self.rows[key]
        artifact = row.artifact
        values = (
            *(artifact.run_id, artifact.session_id, artifact.path),
            *(artifact.capture_mode, artifact.kind),
        )
        fields = {
            name: value.casefold()
            for name, value in zip(FIELDS, (*values, self.state(key)), strict=True)
        }
        return Subject("\n".join(fields.values()), fields, row.at_ns)


def _keep_places(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Order like `after`; what is missing there stays behind the row it stood behind."""
    still = set(after)
    behind: dict[str, list[str]] = {}
    anchor = ""
    for key in before:
        if key in still:
            anchor = key
        else:
            behind.setdefault(anchor, []).append(key)
    placed = list(behind.get("", ()))
    for key in after:
        placed.append(key)
        placed.extend(behind.get(key, ()))
    return placed
