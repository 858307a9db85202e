"""Intents: reading one, its normal form, and the digests that approvals are bound to.

Everything about an intent that rules judge is in its digest, and nothing else is.
Contract: gate.md 1.
"""

from itertools import chain
from typing import Final

from msgspec import UNSET, Raw, UnsetType

from gait_engine.contract.intent import (
    SCRIPT_TOOL,
    ArgProvenance,
    IntentPreimage,
    IntentRequest,
    NormalIntent,
    Script,
    Target,
)
from gait_engine.errors import InvalidInput
from gait_engine.gate.claims import normalise_delegation, normalise_provenance, normalise_skill
from gait_engine.gate.context import normalise_context
from gait_engine.gate.credentials import refuse_raw_credentials
from gait_engine.gate.fields import below, required
from gait_engine.gate.freeform import write_object
from gait_engine.gate.script import normalise_script, script_hash, trimmed_args
from gait_engine.gate.targets import normalise_targets
from gait_engine.host import Host
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.digest import Digest, sha256_hex
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.text import normal

_INTENT: Final = Source("intent")


def read_intent(path: str, *, host: Host) -> NormalIntent:
    """Read an intent file into normal form; raises InvalidInput, IoFailure."""
    text = read_input(path, limit=TEXT_LIMIT, host=host, what="intent")
    return normalise(parse_intent(text, path), Source(path))


def parse_intent(text: bytes, name: str) -> IntentRequest:
    """Read an intent as it stands; unknown plain fields are ignored, `name` is for errors.

    Raises InvalidInput for what is no intent, and for what two readers could read differently.
    """
    source = Source(name)
    try:
        return read_record(text, IntentRequest, source)
    except InvalidInput as exc:
        if exc.code == "json_lossy_number":  # a field that cannot hold it at all is plainly wrong
            read_record(text, IntentRequest, source._replace(digested=False))
        raise


def normalise(request: IntentRequest, source: Source = _INTENT) -> NormalIntent:
    """Bring an intent into the one form that is judged and digested, its claims kept.

    Raises InvalidInput with the place of what cannot be judged; places are worked out only then.
    """
    try:
        return _normalised(request, source._replace(root=""))
    except InvalidInput:
        return _normalised(request, source)


def _normalised(request: IntentRequest, source: Source) -> NormalIntent:
    script = request.script
    if script is not UNSET:
        script = normalise_script(script, below(source, ".script"))
    tool_name = SCRIPT_TOOL if script is not UNSET else normal(request.tool_name)
    delegation = request.delegation
    if delegation is not UNSET:
        delegation = normalise_delegation(delegation, below(source, ".delegation"))
    skill = request.skill_provenance
    if skill is not UNSET:
        skill = normalise_skill(skill, below(source, ".skill_provenance"))
    return NormalIntent(
        created_at=request.created_at,
        tool_name=required(tool_name, source, "tool_name"),
        args=_args(request.args, below(source, ".args")),
        targets=normalise_targets(
            request.targets or _targets_of(script), tool_name, below(source, ".targets")
        ),
        context=normalise_context(request.context, below(source, ".context")),
        script_hash="" if script is UNSET else script_hash(script),
        script=script,
        arg_provenance=normalise_provenance(
            request.arg_provenance or _provenance_of(script), below(source, ".arg_provenance")
        ),
        skill_provenance=skill,
        delegation=delegation,
    )


def args_digest(intent: NormalIntent) -> Digest:
    """Digest the arguments."""
    return sha256_hex(bytes(intent.args))


def intent_digest(intent: NormalIntent) -> Digest:
    """Digest an intent as it is given: prepared or not makes a difference (gate.md 1.7)."""
    return sha256_hex(
        canonical_record(
            IntentPreimage(
                tool_name=intent.tool_name,
                args=intent.args,
                targets=intent.targets,
                context=intent.context,
                script_hash=intent.script_hash,
                script=intent.script,
                arg_provenance=intent.arg_provenance,
                skill_provenance=intent.skill_provenance,
                delegation=intent.delegation,
            )
        )
    )


def _args(args: Raw, source: Source) -> Raw:
    plain = trimmed_args(args, source)
    refuse_raw_credentials(plain, source)
    return write_object(plain)


def _targets_of(script: Script | UnsetType) -> tuple[Target, ...]:
    """Collect the targets of all steps, for a script that names none of its own."""
    if script is UNSET:
        return ()
    return tuple(chain.from_iterable(step.targets for step in script.steps))


def _provenance_of(script: Script | UnsetType) -> tuple[ArgProvenance, ...]:
    if script is UNSET:
        return ()
    return tuple(chain.from_iterable(step.arg_provenance for step in script.steps))
