"""Where the records of the gate go: a file each, or lines of a journal with one fsync per batch.

A journal is a path that ends in `.jsonl`. Nothing is answered before its records are durable.
"""

from typing import Final, NamedTuple, Protocol

import msgspec

from gait_engine.host import Host
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.store.safepath import clean, join
from gait_engine.wire.jsonwrite import compact, pretty

JOURNAL_SUFFIX: Final = ".jsonl"
_KINDS: Final = ("approval_audit", "delegation_audit", "credential_evidence")


class Sink(Protocol):
    """Takes records and says where each one goes."""

    def put(self, name: str, record: msgspec.Struct) -> str:
        """Take a record; `name` is the file name it would have by itself."""
        ...

    def flush(self) -> None:
        """Make everything durable that was taken."""
        ...


class FileSink(NamedTuple):
    """Writes each record to a file of its own, at once: to `path`, else by its name to `folder`."""

    host: Host
    path: str = ""
    folder: str = ""

    def put(self, name: str, record: msgspec.Struct) -> str:
        """Write the record as a whole."""
        shown = self.path or join(self.folder, name)
        target = self.host.cwd / clean(shown)
        make_dirs(target.parent)
        write_atomic(target, pretty(record))
        return shown

    def flush(self) -> None:
        """Do nothing: each file is durable when it is written."""


class JournalSink:
    """Appends records to a journal, a line each, when it is flushed."""

    def __init__(self, host: Host, path: str) -> None:
        self._host = host
        self._path = path
        self._lines: list[bytes] = []

    def put(self, name: str, record: msgspec.Struct) -> str:
        """Keep the record for the next flush."""
        del name
        self._lines.append(compact(record))
        return self._path

    def flush(self) -> None:
        """Append what was taken with one write and one fsync, under the lock of the journal."""
        if not self._lines:
            return
        from gait_engine.store.jsonl import append_lines
        from gait_engine.store.locks import STANDARD, hold_lock

        target = self._host.cwd / clean(self._path)
        make_dirs(target.parent)
        with hold_lock(target, STANDARD, self._host):
            append_lines(target, self._lines, what="journal")
        self._lines.clear()


class Sinks(NamedTuple):
    """A sink for each kind of record."""

    trace: Sink
    approval_audit: Sink
    delegation_audit: Sink
    credential: Sink

    def flush(self) -> None:
        """Make everything durable, traces first."""
        for sink in self:
            sink.flush()


def single_sinks(paths: tuple[str, str, str, str], host: Host) -> Sinks:
    """Return the sinks for one decision: the given path for each kind, else its own name here."""
    return Sinks(*(FileSink(host, path=path) for path in paths))


def stream_sinks(paths: tuple[str, str, str, str], host: Host) -> Sinks:
    """Return the sinks for a stream: each path is a journal or a folder.

    What has no path goes beside the traces: into the same folder, or into a journal of its own.
    """
    traces, *others = paths
    return Sinks(
        _stream_sink(traces, host),
        *(
            _stream_sink(path or _beside(traces, kind), host)
            for path, kind in zip(others, _KINDS, strict=True)
        ),
    )


def _beside(traces: str, kind: str) -> str:
    if not traces.endswith(JOURNAL_SUFFIX):
        return traces
    return f"{traces.removesuffix(JOURNAL_SUFFIX)}.{kind}{JOURNAL_SUFFIX}"


def _stream_sink(path: str, host: Host) -> Sink:
    is_journal = path.endswith(JOURNAL_SUFFIX)
    return JournalSink(host, path) if is_journal else FileSink(host, folder=path)
