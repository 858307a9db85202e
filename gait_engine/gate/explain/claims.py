"""The checks of what an intent says about itself: evidence, agent, credential, sandbox.

Contract: gate.md 3.4 (3, 4, 5, 7).
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import UNSET

from gait_engine.contract.answers.policyexplain import Condition
from gait_engine.contract.intent import (
    CONTEXT_AGE,
    AgentIdentity,
    Context,
    NormalIntent,
    SandboxClaim,
)
from gait_engine.contract.policy import Rule, SandboxRule, Texts
from gait_engine.gate.agentrules import judge_agent
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.credentialrules import STANDING_ACCESS, judge_credential
from gait_engine.gate.evidencerules import judge_evidence
from gait_engine.gate.explain.rows import NOT_SET, Seen, as_texts, condition, present
from gait_engine.gate.freeform import read_object
from gait_engine.gate.sandbox import sandbox_decision
from gait_engine.gate.targets import targets_digest
from gait_engine.gate.verdicts import NOTHING, blocked
from gait_engine.wire.text import lower
from gait_engine.wire.timestamps import is_zero

_AGENT_RELATIONS: Final = {
    "require_declared_agent": "all_of",
    "allowed_agent_ids": "any_of",
    "denied_agent_ids": "none_of",
    "required_agent_manifest_digest": "any_of",
    "allowed_agent_manifest_publishers": "any_of",
    "allowed_agent_manifest_sources": "any_of",
    "required_agent_lifecycle_states": "all_of",
    "require_agent_owner": "is_set",
    "require_unexpired_agent": "after",
}
_CREDENTIAL_RELATIONS: Final = {
    "block_standing_credentials": "none_of",
    "allowed_credential_sources": "any_of",
    "allowed_credential_issuers": "any_of",
    "allowed_credential_access_types": "any_of",
    "max_credential_ttl_seconds": "at_most",
    "require_jit_credential": "any_of",
}
_CREDENTIAL_MUSTS: Final = ("credential_ref", "credential_source", "credential_access_type")
_DIMENSIONS: Final = (
    ("network_mode", "allowed_network_modes"),
    ("env_exposure_mode", "allowed_env_exposure_modes"),
    ("filesystem_isolation", "allowed_filesystem_isolations"),
    ("user_mode", "allowed_user_modes"),
)


def see_evidence(rule: Rule, intent: NormalIntent, _: Circumstances) -> Seen:
    """See the context evidence that is demanded; only an envelope could have brought it."""
    finding = judge_evidence(rule, intent)
    context, reasons = intent.context, finding.reasons
    mode, max_age = rule.required_context_evidence_mode, rule.max_context_age_seconds
    rows: list[Condition] = []
    if rule.require_context_evidence or mode or max_age > 0:
        is_met = "context_evidence_missing" not in reasons
        rows.append(present("context_set_digest", context.context_set_digest, met=is_met))
    if mode:
        is_met = "context_evidence_mode_mismatch" not in reasons
        found = (context.context_evidence_mode,)
        rows.append(condition("context_evidence_mode", (mode,), found, met=is_met))
    if max_age > 0:
        is_met = "context_freshness_exceeded" not in reasons
        age, wanted = _age(context), (str(max_age),)
        rows.append(condition(CONTEXT_AGE, wanted, age, met=is_met, relation="at_most"))
    return Seen(finding, tuple(rows))


def see_agent(rule: Rule, intent: NormalIntent, around: Circumstances) -> Seen:
    """See every option about the agent, and a revocation, which needs none of its own."""
    options = [option for option in _AGENT_RELATIONS if getattr(rule, option)]
    if not options:
        return NOT_SET
    agent = intent.context.agent_identity
    rows = [_agent_row(option, rule, intent, around) for option in options]
    if agent is not UNSET and agent.revoked:
        row = condition("agent_identity.revoked", ("true",), ("true",), met=False)
        rows.append(msgspec.structs.replace(row, relation="none_of"))
    return Seen(judge_agent(rule, intent, around.at), tuple(rows))


def see_credential(rule: Rule, intent: NormalIntent, _: Circumstances) -> Seen:
    """See every option about the credential, and what any of them asks for beside itself."""
    options = [option for option in _CREDENTIAL_RELATIONS if getattr(rule, option)]
    if not options:
        return NOT_SET
    context, finding = intent.context, judge_credential(rule, intent)
    given = {name: getattr(context, name) for name in _CREDENTIAL_MUSTS}
    rows = [present(name, value, met=bool(value)) for name, value in given.items()]
    rows += [_credential_row(option, rule, intent) for option in options]
    rows += _binding_rows(intent, finding.reasons)
    return Seen(finding, tuple(rows))


def see_sandbox(rule: Rule, intent: NormalIntent, _: Circumstances) -> Seen:
    """See every dimension of the sandbox that is claimed."""
    if not rule.sandbox.enabled:
        return NOT_SET
    claim = intent.context.sandbox
    reasons = sandbox_decision(rule.sandbox, claim).reason_codes
    rows = (
        (present("sandbox", "", met=False),)
        if claim is UNSET
        else tuple(_sandbox_rows(rule.sandbox, claim, reasons))
    )
    return Seen(blocked(reasons), rows)


def _age(context: Context) -> Texts:
    if context.auth_context is UNSET:
        return ()
    age = read_object(context.auth_context).get(CONTEXT_AGE)
    return () if age is None else (str(age),)


def _agent_row(option: str, rule: Rule, intent: NormalIntent, around: Circumstances) -> Condition:
    context = intent.context
    agent = AgentIdentity() if context.agent_identity is UNSET else context.agent_identity
    unrevoked = context.agent_identity
    if unrevoked is not UNSET:
        unrevoked = msgspec.structs.replace(agent, revoked=False)
    alone = Rule(**{option: getattr(rule, option)})
    asked = msgspec.structs.replace(
        intent, context=msgspec.structs.replace(context, agent_identity=unrevoked)
    )
    return condition(
        option,
        _agent_wanted(option, rule, around),
        _agent_found(option, context, agent),
        met=judge_agent(alone, asked, around.at) == NOTHING,
        relation=_AGENT_RELATIONS[option],
    )


def _agent_wanted(option: str, rule: Rule, around: Circumstances) -> Texts:
    spelled = {
        "require_declared_agent": ("agent_id", "agent_identity"),
        "require_agent_owner": ("given",),
        "require_unexpired_agent": (around.at,),
    }
    return spelled.get(option) or as_texts(getattr(rule, option))


def _agent_found(option: str, context: Context, agent: AgentIdentity) -> Texts:
    declared = (
        "agent_id" if context.agent_id else "",
        "" if context.agent_identity is UNSET else "agent_identity",
    )
    return {
        "require_declared_agent": declared,
        "allowed_agent_ids": (context.agent_id,),
        "denied_agent_ids": (context.agent_id,),
        "required_agent_manifest_digest": (agent.manifest_digest,),
        "allowed_agent_manifest_publishers": (lower(agent.publisher),),
        "allowed_agent_manifest_sources": (agent.source,),
        "required_agent_lifecycle_states": agent.lifecycle_states,
        "require_agent_owner": (agent.owner,),
        "require_unexpired_agent": () if is_zero(agent.expires_at) else (agent.expires_at,),
    }[option]


def _credential_row(option: str, rule: Rule, intent: NormalIntent) -> Condition:
    context = intent.context
    # an option that is met for certain shows what every option asks for beside itself
    satisfied = Rule(allowed_credential_issuers=(context.credential_issuer,))
    alone = Rule(**{option: getattr(rule, option)})
    asked = judge_credential(alone, intent).reasons
    ttl = context.credential_ttl_seconds
    found = {
        "allowed_credential_sources": context.credential_source,
        "allowed_credential_issuers": context.credential_issuer,
        "max_credential_ttl_seconds": str(ttl) if ttl > 0 else "",
    }
    wanted = {
        "block_standing_credentials": tuple(sorted(STANDING_ACCESS - {""})),
        "require_jit_credential": ("jit",),
    }
    return condition(
        option,
        wanted.get(option) or as_texts(getattr(rule, option)),
        (found.get(option, context.credential_access_type),),
        met=len(asked) == len(judge_credential(satisfied, intent).reasons),
        relation=_CREDENTIAL_RELATIONS[option],
    )


def _binding_rows(intent: NormalIntent, reasons: Texts) -> Iterator[Condition]:
    """Yield the bindings that are broken: to the targets, the run, the job."""
    context = intent.context
    bindings = (
        ("target", context.credential_target_binding, targets_digest(intent.targets)),
        ("run", context.credential_run_binding, context.run_id),
        ("job", context.credential_job_binding, context.job_id),
    )
    for name, found, wanted in bindings:
        if f"credential_{name}_binding_mismatch" in reasons:
            yield condition(f"credential_{name}_binding", (wanted,), (found,), met=False)


def _sandbox_rows(rule: SandboxRule, claim: SandboxClaim, reasons: Texts) -> Iterator[Condition]:
    is_proven = "sandbox_evidence_missing" not in reasons
    proof = (claim.evidence_ref, claim.evidence_digest)
    wanted: Texts = ("evidence_ref", "evidence_digest")
    given = [name for name, value in zip(wanted, proof, strict=True) if value]
    yield condition("evidence", wanted, given, met=is_proven, relation="all_of")
    for name, option in _DIMENSIONS:
        is_met = not {f"sandbox_{name}_missing", f"sandbox_{name}_disallowed"} & set(reasons)
        allowed, found = getattr(rule, option), getattr(claim, name)
        if allowed:
            yield condition(name, allowed, (found,), met=is_met)
        else:
            yield present(name, found, met=is_met)
    yield _timeout_row(rule.max_timeout_seconds, claim.timeout_seconds, reasons)
    yield from _path_rows(rule, claim, reasons)


def _timeout_row(limit: int, claimed: int, reasons: Texts) -> Condition:
    is_met = not {"sandbox_timeout_missing", "sandbox_timeout_exceeded"} & set(reasons)
    found = str(claimed) if claimed > 0 else ""
    if not limit:
        return present("timeout_seconds", found, met=is_met)
    return condition("timeout_seconds", (str(limit),), (found,), met=is_met, relation="at_most")


def _path_rows(rule: SandboxRule, claim: SandboxClaim, reasons: Texts) -> Iterator[Condition]:
    prefixes, roots = rule.allowed_writable_path_prefixes, rule.required_read_only_roots
    if prefixes:
        is_met = "sandbox_writable_path_disallowed" not in reasons
        paths = claim.writable_paths
        yield condition("writable_paths", prefixes, paths, met=is_met, relation="below")
    if roots:
        is_met = "sandbox_read_only_root_missing" not in reasons
        yield condition("read_only_roots", roots, claim.read_only_roots, met=is_met)
