"""The one zip reader: every verb opens runpacks, packs and fixtures here.

Never extracts: members are read to memory by exact name. Contract: runpack.md 3.3; threats.md 2.
"""

import os
import zlib
from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from types import TracebackType
from typing import Final, Self

from gait_engine.errors import Hazard, InvalidInput, VerificationFailed, is_fatal, quoted
from gait_engine.store.zipbody import HAS_DESCRIPTOR, Member, find_body
from gait_engine.store.zipcheck import find_hazards, repeated_name, unlisted_names
from gait_engine.store.zipdir import read_directory
from gait_engine.store.zipsource import PIECE, MemorySource, Source

MEMBER_LIMIT: Final = 100 * 1024 * 1024
"""Bytes of one member, declared or inflated (runpack.md 3.3)."""

TOTAL_LIMIT: Final = 1024 * 1024 * 1024
"""Bytes inflated from one archive, repeated reads included (threats.md section 2)."""

STORED: Final = 0
DEFLATED: Final = 8

_EXPECTED: Final[Mapping[str, str]] = {
    "zip_encrypted_flag": "no encryption bits",
    "zip_header_mismatch": "headers that tell the same",
    "zip_hidden_entry": "no bytes but those of the members",
    "zip_many_end_records": "one end record",
    "zip_name_collision": "names that differ by more than case or spelling",
    "zip_name_unsafe": "plain relative names",
    "zip_overlap": "members that share no byte",
    "zip_size_limit": f"at most {TOTAL_LIMIT} bytes in all",
    "zip_special_file": "regular files",
    "zip_trailing_data": "nothing before or behind the archive",
    "zip_unlisted_entry": "only members that the manifest lists",
}

_BLOCKING: Final = frozenset({"zip_overlap", "zip_size_limit"})
"""Nothing of such an archive is inflated."""

_SIDE_EFFECTS: Final = frozenset({"zip_header_mismatch", "zip_trailing_data"})
"""Often there because of another hazard, which says more."""


def open_archive(
    path: str | os.PathLike[str], *, shown: str = "", budget: int = TOTAL_LIMIT
) -> "Archive":
    """Open a zip archive and find its hazards; the caller closes it. `shown` names it in messages.

    Raises InvalidInput for what is no regular file or no whole archive; VerificationFailed for
    a repeated name. Other hazards do not raise before `require_clean`, so that damage, on which
    the peer fails as well, is found first by whoever reads first.
    """
    source = Source(os.fspath(path), shown)
    try:
        return Archive(source, budget)
    except BaseException:
        source.close()
        raise


def open_nested(archive: "Archive", name: str) -> "Archive":
    """Open a member that is an archive itself, from memory. Raises as `open_archive` does."""
    return Archive(MemorySource(f"{archive.path}!{name}", archive.read(name)), TOTAL_LIMIT)


def unlisted(archive: "Archive", listed: Collection[str]) -> tuple[Hazard, ...]:
    """Return zip_unlisted_entry for every member that is not in `listed`."""
    return unlisted_names(archive.path, archive.names, listed)


def refusal(hazards: tuple[Hazard, ...]) -> VerificationFailed | None:
    """Return the error for the most telling fatal hazard; None when there is none."""
    fatal = sorted(filter(is_fatal, hazards), key=lambda hazard: hazard.code in _SIDE_EFFECTS)
    return _failure(fatal[0], hazards) if fatal else None


def _failure(hazard: Hazard, hazards: tuple[Hazard, ...]) -> VerificationFailed:
    wanted = _EXPECTED.get(hazard.code, "an artifact without hazards")
    return VerificationFailed(
        f"archive {quoted(hazard.where)}: {hazard.code}, expected {wanted}",
        code=hazard.code,
        where=hazard.where,
        hazards=hazards,
    )


