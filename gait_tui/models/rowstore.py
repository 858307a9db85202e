"""The rows of a list: order, filter, marks and cursor; nothing here touches a screen.

The cursor stays on its item, not on its row number.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from gait_tui.models.filter import Filter, Subject, is_narrower, parse

NEW_FOR_NS: Final = 10 * 10**9


class Item(Protocol):
    """What every row of a list has: a key that tells it from all others, and a time."""

    @property
    def key(self) -> str:
        """What tells it from every other row."""
        ...

    @property
    def at_ns(self) -> int | None:
        """Its time, for `age:` and `after:`."""
        ...


R = TypeVar("R", bound=Item)


class RowStore(Generic[R]):
    """Rows with a life: they appear, change, vanish; a person filters, sorts and marks them."""

    FIELDS: ClassVar[tuple[str, ...]] = ()
    """The names that a filter may use as `name:value`."""
    MORE_COLUMNS: ClassVar[tuple[str, ...]] = ("age",)
    """The columns that a person may choose besides those fields."""
    SORTS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}
    """The columns a person may sort by; none is the engine's own order."""

    def __init__(self) -> None:
        self.rows: dict[str, R] = {}
        self.marks: list[str] = []
        self.visible: list[str] = []
        self.filter = Filter()
        self.cursor = ""
        self.is_following = False
        self.sort = ""
        self.is_reversed = False
        self._subjects: dict[str, Subject] = {}
        self._places: dict[str, int] = {}
        self._appeared: dict[str, int] = {}
        self._gone: set[str] = set()
        self._is_first = True

    # ------------------------------------------------------------ to fill in

    def fields(self, row: R) -> Mapping[str, str]:
        """Return what a filter looks at, by the names of `FIELDS`."""
        raise NotImplementedError

    def columns(self, row: R) -> Mapping[str, str]:
        """Return what may stand in a column of its own, by the names of `COLUMNS`."""
        return self.fields(row)

    # ------------------------------------------------------------ rows

    def fill(self, rows: Iterable[R], now_ns: int, *, is_whole: bool) -> bool:
        """Take the rows of a scan, in the engine's order; tell whether anything changed.

        A part of a scan adds rows. The whole scan also tells which rows are gone.
        """
        found = {row.key: row for row in rows}
        if is_whole and found == self.rows and not self._is_first:
            return False
        if not self._is_first:
            self._appeared.update({key: now_ns for key in found if key not in self.rows})
        gone = {key for key in self.rows if key not in found} if is_whole else set()
        for key in gone ^ self._gone:
            self.forget_subject(key)
        self._gone = gone
        kept = _keep_places(list(self.rows), list(found)) if is_whole else [*self.rows, *found]
        for key, row in found.items():
            if self.rows.get(key) != row:
                self.forget_subject(key)
        self.rows = {key: found.get(key) or self.rows[key] for key in kept}
        self._is_first = self._is_first and not is_whole
        self.refresh(now_ns)
        return True

    def forget_gone(self, now_ns: int) -> None:
        """Drop the rows whose files are no longer there, and what was new."""
        self._appeared = {}
        self.drop_gone(self._gone, now_ns)

    def drop_gone(self, keys: Iterable[str], now_ns: int) -> None:
        """Drop some of the rows that are gone."""
        for key in list(keys):
            self.drop(key)
            self._gone.discard(key)
        self.marks = [key for key in self.marks if key in self.rows]
        self.refresh(now_ns)

    @property
    def gone(self) -> Collection[str]:
        """The keys of the rows that are there no more."""
        return self._gone

    def drop(self, key: str) -> None:
        """Forget a row."""
        self.rows.pop(key, None)
        self.forget_subject(key)

    def is_gone(self, key: str) -> bool:
        """Tell a row whose file is no longer there."""
        return key in self._gone

    def is_new(self, key: str, now_ns: int) -> bool:
        """Tell a row that appeared a moment ago."""
        appeared = self._appeared.get(key)
        return appeared is not None and now_ns - appeared < NEW_FOR_NS

    # ------------------------------------------------------------ filter and order

    def narrow(self, text: str, now_ns: int) -> str:
        """Filter by text; return what is wrong with it."""
        among = self.visible if is_narrower(self.filter, text) else None
        self.filter = parse(text, self.FIELDS)
        self.refresh(now_ns, among=among)
        return self.filter.problem

    def sort_next(self, now_ns: int) -> str:
        """Sort by the next column, after the last in the engine's order; return its name."""
        names = ["", *self.SORTS]
        self.sort = names[(names.index(self.sort) + 1) % len(names)]
        self.is_reversed = False
        self.refresh(now_ns)
        return self.sort

    def reverse(self, now_ns: int) -> None:
        """Turn the order round."""
        self.is_reversed = not self.is_reversed
        self.refresh(now_ns)

    def forget_subject(self, key: str) -> None:
        """Let a filter look at a row anew."""
        self._subjects.pop(key, None)

    def refresh(self, now_ns: int, *, among: Sequence[str] | None = None) -> None:
        """Choose and order the visible rows; the cursor stays on its item where that is shown."""
        place = self.place()
        keys: Iterable[str] = self.rows if among is None else among
        if self.filter.tests:
            accepts = self.filter.accepts
            self.visible = [key for key in keys if accepts(self._subject(key), now_ns)]
        else:
            self.visible = list(self.rows)
        self._put_in_order()
        self._places = {key: place for place, key in enumerate(self.visible)}
        if self.is_following or self.cursor not in self._places:
            self.move_to(0 if self.is_following else place)
        if not self.visible:
            self.cursor = ""

    def _put_in_order(self) -> None:
        by = self.SORTS.get(self.sort)
        if by is not None:
            self.visible.sort(key=lambda key: by(self.rows[key]))
        if self.is_reversed:
            self.visible.reverse()

    def _subject(self, key: str) -> Subject:
        known = self._subjects.get(key)
        if known is None:
            row = self.rows[key]
            fields = {name: value.casefold() for name, value in self.fields(row).items()}
            known = self._subjects[key] = Subject("\n".join(fields.values()), fields, row.at_ns)
        return known

    # ------------------------------------------------------------ marks

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

    # ------------------------------------------------------------ cursor

    def place(self) -> int:
        """Return the row number of the cursor; -1 when nothing is listed."""
        return self._places.get(self.cursor, -1)

    def place_of(self, key: str) -> int:
        """Return which of the rows in view one is; -1 for none of them."""
        return self._places.get(key, -1)

    def move_to(self, place: int) -> None:
        """Put the cursor on a row number."""
        if self.visible:
            self.cursor = self.visible[min(max(place, 0), len(self.visible) - 1)]

    def go_to(self, key: str) -> bool:
        """Put the cursor on a row by its key; tell whether it is shown."""
        if key in self._places:
            self.cursor = key
        return key in self._places

    def current(self) -> R | None:
        """Return the row under the cursor."""
        return self.rows.get(self.cursor) if self.visible else None


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
