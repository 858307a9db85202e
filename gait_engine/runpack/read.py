"""Reading a runpack for its records: nothing is decoded whose digest was not checked first.

Contract: runpack.md 4.6; signatures are `verify`'s affair.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

from gait_engine.contract import runpack as contract
from gait_engine.contract.runpack import Intent, Manifest, Refs, Result, Run
from gait_engine.errors import InvalidInput, quoted
from gait_engine.runpack.manifest import (
    listing_hazards,
    manifest_digest,
    member_source,
    read_manifest,
)
from gait_engine.runpack.refs import normalise_refs
from gait_engine.store.zipread import Archive, open_archive, refusal
from gait_engine.wire.digest import same_digest, sha256_hex
from gait_engine.wire.jsonread import read_items, read_record
from gait_engine.wire.text import trim

RecordT = TypeVar("RecordT", bound=msgspec.Struct)


class OpenRunpack(msgspec.Struct, frozen=True):
    """A runpack whose archive, manifest, run and refs were checked; records are read on demand."""

    path: str
    archive: Archive
    manifest: Manifest
    run: Run
    refs: Refs

    def lines(self, name: str) -> list[bytes]:
        """Return the records of a JSONL member as text, blank lines left out."""
        return _checked_lines(self.archive, self.manifest, name)

    def intents(self) -> Iterator[Intent]:
        """Read the intents in recorded order."""
        return self.read(contract.INTENTS, enumerate(self.lines(contract.INTENTS)), Intent)

    def results(self) -> Iterator[Result]:
        """Read the results in recorded order."""
        return self.read(contract.RESULTS, enumerate(self.lines(contract.RESULTS)), Result)

    def read(
        self, name: str, lines: Iterable[tuple[int, bytes]], kind: type[RecordT]
    ) -> Iterator[RecordT]:
        """Read numbered lines of a member as records."""
        return read_items(lines, kind, member_source(self.path, name), "record {}")


@contextmanager
def open_runpack(path: str | Path, *, shown: str = "") -> Iterator[OpenRunpack]:
    """Open a runpack for reading; `shown` names it in messages.

    Raises VerificationFailed for an archive or record that must be refused, InvalidInput for
    one that cannot be read or whose contents are not the recorded ones.
    """
    with open_archive(path, shown=shown) as archive:
        manifest = read_manifest(archive)
        _require_clean(archive, manifest)
        for file in manifest.files or ():
            if file.path not in contract.DATA_MEMBERS:
                _require_digest(archive, file.path, file.sha256, archive.digest(file.path))
        run = _document(archive, manifest, contract.RUN, Run)
        refs = normalise_refs(_document(archive, manifest, contract.REFS, Refs), required=True)
        yield OpenRunpack(archive.path, archive, manifest, run, refs)


def split_lines(chunks: Iterable[bytes], where: str) -> list[bytes]:
    """Split JSONL at line feeds only; lines are trimmed, blank ones dropped.

    Raises InvalidInput for a line of 10 MiB or more.
    """
    lines: list[bytes] = []
    rest = b""
    for chunk in chunks:
        more = (rest + chunk).split(b"\n")
        _require_short(more, where)
        rest = more.pop()
        lines += more
    if rest:
        lines.append(rest)
    if all(line[:1] == b"{" and line[-1:] == b"}" for line in lines):
        return lines
    return [line for line in map(_trimmed, lines) if line]


def _require_short(lines: list[bytes], where: str) -> None:
    longest = max(map(len, lines))
    if longest >= contract.MAX_RECORD_LINE:
        raise InvalidInput(f"{where}: a line of {longest} bytes or more, expected under 10 MiB")


def _trimmed(line: bytes) -> bytes:
    return trim(line.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _require_clean(archive: Archive, manifest: Manifest) -> None:
    if error := refusal(archive.hazards + listing_hazards(archive, manifest)):
        raise error
    listed = [file.path for file in manifest.files or ()]
    for name in contract.DATA_MEMBERS:
        if name not in listed:
            raise InvalidInput(f"runpack {archive.path}: manifest does not list {name}")
    computed = manifest_digest(manifest)
    _require_digest(archive, contract.MANIFEST, manifest.manifest_digest, computed)


def _document(archive: Archive, manifest: Manifest, name: str, kind: type[RecordT]) -> RecordT:
    return read_record(
        _checked_member(archive, manifest, name), kind, member_source(archive.path, name)
    )


def _checked_member(archive: Archive, manifest: Manifest, name: str) -> bytes:
    _require_present(archive, name)
    data = archive.read(name)
    _require_recorded(archive, manifest, name, sha256_hex(data))
    return data


def _checked_lines(archive: Archive, manifest: Manifest, name: str) -> list[bytes]:
    """Digest and split a member piece by piece: a copy of the whole would cost more than both."""
    _require_present(archive, name)
    running = sha256()

    def digested() -> Iterator[bytes]:
        for chunk in archive.chunks(name):
            running.update(chunk)
            yield chunk

    lines = split_lines(digested(), f"{archive.path}!{name}")
    _require_recorded(archive, manifest, name, running.hexdigest())
    return lines


def _require_present(archive: Archive, name: str) -> None:
    if name not in archive:
        raise InvalidInput(f"runpack {archive.path}: {name} is missing, expected it inside")


def _require_recorded(archive: Archive, manifest: Manifest, name: str, found: str) -> None:
    for file in manifest.files or ():
        if file.path == name:
            _require_digest(archive, name, file.sha256, found)


def _require_digest(archive: Archive, name: str, recorded: str, found: str) -> None:
    if not same_digest(recorded, found):
        raise InvalidInput(
            f"runpack {archive.path}!{name}: digest {found}, expected {quoted(recorded)}",
            where=f"{archive.path}!{name}",
            hint="the runpack was changed after it was recorded; see: gait verify",
        )
