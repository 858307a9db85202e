"""The artifacts under some folders: read for a list, never verified.

An artifact that cannot be read keeps its row with the error, so that nothing is hidden.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from gait_engine.contract.answers.index import IndexAnswer, IndexRow, SearchedRoot
from gait_engine.errors import GaitError
from gait_engine.host import Host
from gait_engine.runpack.manifest import read_manifest
from gait_engine.store.layout import OUT_DIR
from gait_engine.store.zipread import open_archive

DEFAULT_ROOTS: Final = (OUT_DIR,)
_KINDS: Final = (("runpack", ".zip"), ("session_chain", "_chain.json"))
_MAX_DEPTH: Final = 8

Known = Mapping[str, IndexRow]
_NOTHING_KNOWN: Final[Known] = {}


def index(roots: Sequence[str] = DEFAULT_ROOTS, *, host: Host) -> IndexAnswer:
    """List every runpack and session chain under the roots, newest first."""
    rows = newest_first(scan(roots, host=host))
    counted = tuple(
        SearchedRoot(
            path=root.path,
            state=root.state,
            artifacts=sum(_is_under(row.path, root.path) for row in rows),
        )
        for root in searched(roots, host=host)
    )
    return IndexAnswer(ok=True, roots=counted, rows=tuple(rows))


def scan(roots: Sequence[str], *, host: Host, known: Known = _NOTHING_KNOWN) -> Iterator[IndexRow]:
    """Yield a row per artifact as it is found.

    A path whose modification time and size equal its `known` row yields that row unread.
    """
    seen: set[str] = set()
    for root in roots:
        for shown, kind, facts in _walk(root, host, 0):
            if shown in seen:
                continue
            seen.add(shown)
            row = known.get(shown)
            if row is not None and (row.mtime_ns, row.size) == (facts.st_mtime_ns, facts.st_size):
                yield row
            else:
                yield _row(shown, kind, facts, host)


def searched(roots: Sequence[str], *, host: Host) -> tuple[SearchedRoot, ...]:
    """Say of each root whether it can be searched."""
    return tuple(SearchedRoot(path=root, state=_state(host.cwd / root)) for root in roots)


def newest_first(rows: Iterable[IndexRow]) -> list[IndexRow]:
    """Put rows in the order of `gait index`: newest file first, then by path."""
    return sorted(rows, key=lambda row: (-row.mtime_ns, row.path))


def _state(folder: Path) -> str:
    try:
        with os.scandir(folder):
            return "ok"
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"


def _is_under(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root.rstrip('/')}/")


def _walk(folder: str, host: Host, depth: int) -> Iterator[tuple[str, str, os.stat_result]]:
    """Yield (path, kind, stat) of what looks like an artifact; links are not followed."""
    try:
        entries = sorted(os.scandir(host.cwd / folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        shown = f"{folder.rstrip('/')}/{entry.name}"
        if entry.is_dir(follow_symlinks=False) and depth < _MAX_DEPTH:
            yield from _walk(shown, host, depth + 1)
        for kind, ending in _KINDS:
            if entry.name.endswith(ending) and (facts := _facts(entry)) is not None:
                yield shown, kind, facts


def _facts(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return the facts of a regular file; None for all else, and for one that is gone by now."""
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return facts if stat.S_ISREG(facts.st_mode) else None


def _row(shown: str, kind: str, facts: os.stat_result, host: Host) -> IndexRow:
    read = _runpack_row if kind == "runpack" else _chain_row
    try:
        return read(shown, facts, host)
    except GaitError as exc:
        return IndexRow(
            kind=kind,
            path=shown,
            size=facts.st_size,
            mtime_ns=facts.st_mtime_ns,
            error_code=exc.code,
            error=exc.message,
        )


def _runpack_row(shown: str, facts: os.stat_result, host: Host) -> IndexRow:
    with open_archive(host.cwd / shown) as archive:
        manifest = read_manifest(archive, sealed=False)
    return IndexRow(
        kind="runpack",
        path=shown,
        run_id=manifest.run_id,
        created_at=manifest.created_at,
        manifest_digest=manifest.manifest_digest,
        capture_mode=manifest.capture_mode,
        signatures=len(manifest.signatures),
        size=facts.st_size,
        mtime_ns=facts.st_mtime_ns,
    )


def _chain_row(shown: str, facts: os.stat_result, host: Host) -> IndexRow:
    from gait_engine.runpack.chain import read_chain

    chain = read_chain(shown, host=host)
    return IndexRow(
        kind="session_chain",
        path=shown,
        run_id=chain.run_id,
        session_id=chain.session_id,
        created_at=chain.created_at,
        checkpoints=len(chain.checkpoints or ()),
        size=facts.st_size,
        mtime_ns=facts.st_mtime_ns,
    )
