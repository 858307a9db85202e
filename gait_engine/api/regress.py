"""Regression tests: pinning runs as fixtures, judging a set of them (regress.md 2)."""

from pathlib import Path
from typing import Final

import msgspec

from gait_engine.api.capture import chosen_checkpoint, claimed_schema, require_sealed
from gait_engine.contract.answers.regress import (
    RegressAnswer,
    RegressBootstrapAnswer,
    RegressInitAnswer,
    RegressRunAnswer,
    Unjudged,
)
from gait_engine.contract.capture import CaptureReceipt
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.pack import (
    PACK_MANIFEST,
    PACKSPEC_SCHEMA,
    SOURCE_RUNPACK,
    PackManifest,
)
from gait_engine.contract.regress import CONFIG_PATH, RESULT_PATH
from gait_engine.contract.runpack import CAPTURE_SCHEMA, MANIFEST
from gait_engine.contract.session import CHAIN_SCHEMA
from gait_engine.errors import GaitError, Hazard, InvalidInput, VerificationFailed, quoted
from gait_engine.guard.verify import verify_pack
from gait_engine.host import Host
from gait_engine.regress.fixture import is_default_config, read_config
from gait_engine.regress.graders.case import Strictness
from gait_engine.regress.junit import junit_xml
from gait_engine.regress.load import Wanted
from gait_engine.regress.pin import Origin, fixture_name, pin
from gait_engine.regress.run import Outcome, judge_set
from gait_engine.regress.update import Plan, update_set
from gait_engine.runpack.chain import read_chain
from gait_engine.runpack.commands import suggest
from gait_engine.runpack.verify import verify_archive
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.store.layout import Located, is_path, is_there, resolve_runpack
from gait_engine.store.safepath import join, refuse_escape, refuse_overwrite
from gait_engine.store.zipread import TOTAL_LIMIT, Archive
from gait_engine.store.zipsource import MemorySource
from gait_engine.wire.jsonread import Source, read_plain, read_record
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.text import lower, trim

_PACK_TYPES: Final = ("run", "call")


class SetRequest(msgspec.Struct, frozen=True, kw_only=True):
    """How a set is to be judged; empty paths mean the usual ones."""

    config: str = CONFIG_PATH
    output: str = RESULT_PATH
    junit: str = ""
    allow_nondeterministic: bool = False
    context_conformance: bool = False
    allow_context_runtime_drift: bool = False
    details: bool = False


class RunRequest(SetRequest, frozen=True, kw_only=True):
    """What `regress run` takes beyond that: other candidates, and whether they are to be pinned."""

    candidate: str = ""
    update: bool = False
    yes: bool = False


class _Found(msgspec.Struct, frozen=True):
    """A runpack on disk, and the checkpoint by which it was found."""

    located: Located
    session_chain: str = ""
    checkpoint_index: int = 0


def init(source: str, *, host: Host, name: str = "", checkpoint: str = "") -> RegressInitAnswer:
    """Pin a run as a fixture and write the config over all fixtures anew.

    Raises InvalidInput, VerificationFailed; before a fixture is whole nothing of it is written.
    """
    return _pinned(_find(_required(source), checkpoint, host), name, host)


def add(source: str, *, host: Host, name: str = "", checkpoint: str = "") -> RegressInitAnswer:
    """Pin the run that a capture receipt names; anything else is pinned as by `init`.

    Raises InvalidInput, VerificationFailed, with the source in the error's `answer`.
    """
    given = trim(_required(source))
    try:
        receipt = _receipt_at(given, host)
        found = (
            _find(given, checkpoint, host)
            if receipt is None
            else _of_receipt(receipt, checkpoint, host)
        )
        return msgspec.structs.replace(_pinned(found, name, host), source=given)
    except GaitError as exc:
        exc.answer = RegressInitAnswer(ok=False, source=given)
        raise


def run(request: RunRequest, *, host: Host) -> RegressRunAnswer:
    """Judge a set and write its result, and JUnit XML if asked for.

    Raises the error of the first fixture that cannot be loaded, nothing written then; its
    `answer` holds the judgement of the rest. With `update`, candidates are shown, and with `yes`
    as well they take the place of their fixtures after the set was judged.
    """
    config_path = request.config or CONFIG_PATH
    output, junit = request.output or RESULT_PATH, trim(request.junit)
    _require_writable(output, junit)
    if request.yes and not request.update:
        raise InvalidInput("option --yes: given alone, expected --update beside it")
    config = read_config(config_path, host=host)
    wanted = _wanted(request, len(config.fixtures), host)
    outcome = judge_set(config, wanted, host, with_records=request.details)
    if outcome.broken:
        raise unjudged_error(outcome)
    kept = {f"fixture {entry.name}": host.cwd / entry.runpack for entry in config.fixtures}
    kept["the config"] = host.cwd / config_path
    _write(outcome, output, junit, kept=kept, host=host)
    plan = Plan(config, config_path, wanted, request.yes)
    updates = update_set(plan, host) if request.update else ()
    failed = outcome.failed
    return RegressRunAnswer(
        ok=not failed,
        status=outcome.result.status,
        fixture_set=config.fixture_set,
        graders=len(outcome.result.graders),
        failed=len(failed),
        top_failure_reason=top_reason(outcome),
        next_command=next_command(config_path, request.candidate) if failed else "",
        artifact_paths=tuple(path for path in (trim(output), junit) if path),
        output=output,
        junit=junit,
        changed_records=outcome.changes,
        updates=updates,
    )


