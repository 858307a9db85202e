"""A file as text that is safe to print, for people who want to see it as it is."""

from gait_engine.host import Host
from gait_engine.store.inputs import read_input
from gait_engine.wire.safetext import safe_text

LIMIT = 64 * 1024 * 1024
"""Larger files are refused: nobody reads them to their end."""


def raw_text(path: str, *, host: Host) -> str:
    r"""Return a file with every hidden character spelled; bytes that are no UTF-8 as `\udcXX`.

    Raises InvalidInput, with code `path_unsafe` for pipes and devices; IoFailure.
    """
    data = read_input(path, limit=LIMIT, host=host, what="file")
    return safe_text(data.decode("utf-8", "surrogateescape"), multiline=True)
