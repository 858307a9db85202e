"""What happened in the demo incident: read from `scenarios/incident`, checked by its types."""

from typing import Any, Final

import msgspec

from gait_engine.resources import scenarios_dir

_FOLDER: Final = "incident"
_STORY: Final = "story.toml"


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of what a story is made of; a misspelt field is an error."""


class Receipt(Part, frozen=True):
    """Something that a run read; `query` and `content` are stored as digests only."""

    source_type: str
    locator: str
    query: str
    content: str


class Call(Part, frozen=True):
    """A tool call, what came back, and what the gate was told about it and said."""

    tool: str
    args: dict[str, Any]
    result: dict[str, Any]
    status: str = "ok"
    verdict: str = "allow"
    workspace: str = "/srv/stage"
    risk: str = "low"
    targets: list[dict[str, str]] = []
    provenance: list[dict[str, str]] = []


class Step(Part, frozen=True):
    """A call of a run, so many seconds after its start."""

    call: str
    after: float


class Behaviour(Part, frozen=True):
    """What some runs do alike."""

    receipts: list[str]
    steps: list[Step]


class StoryRun(Part, frozen=True):
    """A run; one that is `tampered` is changed after it was recorded."""

    run_id: str
    at: str
    behaviour: str
    tampered: bool = False
    gated: bool = False


class Approved(Part, frozen=True):
    """A call that a person reviewed and approved, and that was let pass."""

    name: str
    call: str
    session_id: str
    environment: str
    at: str
    approver: str
    approved_at: str
    ttl: str
    reason_code: str
    scope: tuple[str, ...]


class Late(Part, frozen=True):
    """A call that came with an approval that had expired by then."""

    name: str
    call: str
    identity: str
    at: str
    approver: str
    approved_at: str
    ttl: str
    reason_code: str
    scope: tuple[str, ...]


class StorySession(Part, frozen=True):
    """A session over some runs, a checkpoint after each, and what was appended since."""

    session_id: str
    run_id: str
    checkpoints: list[str]
    open_tool: str
    open_events: int
    open_every: float


class StoryFixture(Part, frozen=True):
    """A run pinned as a fixture; `candidate` is another run, judged by it."""

    name: str
    run_id: str
    candidate: str = ""
    tolerates: tuple[str, ...] = ()


class Told(Part, frozen=True):
    """A command to look at the incident with, what it shows, and the code it ends with."""

    about: str
    command: str
    says: str
    exit_code: int = 0


class Story(Part, frozen=True):
    """The whole incident; `now` is when everything had been found out."""

    now: str
    policy: str
    summary: list[str]
    runs: list[StoryRun]
    behaviours: dict[str, Behaviour]
    receipts: dict[str, Receipt]
    calls: dict[str, Call]
    approved: Approved
    late: Late
    session: StorySession
    fixtures: list[StoryFixture]
    told: list[Told]

    def run(self, run_id: str) -> StoryRun:
        """Return a run by its id."""
        return next(run for run in self.runs if run.run_id == run_id)

    def steps(self, run: StoryRun) -> list[tuple[Step, Call]]:
        """Return the calls of a run in their order."""
        return [(step, self.calls[step.call]) for step in self.behaviours[run.behaviour].steps]


def read_story() -> Story:
    """Read the story that ships with gait."""
    return msgspec.toml.decode(_text(_STORY), type=Story)


def policy_text(story: Story) -> bytes:
    """Return the policy of the story, as its file holds it."""
    return _text(story.policy)


def _text(name: str) -> bytes:
    return (scenarios_dir() / _FOLDER / name).read_bytes()
