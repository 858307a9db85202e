"""Options that several commands share."""

from typing import Annotated

import typer

from gait_engine.contract.keys import KeySources

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
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


def key_sources(public: str, public_env: str, private: str, private_env: str) -> KeySources:
    """Gather the four key options."""
    return KeySources(public, public_env, private, private_env)
