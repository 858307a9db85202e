"""Setting the gate up: everything it must know before it sees an intent (gate.md 4.2).

An inventory or a registry that cannot be used is kept as the reason why: what that means depends
on the risk of each call.
"""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from gait_engine.contract.gateoptions import OSS_PROD, PROFILES, RATE_LIMIT_PATH, GateOptions
from gait_engine.contract.intent import InventoryItem
from gait_engine.contract.policy import SEVERE_RISK_CLASSES, Policy, Rule
from gait_engine.errors import GaitError, InvalidInput, quoted
from gait_engine.gate.circumstances import zone_for
from gait_engine.gate.config import with_config
from gait_engine.gate.outputs import refuse_bad_outputs
from gait_engine.gate.policy import load
from gait_engine.gate.policydigest import policy_digest
from gait_engine.host import Host
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.wire.digest import Digest
from gait_engine.wire.text import normal, trim
from gait_engine.wire.timestamps import Timestamp, normalise

if TYPE_CHECKING:  # what no option asks for need not be loaded
    from gait_engine.contract.approvedscript import ApprovedScript
    from gait_engine.contract.runpack import Envelope
    from gait_engine.crypto.keys import Signer
    from gait_engine.gate.broker.issue import Broker
    from gait_engine.gate.broker.request import BrokerOptions

_KEY_MODE: Final = "dev"


class Gate(NamedTuple):
    """A gate that stands: its options in full, the policy, the keys, and where it looks things up.

    A `..._fault` says why something cannot be used, empty if it can. `at` is the fixed time of
    evaluation, None for now.
    """

    options: GateOptions
    policy: Policy
    policy_digest: Digest
    signer: "Signer"
    local: tzinfo
    at: Timestamp | None
    broker: "Broker | None"
    envelope: "Envelope | None"
    inventory: Mapping[str, InventoryItem]
    inventory_fault: str
    scripts: "tuple[ApprovedScript, ...]"
    scripts_fault: str
    warnings: tuple[str, ...]

    @property
    def is_oss_prod(self) -> bool:
        """Whether what cannot be known blocks every call."""
        return self.options.profile == OSS_PROD


def set_up(
    given: GateOptions, *, read_envelope: "Callable[[str], Envelope | None]", host: Host
) -> Gate:
    """Read and check everything that stands before the first intent.

    Raises InvalidInput, IoFailure; nothing has been written then.
    """
    configured = with_config(given, host=host)
    options = _settled(configured.options)
    refuse_bad_outputs(options, host=host)
    at = normalise(options.evaluation_time) if options.evaluation_time else None
    _require_production(options)
    policy = load(options.policy, host=host)
    _require_strict_default(policy, options)
    envelope = read_envelope(options.context_envelope)
    inventory, inventory_fault = _inventory(options, host)
    broker = _broker(options, host)
    _require_brokered(policy, options, broker)
    scripts, scripts_fault, warnings = _scripts(policy, options, host)
    return Gate(
        options=options,
        policy=policy,
        policy_digest=policy_digest(policy),
        signer=_signer(options, host),
        local=zone_for((policy,), host.env),
        at=at,
        broker=broker,
        envelope=envelope,
        inventory=inventory,
        inventory_fault=inventory_fault,
        scripts=scripts,
        scripts_fault=scripts_fault,
        warnings=(*configured.warnings, *warnings),
    )


def is_severe(risk_class: str) -> bool:
    """Tell the risk classes in which what cannot be known blocks a call under every profile."""
    return risk_class in SEVERE_RISK_CLASSES


def broker_options(options: GateOptions) -> "BrokerOptions":
    """Gather what the options say of the broker."""
    from gait_engine.gate.broker.request import ENV_PREFIX, BrokerOptions

    return BrokerOptions(
        name=options.credential_broker,
        env_prefix=options.credential_env_prefix or ENV_PREFIX,
        reference=options.credential_ref,
        scopes=options.credential_scopes,
        command=options.credential_command,
        command_args=options.credential_command_args,
    )


def _settled(options: GateOptions) -> GateOptions:
    """Check what must be given, and fill in the defaults."""
    if not options.policy:
        raise _missing("--policy", "a policy file")
    _require_utf8(options)
    profile = normal(options.profile) or PROFILES[0]
    if profile not in PROFILES:
        wanted = " or ".join(PROFILES)
        raise InvalidInput(f"option --profile: {quoted(options.profile)}, expected {wanted}")
    return msgspec.structs.replace(
        options,
        profile=profile,
        key_mode=options.key_mode or _KEY_MODE,
        rate_limit_state=options.rate_limit_state or RATE_LIMIT_PATH,
        trace_out=trim(options.trace_out),
    )


