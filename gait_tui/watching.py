"""Looks through the roots in threads: what lies there, as it is found, and what changed since.

Every question is put from a thread, every answer is a message.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from gait_engine.api.shapes import LIMITS, RUN_KINDS, GaitError, IndexRow, Limits
from gait_engine.errors import InternalFailure, IoFailure, quoted
from gait_engine.host import Host
from gait_tui import commands
from gait_tui.commands import Query, argv
from gait_tui.models.artifacts import catalog_of
from gait_tui.models.calllog import CallLog

if TYPE_CHECKING:
    from textual.message_pump import MessagePump
    from textual.widget import Widget

    from gait_engine.api.index import Stamps

CHUNK: Final = 200
"""Rows of the first message of a scan; each has twice as many as the one before."""
STEP: Final = 200
"""After so many rows a scan looks whether it is still wanted."""
TOLD: Final = 1_000
"""After so many rows the first scan says how far it is."""
REST: Final = 100
"""Between two looks at every file lies so many times as long as a look takes."""
STIRRED_REST: Final = 4
"""The same where a folder tells that files came or went."""


T = TypeVar("T")


class Watcher:
    """Asks in threads; the latest question of a group is the one that counts."""

    def __init__(self, host: Host, roots: Sequence[str], limits: Limits = LIMITS) -> None:
        """Without `roots` the engine searches its own, and the working folder itself."""
        self.host = host
        self.roots = tuple(roots)
        self.limits = limits
        self.calls = CallLog()
        """What was asked in this session."""
        self._generations: dict[str, int] = {}
        self._known: Mapping[str, IndexRow] = {}
        self._taken = -1
        """The scan whose rows, the `_known` ones, are on the screen; -1 for none."""
        self._known_since = -1
        self._was_there: set[str] = set()
        self.is_stopping = False
        """Whether a person wants the scan that is going on to end."""
        self.is_stopped = False
        """Whether the latest scan has ended for that: not all is listed."""
        self._looking = 0
        """The scan that is going on; 0 for none."""
        self.looked_at = 0.0
        """When the last look was over."""
        self.look_seconds = 0.0
        self._stamps: Stamps = {}

    # ------------------------------------------------------------ threads

    def ask(self, asker: "Widget", group: str, call: Callable[[], object]) -> int:
        """Run a call in a thread; `Answered` brings what it returned."""
        from gait_tui.messages import Answered

        generation = self._next(group)

        def work() -> None:
            result = call()
            if is_wanted():
                asker.post_message(Answered(group, generation, result))

        self._start(asker, group, work)
        return generation

    def watch(self, asker: "Widget") -> None:
        """Look through the roots again, as soon as that is worth what it costs."""
        if not (self._looking or self.is_stopped):
            self._look(asker, self._is_due)

    def stop(self) -> None:
        """Have the scan that is going on end with what it has found."""
        self.is_stopping = bool(self._looking)

    def rescan(self, asker: "Widget") -> int:
        """Look through the roots in a thread; `Scanned` brings the rows as they are found."""
        return self._look(asker, lambda: True)

    def _is_due(self) -> bool:
        from gait_engine.api import index

        rested = self.host.monotonic() - self.looked_at
        if rested >= REST * self.look_seconds:
            return True
        is_worth_it = rested >= STIRRED_REST * self.look_seconds
        return is_worth_it and index.is_stirred(self._stamps, host=self.host)

    def _look(self, asker: "Widget", is_due: Callable[[], bool]) -> int:
        from gait_tui.messages import Stopped, Unchanged

        generation = self._looking = self._next("scan")
        self.is_stopping = False
        words = argv(self.index_query())

        def look() -> bool:
            is_whole = is_due()
            if is_whole:
                self._scan(asker, generation)
            else:
                asker.post_message(Unchanged(generation, self._lost()))
            return is_whole

        def work() -> None:
            begun, code = self.host.monotonic(), 0
            is_whole = attempted(look)
            if isinstance(is_whole, GaitError):
                self._taken, code = -1, is_whole.exit_code
                asker.post_message(Stopped(generation, is_whole.message))
            seconds = self.host.monotonic() - begun
            if is_whole:
                self.calls.add(words, code, self.host.now_ns(), seconds)
                self.looked_at, self.look_seconds = begun + seconds, seconds
            if self._looking == generation:
                self._looking = 0

        self._start(asker, "scan", work)
        return generation

    def is_current(self, group: str, generation: int) -> bool:
        """Tell whether no later question of the group was asked."""
        return self._generations.get(group) == generation

    def _next(self, group: str) -> int:
        self._generations[group] = self._generations.get(group, 0) + 1
        return self._generations[group]

    @staticmethod
    def _start(asker: "Widget", group: str, work: Callable[[], None]) -> None:
        asker.run_worker(work, thread=True, exclusive=True, group=group, exit_on_error=False)

    def _scan(self, asker: "MessagePump", generation: int) -> None:
        from gait_engine.api import index
        from gait_tui.messages import Scanned, Unchanged

        known, since_ns = self._known, self.host.now_ns()
        found, is_stopped = self._found(asker, generation, known)
        lost = self._lost()
        if not is_wanted():
            return
        self.is_stopped = is_stopped
        self._stamps = index.stamps(found, self.roots, since_ns=since_ns, host=self.host)
        is_told = bool(found) and self._known_since == self._taken
        if is_told and known == {row.path: row for row in found}:
            asker.post_message(Unchanged(generation, lost))
            return
        rows = index.newest_first(found)
        catalog = catalog_of(rows, known)
        if not catalog.of(RUN_KINDS):
            catalog = catalog._replace(roots=index.counted(rows, self.roots, host=self.host))
        self._known, self._known_since = catalog.rows, generation
        asker.post_message(Scanned(generation, catalog, lost=lost))

    def _found(
        self, asker: "MessagePump", generation: int, known: Mapping[str, IndexRow]
    ) -> tuple[list[IndexRow], bool]:
        """Return what a scan finds, and whether it was stopped.

        Of what it did not come to by then, the rows that are known stay as they are.
        """
        from gait_engine.api import index
        from gait_tui.messages import Reading, Scanned

        found: list[IndexRow] = []
        is_first, due = self.is_stopped or not known, max(CHUNK, len(known))
        for row in index.scan(self.roots, host=self.host, known=known, limits=self.limits):
            found.append(row)
            if len(found) % STEP:
                continue
            if not is_wanted():
                break
            if self.is_stopping:
                paths = {row.path for row in found}
                return [*found, *(row for row in known.values() if row.path not in paths)], True
            if is_first and not len(found) % TOLD:
                asker.post_message(Reading(generation, len(found)))
            if is_first and len(found) >= due:
                catalog = catalog_of(index.newest_first(found), known)
                asker.post_message(Scanned(generation, catalog, is_whole=False))
                due = 2 * len(found)
        return found, False

    def take(self, generation: int) -> None:
        """Note that the rows of a scan are on the screen: those that equal them are not sent."""
        self._taken = generation

    def forget_taken(self) -> None:
        """Have the next scan send all rows, though none has changed."""
        self._taken = -1

    def _lost(self) -> tuple[str, ...]:
        """Name the roots that cannot be searched; one that never was there is not missed."""
        from gait_engine.api import index

        roots = index.searched(self.roots, host=self.host)
        self._was_there |= {root.path for root in roots if root.state == "ok"}
        missed = self._was_there | {root.path for root in roots if root.state == "unreadable"}
        return tuple(root.path for root in roots if root.state != "ok" and root.path in missed)

    def index_query(self) -> Query:
        """Ask for the artifacts under the roots."""
        return Query(commands.INDEX, self.roots, limits=self.limits)


def is_wanted() -> bool:
    """Tell a thread whether anybody still waits for its answer."""
    from textual.worker import get_current_worker

    return not get_current_worker().is_cancelled


def attempted(call: Callable[[], T]) -> T | GaitError:
    """Return what a call returns, else its error: of what a thread raises nobody would hear."""
    try:
        return call()
    except GaitError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a bad artifact must not end the session
        return _defect(error)


def _defect(error: Exception) -> GaitError:
    if isinstance(error, OSError):
        return IoFailure(f"{error.filename or 'file'}: {error.strerror or quoted(str(error))}")
    return InternalFailure(f"{type(error).__name__}: {quoted(str(error))}, expected an answer")
