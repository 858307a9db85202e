"""Verifying what lists name: each file once for each state of it, and the time is kept.

No key is used: digests and links are compared, a signature is nobody's affair here.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from gait_engine.contract import index as kinds
from gait_engine.contract.answers.inbox import Checked
from gait_engine.contract.answers.index import IndexRow
from gait_engine.contract.answers.verify import PackCheck, SessionChainAnswer, VerifyAnswer
from gait_engine.errors import GaitError, VerificationFailed, quoted
from gait_engine.host import Host
from gait_engine.store.rowcache import Entry, Key, RowCache, stamp_of
from gait_engine.store.walk import facts_of
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.timestamps import from_ns

INTACT: Final = "intact"
DAMAGED: Final = "damaged"
UNREADABLE: Final = "unreadable"

_AREA: Final = "checks"
_SETTLED_NS: Final = 2 * 10**9
_GONE: Final = b""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Checked).decode


def check_each(
    rows: Iterable[IndexRow], *, host: Host, cache: RowCache | None
) -> Iterator[Checked]:
    """Verify each runpack, session chain and pack that could be read for the list."""
    for row in rows:
        if row.kind in _VERIFIERS and not row.error:
            yield _kept(row, host, cache) or _checked_now(row, host, cache)


def is_checkable(row: IndexRow) -> bool:
    """Tell an artifact that `check_each` verifies."""
    return row.kind in _VERIFIERS and not row.error


def _kept(row: IndexRow, host: Host, cache: RowCache | None) -> Checked | None:
    if cache is None or (entry := cache.get(_key(row, host))) is None:
        return None
    if entry.stamp != _stamp(row, host)[0]:
        return None
    try:
        return _decode(entry.body)
    except msgspec.DecodeError:
        return None


def _checked_now(row: IndexRow, host: Host, cache: RowCache | None) -> Checked:
    begun_ns = host.now_ns()
    stamp, newest_ns = _stamp(row, host)
    checked = _checked(row, begun_ns, host)
    is_lasting = newest_ns < begun_ns - _SETTLED_NS and stamp != _GONE
    if cache is not None and is_lasting and _stamp(row, host)[0] == stamp:
        with suppress(UnicodeEncodeError):  # a name that is not UTF-8
            cache.put(_key(row, host), Entry(stamp, _encode(checked)))
    return checked


def _checked(row: IndexRow, now_ns: int, host: Host) -> Checked:
    found = Checked(
        path=row.path, kind=row.kind, state=INTACT, checked_at=from_ns(now_ns // 10**9 * 10**9)
    )
    try:
        fault = _VERIFIERS[row.kind](row.path, host)
    except GaitError as exc:
        state = DAMAGED if isinstance(exc, VerificationFailed) else UNREADABLE
        return msgspec.structs.replace(
            found, state=state, what=exc.message, error_code=exc.code, where=exc.where
        )
    if not fault:
        return found
    return msgspec.structs.replace(
        found, state=DAMAGED, what=fault, error_code="verification_failed", where=row.path
    )


def _runpack(path: str, host: Host) -> str:
    from gait_engine.runpack.verify import verify_runpack

    return _fault_of(verify_runpack(host.cwd / path, shown=path))


def _pack(path: str, host: Host) -> str:
    from gait_engine.guard.verify import verify_pack

    return _fault_of(verify_pack(str(host.cwd / path), shown=path))


def _chain(path: str, host: Host) -> str:
    from gait_engine.runpack.chain import verify_chain_file

    found: SessionChainAnswer = verify_chain_file(path, host=host)
    return next(iter((*found.linkage_errors, *found.checkpoint_errors)), "")


def _fault_of(found: VerifyAnswer | PackCheck) -> str:
    """Say the first fault of an archive; empty for one that is intact."""
    if found.ok:
        return ""
    for mismatch in found.hash_mismatches:
        return f"{quoted(mismatch.path)} is not what was recorded"
    for name in found.missing_files:
        return f"{quoted(name)} is missing"
    return getattr(found, "error", "") or "does not verify"


def _key(row: IndexRow, host: Host) -> Key:
    return _AREA, os.fsencode(str(host.cwd)), os.fsencode(row.path)


def _stamp(row: IndexRow, host: Host) -> tuple[bytes, int]:
    """Spell the state of all files that a verdict depends on, and tell their newest time."""
    files = [row.path, *(_named_by_chain(row.path, host) if row.kind in _CHAINS else ())]
    stamps, newest_ns = [], 0
    for path in files:
        try:
            facts = facts_of(Path(host.cwd / path).stat())
        except (OSError, ValueError):
            stamps.append(_GONE)
            continue
        stamps.append(stamp_of(facts))
        newest_ns = max(newest_ns, facts.mtime_ns, facts.ctime_ns)
    if not stamps[0]:
        return _GONE, newest_ns
    joined = b"".join(b"%d:%s" % (len(stamp), stamp) for stamp in stamps)
    return bytes.fromhex(sha256_hex(joined)), newest_ns


def _named_by_chain(path: str, host: Host) -> Sequence[str]:
    from gait_engine.runpack.chain import read_chain

    try:
        chain = read_chain(path, host=host)
    except GaitError:
        return ()
    return [checkpoint.runpack_path for checkpoint in chain.checkpoints or ()]


_CHAINS: Final = (kinds.SESSION_CHAIN,)
_VERIFIERS: Final[dict[str, Callable[[str, Host], str]]] = {
    kinds.RUNPACK: _runpack,
    kinds.EVIDENCE_PACK: _pack,
    kinds.INCIDENT_PACK: _pack,
    kinds.SESSION_CHAIN: _chain,
}
