"""Re-pinning: a candidate that was looked at takes the place of its fixture.

Expectations follow the candidate, tolerances stay; every path comes from a case that was loaded,
so it stays inside the working directory.
"""

from typing import NamedTuple

import msgspec

from gait_engine.contract.answers.regress import FixtureUpdate
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.regress import CONFIG_SCHEMA, ConfigEntry, RegressConfig
from gait_engine.errors import GaitError
from gait_engine.host import Host
from gait_engine.regress.graders.case import Case, Recorded
from gait_engine.regress.graders.diff import changed_files
from gait_engine.regress.graders.expected_exit_code import replay_exit
from gait_engine.regress.load import Wanted, opened_case
from gait_engine.regress.pin import expecting, write_fixture
from gait_engine.store.atomic import write_atomic
from gait_engine.store.zipwrite import build_zip
from gait_engine.wire.jsonwrite import pretty


class Plan(NamedTuple):
    """Which set is to be updated, from which file, and whether that was confirmed."""

    config: RegressConfig
    path: str
    wanted: Wanted
    confirmed: bool


def update_set(plan: Plan, host: Host) -> tuple[FixtureUpdate, ...]:
    """Show what each differing candidate would change; with `confirmed`, let it take its place.

    Raises GaitError for a candidate that cannot be replayed; the fixtures before it are re-pinned.
    """
    updates: list[FixtureUpdate] = []
    entries: list[ConfigEntry] = []
    for entry in plan.config.fixtures:
        with opened_case(entry, plan.wanted, host) as case:
            candidate = case.candidate.recorded
            if isinstance(candidate, GaitError) or _is_pinned(case, candidate):
                entries.append(entry)
                continue
            if plan.confirmed:
                _repin(case, candidate, host)
            updates.append(_shown(case, candidate, repinned=plan.confirmed))
            run_id = entry.run_id and candidate.pack.run.run_id
            entries.append(msgspec.structs.replace(entry, run_id=run_id))
    if tuple(entries) != plan.config.fixtures and plan.confirmed:
        config = msgspec.structs.replace(
            plan.config,
            schema_id=CONFIG_SCHEMA,
            schema_version=SCHEMA_VERSION,
            fixtures=tuple(entries),
        )
        write_atomic(host.cwd / plan.path, pretty(config))
    return tuple(updates)


def _is_pinned(case: Case, candidate: Recorded) -> bool:
    pinned = case.source.pack.manifest.manifest_digest
    return pinned == candidate.pack.manifest.manifest_digest


def _shown(case: Case, candidate: Recorded, *, repinned: bool) -> FixtureUpdate:
    return FixtureUpdate(
        fixture=case.name,
        candidate_runpack=case.candidate.path,
        manifest_digest_before=case.source.pack.manifest.manifest_digest,
        manifest_digest_after=candidate.pack.manifest.manifest_digest,
        changed_files=changed_files(case.source.pack, candidate.pack),
        repinned=repinned,
    )


def _repin(case: Case, candidate: Recorded, host: Host) -> None:
    exit_code, _ = replay_exit(candidate.pack)
    followed = msgspec.structs.replace(
        expecting(case.fixture, candidate),
        run_id=candidate.pack.run.run_id,
        expected_replay_exit_code=exit_code,
    )
    archive = candidate.pack.archive  # its members are what was verified, whatever the file is now
    runpack = build_zip({name: archive.read(name) for name in archive.names})
    write_atomic(host.cwd / case.path, runpack)
    write_fixture(case.path.rpartition("/")[0], followed, host)
