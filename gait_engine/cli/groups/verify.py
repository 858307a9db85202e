"""`gait verify`, `verify chain`, `verify session-chain`."""

from typing import Annotated, Final

import typer

from gait_engine.cli import options
from gait_engine.cli.parse import host_of, line_of
from gait_engine.cli.targets import no_targets, only_target
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.answers.verify import VerifyAnswer, VerifyChainAnswer

FAILED: Final[dict[str, Answer]] = {
    "verify chain": VerifyChainAnswer(ok=False, run=VerifyAnswer(ok=False)),
}


def verify(
    context: typer.Context,
    targets: options.Targets = None,
    profile: options.Profile = "",
    require_signature: options.RequireSignature = False,
    public_key: options.PublicKey = "",
    public_key_env: options.PublicKeyEnv = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    root: Annotated[
        list[str] | None, typer.Option("--root", help="Look a run id up here first; repeatable.")
    ] = None,
    files: Annotated[bool, typer.Option("--files", help="List every member.")] = False,
    json: options.Json = False,
) -> Answer:
    """Check a runpack, given by run id, path or ticket footer."""
    from gait_engine.cli.verify import VerifyOptions, answer

    asked = VerifyOptions(
        targets=tuple(targets or ()),
        profile=profile,
        require_signature=require_signature,
        public_key=public_key,
        public_key_env=public_key_env,
        private_key=private_key,
        private_key_env=private_key_env,
        root=tuple(root or ()),
        files=files,
        json=json,
    )
    return answer(asked, line_of(context))


def chain(
    context: typer.Context,
    targets: options.Targets = None,
    run: Annotated[str, typer.Option("--run", help="Run id or path of the runpack.")] = "",
    trace: Annotated[str, typer.Option("--trace", help="Gate trace to check as well.")] = "",
    pack: Annotated[str, typer.Option("--pack", help="Evidence pack to check as well.")] = "",
    profile: options.Profile = "",
    require_signature: options.RequireSignature = False,
    public_key: options.PublicKey = "",
    public_key_env: options.PublicKeyEnv = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
) -> Answer:
    """Check a runpack together with its gate trace and evidence pack."""
    from gait_engine.api.chain import verify_chain

    no_targets(targets)
    return verify_chain(
        run=run,
        trace=trace,
        pack=pack,
        profile=profile,
        require_signature=require_signature,
        keys=options.key_sources(public_key, public_key_env, private_key, private_key_env),
        host=host_of(context),
    )


def session_chain(
    context: typer.Context,
    targets: options.Targets = None,
    chain: Annotated[str, typer.Option("--chain", help="The chain file.")] = "",
    profile: options.Profile = "",
    require_signature: options.RequireSignature = False,
    public_key: options.PublicKey = "",
    public_key_env: options.PublicKeyEnv = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
) -> Answer:
    """Check the links of a session chain and the runpacks it names."""
    from gait_engine.api.chain import verify_session_chain

    return verify_session_chain(
        only_target(targets, chain),
        profile=profile,
        require_signature=require_signature,
        keys=options.key_sources(public_key, public_key_env, private_key, private_key_env),
        host=host_of(context),
    )
