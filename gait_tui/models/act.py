"""What `R`, `I` and `P` would do: which command, about what, and why it is offered."""

from typing import NamedTuple

from gait_tui.models.links import Link


class Act(NamedTuple):
    """A command that writes, not run yet; `kind` is its spelling in the table of commands."""

    kind: str
    target: str = ""
    """The runpack it is about; empty for the whole set of fixtures."""
    name: str = ""
    """What the target is called."""
    about: str = ""
    """Where the target stands, in our words."""
    about_name: str = ""
    """The artifact that `about` speaks of."""
    against: tuple[str, ...] = ()
    """The run that a fixture is to judge, or where one is looked for that did otherwise."""
    key: str = ""
    """The path of the person's own key, or `dev`; empty where none is set."""


class Done(NamedTuple):
    """How a command that wrote went: what to say, and where its result is to be seen."""

    said: str
    role: str = "ok"
    link: Link | None = None
