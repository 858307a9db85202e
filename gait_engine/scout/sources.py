"""Which files a scout command reads: paths, run ids, folders, globs, lists (scout.md 1, 2)."""

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from gait_engine.errors import GaitError, InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.scout.observe import RunSource
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.store.layout import is_path, is_there, resolve_runpack
from gait_engine.store.safepath import join, refuse_overwrite
from gait_engine.wire.text import lower, trim

IsWanted = Callable[[str], bool]

_PEERS_CODES: Final = frozenset({"invalid_input", "verification_failed"})
_GLOB: Final = frozenset("*?[")


class SourceFile(NamedTuple):
    """A file to read, and whether a folder was swept for it."""

    shown: str
    is_swept: bool


def refuse_source(out: str, files: Iterable[str], host: Host, *, option: str = "--out") -> None:
    """Refuse a report over a file that it is read from. Raises InvalidInput `path_unsafe`."""
    with suppress(OSError, ValueError):
        there = (host.cwd / out).stat()
        for file in files:
            with suppress(OSError, ValueError):
                if os.path.samestat(there, (host.cwd / file).stat()):
                    refuse_overwrite(
                        host.cwd / out, {"a source": host.cwd / file}, f"option {option}"
                    )


def is_runpack_name(name: str) -> bool:
    """Tell a runpack by its base name."""
    lowered = lower(name)
    return lowered.startswith("runpack_") and lowered.endswith(".zip")


def is_trace_name(name: str) -> bool:
    """Tell a gate trace by its base name."""
    lowered = lower(name)
    return lowered.startswith("trace_") and lowered.endswith(".json")


def listed(text: str) -> list[str]:
    """Split a list by commas; blanks are dropped."""
    return [item for part in text.split(",") if (item := trim(part))]


def read_list(path: str, *, host: Host) -> list[str]:
    """Read a list of sources, one a line, from a file or, as `-`, from stdin."""
    given = "/dev/stdin" if path == "-" else path
    data = read_input(given, limit=TEXT_LIMIT, host=host, what="list of runs")
    return [line for raw in data.split(b"\n") if (line := trim(os.fsdecode(raw)))]


def find_runs(given: Iterable[str], *, host: Host) -> list[RunSource]:
    """Find the runpacks that paths, run ids, folders and globs mean, sorted, each text once.

    Raises InvalidInput for the first source that means none.
    """
    found = [file for text in given for file in _runs(text, host)]
    return [run_source(file, host) for file in once(found)]


def run_source(file: SourceFile, host: Host) -> RunSource:
    """Tell a worker, whose working directory is another one, where a runpack is."""
    return RunSource(file.shown, os.fspath(host.cwd / file.shown), file.is_swept)


def find_traces(given: Iterable[str], *, host: Host) -> list[SourceFile]:
    """Find the traces that paths, folders and globs mean, sorted, each text once."""
    return once(file for text in given for file in _expanded(text, is_trace_name, "trace", host))


def once(files: Iterable[SourceFile]) -> list[SourceFile]:
    """Sort files by the bytes of their paths; one that was also named counts as named."""
    found: dict[str, bool] = {}
    for file in files:
        shown = trim(file.shown)
        found[shown] = found.get(shown, True) and file.is_swept
    return [SourceFile(shown, found[shown]) for shown in sorted(found, key=os.fsencode)]


def swept(folder: str, is_wanted: IsWanted, *, host: Host) -> list[SourceFile]:
    """Return the wanted files anywhere under a folder; links to folders are not followed."""
    return [
        SourceFile(join(folder, path), is_swept=True)
        for path in _walk(host.cwd / folder)
        if is_wanted(path.rpartition("/")[2])
    ]


def is_ours_alone(error: GaitError) -> bool:
    """Tell a refusal that the peer does not share: its code is more specific than its category."""
    return error.code not in _PEERS_CODES and error.category in _PEERS_CODES


def _runs(text: str, host: Host) -> Sequence[SourceFile]:
    if is_path(text):
        if _is_plain_file(text, host):
            return (SourceFile(text, is_swept=False),)
        if files := _expanded(text, is_runpack_name, "runpack", host, lenient=True):
            return files
        return (SourceFile(resolve_runpack(text, host).shown, is_swept=False),)
    try:
        return (SourceFile(resolve_runpack(text, host).shown, is_swept=False),)
    except InvalidInput:
        if files := _expanded(text, is_runpack_name, "runpack", host, lenient=True):
            return files
        raise


def _is_plain_file(text: str, host: Host) -> bool:
    return is_there(host.cwd / text)


def _expanded(
    text: str, is_wanted: IsWanted, what: str, host: Host, *, lenient: bool = False
) -> list[SourceFile]:
    """Return what a folder or a glob means, or the path itself; `lenient` finds nothing instead."""
    is_folder = bool(text) and (host.cwd / text).is_dir()
    if is_folder:
        files = swept(text, is_wanted, host=host)
    elif _GLOB.isdisjoint(text) or is_there(host.cwd / text):
        return [] if lenient else [SourceFile(text, is_swept=False)]
    else:
        # Path.glob takes no absolute pattern
        paths = glob.glob(text, root_dir=host.cwd, recursive=True)  # noqa: PTH207
        files = [SourceFile(path, is_swept=False) for path in paths if is_there(host.cwd / path)]
    if not files:
        kind = "folder" if is_folder else "pattern"
        raise InvalidInput(f"{kind} {quoted(text, 200)}: no {what} in it, expected one", where=text)
    return files


def _walk(root: Path) -> Iterator[str]:
    """Yield the files under a folder as paths below it."""
    for folder, _, names in os.walk(root):
        below = os.path.relpath(folder, root).replace(os.sep, "/")
        yield from (join(below, name) for name in names)
