"""Verifying what belongs together: a runpack with its trace and pack, the packs of a session.

Contract: runpack.md 5.2 and 5.3.
"""

from typing import Any, Final

import msgspec

from gait_engine.api.keys import verification_key
from gait_engine.api.verify import signature_required
from gait_engine.contract.answers.verify import (
    PackCheck,
    SessionChainAnswer,
    TraceCheck,
    VerifyAnswer,
    VerifyChainAnswer,
)
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from gait_engine.host import Host
from gait_engine.runpack.verify import verify_runpack
from gait_engine.store.layout import resolve_runpack

_ERROR_FIELDS: Final = (
    "error", "error_code", "error_category", "retryable", "hint", "where", "hazards"
)  # fmt: skip


def verify_chain(  # noqa: PLR0913  # one argument per flag
    *,
    run: str,
    trace: str = "",
    pack: str = "",
    profile: str = "",
    require_signature: bool = False,
    keys: KeySources = NO_KEYS,
    host: Host,
) -> VerifyChainAnswer:
    """Verify a runpack, then the trace and the pack that go with it, each by itself.

    A part that does not verify is an answer with `ok` false and does not stop the others. Raises
    GaitError for a part that cannot be read or must be refused; the error's `answer` then holds
    the parts before it.
    """
    answer = VerifyChainAnswer(ok=False, run=VerifyAnswer(ok=False))
    try:
        required = signature_required(profile, keys, asked=require_signature)
        key = verification_key(keys, host)
        answer = msgspec.structs.replace(answer, run=_verify_run(run, host, key, required=required))
        if trace:
            checked = _verify_trace(trace, host, key)
            answer = msgspec.structs.replace(answer, trace=checked)
        if pack:
            found = _verify_pack(pack, host, key, required=required)
            answer = msgspec.structs.replace(answer, pack=found)
    except GaitError as exc:
        exc.answer = _known_in_spite(answer, exc)
        raise
    return _judged(answer)


def verify_session_chain(
    chain: str,
    *,
    profile: str = "",
    require_signature: bool = False,
    keys: KeySources = NO_KEYS,
    host: Host,
) -> SessionChainAnswer:
    """Verify the links of a session chain and every runpack it names.

    Raises GaitError where the chain itself cannot be read.
    """
    from gait_engine.runpack.chain import verify_chain_file

    required = signature_required(profile, keys, asked=require_signature)
    key = verification_key(keys, host)
    return verify_chain_file(chain, host=host, key=key, required=required)


def _verify_run(run: str, host: Host, key: bytes | None, *, required: bool) -> VerifyAnswer:
    located = resolve_runpack(run, host)
    found = verify_runpack(located.path, shown=located.shown, key=key, required=required)
    return msgspec.structs.replace(
        found, files=(), created_at="", capture_mode="", signature_key_ids=()
    )


def _verify_trace(trace: str, host: Host, key: bytes | None) -> TraceCheck:
    from gait_engine.gate.trace import check_trace, read_trace

    if key is None:
        raise InvalidInput(
            "gate trace: no key given, expected one",
            hint="add --public-key FILE or --public-key-env NAME",
        )
    return check_trace(read_trace(trace, host=host), key, shown=trace)


def _verify_pack(pack: str, host: Host, key: bytes | None, *, required: bool) -> PackCheck:
    from gait_engine.guard.verify import verify_pack

    return verify_pack(str(host.cwd / pack), shown=pack, key=key, required=required)


def _judged(answer: VerifyChainAnswer) -> VerifyChainAnswer:
    """Say whether all parts passed; a refused runpack makes the whole answer a refusal."""
    run = answer.run
    ok = run.ok and all(part is msgspec.UNSET or part.ok for part in (answer.trace, answer.pack))
    refusal: dict[str, Any] = {name: getattr(run, name) for name in _ERROR_FIELDS}
    judged = msgspec.structs.replace(answer, ok=ok, **refusal)
    return _without_verdict(judged) if run.error else judged


def _known_in_spite(answer: VerifyChainAnswer, error: GaitError) -> VerifyChainAnswer:
    if isinstance(error.answer, PackCheck):
        answer = msgspec.structs.replace(answer, pack=error.answer)
    refused = isinstance(error, VerificationFailed) or bool(answer.run.error)
    return _without_verdict(answer) if refused else answer


def _without_verdict(answer: VerifyChainAnswer) -> VerifyChainAnswer:
    """Drop the verdict of the trace: a refusal prints none, not even a true one of another part."""
    if answer.trace is msgspec.UNSET:
        return answer
    return msgspec.structs.replace(answer, trace=msgspec.structs.replace(answer.trace, verdict=""))
