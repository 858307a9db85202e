"""Reading token files: what cannot be read ends the command, what is ambiguous is not counted.

A token is read sealed: a field that its signature does not cover would be shown as if it were
signed. Contract: gate.md 6.2; compat.md.
"""

import re
from collections.abc import Iterable
from typing import Final, Generic, NamedTuple

from gait_engine.contract.approval import ApprovalToken
from gait_engine.contract.delegation import DelegationToken
from gait_engine.errors import Hazard, InvalidInput
from gait_engine.gate.tokens.signing import TokenT
from gait_engine.host import Host
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.text import trim

_surrogate_escape: Final = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


class Given(NamedTuple, Generic[TokenT]):
    """A token file as it was handed in: its token, or the code that says why it does not count."""

    path: str
    token: TokenT | None
    fault: str = ""
    hazard: Hazard | None = None


def token_paths(single: str, chain: Iterable[str]) -> tuple[str, ...]:
    """Return the token files of a command line in the order given, each once, blanks dropped."""
    return tuple(dict.fromkeys(path for text in (single, *chain) if (path := trim(text))))


def read_approval(path: str, *, host: Host) -> Given[ApprovalToken]:
    """Read an approval token, unchecked.

    Raises InvalidInput for what cannot be read, is no JSON or no such record; IoFailure.
    """
    return _read(path, ApprovalToken, "approval token", host)


def read_delegation(path: str, *, host: Host) -> Given[DelegationToken]:
    """Read a delegation token, unchecked.

    Raises InvalidInput for what cannot be read, is no JSON or no such record; IoFailure.
    """
    return _read(path, DelegationToken, "delegation token", host)


def _read(path: str, kind: type[TokenT], what: str, host: Host) -> Given[TokenT]:
    text = read_input(path, limit=TEXT_LIMIT, host=host, what=what)
    source = Source(path, sealed=True)
    try:
        return Given(path, read_record(text, kind, source))
    except InvalidInput as exc:
        if not exc.hazards:
            raise
        _require_readable(text, kind, source)
        return Given(path, None, exc.code, exc.hazards[0])


def _require_readable(text: bytes, kind: type[TokenT], source: Source) -> None:
    """Raise InvalidInput for an ambiguous text that is no token besides.

    Else a broken file, which ends the command by itself, would pass as merely not counted.
    """
    plain = _surrogate_escape.sub(rb"\\ufffd", text.decode(errors="replace").encode())
    try:
        read_record(plain, kind, source._replace(sealed=False, digested=False))
    except InvalidInput as exc:
        if not exc.hazards:
            raise
