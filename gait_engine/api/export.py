"""Writing an answer to a file: the bytes that `--json` prints, whole or not at all."""

from gait_engine.api.envelope import encode
from gait_engine.contract.answers.base import Answer
from gait_engine.host import Host
from gait_engine.store.atomic import make_dirs, write_atomic


def export(answer: Answer, path: str, *, overwrite: bool, host: Host) -> int:
    """Write an answer and return how many bytes it took; parent folders are made.

    Raises InvalidInput for an existing file without `overwrite`, IoFailure for a full disk.
    """
    data = encode(answer)
    target = host.cwd / path
    make_dirs(target.parent)
    write_atomic(target, data, exclusive=not overwrite)
    return len(data)
