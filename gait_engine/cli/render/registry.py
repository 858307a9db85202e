"""Registry packs as text."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from gait_engine.cli.output import Renderers
from gait_engine.cli.render.foreign import foreign
from gait_engine.contract.answers.registry import (
    RegistryInstallAnswer,
    RegistryListAnswer,
    RegistryShowAnswer,
    RegistryVerifyAnswer,
)


def _install(answer: RegistryInstallAnswer) -> Iterator[str]:
    yield f"installed: manifest of {answer.pack_name} {answer.pack_version}"
    yield f"  digest    sha256:{answer.digest}"
    if answer.publisher:
        yield f"  publisher {answer.publisher}"
    yield f"  manifest  {answer.metadata_path}"
    yield f"  pin       {answer.pin_path}"
    if answer.fallback_used:
        yield f"warning: {answer.source} did not answer; used what was installed before"


def _list(answer: RegistryListAnswer) -> Iterator[str]:
    yield f"registry list: packs={len(answer.packs)}, signatures not checked"
    for pack in answer.packs:
        standing = "pinned" if pack.pin_verified else "not pinned"
        yield f"  {pack.pack_name} {pack.pack_version}  {standing}"
        yield f"    digest    sha256:{pack.digest}"
        yield f"    manifest  {pack.metadata_path}"


def _verify(answer: RegistryVerifyAnswer) -> Iterator[str]:
    yield "VERIFIED" if answer.ok else "FAILED: this pack must not be trusted"
    yield f"  pack      {answer.pack_name} {answer.pack_version}"
    yield f"  digest    sha256:{answer.digest}"
    yield f"  manifest  {answer.metadata_path}"
    yield f"  signature {'verified' if answer.signature_verified else answer.signature_error}"
    yield f"  pin       {_pin(answer)}"
    allowed = "" if answer.publisher_allowed else ": not on the list of publishers"
    yield f"  publisher {answer.publisher or 'none'}{allowed}"
    if answer.report_path:
        yield f"written: {answer.report_path}"


def _show(answer: RegistryShowAnswer) -> Iterator[str]:
    if answer.pack is UNSET:
        return
    pack = answer.pack
    yield f"pack {foreign(pack.pack_name)} {foreign(pack.pack_version)}, signatures not checked"
    yield f"  digest    sha256:{answer.digest}"
    yield f"  manifest  {foreign(answer.metadata_path)}"
    for name in ("pack_type", "publisher", "source", "risk_class", "use_case"):
        if value := getattr(pack, name):
            yield f"  {name:10}{foreign(value)}"
    yield f"  signed by {len(pack.signatures)}"
    for artifact in pack.artifacts or ():
        yield f"  file      {foreign(artifact.sha256)}  {foreign(artifact.path)}"


def _pin(answer: RegistryVerifyAnswer) -> str:
    if not answer.pin_path:
        return "not looked for: the manifest lies in no cache, name one with --cache-dir"
    if not answer.pin_present:
        return f"none at {answer.pin_path}"
    if answer.pin_verified:
        return f"this pack, by {answer.pin_path}"
    return f"another: {answer.pin_path} says {answer.pin_digest or 'nothing'}"


RENDERERS: Final[Renderers] = {
    RegistryInstallAnswer: _install,
    RegistryListAnswer: _list,
    RegistryShowAnswer: _show,
    RegistryVerifyAnswer: _verify,
}
