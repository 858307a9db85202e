"""Whether an issued credential is what was asked for and what the rules let pass (gate.md 4.4)."""

from collections.abc import Iterator
from typing import Final

from gait_engine.contract.broker import BrokerCredential, BrokerRequest
from gait_engine.contract.intent import CREDENTIAL_ACCESS_TYPES, NormalIntent
from gait_engine.contract.policy import Policy, Rule, Texts
from gait_engine.gate.broker.request import listed
from gait_engine.gate.credentialrules import STANDING_ACCESS
from gait_engine.gate.targets import targets_digest
from gait_engine.gate.verdicts import merged
from gait_engine.wire.digest import Digest

_LISTS: Final = (
    ("credential_source_disallowed", "allowed_credential_sources", "source"),
    ("credential_access_type_disallowed", "allowed_credential_access_types", "access_type"),
)


def receipt_faults(
    credential: BrokerCredential,
    request_digest: Digest,
    intent: NormalIntent,
    policy: Policy,
    matched_rule: str,
    request: BrokerRequest,
) -> Texts:
    """Return the faults of a credential, reasons and violations alike; none means it is good.

    Rules take part by name: all that are called as one part of `matched_rule`, wherever they
    stand. Where none is, nothing is checked.
    """
    names = set(listed(matched_rule))
    rules = [rule for rule in policy.rules if rule.name in names]
    if not rules:
        return ()
    return merged(
        _answer_faults(credential, request_digest, request),
        _call_faults(credential, intent),
        *(_rule_faults(rule, credential) for rule in rules),
    )


def _answer_faults(
    credential: BrokerCredential, request_digest: Digest, request: BrokerRequest
) -> Iterator[str]:
    if not credential.request_digest:
        yield "broker_request_digest_missing"
    elif credential.request_digest != request_digest:
        yield "broker_request_digest_mismatch"
    if not set(request.scope) <= set(credential.scope):
        yield "broker_scope_mismatch"


def _call_faults(credential: BrokerCredential, intent: NormalIntent) -> Iterator[str]:
    """Find that a credential is another than the intent names, or bound to another call."""
    context = intent.context
    if context.credential_ref not in ("", credential.credential_ref):
        yield "broker_credential_ref_mismatch"
    if credential.target_binding != targets_digest(intent.targets):
        yield "broker_target_binding_mismatch"
    if context.run_id not in ("", credential.run_binding):
        yield "broker_run_binding_mismatch"
    if context.job_id not in ("", credential.job_binding):
        yield "broker_job_binding_mismatch"


def _rule_faults(rule: Rule, credential: BrokerCredential) -> Iterator[str]:
    if rule.max_credential_ttl_seconds > 0 and not (
        0 < credential.ttl_seconds <= rule.max_credential_ttl_seconds
    ):
        yield "broker_ttl_exceeded"
    if rule.require_jit_credential and credential.access_type != "jit":
        yield "credential_not_jit"
    if rule.block_standing_credentials and _may_stand(credential.access_type):
        yield "standing_credential_disallowed"
    issuers = rule.allowed_credential_issuers
    if issuers and not (credential.names_issuer and credential.issuer in issuers):
        yield "credential_issuer_disallowed"
    for code, option, field in _LISTS:
        allowed = getattr(rule, option)
        if allowed and getattr(credential, field) not in allowed:
            yield code


def _may_stand(access_type: str) -> bool:
    """Tell a credential that stands, or of which nobody knows that it does not."""
    return access_type in STANDING_ACCESS or access_type not in CREDENTIAL_ACCESS_TYPES
