"""Verifying a runpack, by run id, path or ticket footer (runpack.md 5)."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from gait_engine.api.keys import verification_key
from gait_engine.contract.answers.base import HazardNote, error_fields
from gait_engine.contract.answers.verify import SearchedPlace, TicketCheck, VerifyAnswer
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed, quoted
from gait_engine.host import Host
from gait_engine.runpack.footer import Footer, looks_like_footer, parse_footer
from gait_engine.runpack.verify import verify_runpack
from gait_engine.store.layout import resolve_runpack, searched_places
from gait_engine.wire.digest import same_digest
from gait_engine.wire.text import normal

_NO_DETAILS: Final[dict[str, Any]] = {
    "files": (),
    "created_at": "",
    "capture_mode": "",
    "signature_key_ids": (),
}
_PROFILES: Final = ("standard", "strict")


def verify(  # noqa: PLR0913  # one keyword per option of the command
    target: str,
    *,
    host: Host,
    profile: str = "",
    require_signature: bool = False,
    keys: KeySources = NO_KEYS,
    roots: Sequence[str] = (),
    with_files: bool = False,
) -> VerifyAnswer:
    """Verify a runpack given by run id, path or ticket footer.

    A run id is looked up in `roots` first. A runpack that does not verify is an answer with `ok`
    false; `with_files` lists every member, and answers in spite of one that cannot be read. Raises
    InvalidInput for what cannot be read, VerificationFailed for what must be refused.
    """
    required = signature_required(profile, keys, asked=require_signature)
    key = verification_key(keys, host)
    footer = parse_footer(target) if looks_like_footer(target) else None
    if footer is not None:
        answer = _verify_ticket(footer, key, host, roots, required=required)
    else:
        located = resolve_runpack(target, host, roots)
        try:
            answer = verify_runpack(located.path, shown=located.shown, key=key, required=required)
        except InvalidInput as exc:
            if exc.answer is None or not with_files:
                exc.answer = None
                raise
            answer = _in_spite_of(exc, exc.answer)
    return answer if with_files else msgspec.structs.replace(answer, **_NO_DETAILS)


def _in_spite_of(error: GaitError, known: VerifyAnswer) -> VerifyAnswer:
    """Answer with the members that could be read, the error beside them."""
    return msgspec.structs.replace(known, **error_fields(error))


def signature_required(profile: str, keys: KeySources, *, asked: bool) -> bool:
    """Tell whether an unsigned artifact fails. Raises InvalidInput for a bad profile."""
    chosen = normal(profile) or "standard"
    if chosen not in _PROFILES:
        raise InvalidInput(f"profile: {quoted(profile)}, expected standard or strict")
    if chosen == "strict" and keys.is_empty:
        raise InvalidInput(
            "profile strict: no key given, expected one",
            hint="add --public-key FILE or --public-key-env NAME",
        )
    return asked or chosen == "strict"


def _verify_ticket(
    footer: Footer, key: bytes | None, host: Host, roots: Sequence[str], *, required: bool
) -> VerifyAnswer:
    searched = tuple(
        SearchedPlace(place=place, found=found)
        for place, found in searched_places(footer.run_id, host, roots)
    )
    try:
        located = resolve_runpack(footer.run_id, host, roots)
    except InvalidInput as exc:
        return _unopened(footer, "not_found", searched, exc)
    try:
        answer = verify_runpack(located.path, shown=located.shown, key=key, required=required)
    except (InvalidInput, VerificationFailed) as exc:
        damaged = _unopened(footer, "damaged", searched, exc)
        files = exc.answer.files if isinstance(exc.answer, VerifyAnswer) else ()
        return msgspec.structs.replace(damaged, path=located.shown, files=files)
    is_the_tickets = answer.run_id == footer.run_id and same_digest(
        answer.manifest_digest, footer.manifest_digest
    )
    state = "damaged" if not answer.ok else "verified" if is_the_tickets else "not_the_tickets"
    return msgspec.structs.replace(
        answer,
        ok=answer.ok and is_the_tickets,
        ticket=_ticket(footer, state, searched),
    )


def _unopened(
    footer: Footer, state: str, searched: tuple[SearchedPlace, ...], error: GaitError
) -> VerifyAnswer:
    return VerifyAnswer(
        ok=False,
        run_id=footer.run_id,
        ticket=_ticket(footer, state, searched),
        hazards=tuple(HazardNote(code=code, where=where) for code, where in sorted(error.hazards)),
        **error_fields(error),
    )


def _ticket(footer: Footer, state: str, searched: tuple[SearchedPlace, ...]) -> TicketCheck:
    return TicketCheck(
        state=state,
        run_id=footer.run_id,
        manifest_digest=footer.manifest_digest,
        searched=searched,
    )
