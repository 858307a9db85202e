"""The demo run: the same bytes on every machine (runpack.md 6.8)."""

from typing import Final

from gait_engine.contract.answers.run import DemoAnswer
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
    TimelineEvent,
)
from gait_engine.errors import DependencyMissing, InternalFailure, InvalidInput
from gait_engine.host import Host
from gait_engine.runpack.footer import footer_text
from gait_engine.runpack.pack import Runpack, build_runpack, jsonl, write_runpack
from gait_engine.runpack.refs import normalise_refs
from gait_engine.runpack.verify import verify_runpack
from gait_engine.store.atomic import make_dirs
from gait_engine.store.layout import OUT_DIR, runpack_path
from gait_engine.store.safepath import display_path
from gait_engine.wire.digest import sha256_hex, value_digest
from gait_engine.wire.timestamps import Timestamp

RUN_ID: Final = "run_demo"
METRICS_OPT_IN: Final = "export GAIT_ADOPTION_LOG=./gait-out/adoption.jsonl"

_STARTED: Final = Timestamp("2026-02-05T00:00:00Z")
_FINISHED: Final = Timestamp("2026-02-05T00:00:02Z")
_CALLS: Final = (
    ("tool.search", {"query": "gait demo: offline verification"}),
    ("tool.fetch", {"url": "https://example.local/demo"}),
    ("tool.summarize", {"input_ref": "ref_1"}),
)
_NEXT: Final = (
    "gait verify run_demo --json",
    "gait regress bootstrap --from run_demo --json --junit ./gait-out/junit.xml",
    "gait demo --durable",
    "gait demo --policy",
)
_NANOS_PER_MS: Final = 1_000_000


def demo(*, durable: bool = False, policy: bool = False, host: Host) -> DemoAnswer:
    """Write the demo runpack under ./gait-out and verify it, or with `policy` show a blocked call.

    Raises DependencyMissing for the durable demo, which needs jobs.
    """
    if durable and policy:
        raise InvalidInput("demo: --durable and --policy, expected one of them")
    if durable:
        raise DependencyMissing(
            "demo --durable: needs durable jobs, which this release does not hold yet",
            hint="run gait demo for the standard demo",
        )
    if policy:
        from gait_engine.api.demopolicy import policy_demo

        return policy_demo(host=host)
    started = host.now_ns()
    runpack = demo_runpack(host)
    path = runpack_path(OUT_DIR, RUN_ID)
    make_dirs(host.cwd / OUT_DIR)
    write_runpack(host.cwd / path, runpack)
    if not verify_runpack(str(host.cwd / path)).ok:
        raise InternalFailure(f"runpack {path}: written, but it does not verify")
    return DemoAnswer(
        ok=True,
        mode="standard",
        run_id=RUN_ID,
        bundle=display_path(path),
        ticket_footer=footer_text(RUN_ID, runpack.manifest.manifest_digest),
        verify="ok",
        next_commands=_NEXT,
        metrics_opt_in=METRICS_OPT_IN,
        duration_ms=(host.now_ns() - started) // _NANOS_PER_MS,
    )


def demo_runpack(host: Host) -> Runpack:
    """Build the demo run: three calls, three results, three receipts."""
    producer = host.producer_version
    intents, results = [], []
    for number, (tool, args) in enumerate(_CALLS, 1):
        intents.append(_intent(number, tool, args, producer))
        results.append(_result(number, producer))
    run = Run(
        schema_id=RUN_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=_STARTED,
        producer_version=producer,
        run_id=RUN_ID,
        env=Env(os="demo", arch="demo", runtime="go"),
        timeline=(
            TimelineEvent(event="start", ts=_STARTED),
            TimelineEvent(event="finish", ts=_FINISHED),
        ),
    )
    refs = Refs(
        schema_id=REFS_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=_STARTED,
        producer_version=producer,
        run_id=RUN_ID,
        receipts=tuple(_receipt(number, tool) for number, (tool, _) in enumerate(_CALLS, 1)),
    )
    return build_runpack(
        run,
        normalise_refs(refs),
        intents=jsonl(intents),
        results=jsonl(results),
        capture_mode="reference",
    )


def _intent(number: int, tool: str, args: dict[str, str], producer: str) -> Intent:
    return Intent(
        schema_id=INTENT_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=_STARTED,
        producer_version=producer,
        run_id=RUN_ID,
        intent_id=f"intent_{number}",
        tool_name=tool,
        args_digest=value_digest(args),
    )


def _result(number: int, producer: str) -> Result:
    return Result(
        schema_id=RESULT_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=_STARTED,
        producer_version=producer,
        run_id=RUN_ID,
        intent_id=f"intent_{number}",
        status="ok",
        result_digest=value_digest({"ok": True, "message": f"demo result {number}"}),
    )


def _receipt(number: int, tool: str) -> Receipt:
    return Receipt(
        ref_id=f"ref_{number}",
        source_type="demo",
        source_locator=tool,
        query_digest=sha256_hex(f"query-{number}".encode()),
        content_digest=sha256_hex(f"content-{number}".encode()),
        retrieved_at=_STARTED,
        redaction_mode="reference",
    )
