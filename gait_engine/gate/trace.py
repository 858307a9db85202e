"""Reading gate traces and checking their signatures; nothing here decides anything.

A trace is read sealed: a field that its signature does not cover is refused, signed or not.
Contract: gate.md 5, runpack.md 2.3 and 6.7.
"""

from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec import UNSET

from gait_engine.contract.answers.verify import TraceCheck
from gait_engine.contract.session import VERDICTS
from gait_engine.contract.trace import TRACE_SCHEMA, Trace
from gait_engine.errors import VerificationFailed, quoted
from gait_engine.host import Host
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.wire.canonical import SAFE_INTEGER, exact_record
from gait_engine.wire.digest import Digest, is_hex64, sha256_hex, value_digest
from gait_engine.wire.jsonread import Source, holds_long_integer, read_record
from gait_engine.wire.jsonwrite import compact, pretty
from gait_engine.wire.timestamps import is_usual, is_zero

_NUMBERS: Final = (("latency_ms",), ("mcp_trust", "score"), ("mcp_trust", "threshold"))
"""The fields that hold a fraction; msgspec leaves out an integer 0 by itself, but no 0.0."""

_WITH_INSTANTS: Final = ("agent_identity", "freeze_window", "kill_switch", "mcp_trust")
"""The members that hold times of their own."""
_WITH_INTEGERS: Final = ("delegation_ref", "sandbox", "step_verdicts")
"""The other members that hold integers."""
_INTEGERS: Final = ("context_ref_count", "credential_ttl_seconds", "step_count")

_instants_of: Final = attrgetter(*_WITH_INSTANTS)
_members_with_integers_of: Final = attrgetter(*_WITH_INTEGERS)
_integers_of: Final = attrgetter(*_INTEGERS)
_NO_INSTANTS: Final = (UNSET,) * len(_WITH_INSTANTS)

_decode: Final = msgspec.json.Decoder(Trace).decode


def read_trace(path: str, *, host: Host) -> Trace:
    """Read a trace, its signature unchecked.

    Raises InvalidInput for what is no trace, VerificationFailed for one that two readers could
    read differently.
    """
    return parse_trace(read_input(path, limit=TEXT_LIMIT, host=host, what="gate trace"), path)


def parse_trace(text: bytes, name: str) -> Trace:
    """Read the text of a trace as `read_trace` does; `name` is for errors."""
    if (trace := _in_own_spelling(text)) is not None:
        return trace
    source = Source(name, hazard=VerificationFailed, sealed=True)
    try:
        return read_record(text, Trace, source)
    except VerificationFailed as exc:
        if exc.code == "json_lossy_number":  # an integer too large for its field is no hazard
            read_record(text, Trace, source._replace(digested=False))
        raise


def require_valid(trace: Trace, path: str) -> None:
    """Raise InvalidInput unless the trace has all that an honest one has, its signature aside."""
    source = Source(path)
    _require_schema(trace, source)
    for field in ("schema_version", "producer_version", "trace_id", "tool_name"):
        if not getattr(trace, field):
            raise source.reject("empty, expected text", f"$.{field}")
    if is_zero(trace.created_at):
        raise source.reject("absent, expected a time", "$.created_at")
    for field in ("args_digest", "intent_digest", "policy_digest"):
        if not is_hex64(digest := getattr(trace, field)):
            found = quoted(digest)
            raise source.reject(f"{found}, expected 64 lower-case hex characters", f"$.{field}")
    if trace.verdict not in VERDICTS:
        wanted = ", ".join(VERDICTS)
        raise source.reject(f"{quoted(trace.verdict)}, expected one of {wanted}", "$.verdict")


def check_trace(trace: Trace, key: bytes, *, shown: str) -> TraceCheck:
    """Check the signature of a trace against one key; an unsigned trace fails.

    The fields of the answer are the trace's own claims, true only where `ok` is.
    """
    fault = _signature_fault(trace, key)
    signer = "" if fault or trace.signature is UNSET else trace.signature.key_id
    return TraceCheck(
        ok=not fault,
        path=shown,
        trace_id=trace.trace_id,
        verdict=trace.verdict,
        signature_status="failed" if fault else "verified",
        key_id=signer,
        error=fault,
    )


def signature_digest(trace: Trace) -> Digest:
    """Digest what the signature of a trace covers: the record without its signature."""
    bare = msgspec.structs.replace(trace, signature=UNSET)
    exact = exact_record(bare)
    return value_digest(_plain(bare)) if exact is None else sha256_hex(exact)


def _plain(trace: Trace) -> dict[str, Any]:
    """Return a trace without the numbers that count as absent."""
    plain: dict[str, Any] = msgspec.to_builtins(trace)
    for *holders, name in _NUMBERS:
        record = plain
        for holder in holders:
            record = record.get(holder, {})
        if record.get(name) == 0:
            del record[name]
    return plain


def _in_own_spelling(text: bytes) -> Trace | None:
    """Read a text that is what we write for its own record; None for every other text.

    Such a text has no unknown, repeated or null member, and no field of another case: it needs
    none of the checks that cost ten times as much.
    """
    try:
        trace = _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    spelled = pretty(trace) if text.startswith(b"{\n") else compact(trace)
    if spelled != text or not (is_usual(trace.created_at) and is_usual(trace.observed_at)):
        return None
    if _instants_of(trace) != _NO_INSTANTS:
        return None
    return None if _may_be_lossy(trace) and holds_long_integer(text) else trace


def _may_be_lossy(trace: Trace) -> bool:
    """Tell a trace in which a long run of digits could be an integer, not a part of a digest."""
    return any(_members_with_integers_of(trace)) or any(
        abs(number) > SAFE_INTEGER for number in _integers_of(trace)
    )


def _require_schema(trace: Trace, source: Source) -> None:
    if trace.schema_id != TRACE_SCHEMA:
        raise source.reject(f"{quoted(trace.schema_id)}, expected {TRACE_SCHEMA}", "$.schema_id")


def _signature_fault(trace: Trace, key: bytes) -> str:
    if trace.signature is UNSET:
        return "signature: none, expected one by the given key"
    from gait_engine.crypto.sign import check_signature

    return check_signature(signature_digest(trace), trace.signature, key)
