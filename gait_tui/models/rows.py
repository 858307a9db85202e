"""The rows of the Runs tab, and what the engine said about each so far."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final, NamedTuple, Protocol, TypeVar

from gait_engine.api.shapes import IndexRow
from gait_tui.models.rowstore import Held, Item, RowStore

NOT_CHECKED: Final = "not checked"
NOT_READ: Final = "not read"
INTACT: Final = "intact"
DAMAGED: Final = "damaged"
CHANGED: Final = "changed"
GONE: Final = "gone"

Stamp = tuple[int | str, ...]
"""Which state of a file something was said about."""


class Check(NamedTuple):
    """What the engine said about a file, when, and about which state of the file."""

    state: str
    at_ns: int
    stamp: Stamp
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


class Checkable(Item, Protocol):
    """A row whose file the engine can be asked about."""

    @property
    def stamp(self) -> Stamp:
        """The state of the file that was read."""
        ...

    @property
    def artifact(self) -> IndexRow | None:
        """What the index says of it; None for what no index lists."""
        ...


C = TypeVar("C", bound=Checkable)


class CheckedStore(RowStore[C]):
    """Rows with what the engine said about each, as long as the file is what it was."""

    def __init__(self) -> None:
        super().__init__()
        self.checks: dict[str, Check] = {}
        self._tally: Counter[str] | None = None

    def check(self, key: str, check: Check) -> None:
        """Keep what the engine said about a row."""
        if self._tally and key in self.rows:
            self._tally[self.state(key)] -= 1
        self.checks[key] = check
        self.forget_subject(key)
        if self._tally and key in self.rows:
            self._tally[self.state(key)] += 1

    def take(self, held: Held[C]) -> bool:
        """Hold other rows; they are counted anew."""
        if held.rows is not self.rows or held.gone is not self.gone:
            self._tally = None
        return super().take(held)

    def tally(self) -> Mapping[str, int]:
        """Count the rows of each state."""
        if self._tally is None:
            self._tally = Counter(map(self.state, self.rows))
        return self._tally

    def drop_gone(self, keys: Iterable[str]) -> None:
        """Drop rows that are gone, and what was said about them."""
        dropped = list(keys)
        for key in dropped:
            self.checks.pop(key, None)
        super().drop_gone(dropped)

    def told(self, held: Held[C], key: str) -> Mapping[str, str]:
        """Return the fields of a row, its state among them."""
        return {**self.fields(held.rows[key]), "state": self._state(held, key)}

    def state(self, key: str) -> str:
        """Say in one word what is known about a row."""
        return self._state(self.held, key)

    def _state(self, held: Held[C], key: str) -> str:
        row = held.rows[key]
        if key in held.gone:
            return GONE
        if row.artifact is not None and row.artifact.error_code:
            return NOT_READ
        check = self.checks.get(key)
        if check is None:
            return NOT_CHECKED
        return check.state if check.stamp == row.stamp else CHANGED


class RunStore(CheckedStore[Row]):
    """Runpacks and session chains with their checks."""

    FIELDS: ClassVar = ("run", "session", "path", "capture", "kind", "state")
    MORE_COLUMNS: ClassVar = ("calls", "not_ok", "age")
    SORTS: ClassVar = {
        "run": lambda row: row.name,
        "capture": lambda row: row.artifact.capture_mode,
        "age": lambda row: -(row.at_ns or 0),
    }

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        """The run that others are compared with; empty for none."""

    def compared(self) -> tuple[str, str] | None:
        """Name the two runs to compare, base first: the marked ones, else the base and this."""
        has_base = self.base in self.rows and self.cursor not in ("", self.base)
        return self.pair() or ((self.base, self.cursor) if has_base else None)

    def fields(self, row: Row) -> Mapping[str, str]:
        """Return what a filter looks at."""
        artifact = row.artifact
        return {
            "run": artifact.run_id,
            "session": artifact.session_id,
            "path": artifact.path,
            "capture": artifact.capture_mode,
            "kind": artifact.kind,
        }

    def columns(self, row: Row) -> Mapping[str, str]:
        """Return what may stand in a column."""
        check = self.checks.get(row.key)
        counts = (check.calls, check.not_ok) if check else (None, None)
        calls, not_ok = ("" if count is None else f"{count:,}" for count in counts)
        return {**super().columns(row), "run": row.name, "calls": calls, "not_ok": not_ok}
