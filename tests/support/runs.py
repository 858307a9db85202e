"""Runs for tests: inputs of `run record`, and runpacks that say whatever a test wants.

The runpacks are put together without the engine's writers, every digest right, so that only
what a test changes on purpose is wrong.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import pytest

from gait_engine.api.record import RecordRequest, record
from gait_engine.contract.answers.run import RecordAnswer
from gait_engine.errors import GaitError
from gait_engine.host import Host
from gait_engine.store.zipread import open_archive
from tests.support.zipforge import Part, forge

STARTED: Final = "2026-02-05T10:00:00Z"
HEADER: Final = {"schema_version": "1.0.0", "created_at": STARTED, "producer_version": "0.0.0-dev"}
DATA: Final = ("intents.jsonl", "refs.json", "results.jsonl", "run.json")
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

Json = dict[str, Any]


class Call(NamedTuple):
    """A call as `run record` is given it."""

    intent: Json
    result: Json


def call(number: int, args: Any = NOTHING, result: Any = NOTHING, /, **changes: Any) -> Call:
    """Spell the n-th call of a run; `changes` overwrite fields of its intent."""
    key = f"intent_{number}"
    intent = {"intent_id": key, "tool_name": "tool.x", "args": {"n": number} | dict(args)}
    outcome = {"intent_id": key, "status": "ok", "result": {"n": number} | dict(result)}
    return Call(intent | changes, outcome)


def run_input(*calls: Call, **members: Any) -> Json:
    """Spell an input of `run record`; `members` overwrite or add top-level members."""
    return {
        "run": {"run_id": "run_x", "created_at": STARTED},
        "intents": [made.intent for made in calls],
        "results": [made.result for made in calls],
        **members,
    }


def recorded(host: Host, document: Json | bytes, **options: Any) -> RecordAnswer:
    """Record an input in the host's folder."""
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    (host.cwd / "input.json").write_bytes(text)
    return record(RecordRequest(input="input.json", **options), host=host)


def refused(host: Host, text: Json | bytes, **options: Any) -> GaitError:
    """Return the error of a recording that must fail and must leave nothing but its input."""
    with pytest.raises(GaitError) as caught:
        recorded(host, text, **options)
    assert {path.name for path in host.cwd.rglob("*")} <= {"input.json", "envelope.json"}
    return caught.value


def members_of(path: Path) -> dict[str, bytes]:
    """Read every member of a runpack."""
    with open_archive(path) as archive:
        return {name: archive.read(name) for name in archive.names}


def members_of_sealed(data: bytes, path: Path) -> dict[str, bytes]:
    """Write an archive and read every member of it."""
    path.write_bytes(data)
    return members_of(path)


def document(path: Path, name: str) -> Any:
    """Read a member that is one JSON document."""
    return json.loads(members_of(path)[name])


def lines(path: Path, name: str) -> list[Any]:
    """Read a member that is one JSON document a line."""
    return [json.loads(line) for line in members_of(path)[name].splitlines()]


def receipt(ref_id: str, /, **changes: Any) -> Json:
    """Spell a receipt of a run's context."""
    return {
        "ref_id": ref_id,
        "source_type": "doc",
        "source_locator": f"doc://{ref_id}",
        "query_digest": "1" * 64,
        "content_digest": "2" * 64,
        "retrieved_at": STARTED,
        "redaction_mode": "reference",
        **changes,
    }


def intent(key: str, /, **changes: Any) -> Json:
    """Spell an intent as a runpack holds it."""
    return _record("intent", key) | {"tool_name": "tool.x", "args_digest": "a" * 64} | changes


def result(key: str, /, **changes: Any) -> Json:
    """Spell a result as a runpack holds it."""
    return _record("result", key) | {"status": "ok", "result_digest": "b" * 64} | changes


def _record(kind: str, key: str) -> Json:
    return {"schema_id": f"gait.runpack.{kind}", **HEADER, "run_id": "run_x", "intent_id": key}


def members(
    intents: Sequence[Json] = (),
    results: Sequence[Json] = (),
    run: Mapping[str, Any] = NOTHING,
    refs: Mapping[str, Any] = NOTHING,
) -> dict[str, bytes]:
    """Spell the four data members; `run` and `refs` overwrite fields of theirs."""
    own_run = {
        "schema_id": "gait.runpack.run",
        **HEADER,
        "run_id": "run_x",
        "env": {"os": "linux", "arch": "amd64", "runtime": "go"},
        "timeline": None,
    }
    own_refs = {"schema_id": "gait.runpack.refs", **HEADER, "run_id": "run_x", "receipts": []}
    return {
        "run.json": canonical(own_run | dict(run)),
        "refs.json": canonical(own_refs | dict(refs)),
        "intents.jsonl": jsonl(intents),
        "results.jsonl": jsonl(results),
    }


def sealed(data: Mapping[str, bytes], **manifest: Any) -> bytes:
    """Put members into an archive under a manifest whose digests are right.

    `manifest` overwrites its fields before its digest is taken; a `manifest_digest` is kept.
    """
    own: Json = {
        "schema_id": "gait.runpack.manifest",
        **HEADER,
        "run_id": "run_x",
        "capture_mode": "reference",
        "files": [
            {"path": name, "sha256": sha256(data[name]).hexdigest()} for name in sorted(data)
        ],
        **manifest,
    }
    signatures = {"signatures": own.pop("signatures")} if "signatures" in own else {}
    bare = {**own, "manifest_digest": ""}
    digest = manifest.get("manifest_digest", sha256(canonical(bare)).hexdigest())
    document = canonical({**own, **signatures, "manifest_digest": digest})
    return archive({"manifest.json": document, **data})


def archive(data: Mapping[str, bytes]) -> bytes:
    """Put members into a plain archive."""
    return forge(*(Part(name, data[name]) for name in sorted(data)))


def runpack(folder: Path, name: str = "p.zip", /, **parts: Any) -> Path:
    """Write a runpack of `members(...)` under a right manifest into the folder."""
    path = folder / name
    path.write_bytes(sealed(members(**parts)))
    return path


def digest_of(value: Any) -> str:
    """Digest a JSON value."""
    return sha256(canonical(value)).hexdigest()


def canonical(value: Any) -> bytes:
    """Spell JSON canonically: true for ASCII keys and plain integers, which is all tests use."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def jsonl(records: Sequence[Json]) -> bytes:
    """Spell records line by line."""
    return b"".join(canonical(record) + b"\n" for record in records)


def tree(folder: Path) -> dict[str, bytes]:
    """Read every file below a folder: what a command must not have changed."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def exit_code_of(error: GaitError) -> tuple[int, str]:
    """Return what the command line would exit with, and the error's own code."""
    return error.exit_code, error.code