def _require_utf8(options: GateOptions) -> None:
    """Refuse what a signed trace could not hold."""
    for option, text in (
        ("--approval-token-ref", options.approval_token_ref),
        ("--wrkr-inventory", options.wrkr_inventory),
    ):
        if _holds_lost_bytes(text):
            raise InvalidInput(
                f"option {option}: {quoted(text)}, expected valid UTF-8", code="json_lossy_text"
            )


def _holds_lost_bytes(text: str) -> bool:
    if text.isascii():
        return False
    from gait_engine.gate.broker.request import holds_lost_bytes

    return holds_lost_bytes(text) is not None


def _missing(option: str, wanted: str) -> InvalidInput:
    return InvalidInput(f"option {option}: not given, expected {wanted}")


def _require_production(options: GateOptions) -> None:
    if options.profile != OSS_PROD:
        return
    if options.simulate:
        raise InvalidInput("option --simulate: given, expected none under --profile oss-prod")
    if normal(options.key_mode) != "prod" or options.own_keys.is_empty:
        raise InvalidInput(
            "signing key: dev, expected --key-mode prod and a private key under --profile oss-prod",
            hint="make a pair with gait keys init, then add --key-mode prod --private-key FILE",
        )


def _require_strict_default(policy: Policy, options: GateOptions) -> None:
    if options.profile == OSS_PROD and policy.default_verdict == "allow":
        raise InvalidInput(
            f"default_verdict ({options.policy}): 'allow', expected block, dry_run or"
            " require_approval under --profile oss-prod",
            where=options.policy,
        )


def _require_brokered(policy: Policy, options: GateOptions, broker: object) -> None:
    """Under oss-prod no rule lets a severe call pass without a credential from a broker."""
    if options.profile != OSS_PROD:
        return
    for rule in filter(_lets_severe_calls_pass, policy.rules):
        if not rule.require_broker_credential or broker is None:
            found = "no broker" if rule.require_broker_credential else "no broker credential"
            raise InvalidInput(
                f"rule {quoted(rule.name)} for high or critical risk: {found}, expected"
                " require_broker_credential and a broker under --profile oss-prod",
                where=options.policy,
                hint="set require_broker_credential in the rule and give --credential-broker",
            )


def _lets_severe_calls_pass(rule: Rule) -> bool:
    return rule.effect != "block" and bool(set(rule.match.risk_classes) & set(SEVERE_RISK_CLASSES))


def _broker(options: GateOptions, host: Host) -> "Broker | None":
    if not options.credential_broker:
        return None
    from gait_engine.gate.broker.issue import resolve

    return resolve(broker_options(options), host=host)


def _inventory(options: GateOptions, host: Host) -> tuple[Mapping[str, InventoryItem], str]:
    path = options.wrkr_inventory
    if not path:
        return {}, ""
    from gait_engine.gate.inventory import read_inventory

    try:
        text = read_input(path, limit=TEXT_LIMIT, host=host, what="wrkr inventory")
        return read_inventory(text, path), ""
    except GaitError as exc:
        return {}, exc.message


def _scripts(
    policy: Policy, options: GateOptions, host: Host
) -> "tuple[tuple[ApprovedScript, ...], str, tuple[str, ...]]":
    """Return the approved scripts, why they cannot be used, and what to warn of."""
    if not options.approved_script_registry:
        return (), "", ()
    from gait_engine.gate.approvedscripts import is_switched_off_by, read_registry

    if is_switched_off_by(policy):
        return (), "", ("approved scripts not used: the policy asks for context evidence",)
    try:
        scripts = read_registry(options.approved_script_registry, host=host)
    except GaitError as exc:
        return (), exc.message, ()
    return scripts, _signature_fault(scripts, options, host) if scripts else "", ()


def _signature_fault(
    scripts: "tuple[ApprovedScript, ...]", options: GateOptions, host: Host
) -> str:
    from gait_engine.crypto.keys import load_verify_key
    from gait_engine.gate.approvedscripts import verify_all

    sources = options.approval_keys if options.script_keys.is_empty else options.script_keys
    key = load_verify_key(sources, host, read_input)
    if key is None:
        return "no key to check approved scripts with, expected --approved-script-public-key"
    return verify_all(scripts, key, host.now_ns())


def _signer(options: GateOptions, host: Host) -> "Signer":
    from gait_engine.crypto.keys import load_signer

    return load_signer(options.key_mode, options.own_keys, host, read_input)
