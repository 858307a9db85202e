"""Options that several commands share."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
import typer

from gait_engine.contract.keys import KeySources

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Explain = Annotated[bool, typer.Option("--explain", help="Say why it was decided so.")]
PublicKey = Annotated[str, typer.Option("--public-key", help="File with the public key.")]
PublicKeyEnv = Annotated[
    str, typer.Option("--public-key-env", help="Variable with the public key.")
]
PrivateKey = Annotated[str, typer.Option("--private-key", help="File with the private key.")]
PrivateKeyEnv = Annotated[
    str, typer.Option("--private-key-env", help="Variable with the private key.")
]
Profile = Annotated[
    str, typer.Option("--profile", help="standard, or strict: a key and a valid signature.")
]
RequireSignature = Annotated[
    bool, typer.Option("--require-signature", help="Fail unless a signature is valid.")
]
Targets = Annotated[list[str] | None, typer.Argument(metavar="TARGET", show_default=False)]
From = Annotated[str, typer.Option("--from", help="Run id or path; the same as TARGET.")]
Engine = Annotated[
    str, typer.Option("--engine", help="Who reads: local, process[:N] or dask:HOST:PORT.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing, say what would be.")]
NoOverwrite = Annotated[bool, typer.Option("--no-overwrite", help="Refuse what is there already.")]


def key_sources(public: str, public_env: str, private: str, private_env: str) -> KeySources:
    """Gather the four key options."""
    return KeySources(public, public_env, private, private_env)


Function = TypeVar("Function", bound=Callable[..., Any])


def takes(record: type[msgspec.Struct], help_texts: Mapping[str, str]) -> Callable[..., Any]:
    """Declare an option for each field of a record, in place of the `**given` of a function.

    A field `trace_out` becomes `--trace-out`, a boolean one a switch. Each needs its help text.
    """

    def declared(function: Function) -> Function:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        added = [_parameter(field, help_texts) for field in msgspec.structs.fields(record)]
        parameters = [*own, *added]
        function.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        function.__annotations__ |= {p.name: p.annotation for p in added}
        return function

    return declared


def _parameter(field: msgspec.structs.FieldInfo, texts: Mapping[str, str]) -> inspect.Parameter:
    option = typer.Option(f"--{field.name.replace('_', '-')}", help=texts[field.name])
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=field.default,
        annotation=Annotated[field.type, option],
    )
