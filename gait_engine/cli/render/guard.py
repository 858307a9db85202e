"""Evidence packs, retention and encrypted files as text."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from gait_engine.cli.output import Renderers
from gait_engine.cli.render.foreign import foreign
from gait_engine.cli.render.plan import plan
from gait_engine.contract.answers.guard import (
    DecryptAnswer,
    EncryptAnswer,
    GuardPackAnswer,
    GuardShowAnswer,
    GuardVerifyAnswer,
    IncidentPackAnswer,
    RetainAnswer,
)
from gait_engine.contract.answers.plan import WritePlan


def _pack(answer: GuardPackAnswer) -> Iterator[str]:
    yield f"packed: {answer.pack_path}"
    yield f"  pack      {answer.pack_id}"
    yield f"  run       {answer.run_id}"
    yield f"  template  {answer.template_id}, {answer.controls} controls"
    yield from (f"warning: {warning}" for warning in answer.warnings)


def _incident(answer: IncidentPackAnswer) -> Iterator[str]:
    yield f"packed: {answer.pack_path}"
    yield f"  pack      {answer.pack_id}"
    yield f"  run       {answer.run_id}"
    yield f"  template  {answer.template_id}"
    yield f"  window    {answer.window_from} to {answer.window_to}"
    yield (
        f"  evidence  traces {answer.trace_count}, regress results {answer.regress_count}, "
        f"approval audits {answer.approval_audit_count}, "
        f"credential records {answer.credential_evidence_count}"
    )
    yield from (f"  policy    {digest}" for digest in answer.policy_digests)
    for skipped in answer.skipped:
        yield f"warning: left out {skipped.path}: {skipped.error_code}"


def _verify(answer: GuardVerifyAnswer) -> Iterator[str]:
    yield "VERIFIED" if answer.ok else "FAILED: this pack must not be trusted"
    yield f"  path      {answer.path}"
    yield f"  pack      {answer.pack_id}"
    yield f"  run       {answer.run_id}"
    yield f"  signature {answer.signature_status}"
    yield from (f"  signature {error}" for error in answer.signature_errors)
    yield from (f"  MISSING   {path}" for path in answer.missing_files)
    for mismatch in answer.hash_mismatches:
        yield f"  DIFFERS   {mismatch.path}"
        yield f"            expected {mismatch.expected}"
        yield f"            found    {mismatch.actual}"


def _show(answer: GuardShowAnswer) -> Iterator[str]:
    """Text of the pack stands after words of ours, made harmless."""
    if answer.manifest is UNSET:
        return
    manifest = answer.manifest
    yield f"pack {foreign(answer.path)}"
    yield f"  pack      {foreign(manifest.pack_id)}"
    yield f"  run       {foreign(manifest.run_id)}"
    yield f"  signature {answer.signature_status}"
    for member in answer.members:
        word = {"same": "", "differs": "  DIFFERS", "missing": "  MISSING"}[member.state]
        yield f"  {member.size:>9}  {foreign(member.type):8}  {foreign(member.path)}{word}"
    for control in manifest.control_index:
        yield f"control {foreign(control.control_id)}: {foreign(control.title)}"
        yield from (f"  {foreign(path)}" for path in control.evidence_paths or ())


def _retain(answer: RetainAnswer) -> Iterator[str]:
    verb = "would delete" if answer.dry_run else "deleted"
    for event in answer.deleted_files:
        yield f"{verb} {event.kind:5} {event.path}  {event.age_seconds} s old"
    yield (
        f"{answer.root_path}: {answer.scanned_files} scanned, {len(answer.deleted_files)} "
        f"{verb}, {len(answer.kept_files)} kept"
    )


def _encrypt(answer: EncryptAnswer) -> Iterator[str]:
    yield f"encrypted: {answer.path}"
    yield f"  key       {answer.key_mode} {answer.key_ref}".rstrip()
    yield f"  plain     sha256:{answer.plain_sha256}, {answer.plain_size} bytes"


def _decrypt(answer: DecryptAnswer) -> Iterator[str]:
    yield f"decrypted: {answer.path}"
    yield f"  plain     sha256:{answer.plain_sha256}, {answer.plain_size} bytes"


RENDERERS: Final[Renderers] = {
    GuardPackAnswer: _pack,
    IncidentPackAnswer: _incident,
    GuardVerifyAnswer: _verify,
    GuardShowAnswer: _show,
    RetainAnswer: _retain,
    EncryptAnswer: _encrypt,
    DecryptAnswer: _decrypt,
    WritePlan: plan,
}
