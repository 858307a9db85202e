"""`gait delegate mint|verify`."""

from typing import Annotated

import typer

from gait_engine.api import tokens as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.keys import KeySources

Delegator = Annotated[str, typer.Option("--delegator", help="Who hands the right on.")]
Delegate = Annotated[str, typer.Option("--delegate", help="Who may act.")]
Scope = Annotated[str, typer.Option("--scope", help="What for, by commas.")]
IntentDigest = Annotated[str, typer.Option("--intent-digest", help="For this intent only.")]
PolicyDigest = Annotated[str, typer.Option("--policy-digest", help="Under this policy only.")]


def mint(
    context: typer.Context,
    targets: options.Targets = None,
    delegator: Delegator = "",
    delegate: Delegate = "",
    scope: Scope = "",
    scope_class: Annotated[str, typer.Option("--scope-class", help="Its kind.")] = "",
    ttl: Annotated[str, typer.Option("--ttl", help="How long it is good, such as 1h.")] = "",
    intent_digest: IntentDigest = "",
    policy_digest: PolicyDigest = "",
    out: Annotated[str, typer.Option("--out", help="The file to write.")] = "",
    key_mode: Annotated[str, typer.Option("--key-mode", help="dev or prod.")] = api.DEV,
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
) -> Answer:
    """Mint a token that lets another act for you."""
    no_targets(targets)
    request = api.DelegateRequest(
        delegator=delegator,
        delegate=delegate,
        ttl=ttl,
        scope=tuple(scope.split(",")),
        scope_class=scope_class,
        intent_digest=intent_digest,
        policy_digest=policy_digest,
        out=out,
        key_mode=key_mode,
        keys=KeySources(private_key=private_key, private_key_env=private_key_env),
    )
    return api.mint_delegate(request, host=host_of(context))


def verify(
    context: typer.Context,
    targets: options.Targets = None,
    token: Annotated[str, typer.Option("--token", help="The token file.")] = "",
    delegator: Delegator = "",
    delegate: Delegate = "",
    scope: Scope = "",
    intent_digest: IntentDigest = "",
    policy_digest: PolicyDigest = "",
    public_key: options.PublicKey = "",
    public_key_env: options.PublicKeyEnv = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
) -> Answer:
    """Check a delegation token, and that it says what is asked for."""
    no_targets(targets)
    request = api.VerifyRequest(
        token=token,
        delegator=delegator,
        delegate=delegate,
        scope=tuple(scope.split(",")),
        intent_digest=intent_digest,
        policy_digest=policy_digest,
        keys=options.key_sources(public_key, public_key_env, private_key, private_key_env),
    )
    return api.verify_delegate(request, host=host_of(context))
