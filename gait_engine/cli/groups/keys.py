"""`gait keys init|rotate|verify`."""

from typing import Annotated

import typer

from gait_engine.api import keys as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer
from gait_engine.store.layout import KEYS_DIR

OutDir = Annotated[str, typer.Option("--out-dir", help="Where the key files go.")]
Prefix = Annotated[str, typer.Option("--prefix", help="What the file names begin with.")]


def init(
    context: typer.Context,
    targets: options.Targets = None,
    out_dir: OutDir = KEYS_DIR,
    prefix: Prefix = api.DEFAULT_PREFIX,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an old pair.")] = False,
    json: options.Json = False,
) -> Answer:
    """Make a key pair for signing."""
    no_targets(targets)
    return api.init(out_dir=out_dir, prefix=prefix, force=force, host=host_of(context))


def rotate(
    context: typer.Context,
    targets: options.Targets = None,
    out_dir: OutDir = KEYS_DIR,
    prefix: Prefix = api.DEFAULT_PREFIX,
    json: options.Json = False,
) -> Answer:
    """Make the next key pair under a name with the time in it; keep the old one."""
    no_targets(targets)
    return api.rotate(out_dir=out_dir, prefix=prefix, host=host_of(context))


def verify(
    context: typer.Context,
    targets: options.Targets = None,
    public_key: options.PublicKey = "",
    public_key_env: options.PublicKeyEnv = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
) -> Answer:
    """Check that a private and a public key are a pair."""
    no_targets(targets)
    keys = options.key_sources(public_key, public_key_env, private_key, private_key_env)
    return api.verify(keys, host=host_of(context))