def bootstrap(
    source: str, request: SetRequest, *, host: Host, name: str = "", checkpoint: str = ""
) -> RegressBootstrapAnswer:
    """Pin a run, then judge the whole set. Raises as `init` and `run` do."""
    made = init(source, host=host, name=name, checkpoint=checkpoint)
    judged = run(RunRequest(**msgspec.structs.asdict(request)), host=host)
    return RegressBootstrapAnswer(
        ok=judged.ok,
        run_id=made.run_id,
        fixture_name=made.fixture_name,
        fixture_dir=made.fixture_dir,
        runpack_path=made.runpack_path,
        config_path=made.config_path,
        status=judged.status,
        failed=judged.failed,
        top_failure_reason=judged.top_failure_reason,
        next_command=judged.next_command,
        artifact_paths=judged.artifact_paths,
        output=judged.output,
        junit=judged.junit,
        changed_records=judged.changed_records,
    )


def _required(source: str) -> str:
    if not trim(source):
        raise InvalidInput("source: '', expected a run id or a path", hint="add --from RUN")
    return source


def _find(source: str, checkpoint: str, host: Host) -> _Found:
    """Find the runpack that a session chain, a path or a run id means."""
    is_json = lower(source).endswith(".json") and is_path(source)
    if is_json and claimed_schema(source, host) in ("", CHAIN_SCHEMA):
        return _of_chain(source, checkpoint, host)
    path = trim(resolve_runpack(source, host).shown)
    return _Found(Located(host.cwd / path, path))


def _of_chain(path: str, checkpoint: str, host: Host) -> _Found:
    chain = read_chain(refuse_escape(path, "session chain"), host=host)
    chosen = chosen_checkpoint(chain.checkpoints or (), checkpoint, path)
    runpack = trim(chosen.runpack_path)
    if is_there(host.cwd / runpack):
        require_sealed(chosen, host)
    return _Found(Located(host.cwd / runpack, runpack), path, chosen.checkpoint_index)


def _receipt_at(path: str, host: Host) -> CaptureReceipt | None:
    """Return the capture receipt in a file; None for what is no such file."""
    if not lower(path).endswith(".json") or not is_there(host.cwd / path):
        return None
    text = read_input(path, limit=TEXT_LIMIT, host=host, what="capture receipt")
    # an ambiguous receipt is a bad input, an ambiguous chain an artifact not to be trusted
    hazard = InvalidInput if CAPTURE_SCHEMA.encode() in text else VerificationFailed
    source = Source(path, hazard=hazard, digested=False)
    try:
        plain = read_plain(text, source)
    except InvalidInput as exc:
        if exc.hazards:
            raise
        return None
    schema = (CAPTURE_SCHEMA, SCHEMA_VERSION)
    if not isinstance(plain, dict) or schema != (
        plain.get("schema_id"),
        plain.get("schema_version"),
    ):
        return None
    receipt = read_record(text, CaptureReceipt, source)
    return receipt if trim(receipt.artifact_path) else None


def _of_receipt(receipt: CaptureReceipt, checkpoint: str, host: Host) -> _Found:
    if receipt.artifact_type != "runpack":
        raise InvalidInput(
            f"capture receipt: artifact type {quoted(receipt.artifact_type)}, expected runpack"
        )
    if chain := trim(receipt.session_chain_path):
        return _of_chain(chain, checkpoint, host)
    path = trim(receipt.artifact_path)
    return _Found(Located(host.cwd / path, path))


def _pinned(found: _Found, name: str, host: Host) -> RegressInitAnswer:
    runpack, run_id = _verified(found.located, host)
    chosen = fixture_name(name, run_id)
    origin = Origin(runpack, run_id, found.session_chain, found.checkpoint_index)
    folder = pin(origin, chosen, host=host)
    return RegressInitAnswer(
        ok=True,
        run_id=run_id,
        fixture_name=chosen,
        fixture_dir=folder,
        runpack_path=join(folder, "runpack.zip"),
        config_path=CONFIG_PATH,
        next_commands=("gait regress run --json",),
    )


