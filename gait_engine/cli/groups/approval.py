"""`gait approve`."""

import re
from typing import Annotated, Final

import typer

from gait_engine.api import tokens as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.keys import KeySources
from gait_engine.errors import InvalidInput, quoted

_MAX_INT64: Final = 2**63 - 1
_is_decimal: Final = re.compile("-?[0-9]{1,20}").fullmatch


def approve(
    context: typer.Context,
    targets: options.Targets = None,
    intent_digest: Annotated[str, typer.Option("--intent-digest", help="Of the intent.")] = "",
    policy_digest: Annotated[str, typer.Option("--policy-digest", help="Of the policy.")] = "",
    delegation_binding_digest: Annotated[
        str, typer.Option("--delegation-binding-digest", help="Of the intent's delegation.")
    ] = "",
    ttl: Annotated[str, typer.Option("--ttl", help="How long it is good, such as 1h.")] = "",
    scope: Annotated[str, typer.Option("--scope", help="Such as tool:NAME, by commas.")] = "",
    approver: Annotated[str, typer.Option("--approver", help="Who approves.")] = "",
    reason_code: Annotated[str, typer.Option("--reason-code", help="Why.")] = "",
    max_targets: Annotated[
        str, typer.Option("--max-targets", help="At most so many targets; 0: any number.")
    ] = "0",
    max_ops: Annotated[
        str, typer.Option("--max-ops", help="At most so many steps; 0: any number.")
    ] = "0",
    out: Annotated[str, typer.Option("--out", help="The file to write.")] = "",
    key_mode: Annotated[str, typer.Option("--key-mode", help="dev or prod.")] = api.DEV,
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
) -> Answer:
    """Mint an approval token for one intent."""
    no_targets(targets)
    request = api.ApproveRequest(
        intent_digest=intent_digest,
        policy_digest=policy_digest,
        ttl=ttl,
        scope=tuple(scope.split(",")),
        approver=approver,
        reason_code=reason_code,
        delegation_binding_digest=delegation_binding_digest,
        max_targets=_whole_number(max_targets, "--max-targets"),
        max_ops=_whole_number(max_ops, "--max-ops"),
        out=out,
        key_mode=key_mode,
        keys=KeySources(private_key=private_key, private_key_env=private_key_env),
    )
    return api.approve(request, host=host_of(context))


def _whole_number(text: str, option: str) -> int:
    """Read an integer in plain decimal; `0x3` and `1_0` are none."""
    if not _is_decimal(text) or abs(int(text)) > _MAX_INT64:
        raise InvalidInput(f"option {option}: {quoted(text)}, expected 0 to {_MAX_INT64}")
    return int(text)
