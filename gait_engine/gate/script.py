"""Scripts: several calls judged together, each step also as an intent of its own.

Contract: gate.md 1.3, 3.5.
"""

from msgspec import UNSET, Raw

from gait_engine.contract.intent import MAX_SCRIPT_STEPS, NormalIntent, Script, Step
from gait_engine.gate.claims import normalise_provenance
from gait_engine.gate.fields import below, required
from gait_engine.gate.freeform import read_object, trim_object, write_object
from gait_engine.gate.targets import normalise_targets
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.digest import Digest, sha256_hex
from gait_engine.wire.jsonread import Source
from gait_engine.wire.text import normal


def normalise_script(script: Script, source: Source) -> Script:
    """Normalise every step.

    Raises InvalidInput for no step, for more than 64, and for a step that is no valid call.
    """
    count = len(script.steps)
    if not 0 < count <= MAX_SCRIPT_STEPS:
        raise source.reject(
            f"{count} steps, expected 1 to {MAX_SCRIPT_STEPS}", f"{source.root}.steps"
        )
    return Script(
        steps=tuple(
            _normalised(step, below(source, f".steps[{index}]"))
            for index, step in enumerate(script.steps)
        )
    )


def script_hash(script: Script) -> Digest:
    """Digest a normalised script, as approved scripts are known by it."""
    return sha256_hex(canonical_record(script))


def step_intents(intent: NormalIntent) -> tuple[NormalIntent, ...]:
    """Return each step as an intent of its own; context, delegation and skill are shared."""
    return (
        () if intent.script is UNSET else tuple(_as_intent(s, intent) for s in intent.script.steps)
    )


def trimmed_args(args: Raw, source: Source) -> dict[str, object]:
    """Decode the arguments of a call, trimmed throughout."""
    plain = read_object(args)
    trim_object(plain, source)
    return plain


def _normalised(step: Step, source: Source) -> Step:
    tool_name = required(normal(step.tool_name), source, "tool_name")
    return Step(
        tool_name=tool_name,
        # raw credentials are looked for in the arguments of the intent only: gate.md 1.3
        args=write_object(trimmed_args(step.args, below(source, ".args"))),
        targets=normalise_targets(step.targets, tool_name, below(source, ".targets")),
        arg_provenance=normalise_provenance(step.arg_provenance, below(source, ".arg_provenance")),
    )


def _as_intent(step: Step, intent: NormalIntent) -> NormalIntent:
    return NormalIntent(
        created_at=intent.created_at,
        tool_name=step.tool_name,
        args=step.args,
        targets=step.targets,
        context=intent.context,
        arg_provenance=step.arg_provenance,
        skill_provenance=intent.skill_provenance,
        delegation=intent.delegation,
    )