class Archive:
    """An open archive: its names, its hazards, and its members' bytes on demand.

    `names` and `members` keep the order of the directory. `hazards` is sorted.
    """

    def __init__(self, source: Source, budget: int) -> None:
        directory = read_directory(source)
        self.names = tuple(entry.name for entry in directory.entries)
        if (repeated := repeated_name(self.names)) is not None:
            raise VerificationFailed(
                f"archive {quoted(source.path)}: entry {quoted(repeated)} twice, expected it once",
                where=source.path,
            )
        members = [Member(entry, find_body(source, entry)) for entry in directory.entries]
        self.path = source.path
        self.members: Mapping[str, Member] = {member.name: member for member in members}
        self.hazards = find_hazards(source, directory, members, budget)
        self._source = source
        self._left = budget

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __contains__(self, name: object) -> bool:
        return name in self.members

    def close(self) -> None:
        """Give the file back."""
        self._source.close()

    def require_clean(self) -> None:
        """Raise VerificationFailed with all hazards when one of them is fatal.

        Read what must be read before: where a member is damaged, too, the peer's answer is
        InvalidInput, and so is ours.
        """
        error = refusal(self.hazards)
        if error is not None:
            raise error

    def read(self, name: str) -> bytes:
        """Return a member's bytes, size and checksum verified. Raises as `chunks` does."""
        return b"".join(self.chunks(name))

    def digest(self, name: str) -> str:
        """Return a member's SHA-256, 64 lower-case hex characters. Raises as `chunks` does."""
        running = sha256()
        for chunk in self.chunks(name):
            running.update(chunk)
        return running.hexdigest()

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a member's bytes piece by piece; trust none of them before the last has come.

        Raises InvalidInput when the member is not there, damaged, over `MEMBER_LIMIT` or packed
        by another method; VerificationFailed when the archive must not be inflated.
        """
        member = self._readable(name)
        size, crc = 0, 0
        for chunk in self._unpacked(member):
            size += len(chunk)
            if size > member.size:
                raise self._damaged(name, f"more bytes, expected {member.size}")
            self._spend(name, len(chunk))
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if size != member.size:
            raise self._damaged(name, f"{size} bytes, expected {member.size}")
        if crc != member.entry.crc and _is_checked(member):
            raise self._damaged(name, f"checksum {crc:08x}, expected {member.entry.crc:08x}")

    def _readable(self, name: str) -> Member:
        member = self.members.get(name)
        if member is None:
            raise self._damaged(name, "no such member, expected one")
        for hazard in self.hazards:
            if hazard.code in _BLOCKING:
                raise _failure(hazard, self.hazards)
        if member.size > MEMBER_LIMIT:
            raise self._damaged(name, f"{member.size} bytes, expected at most {MEMBER_LIMIT}")
        if member.entry.method not in {STORED, DEFLATED}:
            raise self._damaged(name, f"method {member.entry.method}, expected 0 or 8")
        if member.body.damage:
            raise self._damaged(name, member.body.damage)
        return member

    def _unpacked(self, member: Member) -> Iterator[bytes]:
        pieces = self._source.pieces(member.body.data, member.body.data_stop)
        return pieces if member.entry.method == STORED else self._inflated(member, pieces)

    def _inflated(self, member: Member, pieces: Iterator[bytes]) -> Iterator[bytes]:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for packed in pieces:
                rest = packed
                while rest and not inflater.eof:
                    yield inflater.decompress(rest, PIECE)
                    rest = inflater.unconsumed_tail
                if rest or inflater.unused_data:
                    raise self._surplus(member.name)
            while not inflater.eof and (chunk := inflater.decompress(b"", PIECE)):
                yield chunk
        except zlib.error as exc:
            raise self._damaged(member.name, "broken data, expected a deflate stream") from exc
        if not inflater.eof:
            raise self._damaged(member.name, "data that is cut off, expected all of it")

    def _spend(self, name: str, count: int) -> None:
        self._left -= count
        if self._left < 0:
            hazard = Hazard("zip_size_limit", f"{self.path}!{name}")
            self.hazards = tuple(sorted({*self.hazards, hazard}))
            raise _failure(hazard, self.hazards)

    def _surplus(self, name: str) -> VerificationFailed:
        """Refuse bytes behind a deflate stream: no digest covers them, and the peer looks away."""
        hazard = Hazard("zip_header_mismatch", f"{self.path}!{name}")
        return _failure(hazard, tuple(sorted({*self.hazards, hazard})))

    def _damaged(self, name: str, found_and_expected: str) -> InvalidInput:
        where = f"{self.path}!{name}"
        return InvalidInput(f"member {quoted(where)}: {found_and_expected}", where=where)


def _is_checked(member: Member) -> bool:
    """Tell whether the checksum counts: a 0 without data descriptor means none was made."""
    return bool(member.entry.crc or member.entry.flags & HAS_DESCRIPTOR)
