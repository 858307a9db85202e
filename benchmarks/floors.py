"""The least a verifier must do: `python floors.py hash|inflate FILE...`, measured from outside.

Loads nothing else, so that the process costs one interpreter start and the work itself.
"""

import sys
import zlib
from hashlib import sha256

TYPE_CHECKING = False  # the module `typing` would cost as much as the rest
if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 128 * 1024
_PACKED_PIECE = 16 * 1024


def hash_files(paths: list[str]) -> None:
    """Digest each file piece by piece."""
    for path in paths:
        running = sha256()
        with open(path, "rb") as file:  # noqa: PTH123  # pathlib costs half a start
            while piece := file.read(_PIECE):
                running.update(piece)
        running.hexdigest()


def inflate_files(paths: list[str]) -> None:
    """Inflate each raw deflate stream and digest what comes out."""
    for path in paths:
        running = sha256()
        for piece in inflated(path):
            running.update(piece)
        running.hexdigest()


def inflated(path: str) -> "Iterator[bytes]":
    """Yield what comes out of a raw deflate stream, in pieces that stay in the cache."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    with open(path, "rb") as file:  # noqa: PTH123  # as above
        while packed := file.read(_PACKED_PIECE):
            yield inflater.decompress(packed)


if __name__ == "__main__":
    {"hash": hash_files, "inflate": inflate_files}[sys.argv[1]](sys.argv[2:])
