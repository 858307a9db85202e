"""What a command would write, told before it does: `--dry-run` of commands that make files."""

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Record, always


class PlannedFile(Record, frozen=True, kw_only=True):
    """A file that would be written; `replaces` where one stands there now."""

    path: str
    replaces: bool = False


class WritePlan(Answer, frozen=True, kw_only=True):
    """Every file that would be written, in order, and what the person should know before.

    `free_name` is the name to take where `is_taken`; `left_out` names the fixtures that the
    rewritten config would no longer list; `fixtures` counts those that would be judged;
    `candidate` is the run that a new fixture would judge. `key_mode` and `key_id` tell who would
    sign a pack: a key made for `dev` is another one every time.
    """

    dry_run: bool = always(True)
    run_id: str = ""
    runpack: str = ""
    files_checked: int = 0
    files: tuple[PlannedFile, ...] = ()
    fixture_name: str = ""
    is_taken: bool = False
    free_name: str = ""
    candidate: str = ""
    candidate_run_id: str = ""
    fixtures: int = 0
    left_out: tuple[str, ...] = ()
    pack_id: str = ""
    members: tuple[str, ...] = ()
    key_mode: str = ""
    key_id: str = ""
    warnings: tuple[str, ...] = ()
