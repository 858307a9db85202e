"""Session chains: the checkpoints of a session as one file, its links checked or compared.

Contract: runpack.md 5.3, 7.5, 7.6.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gait_engine.contract.answers.run import CheckpointEntry, DiffSummary, InspectAnswer
from gait_engine.contract.answers.verify import SessionChainAnswer
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.session import CHAIN_SCHEMA, Chain, Checkpoint
from gait_engine.errors import GaitError, VerificationFailed, quoted
from gait_engine.host import Host
from gait_engine.runpack.journal import Journal, checkpoint_digest
from gait_engine.runpack.verify import verify_runpack
from gait_engine.store.atomic import write_atomic
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.wire.digest import same_digest
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.jsonwrite import pretty

_FIRST: Final = Checkpoint()
"""What stands before the first checkpoint: index, sequences and digest are empty."""


def chain_of(journal: Journal) -> Chain:
    """Put the checkpoints of a journal together as a chain."""
    header = journal.header
    return Chain(
        schema_id=CHAIN_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=header.created_at,
        producer_version=header.producer_version,
        session_id=header.session_id,
        run_id=header.run_id,
        checkpoints=journal.checkpoints,
    )


def write_chain(file: Path, chain: Chain) -> None:
    """Write a chain, whole or not at all."""
    write_atomic(file, pretty(chain))


def read_chain(path: str, *, host: Host) -> Chain:
    """Read a session chain.

    Raises InvalidInput for anything else, VerificationFailed for ambiguous JSON.
    """
    return parse_chain(read_input(path, limit=TEXT_LIMIT, host=host, what="session chain"), path)


def parse_chain(text: bytes, path: str) -> Chain:
    """Read the text of a session chain as `read_chain` does."""
    source = Source(path, hazard=VerificationFailed, digested=False)
    chain = read_record(text, Chain, source)
    for field, found, wanted in (
        ("schema_id", chain.schema_id, CHAIN_SCHEMA),
        ("schema_version", chain.schema_version, SCHEMA_VERSION),
    ):
        if found not in ("", wanted):
            raise source.reject(f"{quoted(found)}, expected {wanted}", f"$.{field}")
    for field, found in (("session_id", chain.session_id), ("run_id", chain.run_id)):
        if not found:
            raise source.reject("empty, expected an id", f"$.{field}")
    if not chain.checkpoints:
        raise source.reject("none, expected at least one checkpoint", "$.checkpoints")
    return chain


def verify_chain_file(
    path: str, *, host: Host, key: bytes | None = None, required: bool = False
) -> SessionChainAnswer:
    """Check every link of a chain and every runpack it names, relative to the working directory.

    Raises GaitError where the chain itself cannot be read.
    """
    chain = read_chain(path, host=host)
    checkpoints = chain.checkpoints or ()
    faults = [
        fault
        for checkpoint in checkpoints
        for fault in _runpack_faults(checkpoint, host, key, required=required)
    ]
    broken = [
        fault
        for last, checkpoint in zip((_FIRST, *checkpoints), checkpoints, strict=False)
        for fault in _link_faults(last, checkpoint)
    ]
    return SessionChainAnswer(
        ok=not broken and not faults,
        chain_path=path,
        session_id=chain.session_id,
        run_id=chain.run_id,
        checkpoints_checked=len(checkpoints),
        linkage_errors=tuple(broken),
        checkpoint_errors=tuple(faults),
    )


def diff_chains(left: Chain, right: Chain) -> DiffSummary:
    """Compare two chains by the digest of each checkpoint; the last one of an index counts."""
    left_digests, right_digests = _digests(left), _digests(right)
    changed = [
        _difference(index, left_digests, right_digests)
        for index in left_digests.keys() | right_digests.keys()
        if left_digests.get(index) != right_digests.get(index)
    ]
    differs = bool(changed)
    return DiffSummary(
        run_id_left=left.run_id,
        run_id_right=right.run_id,
        manifest_changed=differs,
        files_changed=tuple(sorted(changed)),
        intents_changed=differs,
        results_changed=differs,
        refs_changed=differs,
    )


def inspect_chain(chain: Chain, *, shown: str) -> InspectAnswer:
    """List the checkpoints of a chain by index."""
    checkpoints = sorted(chain.checkpoints or (), key=lambda item: item.checkpoint_index)
    return InspectAnswer(
        ok=True,
        artifact_type="session_chain",
        run_id=chain.run_id,
        path=shown,
        session_id=chain.session_id,
        checkpoint_count=len(checkpoints),
        checkpoints=tuple(map(_entry, checkpoints)),
    )


def _link_faults(last: Checkpoint, checkpoint: Checkpoint) -> Iterator[str]:
    index = checkpoint.checkpoint_index
    at = f"checkpoint {index}"
    if index != last.checkpoint_index + 1:
        yield f"{at}: index {index}, expected {last.checkpoint_index + 1}"
    if index > 1 and checkpoint.prev_checkpoint_digest != last.checkpoint_digest:
        previous = quoted(checkpoint.prev_checkpoint_digest)
        yield f"{at}: previous digest {previous}, expected {quoted(last.checkpoint_digest)}"
    if checkpoint.sequence_start <= last.sequence_end:
        start = checkpoint.sequence_start
        yield f"{at}: begins at sequence {start}, expected after {last.sequence_end}"
    if (computed := checkpoint_digest(checkpoint)) != checkpoint.checkpoint_digest:
        yield f"{at}: digest {quoted(checkpoint.checkpoint_digest)}, expected {computed}"


def _runpack_faults(
    checkpoint: Checkpoint, host: Host, key: bytes | None, *, required: bool
) -> Iterator[str]:
    path = checkpoint.runpack_path
    at = f"checkpoint {checkpoint.checkpoint_index}"
    try:
        found = verify_runpack(str(host.cwd / path), shown=path, key=key, required=required)
    except GaitError as exc:
        yield f"{at}: {exc.message}"
        return
    if not same_digest(found.manifest_digest, checkpoint.manifest_digest):
        digests = f"{quoted(found.manifest_digest)}, expected {quoted(checkpoint.manifest_digest)}"
        yield f"{at}: manifest digest of runpack {path}: {digests}"
    if found.error:
        yield f"{at}: {found.error}"
    if found.missing_files or found.hash_mismatches:
        names = [*found.missing_files, *(mismatch.path for mismatch in found.hash_mismatches)]
        yield f"{at}: runpack {path}, missing or changed: {', '.join(names)}"
    if required and found.signature_status != "verified":
        yield f"{at}: runpack {path}, signature {found.signature_status}, expected verified"


def _digests(chain: Chain) -> dict[int, str]:
    return {item.checkpoint_index: item.checkpoint_digest for item in chain.checkpoints or ()}


def _difference(index: int, left: dict[int, str], right: dict[int, str]) -> str:
    side = (
        "" if index in left and index in right else "left_only_" if index in left else "right_only_"
    )
    return f"{side}checkpoint_{index}"


def _entry(checkpoint: Checkpoint) -> CheckpointEntry:
    return CheckpointEntry(
        checkpoint_index=checkpoint.checkpoint_index,
        runpack_path=checkpoint.runpack_path,
        sequence_start=checkpoint.sequence_start,
        sequence_end=checkpoint.sequence_end,
        checkpoint_digest=checkpoint.checkpoint_digest,
        prev_checkpoint_digest=checkpoint.prev_checkpoint_digest,
    )
