"""What the workers of the bridge tell a screen."""

from collections.abc import Sequence

from textual.message import Message

from gait_tui.models.artifacts import Catalog


class Answered(Message):
    """A question was answered; `generation` tells whether it is still the latest of its group."""

    def __init__(self, group: str, generation: int, result: object) -> None:
        super().__init__()
        self.group, self.generation, self.result = group, generation, result


class Scanned(Message):
    """What a scan has found: so far, or with `is_whole` all of it.

    `lost` names the roots that cannot be read, or that were there before and are not any more.
    """

    def __init__(
        self, generation: int, catalog: Catalog, *, is_whole: bool = True, lost: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.generation, self.catalog = generation, catalog
        self.is_whole, self.lost = is_whole, lost


class Reading(Message):
    """A scan goes on; it has found so many artifacts by now."""

    def __init__(self, generation: int, found: int) -> None:
        super().__init__()
        self.generation, self.found = generation, found


class Stopped(Message):
    """A scan could not go on; what it found so far stays usable."""

    def __init__(self, generation: int, problem: str) -> None:
        super().__init__()
        self.generation, self.problem = generation, problem


class Unchanged(Message):
    """A scan found what is on the screen already; `lost` is that of `Scanned`."""

    def __init__(self, generation: int, lost: Sequence[str] = ()) -> None:
        super().__init__()
        self.generation, self.lost = generation, lost
