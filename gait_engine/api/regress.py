"""Regression tests: pinning runs as fixtures, judging a set of them (regress.md 2)."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from gait_engine.api.regressagainst import found_against, no_candidate
from gait_engine.api.regresssource import Found, find, of_receipt, receipt_at, required, verified
from gait_engine.contract.answers.regress import (
    RegressAnswer,
    RegressBootstrapAnswer,
    RegressInitAnswer,
    RegressRunAnswer,
    Unjudged,
)
from gait_engine.contract.regress import (
    CONFIG_PATH,
    FIXTURE_CANDIDATE,
    FIXTURE_RUNPACK,
    RESULT_PATH,
)
from gait_engine.errors import GaitError, InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.regress.fixture import is_default_config, read_config
from gait_engine.regress.graders.case import Strictness
from gait_engine.regress.junit import junit_xml
from gait_engine.regress.load import Wanted
from gait_engine.regress.pin import Origin, fixture_name, pin
from gait_engine.regress.run import Outcome, judge_set
from gait_engine.regress.update import Plan, update_set
from gait_engine.runpack.commands import suggest
from gait_engine.store.atomic import (
    make_dirs,
    publish,
    refuse_special_target,
    staged,
    sync_folder,
    write_atomic,
)
from gait_engine.store.layout import resolve_runpack
from gait_engine.store.safepath import join, refuse_escape, refuse_overwrite
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.text import trim


class SetRequest(msgspec.Struct, frozen=True, kw_only=True):
    """How a set is to be judged; empty paths mean the usual ones."""

    config: str = CONFIG_PATH
    output: str = RESULT_PATH
    junit: str = ""
    allow_nondeterministic: bool = False
    context_conformance: bool = False
    allow_context_runtime_drift: bool = False
    details: bool = False


class PinRequest(NamedTuple):
    """What `regress bootstrap` pins; with `no_overwrite` only as a fixture not there yet.

    `against` is a run for the fixture to judge, or folders in which the newest is looked for that
    did otherwise.
    """

    source: str
    name: str = ""
    checkpoint: str = ""
    against: tuple[str, ...] = ()
    no_overwrite: bool = False


class RunRequest(SetRequest, frozen=True, kw_only=True):
    """What `regress run` takes beyond that: other candidates, and whether they are to be pinned."""

    candidate: str = ""
    update: bool = False
    yes: bool = False


def init(
    source: str,
    *,
    host: Host,
    name: str = "",
    checkpoint: str = "",
    against: Sequence[str] = (),
) -> RegressInitAnswer:
    """Pin a run as a fixture and write the config over all fixtures anew.

    `against` is as in PinRequest. Raises InvalidInput, VerificationFailed; before a fixture is
    whole nothing of it is written.
    """
    return _pinned(find(required(source), checkpoint, host), name, host, against=against)


def add(source: str, *, host: Host, name: str = "", checkpoint: str = "") -> RegressInitAnswer:
    """Pin the run that a capture receipt names; anything else is pinned as by `init`.

    Raises InvalidInput, VerificationFailed, with the source in the error's `answer`.
    """
    given = trim(required(source))
    try:
        receipt = receipt_at(given, host)
        found = (
            find(given, checkpoint, host)
            if receipt is None
            else of_receipt(receipt, checkpoint, host)
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
    outputs(request)
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


def bootstrap(pinning: PinRequest, request: SetRequest, *, host: Host) -> RegressBootstrapAnswer:
    """Pin a run, then judge the whole set. Raises as `init` and `run` do."""
    found = find(required(pinning.source), pinning.checkpoint, host)
    outputs(request)  # before a fixture is written
    made = _pinned(
        found,
        pinning.name,
        host,
        against=pinning.against,
        must_be_new=pinning.no_overwrite,
    )
    judged = run(RunRequest(**msgspec.structs.asdict(request)), host=host)
    return RegressBootstrapAnswer(
        ok=judged.ok,
        run_id=made.run_id,
        fixture_name=made.fixture_name,
        fixture_dir=made.fixture_dir,
        runpack_path=made.runpack_path,
        candidate_runpack=made.candidate_runpack,
        candidate_run_id=made.candidate_run_id,
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


def _pinned(
    found: Found,
    name: str,
    host: Host,
    *,
    against: Sequence[str] = (),
    must_be_new: bool = False,
) -> RegressInitAnswer:
    runpack, run_id, _ = verified(found.located, host)
    chosen = fixture_name(name, run_id)
    other = found_against(against, found, run_id, host)
    candidate = other.run.runpack if other else b""
    origin = Origin(runpack, run_id, found.session_chain, found.checkpoint_index, candidate)
    folder = pin(origin, chosen, host=host, must_be_new=must_be_new)
    return RegressInitAnswer(
        ok=True,
        run_id=run_id,
        fixture_name=chosen,
        fixture_dir=folder,
        runpack_path=join(folder, FIXTURE_RUNPACK),
        candidate_runpack=join(folder, FIXTURE_CANDIDATE) if other else "",
        candidate_run_id=other.run.run_id if other else "",
        config_path=CONFIG_PATH,
        next_commands=("gait regress run --json",),
    )


def _wanted(request: RunRequest, count: int, host: Host) -> Wanted:
    strictness = Strictness(request.context_conformance, request.allow_context_runtime_drift)
    given = request.candidate
    if not given:
        return Wanted(strictness)
    if (host.cwd / given).is_dir():
        return Wanted(strictness, candidates=given)
    try:
        candidate = resolve_runpack(given, host)
    except InvalidInput as exc:
        raise no_candidate(given, host) from exc
    if count != 1:
        raise InvalidInput(
            f"candidate: one runpack for {count} fixtures, expected a folder with one for each",
            where="--candidate",
            hint="name each runpack after its fixture: --candidate FOLDER holds NAME.zip",
        )
    return Wanted(strictness, candidate=candidate)


def outputs(request: SetRequest) -> tuple[str, ...]:
    """Return the files that judging a set writes. Raises InvalidInput for one that climbs out."""
    output, junit = request.output or RESULT_PATH, trim(request.junit)
    refuse_escape(output, "regress result")
    if junit:
        refuse_escape(junit, "JUnit report")
    return tuple(filter(None, (output, junit)))


def _write(outcome: Outcome, output: str, junit: str, *, kept: dict[str, Path], host: Host) -> None:
    """Write the result and, if asked for, JUnit XML: both or neither."""
    result, report = host.cwd / output, host.cwd / junit
    refuse_overwrite(result, kept, "regress output")
    if not junit:
        write_atomic(result, pretty(outcome.result))
        return
    refuse_overwrite(report, kept | {"the result": result}, "regress output")
    refuse_special_target(result)
    with staged(result, pretty(outcome.result)) as new_result:
        make_dirs(report.parent)
        refuse_special_target(report)
        with staged(report, junit_xml(outcome.result)) as new_report:
            publish(new_result, result)
            publish(new_report, report)
    sync_folder(result)
    sync_folder(report)


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
