"""Lists of any size: however rows come, and whoever puts them in order, the same is shown."""

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.api.shapes import IndexRow
from gait_tui import keys
from gait_tui.models.rows import Row, RunStore
from gait_tui.models.rowstore import RowStore
from gait_tui.panes.listing import Listing
from gait_tui.panes.listrows import ListRows

NOW = 1_770_292_800 * 10**9

NAMES = st.lists(st.text("abc", min_size=1, max_size=3), unique=True, max_size=12)
FILTERS = st.sampled_from(
    ("", "a", "ab", "a b", "a -c", "-a", "run:a b", "/a.?b/ a", "state:gone a", "a  ", "a ")
)
ORDERS = st.tuples(st.sampled_from(("", "run", "capture")), st.booleans())


def row(name: str, capture: str = "") -> Row:
    artifact = IndexRow(kind="runpack", path=name, run_id=name, mtime_ns=1, capture_mode=capture)
    return Row(artifact, 1)


def rows(names: Sequence[str]) -> list[Row]:
    """Make rows of which many are alike in a column."""
    return [row(name, name[0]) for name in names]


def put_in_order(store: RunStore) -> list[str]:
    store.take(store.arranged(NOW))
    return list(store.visible)


def filled(
    *scans: Sequence[str], text: str = "", order: tuple[str, bool] = ("", False)
) -> RunStore:
    store = RunStore()
    store.narrow(text)
    store.sort, store.is_reversed = order
    for names in scans:
        store.fill(rows(names), NOW)
    return store


@given(NAMES, st.lists(st.integers(1, 3)), FILTERS, ORDERS)
def test_parts_and_then_the_whole_show_what_the_whole_shows_at_once(
    names: list[str], sizes: list[int], text: str, order: tuple[str, bool]
) -> None:
    store, told = filled(text=text, order=order), 0
    for size in sizes:
        told += size
        store.take(store.arranged(NOW, rows(names[:told]), is_whole=False))
        assert list(store.visible) == list(filled(names[:told], text=text, order=order).visible)
        assert store.gone == frozenset()
    store.fill(rows(names), NOW)
    whole = filled(names, text=text, order=order)
    assert list(store.visible) == list(whole.visible)
    assert list(store.rows) == list(whole.rows)
    assert store.current() == (store.rows[store.cursor] if store.visible else None)


@given(NAMES, NAMES, FILTERS, ORDERS)
def test_a_filter_typed_key_by_key_shows_what_it_shows_at_once(
    first: list[str], second: list[str], text: str, order: tuple[str, bool]
) -> None:
    typed = filled(first, second, order=order)
    for end in range(len(text) + 1):
        typed.narrow(text[:end])
        put_in_order(typed)
    whole = filled(first, second, text=text, order=order)
    assert list(typed.visible) == list(whole.visible)


@given(NAMES, NAMES, NAMES, st.data())
def test_the_cursor_is_on_its_item_as_long_as_that_is_shown(
    first: list[str], second: list[str], third: list[str], data: st.DataObject
) -> None:
    store = filled(first)
    store.move_to(data.draw(st.integers(0, 8)))
    for names in (second, third):
        before = store.cursor
        store.fill(rows(names), NOW)
        assert before in ("", store.cursor)
        assert store.place() == (list(store.visible).index(store.cursor) if store.cursor else -1)
    assert set(store.rows) == {*first, *second, *third}
    assert {key for key in store.rows if store.is_gone(key)} == {*first, *second} - {*third}
    store.forget_gone()
    assert put_in_order(store) == list(store.rows) == third


def test_what_a_thread_arranges_changes_nothing_before_it_is_taken() -> None:
    store = filled(["a", "b"])
    store.narrow("b")
    before = store.held
    arranged = store.arranged(NOW, rows(["b", "c"]))
    assert store.held is before
    assert list(store.visible) == ["a", "b"]
    store.take(arranged)
    assert list(store.visible) == ["b"]
    assert (store.cursor, store.is_gone("a"), store.is_new("c", NOW)) == ("b", True, True)


def test_a_filter_by_state_knows_what_is_gone() -> None:
    store = filled(["a", "b"], text="state:gone")
    assert list(store.visible) == []
    store.fill(rows(["b"]), NOW)
    assert list(store.visible) == ["a"]
    store.fill(rows(["a", "b"]), NOW)
    assert list(store.visible) == []


class Grouped(Listing[Row]):
    """A list whose rows stand in groups by their first letter."""

    def __init__(self, names: Sequence[str], *, has_gaps: bool) -> None:
        super().__init__(filled(names), keys.LIST, "Runs", "run")
        self.has_gaps = has_gaps

    def heading(self, row: Row) -> str:
        """Name the group; one has no heading."""
        return row.artifact.capture_mode.replace("b", "")


@given(NAMES.map(sorted), st.booleans())
def test_headings_stand_where_the_group_changes(names: list[str], has_gaps: bool) -> None:  # noqa: FBT001
    wanted: list[str] = []
    last = ""
    for name in names:
        heading = name[0].replace("b", "")
        if heading not in (last, ""):
            wanted += [""] * (1 + (has_gaps and bool(wanted)))
        last = heading
        wanted.append(name)
    shown = ListRows(Grouped(names, has_gaps=has_gaps))
    assert [shown.key(row) for row in range(len(shown))] == wanted
    places = [shown.place_of(row) for row in range(len(shown)) if shown.key(row)]
    assert places == list(range(len(names)))
    assert [shown.key(shown.row_of(place)) for place in places] == names


def test_a_filter_looks_anew_at_a_row_that_changes_while_a_scan_goes_on() -> None:
    store = RunStore()
    store.narrow("capture:old")
    for capture in ("old", "new"):
        store.take(store.arranged(NOW, [row("a", capture)], is_whole=False))
        assert store.visible == ["a"] * (capture == "old")
    store.fill([row("a", "new")], NOW)
    assert store.visible == []


# ---------------------------------------------------------------- threads


class MetKey(str):
    """A key; a thread does something else whenever it meets another one like it."""

    __slots__ = ("meanwhile",)
    meanwhile: Callable[[], object]

    def __eq__(self, other: object) -> bool:
        if threading.current_thread() is threading.main_thread():
            beside = threading.Thread(target=self.meanwhile)
            beside.start()
            beside.join()
        return str(self) == str(other)

    __hash__ = str.__hash__


class Named(NamedTuple):
    """A row that has a name alone."""

    key: str
    at_ns: int = 1


class NamedStore(RowStore[Named]):
    """A list of such rows."""

    FIELDS = ("name",)

    def fields(self, row: Named) -> dict[str, str]:
        return {"name": row.key}


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_scan_may_come_while_a_thread_looks_at_the_rows(*, is_whole: bool) -> None:
    store = NamedStore()

    def look_or_forget() -> None:
        if len(store.held.subjects) == 3:
            store.forget_subject("c")
        else:
            store.look_ahead()

    def scanned(names: str) -> list[Named]:
        keys = [MetKey(name) for name in names]
        for key in keys:
            key.meanwhile = look_or_forget
        return [Named(key) for key in keys]

    store.fill(scanned("abc"), NOW)
    store.look_ahead()
    store.narrow("name:a")
    store.take(store.arranged(NOW, scanned("abcd"), is_whole=is_whole))
    assert [str(key) for key in store.visible] == ["a"]
