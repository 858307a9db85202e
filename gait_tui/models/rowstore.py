"""The rows of a list: order, filter, marks and cursor; nothing here touches a screen.

What is held is never changed, only replaced: a thread may work out what is to be held next while
the list is drawn and its cursor moves. The cursor stays on its item, not on its row number.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Generic, NamedTuple, Protocol, TypeVar

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


class View(NamedTuple):
    """Which rows a list shows, and in which order."""

    filter: Filter = Filter()
    sort: str = ""
    is_reversed: bool = False

    def is_narrower_than(self, other: "View") -> bool:
        """Tell a view that shows some of the rows of another, in the same order."""
        is_same_order = (self.sort, self.is_reversed) == (other.sort, other.is_reversed)
        return is_same_order and is_narrower(other.filter, self.filter.text)


class Held(NamedTuple, Generic[R]):
    """The rows of a list at a moment, in the engine's order, and the keys of those in view.

    Rows that are gone keep their place. `subjects` is what a filter has looked at so far;
    `is_whole` once a scan has told of all rows.
    """

    rows: Mapping[str, R]
    visible: Sequence[str]
    view: View
    subjects: dict[str, Subject]
    gone: frozenset[str] = frozenset()
    appeared: Mapping[str, int] = {}
    is_whole: bool = False


class RowStore(Generic[R]):
    """Rows with a life: they appear, change, vanish; a person filters, sorts and marks them."""

    FIELDS: ClassVar[tuple[str, ...]] = ()
    """The names that a filter may use as `name:value`."""
    MORE_COLUMNS: ClassVar[tuple[str, ...]] = ("age",)
    """The columns that a person may choose besides those fields."""
    SORTS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}
    """The columns a person may sort by; none is the engine's own order."""

    def __init__(self) -> None:
        self.held: Held[R] = Held({}, (), View(), {})
        self.filter = Filter()
        self.sort = ""
        self.is_reversed = False
        self.marks: list[str] = []
        self.cursor = ""
        self.is_following = False
        self._place = -1

    # ------------------------------------------------------------ to fill in

    def fields(self, row: R) -> Mapping[str, str]:
        """Return what a filter looks at, by the names of `FIELDS`."""
        raise NotImplementedError

    def columns(self, row: R) -> Mapping[str, str]:
        """Return what may stand in a column of its own, by the names of `COLUMNS`."""
        return self.told(self.held, row.key)

    # ------------------------------------------------------------ rows

    @property
    def rows(self) -> Mapping[str, R]:
        """All rows by their keys, in the engine's order."""
        return self.held.rows

    @property
    def visible(self) -> Sequence[str]:
        """The keys of the rows in view, in the order in which they are shown."""
        return self.held.visible

    def fill(self, rows: Iterable[R], now_ns: int) -> bool:
        """Take the rows of a whole scan, in the engine's order; tell whether anything changed."""
        return self.take(self.arranged(now_ns, rows))

    def arranged(
        self, now_ns: int, found: Iterable[R] | None = None, *, is_whole: bool = True
    ) -> Held[R]:
        """Return what is to be held next: the rows as they are wanted, those found if any.

        Changes nothing that is seen, so that any thread may ask.
        """
        before = held = self.held
        view = View(self.filter, self.sort, self.is_reversed)
        if found is not None:
            rows = {row.key: row for row in found}
            held = self._merged(before, rows, now_ns) if is_whole else _begun(before, rows)
            if held is before and view == before.view:
                return before
        among: Iterable[str] = held.rows
        if held is before and view.is_narrower_than(before.view):
            among = reversed(before.visible) if view.is_reversed else before.visible
        visible = self._passing(held, among, view.filter, now_ns)
        by = self.SORTS.get(view.sort)
        if by is not None:
            visible.sort(key=lambda key: by(held.rows[key]))
        if view.is_reversed:
            visible.reverse()
        return held._replace(visible=visible, view=view)

    def take(self, held: Held[R]) -> bool:
        """Hold what was arranged; tell whether that is anything else than before."""
        if held is self.held:
            return False
        place, self.held = self._place, held
        if not held.visible:
            self.cursor, self._place = "", -1
        elif self.is_following:
            self.move_to(0)
        elif not self.go_to(self.cursor):
            self.move_to(place)
        return True

    def _merged(self, before: Held[R], found: Mapping[str, R], now_ns: int) -> Held[R]:
        """Put the rows of a whole scan in the place of those before, which may be gone by now."""
        if before.is_whole and not before.gone and found == before.rows:
            return before
        gone = frozenset(key for key in before.rows if key not in found)
        rows = found
        if gone:
            keys = _keep_places(list(before.rows), list(found))
            rows = {key: found[key] if key in found else before.rows[key] for key in keys}
        appeared = dict(before.appeared)
        if before.is_whole:
            appeared |= {key: now_ns for key in found if key not in before.rows}
        subjects = _still_true(before, rows, gone)
        return Held(rows, (), before.view, subjects, gone, appeared, is_whole=True)

    def forget_gone(self) -> None:
        """Drop the rows whose files are no longer there, and what was new."""
        self.drop_gone(self.gone)
        self.take(self.held._replace(appeared={}))

    def drop_gone(self, keys: Iterable[str]) -> None:
        """Drop some of the rows that are gone."""
        held, dropped = self.held, frozenset(keys)
        if not dropped:
            return
        for key in dropped:
            self.forget_subject(key)
        rows = {key: row for key, row in held.rows.items() if key not in dropped}
        visible = [key for key in held.visible if key not in dropped]
        self.marks = [key for key in self.marks if key in rows]
        self.take(held._replace(rows=rows, visible=visible, gone=held.gone - dropped))

    @property
    def gone(self) -> Collection[str]:
        """The keys of the rows that are there no more."""
        return self.held.gone

    @property
    def there(self) -> int:
        """How many rows are not gone."""
        return len(self.held.rows) - len(self.held.gone)

    def is_gone(self, key: str) -> bool:
        """Tell a row whose file is no longer there."""
        return key in self.held.gone

    def is_new(self, key: str, now_ns: int) -> bool:
        """Tell a row that appeared a moment ago."""
        appeared = self.held.appeared.get(key)
        return appeared is not None and now_ns - appeared < NEW_FOR_NS

    # ------------------------------------------------------------ filter and order

    def narrow(self, text: str) -> str:
        """Want the rows that a filter lets through; return what is wrong with it."""
        self.filter = parse(text, self.FIELDS)
        return self.filter.problem

    def sort_next(self) -> None:
        """Want the rows by the next column, after the last in the engine's order."""
        names = ["", *self.SORTS]
        self.sort = names[(names.index(self.sort) + 1) % len(names)]
        self.is_reversed = False

    def reverse(self) -> None:
        """Want the order turned round."""
        self.is_reversed = not self.is_reversed

    def forget_subject(self, key: str) -> None:
        """Let a filter look at a row anew."""
        self.held.subjects.pop(key, None)

    def _passing(
        self, held: Held[R], keys: Iterable[str], wanted: Filter, now_ns: int
    ) -> list[str]:
        """Return those of some keys whose rows a filter lets through."""
        if not wanted.tests:
            return list(keys)
        return [subject.key for subject in wanted.passing(self._looked_at(held, keys), now_ns)]

    def look_ahead(self) -> None:
        """Look at all rows as a filter will: the first key of one then need not wait for it."""
        held = self.held
        self._looked_at(held, held.rows)

    def _looked_at(self, held: Held[R], keys: Iterable[str]) -> list[Subject]:
        known, found = held.subjects, []
        for key in keys:
            subject = known.get(key)
            if subject is None:
                subject = known[key] = self._subject(held, key)
            found.append(subject)
        return found

    def _subject(self, held: Held[R], key: str) -> Subject:
        fields = self.told(held, key)
        return Subject.of(key, [fields[name] for name in self.FIELDS], held.rows[key].at_ns)

    def told(self, held: Held[R], key: str) -> Mapping[str, str]:
        """Return the fields of a row that may depend on what else is held."""
        return self.fields(held.rows[key])

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
        return self._place

    def move_to(self, place: int) -> None:
        """Put the cursor on a row number."""
        if self.visible:
            self._place = min(max(place, 0), len(self.visible) - 1)
            self.cursor = self.visible[self._place]

    def place_of(self, key: str) -> int:
        """Return which of the rows in view one is; -1 for none of them."""
        visible = self.visible
        if 0 <= self._place < len(visible) and visible[self._place] == key:
            return self._place
        try:
            return visible.index(key)
        except ValueError:
            return -1

    def go_to(self, key: str) -> bool:
        """Put the cursor on a row by its key; tell whether it is shown."""
        place = self.place_of(key)
        if place >= 0:
            self.cursor, self._place = key, place
        return place >= 0

    def current(self) -> R | None:
        """Return the row under the cursor."""
        return self.rows.get(self.cursor) if self.visible else None


def _begun(before: Held[R], found: Mapping[str, R]) -> Held[R]:
    """Put what a scan has found so far in the place of what it had found before."""
    return Held(found, (), before.view, _still_true(before, found, frozenset()))


def _still_true(before: Held[R], rows: Mapping[str, R], gone: frozenset[str]) -> dict[str, Subject]:
    """Return what a filter has seen of rows that are what they were; a thread may look at more."""
    stirred = gone ^ before.gone
    return {
        key: subject
        for key, subject in before.subjects.copy().items()
        if key not in stirred and rows.get(key) == before.rows.get(key)
    }


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
