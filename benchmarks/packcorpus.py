"""Thousands of small runpacks of a few workflows, as a week of a busy agent leaves them."""

import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from msgspec import Raw

from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.runpack import (
    INTENT_SCHEMA,
    REFS_SCHEMA,
    RESULT_SCHEMA,
    RUN_SCHEMA,
    Env,
    Intent,
    Receipt,
    Refs,
    Result,
    Run,
)
from gait_engine.runpack.pack import build_runpack, jsonl
from gait_engine.store.zipwrite import build_zip
from gait_engine.wire.canonical import canonical
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.timestamps import from_ns

_BEGUN_NS: Final = 1_770_292_800 * 10**9
_MINUTE_NS: Final = 60 * 10**9
_WORKFLOWS: Final = (
    ("tool.search", "tool.fetch", "db.query", "file.write", "queue.publish"),
    ("db.query", "crm.update", "http.post", "queue.publish", "db.query"),
    ("tool.search", "file.read", "file.write", "file.delete", "http.post"),
)


def write_corpus(folder: Path, count: int) -> None:
    """Write runpacks of five calls; of a hundred runs one has a call that fails."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"runpack_run_{number:06}.zip").write_bytes(runpack(number))


def runpack(number: int) -> bytes:
    """Return one of them, the same bytes at every call."""
    header = _header(number)
    run = Run(
        schema_id=RUN_SCHEMA, env=Env(os="linux", arch="amd64", runtime="python"), **header
    )  # fmt: skip
    packed = build_runpack(
        run,
        Refs(schema_id=REFS_SCHEMA, receipts=tuple(_receipts(number)), **header),
        intents=jsonl(_intents(number, header)),
        results=jsonl(_results(number, header)),
        capture_mode="raw",
    )
    return b"".join(build_zip(packed.members))


def _header(number: int) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "created_at": from_ns(_BEGUN_NS + number * _MINUTE_NS),
        "producer_version": "1.4.0",
        "run_id": f"run_{number:06}",
    }


def _intents(number: int, header: dict[str, Any]) -> Iterator[Intent]:
    for call, tool in enumerate(_WORKFLOWS[number % len(_WORKFLOWS)]):
        mark = _mark(number, call)
        args = canonical(
            {"dry_run": False, "limit": number % 500, "path": f"/srv/{mark[:12]}", "query": mark}
        )
        yield Intent(
            schema_id=INTENT_SCHEMA,
            intent_id=f"intent_{call}",
            tool_name=tool,
            args_digest=sha256_hex(args),
            args=Raw(args),
            **header,
        )


def _results(number: int, header: dict[str, Any]) -> Iterator[Result]:
    for call in range(len(_WORKFLOWS[number % len(_WORKFLOWS)])):
        is_well = call or number % 100
        result = canonical({"etag": _mark(call, number)[:16], "ok": bool(is_well), "rows": number})
        yield Result(
            schema_id=RESULT_SCHEMA,
            intent_id=f"intent_{call}",
            status="ok" if is_well else "error",
            result_digest=sha256_hex(result),
            result=Raw(result),
            **header,
        )


def _receipts(number: int) -> Iterator[Receipt]:
    for place in ("wiki", "orders"):
        yield Receipt(
            ref_id=f"ref_{place}",
            source_type="doc_store",
            source_locator=f"internal/{place}",
            query_digest=sha256_hex(b"query"),
            content_digest=sha256_hex(f"{place}{number % 7}".encode()),
            retrieved_at=from_ns(_BEGUN_NS),
            redaction_mode="reference",
            immutability="immutable",
        )


def _mark(*parts: int) -> str:
    return sha256(repr(parts).encode()).hexdigest()


if __name__ == "__main__":
    write_corpus(Path(sys.argv[1]), int(sys.argv[2]))
