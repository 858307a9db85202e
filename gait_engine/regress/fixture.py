"""Reading and writing the two files of a set: `gait.yaml` and `fixture.json` (regress.md 1)."""

import os
from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec

from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.regress import (
    CONFIG_PATH,
    CONFIG_SCHEMA,
    CONFORMANCE,
    DEFAULT_SET,
    Fixture,
    RegressConfig,
)
from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.regress.sequences import verdict_word, without_blanks
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.wire.digest import is_hex64
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.text import lower, normal, trim, unique_sorted

RecordT = TypeVar("RecordT", bound=msgspec.Struct)

CONFIG_UNREAD: Final = "config_unread"
"""What stands in the config's place is no config of a set, and is not to be replaced."""
_NOT_OURS: Final = (
    f"mend {CONFIG_PATH} or move it away; without --no-overwrite it is replaced by a config over "
    "all fixtures"
)
_NOT_YAML: Final = "gait.yaml holds JSON in spite of its name; write it with: gait regress init"


def read_config(path: str, *, host: Host) -> RegressConfig:
    """Read the config of a set, fixtures sorted by name; equal names keep their order.

    Raises InvalidInput, also for a set without fixtures.
    """
    try:
        config = _read(path, RegressConfig, "regress config", host)
    except InvalidInput as exc:
        if "not JSON" in exc.message:
            exc.hint = _NOT_YAML
        raise
    source = Source(path)
    for field, found, wanted in (
        ("schema_id", config.schema_id, CONFIG_SCHEMA),
        ("schema_version", config.schema_version, SCHEMA_VERSION),
    ):
        if found not in ("", wanted):
            raise source.reject(f"{quoted(found)}, expected {wanted}", f"$.{field}")
    for index, entry in enumerate(config.fixtures):
        if not trim(entry.name) or not trim(entry.runpack):
            raise source.reject("blank name or runpack, expected both", f"$.fixtures[{index}]")
    if not config.fixtures:
        raise source.reject("no fixtures, expected at least one", "$.fixtures")
    return msgspec.structs.replace(
        config,
        fixture_set=config.fixture_set or DEFAULT_SET,
        fixtures=tuple(sorted(config.fixtures, key=lambda entry: entry.name.encode())),
    )


def refuse_other_config(host: Host) -> None:
    """Refuse to replace what stands in the config's place and is none; nothing there is free.

    Raises InvalidInput.
    """
    if not os.path.lexists(host.cwd / CONFIG_PATH):
        return
    try:
        read_config(CONFIG_PATH, host=host)
    except InvalidInput as exc:
        raise InvalidInput(
            f"config that would be replaced: {exc.message}",
            code=CONFIG_UNREAD,
            where=CONFIG_PATH,
            hint=_NOT_OURS,
        ) from exc


def read_fixture(path: str, *, host: Host) -> Fixture:
    """Read a fixture, its texts brought into the form they are compared in.

    Raises InvalidInput.
    """
    fixture = _read(path, Fixture, "fixture", host)
    for field, fault in _faults(fixture):
        raise Source(path).reject(fault, f"$.{field}")
    return msgspec.structs.replace(
        fixture,
        expected_tool_sequence=without_blanks(fixture.expected_tool_sequence),
        expected_verdict_sequence=tuple(
            map(verdict_word, without_blanks(fixture.expected_verdict_sequence))
        ),
        candidate_runpack=trim(fixture.candidate_runpack),
        context_conformance=normal(fixture.context_conformance),
        expected_context_set_digest=trim(fixture.expected_context_set_digest),
        diff_allow_changed_files=tuple(unique_sorted(list(fixture.diff_allow_changed_files))),
    )


def _read(path: str, kind: type[RecordT], what: str, host: Host) -> RecordT:
    text = read_input(path, limit=TEXT_LIMIT, host=host, what=what)
    return read_record(text, kind, Source(path, digested=False))


def _faults(fixture: Fixture) -> Iterator[tuple[str, str]]:
    """Name each field that must not be as it is, and what is wrong with it."""
    for field in ("name", "run_id", "runpack"):
        if not getattr(fixture, field):
            yield field, "empty, expected a text"
    for field in ("expected_replay_exit_code", "checkpoint_index"):
        if getattr(fixture, field) < 0:
            yield field, f"{getattr(fixture, field)}, expected 0 or more"
    for word in without_blanks(fixture.expected_verdict_sequence):
        if not verdict_word(word):
            yield "expected_verdict_sequence", f"{quoted(word)}, expected a verdict"
    if normal(fixture.context_conformance) not in CONFORMANCE:
        found = quoted(fixture.context_conformance)
        yield "context_conformance", f"{found}, expected required or none"
    digest = lower(trim(fixture.expected_context_set_digest))
    if digest and not is_hex64(digest):
        yield "expected_context_set_digest", f"{quoted(digest)}, expected 64 hex digits"


def is_default_config(path: str) -> bool:
    """Tell the config that commands take when none is named."""
    return trim(path) in ("", CONFIG_PATH)
