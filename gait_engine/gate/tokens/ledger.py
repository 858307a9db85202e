"""The ledger of used approvals: each token passes one call, then never again.

One file for each token, created exclusively, so that of two gates at the same moment one gets it.
Contract: threats.md 6 (replay).
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from gait_engine.contract.approval import ApprovalEntry, TokenClaim
from gait_engine.contract.policy import Texts
from gait_engine.errors import InvalidInput
from gait_engine.gate.tokens.counting import ApprovalAsk, ApprovalCount, not_counted, tally
from gait_engine.host import Host
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import from_ns

REPLAYED: Final = "approval_token_replayed"

_is_minted_id: Final = re.compile(r"[0-9a-f]{24}").fullmatch


def count_with_ledger(
    count: ApprovalCount, ask: ApprovalAsk, folder: str, *, trace_id: str, host: Host
) -> ApprovalCount:
    """Use up the tokens of a count that is enough; one that was used before no longer counts.

    If the rest is not enough, nothing has been used. `trace_id` is that of the call let through.
    Raises InvalidInput for a folder that cannot be used, IoFailure; nothing has been used then.
    """
    if not count.is_enough:
        return count
    replayed = claim(folder, count.token_ids, trace_id=trace_id, host=host)
    if not replayed:
        return count
    entries = [_struck(entry, replayed) for entry in count.entries]
    recount = tally(entries, ask, count.hazards)
    if not recount.is_enough:
        _give_back(host.cwd / folder, set(count.token_ids).difference(replayed))
    return recount


def claim(folder: str, token_ids: Sequence[str], *, trace_id: str, host: Host) -> Texts:
    """Enter tokens into the ledger; return those that were in it already.

    Raises InvalidInput, IoFailure; every claim made before that is given back.
    """
    ledger, replayed, made = host.cwd / folder, [], set[str]()
    claimed_at = from_ns(host.now_ns())
    make_dirs(ledger)
    try:
        for token_id in token_ids:
            record = TokenClaim(token_id=token_id, trace_id=trace_id, claimed_at=claimed_at)
            if _enter(ledger, record):
                made.add(token_id)
            else:
                replayed.append(token_id)
    except BaseException:
        _give_back(ledger, made)
        raise
    return tuple(replayed)


def _enter(ledger: Path, record: TokenClaim) -> bool:
    """Create the file of a token; tell whether it was not there before."""
    try:
        write_atomic(_file(ledger, record.token_id), pretty(record), exclusive=True)
    except InvalidInput as exc:
        if isinstance(exc.__cause__, FileExistsError):
            return False
        raise
    return True


def _file(ledger: Path, token_id: str) -> Path:
    """Name the file of a token: its id is free text of whoever signed it, and never a path."""
    name = token_id if _is_minted_id(token_id) else sha256_hex(token_id.encode())
    return ledger / f"{name}.json"


def give_back(folder: str, token_ids: Iterable[str], *, host: Host) -> None:
    """Take tokens out of the ledger again: the call they were used for was never let through."""
    _give_back(host.cwd / folder, token_ids)


def _give_back(ledger: Path, token_ids: Iterable[str]) -> None:
    for token_id in token_ids:
        with suppress(OSError):  # it stays used up: the safe side
            _file(ledger, token_id).unlink()


def _struck(entry: ApprovalEntry, replayed: Texts) -> ApprovalEntry:
    is_used = entry.valid and trim(entry.token_id) in replayed
    return not_counted(entry, REPLAYED) if is_used else entry
