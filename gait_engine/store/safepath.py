"""Names and paths that must stay where they belong; everything here works on text first.

Contract: compat.md (run ids, paths taken from data), threats.md section 7.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gait_engine.errors import Hazard, InvalidInput, quoted
from gait_engine.store.atomic import PATH_UNSAFE

RUN_ID_UNSAFE: Final = "run_id_unsafe"

_MAX_NAME_BYTES: Final = 255
_SEPARATORS_AND_QUOTES: Final = frozenset('/\\"')


def safe_name(
    text: str,
    *,
    what: str = "run id",
    prefix: str = "",
    suffix: str = "",
    code: str = RUN_ID_UNSAFE,
) -> str:
    """Return the file name made from `text`, which comes from data.

    Raises InvalidInput with the hazard `code` where a separator, a quote, a control, bidi or
    zero-width character would let the name leave its folder or forge a line of output.
    """
    name = f"{prefix}{text}{suffix}"
    fault = _fault(text, name)
    if fault:
        raise InvalidInput(
            f"{what}: {quoted(text)} {fault}, expected a plain name",
            code=code,
            where=what,
            hint="use letters, digits, dashes and underscores",
            hazards=(Hazard(code, what),),
        )
    return name


def clean(path: str) -> str:
    """Return the shortest equal path, worked out on its text alone; empty becomes `.`."""
    rooted = path.startswith("/")
    kept: list[str] = []
    for part in path.split("/"):
        if part == ".." and kept and kept[-1] != "..":
            kept.pop()
        elif part == ".." and rooted:
            continue  # above the root is the root
        elif part not in ("", "."):
            kept.append(part)
    return ("/" if rooted else "") + "/".join(kept) or "."


def join(folder: str, name: str) -> str:
    """Join two parts and clean the result."""
    return clean(f"{folder}/{name}" if folder else name)


def relative_escapes(path: str) -> bool:
    """Tell a relative path that climbs out of the working directory; an absolute one never does."""
    return not path.startswith("/") and clean(path).split("/", 1)[0] == ".."


def refuse_escape(path: str, what: str) -> str:
    """Return the cleaned path; raise InvalidInput where it is relative and climbs out."""
    if relative_escapes(path):
        raise InvalidInput(
            f"{what}: {quoted(path)} leaves the working directory, expected a path inside it",
            where=path,
            hint="give a path without .. or an absolute one",
        )
    return clean(path)


def contained(root: Path, path: Path, what: str) -> Path:
    """Return the path with every link resolved; raise InvalidInput where it leaves `root`.

    Neither has to exist. For names and paths taken from data.
    """
    try:
        resolved = (root / path).resolve()
        # from Python 3.13 on, links in a circle are left unresolved instead of raising
        is_circle = any(part.is_symlink() for part in (resolved, *resolved.parents))
        is_inside = resolved.is_relative_to(root.resolve()) and not is_circle
    except (OSError, RuntimeError, ValueError):  # a NUL, or links in a circle
        is_inside = False
    if not is_inside:
        shown = os.fspath(path)
        raise InvalidInput(
            f"{what}: {quoted(shown)} leaves {quoted(os.fspath(root))}, expected a path inside it",
            code=PATH_UNSAFE,
            where=shown,
        )
    return resolved


def refuse_overwrite(output: Path, kept: Mapping[str, Path], what: str) -> None:
    """Refuse an output that is one of the files to keep, by whatever path or link it is reached.

    `kept` names each file to keep. Raises InvalidInput `path_unsafe`.
    """
    target = _resolved(output)
    for name, path in kept.items():
        if target == _resolved(path):
            raise InvalidInput(
                f"{what}: {quoted(os.fspath(output), 200)} is {name}, expected another file",
                code=PATH_UNSAFE,
                where=os.fspath(output),
                hint="write to a file of its own",
            )


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # links in a circle, or a NUL
        return path


def display_path(path: str) -> str:
    """Show a cleaned path as a path: `./` before it unless absolute or starting with a dot."""
    return path if path.startswith(("/", ".")) else f"./{path}"


def _fault(text: str, name: str) -> str:
    if not text:
        return "is empty"
    if text in (".", ".."):
        return "is a folder's own name"
    from gait_engine.wire.safetext import HIDDEN

    bad = next((char for char in text if char in _SEPARATORS_AND_QUOTES or HIDDEN.match(char)), "")
    if bad:
        return f"holds U+{ord(bad):04X}"
    if len(name.encode()) > _MAX_NAME_BYTES:
        return f"makes a name of {len(name.encode())} bytes"
    return ""
