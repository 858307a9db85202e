"""`gait demo --incident`: a whole incident to look at, the same bytes on every machine.

It is built aside and then put into the working directory, where no file that is there already is
touched: one with the same bytes stays, one with others ends the command before anything is
written. Every time in it is fixed, so ages grow from the day of the story, and nothing in it waits
or expires by the clock: the one token has expired, the other call has none.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import msgspec

from gait_engine.api.incidentbuild import build
from gait_engine.api.incidenthost import StoryHost
from gait_engine.api.incidentstory import read_story
from gait_engine.contract.answers.demo import IncidentDemoAnswer, MadeFiles, ToldCommand
from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.store.inputs import read_input
from gait_engine.store.safepath import contained
from gait_engine.wire.timestamps import Timestamp

KINDS: Final = (
    ("runpack", "gait-out/runpack_*.zip"),
    ("session_checkpoint", "gait-out/sessions/*.zip"),
    ("session_chain", "gait-out/sessions/*_chain.json"),
    ("session_journal", "gait-out/sessions/*.jsonl"),
    ("session_state", "gait-out/sessions/*.state.json"),
    ("policy", "gait-out/policy.yaml"),
    ("intent", "gait-out/intents/*.json"),
    ("trace", "gait-out/traces/trace_*.json"),
    ("approval_audit", "gait-out/traces/approval_audit_*.json"),
    ("approval_token", "gait-out/approvals/*.json"),
    ("review_log", "gait-out/review_log.jsonl"),
    ("demo_key", "gait-out/demo_keys/*.key"),
    ("regress_config", "gait.yaml"),
    ("fixture", "fixtures/*/*"),
    ("regress_result", "regress_result.json"),
    ("junit", "gait-out/junit.xml"),
    ("scout_report", "gait-out/scout_signal_report.json"),
    ("evidence_pack", "gait-out/evidence_pack_*.zip"),
)
"""Each kind of file and the names of its files; the first that fits counts."""

FILE_EXISTS: Final = "demo_file_exists"


def incident_demo(*, host: Host) -> IncidentDemoAnswer:
    """Build the incident in the working directory, or find it there.

    Raises InvalidInput `demo_file_exists` where a file of its names holds something else, and
    nothing is written then; IoFailure.
    """
    story = read_story()
    with tempfile.TemporaryDirectory(prefix="gait-demo-") as folder:
        root = Path(folder).resolve()
        build(story, StoryHost(root, host.producer_version))
        files = dict(_built(root))
    missing = [path for path, content in files.items() if not _is_there(path, content, host)]
    for path in missing:
        make_dirs((host.cwd / path).parent)
        write_atomic(host.cwd / path, files[path], exclusive=True)
    return IncidentDemoAnswer(
        ok=True,
        mode="incident",
        as_of=Timestamp(story.now),
        files=len(files),
        written=len(missing),
        made=_by_kind(files),
        summary=tuple(story.summary),
        story=tuple(ToldCommand(**msgspec.structs.asdict(told)) for told in story.told),
        next_commands=tuple(told.command for told in story.told),
    )


def _built(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files that were built, oldest first: the newest to be found out is the newest."""
    found = [path for path in root.rglob("*") if path.is_file()]
    for path in sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.as_posix())):
        yield path.relative_to(root).as_posix(), path.read_bytes()


def _by_kind(paths: Iterable[str]) -> tuple[MadeFiles, ...]:
    groups: dict[str, list[str]] = {kind: [] for kind, _ in KINDS}
    for path in sorted(paths):
        groups[next(kind for kind, names in KINDS if fnmatchcase(path, names))].append(path)
    return tuple(MadeFiles(kind=kind, paths=tuple(paths)) for kind, paths in groups.items())


def _is_there(path: str, content: bytes, host: Host) -> bool:
    """Tell whether a file is there already; raise InvalidInput where something else is."""
    contained(host.cwd, Path(path), "demo file")
    target = host.cwd / path
    folders = [folder for folder in target.parents if folder.is_relative_to(host.cwd)]
    if any(os.path.lexists(folder) and not folder.is_dir() for folder in folders):
        raise _taken(path)
    if not os.path.lexists(target):
        return False
    if not target.is_file() or target.stat().st_size != len(content):
        raise _taken(path)
    if read_input(path, limit=len(content), host=host, what="demo file") != content:
        raise _taken(path)
    return True


def _taken(path: str) -> InvalidInput:
    return InvalidInput(
        f"demo file {quoted(path, 200)}: something else is there, expected none or the demo's own",
        code=FILE_EXISTS,
        where=path,
        hint="run it in an empty folder: mkdir incident && cd incident && gait demo --incident",
    )
