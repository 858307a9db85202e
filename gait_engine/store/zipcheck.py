"""The hazards of an archive, from its directory and local headers alone: nothing is inflated.

Two careful readers could read such an archive differently, so every verb refuses it; whatever
honest writers do is no hazard. Contract: threats.md section 2.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from gait_engine.errors import Hazard
from gait_engine.store.zipbody import LOCAL, Member
from gait_engine.store.zipdir import (
    END,
    END64_MARK,
    END_MARK,
    FIRST_OF_1980,
    LOCAL_MARK,
    LOCATOR64_MARK,
    Directory,
    Entry,
)
from gait_engine.store.zipsource import Source
from gait_engine.wire.text import trim

NAME_LIMIT: Final = 4096
"""Bytes of a member's name."""

_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]|^/|^[A-Za-z]:|(?:^|/)\.\.(?:/|$)")
_ENCRYPTED: Final = 0x0001 | 0x0040 | 0x2000
_OTHER_END_MARKS: Final = (END_MARK, END64_MARK, LOCATOR64_MARK)

# Enough to show what is wrong: the list must not outgrow the archive.
_PER_CODE: Final = 1000

# A gap is a hazard by itself; it is searched only to say more about it.
_SEARCH_LIMIT: Final = 16 * 1024 * 1024
_HIDDEN_LIMIT: Final = 32

_BY_UNIX_2_0: Final = 0x0314
_KIND: Final = 0o170000
_REGULAR: Final = 0o100000
_FOLDER: Final = 0o040000
_SET_ID_OR_STICKY: Final = 0o7000
_EXECUTABLE: Final = 0o111 << 16
_DOS_FOLDER: Final = 0x10
_DOS_VOLUME_OR_DEVICE: Final = 0x08 | 0x40


class Extent(NamedTuple):
    """Bytes with an owner: a member's name, or None for the directory and the end record."""

    start: int
    stop: int
    name: str | None


class Gap(NamedTuple):
    """Bytes without an owner, and the hazard they are by themselves, if any."""

    start: int
    stop: int
    code: str


def repeated_name(names: Iterable[str]) -> str | None:
    """Return the first name that repeats an earlier one, white space around it aside."""
    seen: set[str] = set()
    for name in names:
        trimmed = trim(name)
        if trimmed in seen:
            return name
        if trimmed:
            seen.add(trimmed)
    return None


def is_unsafe(name: str) -> bool:
    """Tell a name that must never be joined to a path, bytes that were not UTF-8 included."""
    return not trim(name) or _UNSAFE.search(name) is not None or len(name.encode()) > NAME_LIMIT


def colliding(names: Iterable[str]) -> Iterator[str]:
    """Yield the names that are one file to a reader that normalises them or ignores case.

    Below evidence/ names may differ by case alone: the peer packs `TR.json` beside `tr.json`.
    """
    plain = {name: _plain(name) for name in names}
    for same in _groups(plain, lambda name: _folded(plain[name])):
        if all(plain[name].startswith("evidence/") for name in same):
            for spelled_same in _groups(same, plain.__getitem__):
                yield from spelled_same
        else:
            yield from same


def unlisted_names(path: str, names: Iterable[str], listed: Collection[str]) -> tuple[Hazard, ...]:
    """Return a hazard for every member, folder entries included, that nobody lists."""
    return _sorted(
        _first("zip_unlisted_entry", path, (name for name in names if name not in listed))
    )


def find_hazards(
    source: Source, directory: Directory, members: Sequence[Member], budget: int
) -> tuple[Hazard, ...]:
    """Return the hazards of the archive, the first 1,000 of a kind, sorted by code and place."""
    path = source.path
    names = [member.name for member in members]
    return _sorted(
        [
            *(_inside(code, path, name) for code, name in _of_members(members)),
            *_first("zip_name_collision", path, colliding(names)),
            *_first("zip_overlap", path, _overlaps(directory, members)),
            *(_inside(code, path, name) for code, name in _of_gaps(source, directory, members)),
            *(Hazard(code, path) for code in _of_records(directory, budget)),
        ]
    )


def _first(code: str, path: str, names: Iterable[str | None]) -> Iterator[Hazard]:
    return (_inside(code, path, name) for name in islice(names, _PER_CODE))


def _inside(code: str, path: str, name: str | None) -> Hazard:
    return Hazard(code, path if name is None else f"{path}!{name}")


def _sorted(hazards: Iterable[Hazard]) -> tuple[Hazard, ...]:
    return tuple(sorted(set(hazards)))


def _plain(name: str) -> str:
    parts = name.replace("\\", "/").split("/")
    return _composed("/".join(part for part in parts if part not in {"", "."}))


def _folded(plain: str) -> str:
    return _composed(plain.casefold())


def _composed(text: str) -> str:
    if text.isascii():
        return text
    from unicodedata import normalize  # a megabyte of tables that few archives need

    return normalize("NFC", text)


