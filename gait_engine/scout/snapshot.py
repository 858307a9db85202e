"""An inventory of the tools and MCP servers of a workspace, from source and config (scout.md 3)."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from gait_engine.contract.answers.scout import SkippedFile
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.scout import SNAPSHOT_SCHEMA, InventoryItem, Snapshot
from gait_engine.errors import GaitError, InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.runpack.relationship import edge, entity, envelope
from gait_engine.scout.names import identifier
from gait_engine.scout.pysource import declared_tools
from gait_engine.scout.servers import server_names
from gait_engine.scout.sources import is_ours_alone
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.store.safepath import clean, join
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.text import lower, normal, unique_sorted
from gait_engine.wire.timestamps import from_ns

_SKIPPED_FOLDERS: Final = frozenset({".git", ".beads", "node_modules", "__pycache__"})
_READ: Final = frozenset({".py", ".json", ".yaml", ".yml"})
_INVENTORIES: Final = (b'{"schema_id":"%s"' % SNAPSHOT_SCHEMA.encode(), b'{"snapshot_id":"snap_')
"""How a snapshot and its coverage begin."""
_RISKS: Final = (
    ("critical", ("delete", "drop", "destroy", "wire", "payment", "transfer")),
    ("high", ("write", "update", "export", "send", "email", "remove", "overwrite")),
)
_RANKS: Final = {"low": 0, "medium": 1, "high": 2, "critical": 3}
_END_OF_ITEM: Final = b"\xff"


class Taken(NamedTuple):
    """A snapshot, the files that were left out of it, and all that were looked into."""

    snapshot: Snapshot
    skipped: tuple[SkippedFile, ...]
    sources: tuple[str, ...] = ()


def take_snapshot(roots: Iterable[str], is_wanted: Callable[[str], bool], *, host: Host) -> Taken:
    """List what the files under the roots declare, each thing once, sorted by id.

    Raises InvalidInput for a root that is no folder, and for a configuration with `mcp` in its
    name that cannot be parsed.
    """
    folders = sorted({clean(root) for root in unique_sorted(list(roots))}) or ["."]
    for folder in folders:
        _require_folder(folder, host)
    skipped: list[SkippedFile] = []
    sources: list[str] = []
    items: dict[str, InventoryItem] = {}
    for folder in folders:
        for path in _files(folder, is_wanted, host):
            if _extension(path) not in _READ:
                continue
            sources.append(path)
            for item in _items(path, skipped, host):
                items[item.id] = _merged(items[item.id], item) if item.id in items else item
    ordered = [items[key] for key in sorted(items)]
    return Taken(_snapshot(",".join(folders), ordered, host), tuple(skipped), tuple(sources))


def is_inventory(path: str, host: Host) -> bool:
    """Tell what an earlier snapshot wrote: a new one may take its place."""
    try:
        with (host.cwd / path).open("rb") as file:
            return file.read(max(map(len, _INVENTORIES))).startswith(_INVENTORIES)
    except OSError:
        return False


def risk_level(name: str) -> str:
    """Rate a tool by the first level of which its name contains a word."""
    lowered = lower(name)
    for level, words in _RISKS:
        if any(word in lowered for word in words):
            return level
    return "low"


def snapshot_id(workspace: str, items: Iterable[InventoryItem]) -> str:
    """Digest what a snapshot says, its time and its relationships aside."""
    parts = [workspace.encode(), b"\0"]
    for item in items:
        for text in (item.id, item.kind, item.name, item.locator, item.risk_level, *item.tags):
            parts += [text.encode(), b"\0"]
        parts.append(_END_OF_ITEM)
    return f"snap_{sha256_hex(b''.join(parts))[:12]}"


def _snapshot(workspace: str, items: Sequence[InventoryItem], host: Host) -> Snapshot:
    own_id = snapshot_id(workspace, items)
    return Snapshot(
        schema_id=SNAPSHOT_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=from_ns(host.now_ns()),
        producer_version=host.producer_version,
        snapshot_id=own_id,
        workspace=workspace,
        items=tuple(_related(item, own_id) for item in items),
    )


def _related(item: InventoryItem, own_id: str) -> InventoryItem:
    tool, resource = entity("tool", item.id), entity("resource", item.locator)
    tie = envelope(
        entity("evidence", own_id),
        (resource, tool),
        edges=(edge("derived_from", tool, resource),),
    )
    return replace(item, relationship=tie)


def _require_folder(folder: str, host: Host) -> None:
    if not (host.cwd / folder).is_dir():
        raise InvalidInput(f"root {quoted(folder, 200)}: no folder, expected one", where=folder)


def _files(folder: str, is_wanted: Callable[[str], bool], host: Host) -> Iterator[str]:
    """Yield the wanted regular files under a folder in name order, as cleaned paths."""
    if folder != "." and lower(folder.rpartition("/")[2]) in _SKIPPED_FOLDERS:
        return
    for path in _walk(folder, host):
        if is_wanted(path):
            yield path


def _walk(folder: str, host: Host) -> Iterator[str]:
    entries = sorted(os.scandir(host.cwd / folder), key=lambda entry: os.fsencode(entry.name))
    for entry in entries:
        path = entry.name if folder == "." else join(folder, entry.name)
        if entry.is_dir(follow_symlinks=False):
            if lower(entry.name) not in _SKIPPED_FOLDERS:
                yield from _walk(path, host)
        elif entry.is_file():
            yield path


def _items(path: str, skipped: list[SkippedFile], host: Host) -> Iterator[InventoryItem]:
    extension = _extension(path)
    try:
        path.encode()
        data = read_input(path, limit=TEXT_LIMIT, host=host, what="source")
        found = list(_python(data, path) if extension == ".py" else _config(data, path))
    except UnicodeEncodeError:
        skipped.append(SkippedFile(path=path, error_code="json_lossy_text"))
    except GaitError as exc:
        if is_ours_alone(exc):
            skipped.append(SkippedFile(path=path, error_code=exc.code))
        elif extension == ".py" or "mcp" in lower(path.rpartition("/")[2]):
            raise
    else:
        yield from found


def _python(data: bytes, path: str) -> Iterator[InventoryItem]:
    for tag, name in declared_tools(data, _stem(path)):
        yield _item("tool", f"tool:{tag}", name, path, tag)


def _config(data: bytes, path: str) -> Iterator[InventoryItem]:
    for name in server_names(data, path):
        yield _item("mcp_server", "mcp_server", name, path, "mcp")


def _item(kind: str, prefix: str, name: str, path: str, tag: str) -> InventoryItem:
    return InventoryItem(
        id=f"{prefix}:{identifier(normal(name))}",
        kind=kind,
        name=name,
        locator=path,
        risk_level=risk_level(name),
        tags=(tag,),
    )


def _merged(first: InventoryItem, other: InventoryItem) -> InventoryItem:
    return replace(
        first,
        locator=min(first.locator, other.locator),
        risk_level=max(first.risk_level, other.risk_level, key=lambda level: _RANKS[level]),
        tags=tuple(sorted({*first.tags, *other.tags})),
    )


def _extension(path: str) -> str:
    """Return the last dot of the base name and what follows; a name that begins so is all of it."""
    base = path.rpartition("/")[2]
    return lower(base[base.rindex(".") :]) if "." in base else ""


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]
