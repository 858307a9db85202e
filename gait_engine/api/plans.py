"""What commands that make files would write, nothing written: their `--dry-run`."""

import os
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Final

import msgspec

from gait_engine.api import guard, incident
from gait_engine.api.keys import PROD
from gait_engine.api.regress import PinRequest, RunRequest, SetRequest, outputs
from gait_engine.api.regressagainst import found_against
from gait_engine.api.regresssource import find, required, verified
from gait_engine.api.verify import verify
from gait_engine.contract.answers.plan import PlannedFile, WritePlan
from gait_engine.contract.keys import DEMO_KEY_ID
from gait_engine.contract.regress import (
    CONFIG_PATH,
    FIXTURE_CANDIDATE,
    FIXTURE_FILE,
    FIXTURE_RUNPACK,
    FIXTURES_DIR,
)
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.host import Host
from gait_engine.regress.fixture import is_default_config, read_config, refuse_other_config
from gait_engine.regress.pin import fixture_name, pinned_entries
from gait_engine.store.safepath import contained, join

_KNOWN_KEY: Final = "the demo's key is no secret: a signature with it proves nothing"


def bootstrap_plan(pinning: PinRequest, request: SetRequest, *, host: Host) -> WritePlan:
    """Say what `regress bootstrap` would write. Raises as it would before it writes.

    A name that is taken is told, not refused.
    """
    found = find(required(pinning.source), pinning.checkpoint, host)
    run = verified(found.located, host)
    chosen = fixture_name(pinning.name, run.run_id)
    other = found_against(pinning.against, found, run.run_id, host)
    folder = join(FIXTURES_DIR, chosen)
    contained(host.cwd, Path(folder), "fixture")
    if pinning.no_overwrite:
        refuse_other_config(host)
    kept = {entry.name for entry in pinned_entries(host)} | {chosen}
    is_taken = _is_taken(chosen, host)
    listed = _listed(CONFIG_PATH, host)
    judged = kept if is_default_config(request.config) else _listed(request.config, host)
    names = [FIXTURE_RUNPACK, *([FIXTURE_CANDIDATE] if other else []), FIXTURE_FILE]
    made = [*(join(folder, each) for each in names), CONFIG_PATH]
    return WritePlan(
        ok=True,
        run_id=run.run_id,
        runpack=found.located.shown,
        files_checked=run.files_checked,
        files=_planned([*made, *outputs(request)], host),
        fixture_name=chosen,
        is_taken=is_taken,
        free_name=_free_name(chosen, host) if is_taken else chosen,
        fixtures=len(judged),
        candidate=other.path if other else "",
        candidate_run_id=other.run.run_id if other else "",
        left_out=tuple(sorted(listed - kept)),
    )


def run_plan(request: RunRequest, *, host: Host) -> WritePlan:
    """Say what `regress run` would write. Raises InvalidInput."""
    if request.yes:
        raise InvalidInput(
            "option --dry-run: given with --yes, expected one of them",
            hint="--update without --yes shows what would be pinned anew",
        )
    config = read_config(request.config or CONFIG_PATH, host=host)
    return WritePlan(ok=True, files=_planned(outputs(request), host), fixtures=len(config.fixtures))


def guard_plan(request: guard.PackRequest, *, host: Host) -> WritePlan:
    """Say what `guard pack` would write. Raises as it would before it writes."""
    prepared = guard.prepare(request, host=host)
    (signature,) = prepared.built.manifest.signatures
    is_known = signature.key_id == DEMO_KEY_ID
    return msgspec.structs.replace(
        _pack_plan(prepared, host),
        key_mode=request.key_mode.strip().lower() or PROD,
        key_id=signature.key_id,
        warnings=(*prepared.warnings, *((_KNOWN_KEY,) if is_known else ())),
    )


def incident_plan(request: incident.IncidentRequest, *, host: Host) -> WritePlan:
    """Say what `incident pack` would write. Raises as it would before it writes."""
    return _pack_plan(incident.prepare(request, host=host).pack, host)


def _pack_plan(prepared: guard.Prepared, host: Host) -> WritePlan:
    path, manifest = prepared.path, prepared.built.manifest
    stem = path.removesuffix(".zip")
    is_taken = os.path.lexists(host.cwd / path)
    free = (f"{stem}-{number}.zip" for number in count(2))
    return WritePlan(
        ok=True,
        run_id=manifest.run_id,
        runpack=prepared.located.shown,
        files_checked=verify(str(prepared.located.path), host=host).files_checked,
        files=_planned([path], host),
        is_taken=is_taken,
        free_name=next(each for each in free if not os.path.lexists(host.cwd / each))
        if is_taken
        else path,
        pack_id=manifest.pack_id,
        members=tuple(entry.path for entry in manifest.contents or ()),
        warnings=prepared.warnings,
    )


def _planned(paths: Iterable[str], host: Host) -> tuple[PlannedFile, ...]:
    return tuple(
        PlannedFile(path=path, replaces=os.path.lexists(host.cwd / path)) for path in paths
    )


def _is_taken(name: str, host: Host) -> bool:
    return os.path.lexists(host.cwd / FIXTURES_DIR / name)


def _free_name(name: str, host: Host) -> str:
    """Return the name with the first number behind it that no fixture has."""
    return next(free for number in count(2) if not _is_taken(free := f"{name}-{number}", host))


def _listed(config: str, host: Host) -> set[str]:
    """Name the fixtures of a config; one that cannot be read lists none."""
    try:
        return {entry.name for entry in read_config(config, host=host).fixtures}
    except GaitError:
        return set()
