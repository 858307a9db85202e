"""The table that `make bench` prints: a line per figure, beside its floor and its bar."""

from collections.abc import Sequence
from typing import Final, NamedTuple

HEAD: Final = ("what", "figure", "wall", "peak", "floor", "ratio", "bar", "within")
_LEFT: Final = ("what", "bar", "within")

LEGEND: Final = """\
Each figure is a median of runs taken by turns with its floor; ms CPU is user and system time of
the whole process, its stdout thrown away. A floor is the least any program could do:
  python        `python -c pass`
  hash          a process that hashes the same bytes, less one interpreter start, plus a cold
                start of `gait verify` (the line "verify, demo run")
  inflate       the same for deflated members
  decode        msgspec decodes the records of the runpack into plain Structs with dict payloads,
                all of them kept, garbage collection on as Python has it; the decode alone
  decode both   the same for both sides
  decode input  the same for the text that `run record` reads
  read, hash    the file read and its bytes hashed, in the same process
  sign          one Ed25519 signature over a digest by libsodium
  cold, sign    a cold start of `gait gate eval`, and a signature for each intent
  json, libyaml the same text through the C parser alone: json.loads, libyaml's events
  stat files    a process that lists the folder and looks at every file
  decode files  the same, and reads and decodes each into the full typed record
  open, decode  our own reader opens each runpack, checks it and decodes its records, and no more
  stdlib        zipfile, hashlib and json read the same, and check nothing
  start, open   a cold start of `gait scout signal`, and open, decode for each runpack
  one process   the same command without workers; the ratio needs two idle processors
  workers       the CPU time of both workers together
  one fixture   a cold start of `gait regress run`, which judges a set of one
  empty app     the smallest Textual app that can do it
The bar is what the project promises: so many floors, milliseconds or MiB at most, the bulk
commands for a run of 100,000 calls. A line outside its bar is a reason to look; the exit code is
0 either way. Wall times, and so the bars of the terminal UI, are for an idle machine."""


class Row(NamedTuple):
    """A line of the table; what is 0 or blank does not apply.

    `limit` is the highest ratio to the floor, `budget` the highest value, `peak_limit` the most
    MiB. `wall` counts ms.
    """

    what: str
    value: float
    unit: str
    floor: float = 0.0
    floor_name: str = ""
    limit: float = 0.0
    budget: float = 0.0
    wall: float = 0.0
    peak: float = 0.0
    peak_limit: float = 0.0

    @property
    def ratio(self) -> float:
        """How many floors the value is high."""
        return self.value / self.floor if self.floor else 0.0

    @property
    def has_bar(self) -> bool:
        """Tell whether anything was promised."""
        return bool(self.limit or self.budget or self.peak_limit)

    @property
    def is_within(self) -> bool:
        """Tell whether every promise is kept."""
        return all(
            found <= most
            for found, most in (
                (self.ratio, self.limit),
                (self.value, self.budget),
                (self.peak, self.peak_limit),
            )
            if most
        )


def rendered(rows: Sequence[Row]) -> str:
    """Return the table as text, columns aligned."""
    table = [HEAD, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(_line(cells, widths) for cells in table)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.ljust(width) if name in _LEFT else cell.rjust(width)
        for name, cell, width in zip(HEAD, cells, widths, strict=True)
    )
    return "  ".join(padded).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.what,
        f"{_number(row.value)} {row.unit}",
        f"{_number(row.wall)} ms" if row.wall else "",
        f"{row.peak:.0f} MiB" if row.peak else "",
        f"{row.floor_name} {_number(row.floor)}" if row.floor else "",
        f"{row.ratio:.2f}x" if row.floor else "",
        _bar(row),
        ("yes" if row.is_within else "NO") if row.has_bar else "",
    )


def _bar(row: Row) -> str:
    parts = (
        f"{row.limit:g}x" if row.limit else "",
        f"{row.budget:,g} {row.unit}" if row.budget else "",
        f"{row.peak_limit:g} MiB" if row.peak_limit else "",
    )
    return ", ".join(filter(None, parts))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
