"""Scripts that pass without being judged step by step: their registry, their signatures, the match.

An entry is signed and compared in normal form. It is read sealed: a field that no signature covers
makes the registry unreadable. Contract: gate.md 8.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import UNSET

from gait_engine.contract.approvedscript import (
    APPROVED_SCRIPT_SCHEMA,
    ApprovedScript,
    ApprovedScripts,
)
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Policy, Rule
from gait_engine.errors import quoted
from gait_engine.gate.fields import below, digest_or_empty, one_of, required, required_instant
from gait_engine.gate.paths import clean_path
from gait_engine.gate.script import step_intents
from gait_engine.gate.statefile import read_if_there, replace_state, state_lock
from gait_engine.gate.tokens.counting import own_identities
from gait_engine.gate.tokens.lookalike import same_person_form
from gait_engine.gate.verdicts import merged
from gait_engine.host import Host
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.digest import Digest, sha256_hex
from gait_engine.wire.jsonread import Source, read_items, read_record, split_items, split_members
from gait_engine.wire.text import normal, trim
from gait_engine.wire.timestamps import to_ns

if TYPE_CHECKING:
    from gait_engine.crypto.keys import SigningKey

CONTEXT_EVIDENCE: Final = "context_evidence"


def read_registry(path: str, *, host: Host) -> tuple[ApprovedScript, ...]:
    """Read a registry into normal form, in file order, signatures unchecked.

    One that is missing or blank is empty. Raises InvalidInput where it or one of its entries is
    not valid, also for a field that no signature covers; IoFailure.
    """
    text = read_if_there(path, host=host, what="approved-script registry")
    return parse_registry(text or b"", path)


def parse_registry(text: bytes, name: str) -> tuple[ApprovedScript, ...]:
    """Read an object with `entries`, or a bare list; `name` is for errors. Raises InvalidInput."""
    is_bare = text.lstrip().startswith(b"[")
    source = Source(name, root="$" if is_bare else "$.entries")
    items = split_items(text, source, "$") if is_bare else _wrapped_items(text, source)
    sealed = source._replace(sealed=True)
    read = read_items(enumerate(items), ApprovedScript, sealed, f"{source.root}[{{}}]")
    return tuple(
        normalise_entry(entry, below(source, f"[{index}]")) for index, entry in enumerate(read)
    )


def signature_digest(entry: ApprovedScript) -> Digest:
    """Digest what the signature of an entry in normal form covers: all but the signature."""
    return sha256_hex(canonical_record(msgspec.structs.replace(entry, signature=UNSET)))


def signed_entry(entry: ApprovedScript, key: "SigningKey") -> ApprovedScript:
    """Bring an entry into normal form and sign it; raises InvalidInput."""
    from gait_engine.crypto.sign import sign_digest

    normalised = normalise_entry(entry, Source("approved script"))
    signature = sign_digest(signature_digest(normalised), key)
    return msgspec.structs.replace(normalised, signature=signature)


def enter(path: str, entry: ApprovedScript, *, host: Host) -> None:
    """Write an entry into a registry, in the place of those of the same pattern id.

    Raises InvalidInput where the registry cannot be read, then it stays as it is;
    StateContention, IoFailure.
    """
    with state_lock(path, host=host):
        known = read_registry(path, host=host)
        kept = [other for other in known if other.pattern_id != entry.pattern_id]
        entries = sorted((*kept, entry), key=_order)
        replace_state(path, ApprovedScripts(entries=tuple(entries)), host=host)


def verify_all(entries: Iterable[ApprovedScript], key: bytes, now_ns: int) -> str:
    """Return what spoils a registry, empty if nothing: an entry that is expired or not signed.

    One such entry spoils them all, whichever script is asked for.
    """
    return next((fault for entry in entries if (fault := _fault(entry, key, now_ns))), "")


def find_match(
    entries: Iterable[ApprovedScript], intent: NormalIntent, policy_digest: str, now_ns: int
) -> ApprovedScript | None:
    """Return the first entry that approves exactly this script, here and under this policy.

    The tools of an approved script stand sorted and once in its entry, so a script that calls
    them in another order never matches (gate.md 12, trap 9). Nobody approves a script of his own.
    """
    steps = step_intents(intent)
    own = {same_person_form(identity) for identity in own_identities(intent)}
    for entry in entries:
        if (
            steps
            and entry.policy_digest == policy_digest
            and entry.script_hash == intent.script_hash
            and not is_expired(entry, now_ns)
            and same_person_form(entry.approver_identity) not in own
            and entry.tool_sequence == tuple(step.tool_name for step in steps)
            and all(_is_in_scope(scope, intent, steps) for scope in entry.scope)
        ):
            return entry
    return None


def is_switched_off_by(policy: Policy) -> bool:
    """Tell a policy that asks for context evidence: no approval given beforehand can have it."""
    return CONTEXT_EVIDENCE in policy.fail_closed.required_fields or any(
        map(_needs_evidence, policy.rules)
    )


def is_expired(entry: ApprovedScript, now_ns: int) -> bool:
    """Tell an entry whose time is over, the last instant included."""
    return now_ns >= to_ns(entry.expires_at)


def normalise_entry(entry: ApprovedScript, source: Source) -> ApprovedScript:
    """Bring an entry into the form that is signed and compared; raises InvalidInput."""
    created_at = required_instant(entry.created_at, source, "created_at")
    expires_at = required_instant(entry.expires_at, source, "expires_at")
    if to_ns(expires_at) <= to_ns(created_at):
        raise source.reject(
            f"{expires_at}, expected a time after {created_at}", f"{source.root}.expires_at"
        )
    tools = merged(_words(entry.tool_sequence))
    required(",".join(tools), source, "tool_sequence")
    return msgspec.structs.replace(
        entry,
        schema_id=_only(entry.schema_id, APPROVED_SCRIPT_SCHEMA, source, "schema_id"),
        schema_version=_only(entry.schema_version, SCHEMA_VERSION, source, "schema_version"),
        created_at=created_at,
        pattern_id=required(trim(entry.pattern_id), source, "pattern_id"),
        policy_digest=_digest(entry.policy_digest, source, "policy_digest"),
        script_hash=_digest(entry.script_hash, source, "script_hash"),
        tool_sequence=tools,
        scope=merged(_words(entry.scope)),
        approver_identity=required(trim(entry.approver_identity), source, "approver_identity"),
        expires_at=expires_at,
    )


def _wrapped_items(text: bytes, source: Source) -> Iterator[bytes]:
    """Return the texts of the entries; the object around them is not signed."""
    if not text.strip() or not read_record(text, ApprovedScripts, Source(source.name)).entries:
        return iter(())
    members = split_members(text, Source(source.name))
    return split_items(members["entries"], source, source.root)


def _words(texts: Iterable[str]) -> Iterator[str]:
    return filter(None, map(normal, texts))


def _only(text: str, wanted: str, source: Source, field: str) -> str:
    return one_of(text, (wanted,), source, field) or wanted


def _digest(text: str, source: Source, field: str) -> str:
    return required(digest_or_empty(text, source, field), source, field)


def _order(entry: ApprovedScript) -> tuple[str, int]:
    return entry.pattern_id, to_ns(entry.created_at)


def _fault(entry: ApprovedScript, key: bytes, now_ns: int) -> str:
    fault = _signature_fault(entry, key)
    if not fault and is_expired(entry, now_ns):
        fault = f"expired at {entry.expires_at}, expected a later time"
    return f"approved script {quoted(entry.pattern_id)}: {fault}" if fault else ""


def _signature_fault(entry: ApprovedScript, key: bytes) -> str:
    if entry.signature is UNSET:
        return "signature: none, expected one by the given key"
    from gait_engine.crypto.sign import check_signature

    return check_signature(signature_digest(entry), entry.signature, key)


def _is_in_scope(scope: str, intent: NormalIntent, steps: Sequence[NormalIntent]) -> bool:
    """Tell whether a script meets one condition of its entry; an unknown one is never met."""
    kind, _, wanted = scope.partition(":")
    match kind:
        case "risk":
            return intent.context.risk_class == wanted
        case "tool":
            return intent.tool_name == wanted
        case "workspace_prefix":
            return _is_in_workspace(intent.context.workspace, wanted)
        case "endpoint":
            return any(t.endpoint_class == wanted for step in steps for t in step.targets)
        case _:
            return False


def _is_in_workspace(workspace: str, prefix: str) -> bool:
    """Compare as text, the prefix as it was signed; a blank one is no folder."""
    cleaned = clean_path(workspace)
    return bool(prefix) and (cleaned == prefix or cleaned.startswith(f"{prefix}/"))


def _needs_evidence(rule: Rule) -> bool:
    return bool(
        rule.require_context_evidence
        or rule.required_context_evidence_mode
        or rule.max_context_age_seconds > 0
    )
