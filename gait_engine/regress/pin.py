"""Pinning a run as a fixture: its runpack, what it did, and the config over all fixtures.

Contract: regress.md 2.1 steps 4 to 6.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from gait_engine.contract.regress import (
    CONFIG_PATH,
    DEFAULT_SET,
    FIXTURE_CANDIDATE,
    FIXTURE_FILE,
    FIXTURE_RUNPACK,
    FIXTURES_DIR,
    REQUIRED,
    ConfigEntry,
    Fixture,
    RegressConfig,
)
from gait_engine.errors import InvalidInput, VerificationFailed, quoted
from gait_engine.host import Host
from gait_engine.regress.fixture import read_fixture, refuse_other_config
from gait_engine.regress.graders.case import Recorded
from gait_engine.regress.load import open_recorded
from gait_engine.regress.sequences import tool_sequence, verdict_sequence
from gait_engine.store.atomic import make_dirs, os_errors_as_ours, write_atomic
from gait_engine.store.layout import Located, is_there
from gait_engine.store.safepath import contained, join
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.text import lower, trim

_is_name: Final = re.compile(r"[a-z0-9][a-z0-9._-]*").fullmatch
_UNNAMED: Final = "fixture"

MAX_NAME: Final = 255
"""How long the name of a folder may be."""
FIXTURE_EXISTS: Final = "fixture_exists"


class Origin(NamedTuple):
    """A runpack that was verified, as bytes, and the checkpoint it was found by."""

    runpack: bytes
    run_id: str
    session_chain: str = ""
    checkpoint_index: int = 0
    candidate: bytes = b""
    """The runpack of another run, to be judged by the fixture."""


def fixture_name(given: str, run_id: str) -> str:
    """Return the name given, else one made from the run id. Raises InvalidInput."""
    name = given or _sanitised(run_id)
    if len(name) > MAX_NAME:
        raise InvalidInput(
            f"fixture name: {quoted(name)}, {len(name)} characters, expected {MAX_NAME} or fewer",
            where="--name",
            hint="choose a shorter name: --name NAME",
        )
    if not _is_name(name):
        raise InvalidInput(
            f"fixture name: {quoted(name)}, expected a-z, 0-9, '.', '_' and '-', the first of "
            "them a letter or digit",
            where="--name",
            hint="choose another name: --name NAME",
        )
    return name


def pin(origin: Origin, name: str, *, host: Host, must_be_new: bool = False) -> str:
    """Write a fixture and the config anew; returns the fixture's folder, relative to the cwd.

    Raises InvalidInput, before anything is written: `path_unsafe` where a link leads elsewhere,
    `fixture_exists` and `config_unread` where only what is new is asked for and the folder is
    there, or something else than a config would be replaced.
    """
    folder = join(FIXTURES_DIR, name)
    contained(host.cwd, Path(folder), "fixture")
    if must_be_new and os.path.lexists(host.cwd / folder):
        raise InvalidInput(
            f"fixture {quoted(name)}: is there already, expected a name that is free",
            code=FIXTURE_EXISTS,
            where=folder,
            hint="choose another name: --name NAME",
        )
    if must_be_new:
        refuse_other_config(host)
    make_dirs(host.cwd / folder)
    runpack = join(folder, FIXTURE_RUNPACK)
    write_atomic(host.cwd / runpack, origin.runpack, exclusive=must_be_new)
    if origin.candidate:
        write_atomic(host.cwd / folder / FIXTURE_CANDIDATE, origin.candidate)
    bare = Fixture(
        name=name,
        run_id=origin.run_id,
        runpack=FIXTURE_RUNPACK,
        session_chain=origin.session_chain,
        checkpoint_index=origin.checkpoint_index,
        candidate_runpack=FIXTURE_CANDIDATE if origin.candidate else "",
    )
    write_fixture(folder, _expecting(bare, Located(host.cwd / runpack, runpack)), host)
    config = RegressConfig(fixture_set=DEFAULT_SET, fixtures=pinned_entries(host))
    write_atomic(host.cwd / CONFIG_PATH, pretty(config))
    return folder


def write_fixture(folder: str, fixture: Fixture, host: Host) -> None:
    """Write `fixture.json` into a fixture's folder, whole or not at all."""
    write_atomic(host.cwd / folder / FIXTURE_FILE, pretty(fixture))


def expecting(fixture: Fixture, recorded: Recorded) -> Fixture:
    """Return a fixture that expects what a run did, and the context it was given."""
    digest = recorded.pack.refs.context_set_digest
    return msgspec.structs.replace(
        fixture,
        expected_tool_sequence=tool_sequence(recorded.intents),
        expected_verdict_sequence=verdict_sequence(recorded.results),
        context_conformance=REQUIRED if digest else fixture.context_conformance,
        expected_context_set_digest=digest,
    )


def _expecting(bare: Fixture, located: Located) -> Fixture:
    """Return what a run makes a fixture expect: nothing where its records cannot be read.

    `regress run` refuses such a fixture.
    """
    try:
        with ExitStack() as stack:
            return expecting(bare, open_recorded(stack, located))
    except (InvalidInput, VerificationFailed):
        return bare


def _sanitised(run_id: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", lower(run_id)).strip("-._") or _UNNAMED


def pinned_entries(host: Host) -> tuple[ConfigEntry, ...]:
    """List every fixture below the fixtures folder, by name; none where there is no folder.

    Raises InvalidInput for a fixture that no config can list.
    """
    return tuple(_entries(host)) if (host.cwd / FIXTURES_DIR).exists() else ()


def _entries(host: Host) -> Iterator[ConfigEntry]:
    with (
        os_errors_as_ours("fixtures", Path(FIXTURES_DIR), "a folder"),
        os.scandir(host.cwd / FIXTURES_DIR) as found,
    ):
        names = sorted(item.name for item in found if item.is_dir(follow_symlinks=False))
    for name in filter(_is_name, names):
        folder = join(FIXTURES_DIR, name)
        if is_there(host.cwd / folder / FIXTURE_FILE):
            yield _entry(folder, name, host)
        elif is_there(host.cwd / folder / FIXTURE_RUNPACK):
            raise InvalidInput(
                f"fixture {folder}: no {FIXTURE_FILE} beside {FIXTURE_RUNPACK}, expected one",
                where=folder,
                hint="pin the run again or remove the folder",
            )


def _entry(folder: str, name: str, host: Host) -> ConfigEntry:
    path = join(folder, FIXTURE_FILE)
    fixture = read_fixture(path, host=host)
    if fixture.name != name:
        raise InvalidInput(
            f"{path} $.name: {quoted(fixture.name)}, expected {quoted(name)}", where=path
        )
    is_bare = "/" not in fixture.runpack and trim(fixture.runpack) not in ("", ".", "..")
    if not is_bare or not is_there(host.cwd / folder / fixture.runpack):
        raise InvalidInput(
            f"{path} $.runpack: {quoted(fixture.runpack)}, expected a file in the same folder",
            where=path,
        )
    return ConfigEntry(name=name, run_id=fixture.run_id, runpack=join(folder, fixture.runpack))
