"""Finding the JSON files that an operator names one by one or by folder."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.store.atomic import os_errors_as_ours
from gait_engine.store.safepath import clean, join
from gait_engine.wire.text import trim

_SUFFIX: Final = ".json"


def find_fixtures(named: Iterable[str], *, host: Host) -> list[str]:
    """List the files, their paths cleaned, sorted, each once; folders are searched through.

    Raises InvalidInput for a missing path, a file that is no `.json`, and when there is none.
    """
    paths = [clean(path) for name in named if (path := trim(name))]
    found = sorted({file for path in paths for file in _files(path, host.cwd)})
    if not found:
        raise InvalidInput("fixtures: none found, expected .json files or folders with such")
    return found


def _files(path: str, cwd: Path) -> Iterator[str]:
    with os_errors_as_ours("fixtures", Path(path), "a .json file or a folder"):
        if stat.S_ISDIR((cwd / path).stat().st_mode):
            yield from _below(path, cwd)
            return
    if not _is_json(path):
        raise InvalidInput(f"fixture: {quoted(path)}, expected a .json file", where=path)
    yield path


def _below(folder: str, cwd: Path) -> Iterator[str]:
    root = cwd / folder
    for current, _, names in os.walk(root, onerror=_raise):
        inner = join(folder, Path(current).relative_to(root).as_posix())
        yield from (join(inner, name) for name in names if _is_json(name))


def _is_json(name: str) -> bool:
    return name.lower().endswith(_SUFFIX)


def _raise(exc: OSError) -> None:
    """Give up: a folder that cannot be listed may hold what decides."""
    raise exc
