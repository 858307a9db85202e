"""The one zip writer: the same members give the same bytes on every machine.

Members are stored, not deflated: deflate coders differ, and every digest covers contents only.
"""

from collections.abc import Mapping
from typing import Final
from zlib import crc32

from gait_engine.errors import InvalidInput, quoted
from gait_engine.store.zipbody import LOCAL
from gait_engine.store.zipcheck import colliding, is_unsafe
from gait_engine.store.zipdir import (
    ALL_ONES_16,
    DIRECTORY_MARK,
    END,
    END_MARK,
    FIRST_OF_1980,
    LOCAL_MARK,
    RECORD,
)
from gait_engine.store.zipread import MEMBER_LIMIT, STORED, TOTAL_LIMIT

_MADE_BY: Final = 0x0314  # Unix, version 2.0, as the peer
_NEEDED: Final = 20
_NAME_IS_UTF8: Final = 0x0800
_MODE: Final = 0o100644 << 16


def build_zip(members: Mapping[str, bytes]) -> list[bytes]:
    """Return the archive as pieces to be written one after the other; bodies are not copied.

    Sorted by UTF-8 path, dates 1980-01-01. Raises InvalidInput for what our own reader would
    refuse: unsafe or colliding names, a member over 100 MiB, more than 1 GiB or 65,534 members.
    """
    named = sorted((_raw_name(name), body) for name, body in members.items())
    _check_limits(members)
    pieces: list[bytes] = []
    records: list[bytes] = []
    offset = 0
    for raw_name, body in named:
        flags = 0 if raw_name.isascii() else _NAME_IS_UTF8
        crc, size = crc32(body), len(body)
        facts = (_NEEDED, flags, STORED, FIRST_OF_1980, crc, size, size, len(raw_name), 0)
        pieces += (LOCAL.pack(LOCAL_MARK, *facts) + raw_name, body)
        record = RECORD.pack(DIRECTORY_MARK, _MADE_BY, *facts, 0, 0, 0, _MODE, offset)
        records.append(record + raw_name)
        offset += LOCAL.size + len(raw_name) + size
    directory = b"".join(records)
    count = len(records)
    pieces.append(directory + END.pack(END_MARK, 0, 0, count, count, len(directory), offset, 0))
    return pieces


def _raw_name(name: str) -> bytes:
    if is_unsafe(name):
        raise _bad_name(name, "zip_name_unsafe")
    return name.encode()


def _bad_name(name: str, code: str) -> InvalidInput:
    return InvalidInput(
        f"member name: {quoted(name)}, expected a relative path of its own", code=code
    )


def _check_limits(members: Mapping[str, bytes]) -> None:
    twin = next(colliding(members), None)
    if twin is not None:
        raise _bad_name(twin, "zip_name_collision")
    _at_most("members", len(members), ALL_ONES_16 - 1)
    for name, body in members.items():
        _at_most(f"bytes of member {quoted(name)}", len(body), MEMBER_LIMIT)
    _at_most("bytes of all members", sum(map(len, members.values())), TOTAL_LIMIT)


def _at_most(what: str, found: int, limit: int) -> None:
    if found > limit:
        raise InvalidInput(f"{what}: {found}, expected at most {limit}")
