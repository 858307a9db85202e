"""What `gait verify` does with its options, however they were read."""

from collections.abc import Mapping
from typing import Any, Final

from gait_engine.api.verify import verify
from gait_engine.cli.line import Line
from gait_engine.cli.targets import only_target
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Record
from gait_engine.contract.keys import KeySources


class VerifyOptions(Record, frozen=True, kw_only=True):
    """The arguments and one field for each option; an empty one was not given."""

    targets: tuple[str, ...] = ()
    profile: str = ""
    require_signature: bool = False
    public_key: str = ""
    public_key_env: str = ""
    private_key: str = ""
    private_key_env: str = ""
    root: tuple[str, ...] = ()
    files: bool = False
    json: bool = False


RECORD: Final = VerifyOptions
SWITCHES: Final = ()


def quick(given: Mapping[str, Any], line: Line) -> Answer:
    """Answer a line that was read quickly."""
    return answer(VerifyOptions(**given), line)


def answer(asked: VerifyOptions, line: Line) -> Answer:
    """Check the one runpack that the arguments name."""
    return verify(
        only_target(asked.targets),
        host=line.host,
        profile=asked.profile,
        require_signature=asked.require_signature,
        keys=KeySources(
            asked.public_key, asked.public_key_env, asked.private_key, asked.private_key_env
        ),
        roots=asked.root,
        with_files=asked.files or not asked.json,
    )