def _groups(names: Iterable[str], key: Callable[[str], str]) -> Iterator[list[str]]:
    """Yield the names that share a key with another one."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(key(name), []).append(name)
    return (group for group in found.values() if len(group) > 1)


# ---------------------------------------------------------------- one member


def _of_members(members: Sequence[Member]) -> Iterator[tuple[str, str]]:
    for code, is_hazard in _MEMBER_CHECKS:
        found = (member.name for member in members if is_hazard(member))
        yield from ((code, name) for name in islice(found, _PER_CODE))


def _has_unsafe_name(member: Member) -> bool:
    return is_unsafe(member.name)


def _is_encrypted(member: Member) -> bool:
    return bool(member.entry.flags & _ENCRYPTED)


def _is_special(member: Member) -> bool:
    mode, dos = member.entry.external >> 16, member.entry.external & 0xFFFF
    kind = mode & _KIND
    is_called_folder = bool(dos & _DOS_FOLDER) or kind == _FOLDER
    return (
        kind not in {0, _REGULAR, _FOLDER}
        or bool(mode & _SET_ID_OR_STICKY)
        or bool(dos & _DOS_VOLUME_OR_DEVICE)
        or (is_called_folder and not member.is_folder)
    )


def _disagrees(member: Member) -> bool:
    entry = member.entry
    # The only other attribute in use says "text"; writers of version 2.0 on Unix (the peer, we,
    # most libraries) leave it alone, so there it is a changed byte.
    can_say_text = entry.made_by != _BY_UNIX_2_0
    return (
        not (entry.agrees and member.body.agrees)
        or entry.disk != 0
        or entry.internal not in {0, int(can_say_text)}
    )


_MEMBER_CHECKS: Final[tuple[tuple[str, Callable[[Member], bool]], ...]] = (
    ("zip_name_unsafe", _has_unsafe_name),
    ("zip_encrypted_flag", _is_encrypted),
    ("zip_special_file", _is_special),
    ("zip_header_mismatch", _disagrees),
)


# ---------------------------------------------------------------- the records together


def _of_records(directory: Directory, budget: int) -> Iterator[str]:
    entries = directory.entries
    if not (directory.agrees and _is_one_making(entries)):
        yield "zip_header_mismatch"
    if any(END_MARK in entry.extra or END_MARK in entry.comment for entry in entries):
        yield "zip_many_end_records"
    if sum(entry.size for entry in entries) > budget:
        yield "zip_size_limit"


def _is_one_making(entries: Sequence[Entry]) -> bool:
    """Compare what no local header repeats: with one date for all, one writer and one mode.

    Only archives dated 1980-01-01 throughout, as the peer and we write them: elsewhere a second
    mode is somebody's file. A value that occurs once and is a byte away from another is a changed
    byte; 0755 counts as 0644.
    """
    if any(entry.stamp != FIRST_OF_1980 for entry in entries):
        return True
    modes = [_without_execution(entry.external) for entry in entries if not entry.is_folder]
    return not (_has_changed_byte(entry.made_by for entry in entries) or _has_changed_byte(modes))


def _without_execution(external: int) -> int:
    plain = external & ~_EXECUTABLE
    readers = plain >> 2 & _EXECUTABLE
    return plain if external == plain | readers else external


def _has_changed_byte(values: Iterable[int]) -> bool:
    times = Counter(values)
    if len(times) < 2:
        return False
    masks = [0xFF << shift for shift in (0, 8, 16, 24)]
    alike = Counter((mask, value & ~mask) for value in times for mask in masks)
    return any(
        alike[mask, value & ~mask] > 1
        for value, count in times.items()
        if count == 1
        for mask in masks
    )


# ---------------------------------------------------------------- bytes and their owners


def _extents(directory: Directory, members: Iterable[Member]) -> list[Extent]:
    bodies = (
        Extent(member.body.start, member.body.stop, member.name)
        for member in members
        if member.body.stop > member.body.start
    )
    return sorted([*bodies, Extent(directory.start, directory.end.stop, None)], key=_place)


def _place(extent: Extent) -> tuple[int, int]:
    return extent.start, extent.stop


def _overlaps(directory: Directory, members: Iterable[Member]) -> Iterator[str | None]:
    """Yield both owners of every shared byte."""
    holder = Extent(0, 0, None)
    for extent in _extents(directory, members):
        if extent.start < holder.stop:
            yield from (extent.name, holder.name)
        if extent.stop > holder.stop:
            holder = extent


def _gaps(size: int, directory: Directory, members: Iterable[Member]) -> Iterator[Gap]:
    reach, end = 0, directory.end
    for start, stop, _ in _extents(directory, members):
        yield Gap(reach, start, "zip_hidden_entry" if reach else "zip_trailing_data")
        reach = max(reach, stop)
    yield Gap(directory.stop, end.bound, "zip_hidden_entry")
    yield Gap(end.at + END.size, end.stop, "")
    yield Gap(end.stop, size, "zip_trailing_data")


def _of_gaps(
    source: Source, directory: Directory, members: Iterable[Member]
) -> Iterator[tuple[str, str | None]]:
    left = _SEARCH_LIMIT
    for gap in _gaps(source.size, directory, members):
        if gap.stop > gap.start:
            raw = source.read(gap.start, min(gap.stop - gap.start, left))
            left -= len(raw)
            if gap.code:
                yield gap.code, None
            if any(mark in raw for mark in _OTHER_END_MARKS):
                yield "zip_many_end_records", None
            yield from (("zip_hidden_entry", name) for name in _hidden(raw))


def _hidden(raw: bytes) -> Iterator[str | None]:
    """Yield the names of local entries among unowned bytes; None for one without a name."""
    at = -1
    for _ in range(_HIDDEN_LIMIT):
        at = raw.find(LOCAL_MARK, at + 1)
        if at < 0:
            return
        size = int.from_bytes(raw[at + 26 : at + 28], "little")
        name = raw[at + LOCAL.size : at + LOCAL.size + size]
        yield name.decode("utf-8", "backslashreplace") or None
