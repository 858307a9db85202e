"""`gait registry install|list|show|verify`."""

from typing import Annotated, Any, Final

import typer

from gait_engine.api import registry as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets, only_target
from gait_engine.contract.answers.base import Answer

_INSTALL_OPTIONS: Final = {
    "cache_dir": "Where packs are installed, ~/.gait/registry by default.",
    "allow_host": "Hosts that may be asked, by commas; for an https address.",
    "publisher_allowlist": "Publishers to take packs from, by commas.",
    "pin": "The digest that the manifest must have.",
    "allow_insecure_http": "Take http addresses too.",
    "allow_cached_fallback": "With --pin: use an installed copy when nobody answers.",
    "retry_max_attempts": "How often to ask.",
    "retry_base_delay": "How long to wait after the first time, doubled after each.",
}
CacheDir = Annotated[str, typer.Option("--cache-dir", help=_INSTALL_OPTIONS["cache_dir"])]


@options.takes(api.InstallRequest, _INSTALL_OPTIONS)
def install(
    context: typer.Context,
    targets: options.Targets = None,
    source: Annotated[str, typer.Option("--source", help="File or address; as TARGET.")] = "",
    public_key: options.PublicKey = "",
    public_key_env: options.PublicKeyEnv = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
    **given: Any,  # noqa: ANN401  # the fields of InstallRequest
) -> Answer:
    """Check the signed manifest of a pack, install and pin it."""
    return api.install(
        only_target(targets, source, "give one manifest: a file or an https address"),
        api.InstallRequest(**given),
        keys=options.key_sources(public_key, public_key_env, private_key, private_key_env),
        host=host_of(context),
    )


def list_all(
    context: typer.Context,
    targets: options.Targets = None,
    cache_dir: CacheDir = "",
    json: options.Json = False,
) -> Answer:
    """List the installed packs; signatures are not checked."""
    no_targets(targets)
    return api.list_all(cache_dir=cache_dir, host=host_of(context))


def show(
    context: typer.Context,
    targets: options.Targets = None,
    path: Annotated[str, typer.Option("--path", help="The manifest; the same as TARGET.")] = "",
    json: options.Json = False,
) -> Answer:
    """Show what a manifest says of its pack; signatures are not checked."""
    target = only_target(targets, path, "give one manifest; gait registry list names those here")
    return api.show(target, host=host_of(context))


def verify(
    context: typer.Context,
    targets: options.Targets = None,
    path: Annotated[str, typer.Option("--path", help="The manifest; the same as TARGET.")] = "",
    cache_dir: Annotated[
        str, typer.Option("--cache-dir", help="Whose pin to look at; that around the manifest.")
    ] = "",
    publisher_allowlist: Annotated[
        str, typer.Option("--publisher-allowlist", help=_INSTALL_OPTIONS["publisher_allowlist"])
    ] = "",
    report_out: Annotated[str, typer.Option("--report-out", help="Write a report here.")] = "",
    public_key: options.PublicKey = "",
    public_key_env: options.PublicKeyEnv = "",
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    json: options.Json = False,
) -> Answer:
    """Check signature, pin and publisher of an installed manifest."""
    return api.verify(
        only_target(targets, path, "give one manifest; gait registry list names those installed"),
        cache_dir=cache_dir,
        publisher_allowlist=publisher_allowlist,
        report_out=report_out,
        keys=options.key_sources(public_key, public_key_env, private_key, private_key_env),
        host=host_of(context),
    )
