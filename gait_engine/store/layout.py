"""Where things lie: the names under gait-out and ~/.gait, and how a run id becomes a path.

Contract: runpack.md 3.1, 4.4, 5.1, 7.1.
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.store.safepath import join, safe_name
from gait_engine.wire.text import lower

OUT_DIR: Final = "./gait-out"
KEYS_DIR: Final = "gait-out/keys"
CAPTURE_PATH: Final = "gait-out/capture.json"
HOME_RUNPACKS: Final = ".gait/runpacks"

_LOOKUP_DIR: Final = "gait-out"


class Located(NamedTuple):
    """A runpack on disk: the path to open, and the text to show for it."""

    path: Path
    shown: str


def runpack_name(run_id: str) -> str:
    """Name the file of a run.

    Raises InvalidInput `run_id_unsafe`.
    """
    return safe_name(run_id, prefix="runpack_", suffix=".zip")


def runpack_path(out_dir: str, run_id: str) -> str:
    """Return the cleaned path of a run's file in a folder.

    Raises InvalidInput `run_id_unsafe`.
    """
    return join(out_dir, runpack_name(run_id))


def is_path(text: str) -> bool:
    """Tell a path from a run id, which has no separator and no `.zip` at its end."""
    return "/" in text or "\\" in text or lower(text).endswith(".zip")


def resolve_runpack(text: str, host: Host, roots: Sequence[str] = ()) -> Located:
    """Find the file that a path or a run id means; shown as given, or cleaned when looked up.

    A run id is looked up in `roots` before the usual places.

    Raises InvalidInput naming every place that was looked at. Contract: runpack.md 5.1.
    """
    if not text:
        raise InvalidInput("runpack: '', expected a run id or a path")
    if is_path(text):
        return _given(text, host)
    return _looked_up(text, host, roots)


def is_there(path: Path) -> bool:
    """Tell whether something other than a folder stands there; an impossible name is nothing."""
    return _kind(path) not in (0, stat.S_IFDIR)


def searched_places(run_id: str, host: Host, roots: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return each place where a run id is looked up, and `found`, `none` or `a folder` for it."""
    kinds = ((place, _kind(host.cwd / place)) for place in _places(run_id, host, roots))
    return [
        (place, "none" if not kind else "a folder" if kind == stat.S_IFDIR else "found")
        for place, kind in kinds
    ]


def journal_state_path(journal: str) -> str:
    """Name the state cache of a session journal."""
    return f"{journal}.state.json"


def journal_chain_path(journal: str) -> str:
    """Name the chain file of a session journal: its base name without the last extension."""
    base = journal.rpartition("/")[2]
    extension = base[base.rindex(".") :] if "." in base else ""
    return f"{journal.removesuffix(extension)}_chain.json"


def _given(text: str, host: Host) -> Located:
    path = host.cwd / text
    kind = _kind(path)
    if kind in (0, stat.S_IFDIR):
        found = "a folder" if kind else "no such file"
        raise InvalidInput(f"runpack {quoted(text, 200)}: {found}, expected a runpack", where=text)
    return Located(path, text)


def _looked_up(run_id: str, host: Host, roots: Sequence[str]) -> Located:
    places = _places(run_id, host, roots)
    for place in places:
        if _kind(host.cwd / place) not in (0, stat.S_IFDIR):
            return Located(host.cwd / place, place)
    tried = " and ".join(quoted(place, 200) for place in places)
    raise InvalidInput(
        f"runpack {quoted(run_id)}: not found at {tried}, expected a recorded run id or a path",
        where=run_id,
        hint=f"a name without a slash is a run id: write ./{run_id} for a file"
        if run_id.endswith((".json", ".jsonl"))
        else "record the run first, or give the path of its runpack with a slash in it",
    )


def _places(run_id: str, host: Host, roots: Sequence[str]) -> list[str]:
    name = f"runpack_{run_id}.zip"
    folders = (*roots, _LOOKUP_DIR, f"{host.home}/{HOME_RUNPACKS}")
    return list(dict.fromkeys(join(folder, name) for folder in folders))


def _kind(path: Path) -> int:
    """Return the S_IF... kind of what stands there; 0 for nothing, also for an impossible name."""
    try:
        return stat.S_IFMT(os.stat(path).st_mode)
    except (OSError, ValueError):
        return 0
