"""What the workers of the bridge tell a screen."""

from collections.abc import Sequence

from textual.message import Message

from gait_engine.api.shapes import IndexRow, SearchedRoot
from gait_tui.models.artifacts import Catalog


class Answered(Message):
    """A question was answered; `generation` tells whether it is still the latest of its group."""

    def __init__(self, group: str, generation: int, result: object) -> None:
        super().__init__()
        self.group, self.generation, self.result = group, generation, result


class Scanned(Message):
    """Rows of a scan; the last message of a scan has all of them, in order, with their catalog.

    `lost` names the roots that cannot be read, or that were there before and are not any more.
    """

    def __init__(
        self,
        generation: int,
        rows: Sequence[IndexRow],
        *,
        catalog: Catalog | None = None,
        lost: Sequence[str] = (),
        problem: str = "",
    ) -> None:
        super().__init__()
        self.problem, self.lost = problem, lost
        self.generation, self.rows, self.catalog = generation, rows, catalog

    @property
    def is_whole(self) -> bool:
        """Tell whether these are all rows."""
        return self.catalog is not None

    @property
    def roots(self) -> Sequence[SearchedRoot]:
        """The folders that were searched, where none of them holds a run."""
        return self.catalog.roots if self.catalog else ()


class Unchanged(Message):
    """A scan found what is on the screen already; `lost` is that of `Scanned`."""

    def __init__(self, generation: int, lost: Sequence[str] = ()) -> None:
        super().__init__()
        self.generation, self.lost = generation, lost