def _verified(located: Located, host: Host) -> tuple[bytes, str]:
    """Return the bytes of a runpack, or of the one inside a pack, and its run id; both verified."""
    data = read_input(str(located.path), limit=TOTAL_LIMIT, host=host, what="runpack")
    archive = Archive(MemorySource(located.shown, data), TOTAL_LIMIT)
    if MANIFEST in archive or PACK_MANIFEST not in archive:
        return data, _verified_run_id(archive)
    inner = _source_runpack(archive, located)
    where = f"{located.shown}!{SOURCE_RUNPACK}"
    run_id = _verified_run_id(Archive(MemorySource(where, inner), TOTAL_LIMIT))
    if not verify_pack(str(located.path), shown=located.shown).ok:
        raise VerificationFailed(
            f"pack {quoted(located.shown, 200)}: changed, expected the recorded members",
            where=located.shown,
        )
    return inner, run_id


def _verified_run_id(archive: Archive) -> str:
    found = verify_archive(archive)
    faults = [*found.missing_files, *(mismatch.path for mismatch in found.hash_mismatches)]
    if faults:
        raise InvalidInput(
            f"runpack {quoted(archive.path, 200)}: {quoted(', '.join(faults))} missing or "
            "changed, expected the recorded files",
            where=archive.path,
            hint="see what changed: gait verify",
        )
    if found.error:
        raise VerificationFailed(
            found.error,
            code=found.error_code,
            where=found.where,
            hazards=tuple(Hazard(note.code, note.where) for note in found.hazards),
        )
    return found.run_id


def _source_runpack(archive: Archive, located: Located) -> bytes:
    source = Source(f"{located.shown}!{PACK_MANIFEST}", hazard=VerificationFailed)
    manifest = read_record(archive.read(PACK_MANIFEST), PackManifest, source)
    is_pack = (manifest.schema_id, manifest.schema_version) == (PACKSPEC_SCHEMA, SCHEMA_VERSION)
    if not is_pack or manifest.pack_type not in _PACK_TYPES or SOURCE_RUNPACK not in archive:
        raise InvalidInput(
            f"pack {quoted(located.shown, 200)}: type {quoted(manifest.pack_type)}, expected a "
            "run or call pack with its runpack inside",
            where=located.shown,
        )
    return archive.read(SOURCE_RUNPACK)


def _wanted(request: RunRequest, count: int, host: Host) -> Wanted:
    strictness = Strictness(request.context_conformance, request.allow_context_runtime_drift)
    given = request.candidate
    if not given:
        return Wanted(strictness)
    if (host.cwd / given).is_dir():
        return Wanted(strictness, candidates=given)
    if count != 1:
        raise InvalidInput(
            f"candidate: one runpack for {count} fixtures, expected a folder with one for each",
            where="--candidate",
            hint="name each runpack after its fixture: --candidate FOLDER holds NAME.zip",
        )
    return Wanted(strictness, candidate=resolve_runpack(given, host))


def _require_writable(output: str, junit: str) -> None:
    refuse_escape(output, "regress result")
    if junit:
        refuse_escape(junit, "JUnit report")


def _write(outcome: Outcome, output: str, junit: str, *, kept: dict[str, Path], host: Host) -> None:
    for path in filter(None, (output, junit)):
        refuse_overwrite(host.cwd / path, kept, "regress output")
    write_atomic(host.cwd / output, pretty(outcome.result))
    if junit:
        make_dirs((host.cwd / junit).parent)
        write_atomic(host.cwd / junit, junit_xml(outcome.result))


def top_reason(outcome: Outcome) -> str:
    """Return the first reason of the first judgement that is no pass."""
    reasons = (grade.reason_codes for grade in outcome.failed)
    return next(iter(next(reasons, ())), "grader_failed") if outcome.failed else ""


def next_command(config_path: str, candidate: str) -> str:
    """Suggest the same judgement again; empty where a path cannot be shown as it is."""
    config = [] if is_default_config(config_path) else [("--config", trim(config_path))]
    compared = [("--candidate", candidate)] if candidate else []
    return "".join(suggest("gait regress run", *config, *compared, "--json"))


def unjudged_error(outcome: Outcome) -> GaitError:
    """Build the error of a set of which a part could not be loaded: no part stands for it."""
    first = outcome.broken[0]
    error = type(first.error)(
        f"fixture {quoted(first.fixture)}: {first.error.message} "
        f"(fixtures not judged: {len(outcome.broken)}; nothing was written)",
        where=first.error.where,
        hint=first.error.hint,
    )
    error.answer = RegressAnswer(
        ok=False,
        fixture_set=outcome.result.fixture_set,
        unjudged=tuple(
            Unjudged(fixture=name, error_code=fault.code, error=fault.message)
            for name, fault in outcome.broken
        ),
        judged=outcome.result.graders,
    )
    return error
