"""`gait doctor` and `gait doctor adoption`."""

from typing import Annotated, Any, Final

import typer

from gait_engine.api import doctor as api
from gait_engine.cli import options
from gait_engine.cli.parse import host_of
from gait_engine.cli.targets import no_targets
from gait_engine.contract.answers.base import Answer

_OPTIONS: Final = {
    "workdir": "What is examined.",
    "output_dir": "Where artifacts go, relative to the workdir.",
    "key_mode": "dev or prod.",
    "production_readiness": "Look at the settings production needs; exit 2 if one is missing.",
    "summary": "As text: show what is wrong only.",
    "look_only": "Create no file, start no program; folders go by their permissions.",
}


@options.takes(api.DoctorRequest, _OPTIONS)
def doctor(
    context: typer.Context,
    targets: options.Targets = None,
    private_key: options.PrivateKey = "",
    private_key_env: options.PrivateKeyEnv = "",
    public_key: options.PublicKey = "",
    public_key_env: options.PublicKeyEnv = "",
    json: options.Json = False,
    **given: Any,  # noqa: ANN401  # the fields of DoctorRequest
) -> Answer:
    """Look for what keeps gait from working here; each finding names its fix."""
    no_targets(targets)
    return api.doctor(
        api.DoctorRequest(**given),
        keys=options.key_sources(public_key, public_key_env, private_key, private_key_env),
        host=host_of(context),
    )


def adoption(
    context: typer.Context,
    targets: options.Targets = None,
    log: Annotated[str, typer.Option("--from", help="What GAIT_ADOPTION_LOG named.")] = "",
    json: options.Json = False,
) -> Answer:
    """Sum up a log of adoption events."""
    no_targets(targets)
    return api.adoption(log, host=host_of(context))
