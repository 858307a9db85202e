"""Builds the demo incident in an empty folder, with the engine's own verbs and a clock of its own.

Whatever a verb asks its host for comes from the story, so the folder holds the same bytes wherever
and whenever it is built. Only the version of gait shows.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from gait_engine.api import gate, guard, keys, record, regress, review, scout, session, tokens
from gait_engine.api.incidenthost import StoryHost
from gait_engine.api.incidentstory import Approved, Call, Late, Step, Story, StoryFixture, StoryRun
from gait_engine.api.incidentstory import policy_text as story_policy
from gait_engine.contract.answers.gate import GateAnswer
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.gateoptions import GateOptions
from gait_engine.contract.intent import INTENT_REQUEST_SCHEMA
from gait_engine.contract.keys import KeySources
from gait_engine.contract.regress import FIXTURE_FILE, FIXTURES_DIR
from gait_engine.contract.review import MUST_READ, MintRequest, ReviewSetting, ReviewTarget
from gait_engine.contract.runpack import RESULTS
from gait_engine.gate.review.phrases import approve_phrase
from gait_engine.guard.evidence import EvidencePaths
from gait_engine.regress.fixture import read_fixture
from gait_engine.regress.pin import write_fixture
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.store.layout import OUT_DIR, runpack_path
from gait_engine.store.zipread import open_archive
from gait_engine.store.zipwrite import build_zip
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.timestamps import Timestamp, from_ns, to_ns

POLICY: Final = f"{OUT_DIR}/policy.yaml"
JUNIT: Final = f"{OUT_DIR}/junit.xml"
SESSIONS: Final = f"{OUT_DIR}/sessions"
_KEYS_DIR: Final = f"{OUT_DIR}/demo_keys"
_PRIVATE: Final = f"{_KEYS_DIR}/demo_private.key"
_PUBLIC: Final = f"{_KEYS_DIR}/demo_public.key"
_INPUT: Final = "input.json"
_AGENT: Final = "svc-etl"
_OWN_KEY: Final = KeySources(private_key=_PRIVATE)
_TOKEN_KEY: Final = KeySources(public_key=_PUBLIC)
_SECOND_NS: Final = 10**9
_NO_OPTIONS: Final = GateOptions()

Doc = dict[str, Any]


def build(story: Story, host: StoryHost) -> None:
    """Build every artifact of the story in the folder of `host`. Raises GaitError."""
    host.now = to_ns(Timestamp(story.runs[0].at))
    keys.init(out_dir=_KEYS_DIR, prefix="demo", host=host)
    write_atomic(host.cwd / POLICY, story_policy(story))
    for run in story.runs:
        _record(story, run, host)
    _review(story, story.approved, host)
    _ask_too_late(story, story.late, host)
    _session(story, _gated(story, host), host)
    for fixture in story.fixtures:
        _pin(fixture, host)
    for run in story.runs:
        if run.tampered:
            _tamper(run, host)
    host.now = to_ns(Timestamp(story.now))
    _sum_up(story, host)
    (host.cwd / _INPUT).unlink()


def _record(story: Story, run: StoryRun, host: StoryHost) -> None:
    finished = _moment(run, story.steps(run)[-1][0].after + 1)
    host.now = to_ns(finished)
    given = {
        "run": {
            "run_id": run.run_id,
            "created_at": run.at,
            "producer_version": host.producer_version,
            "env": {"os": host.os_name, "arch": host.arch, "runtime": "python"},
            "timeline": [{"event": "start", "ts": run.at}, {"event": "finish", "ts": finished}],
        },
        "intents": [_intent(run, *numbered) for numbered in _numbered(story, run)],
        "results": [_result(run, *numbered) for numbered in _numbered(story, run)],
        "refs": {"receipts": list(_receipts(story, run))},
        "capture_mode": "raw",
    }
    _write_json(_INPUT, given, host)
    record.record(record.RecordRequest(input=_INPUT), host=host)


def _numbered(story: Story, run: StoryRun) -> Iterator[tuple[int, Step, Call]]:
    for number, (step, call) in enumerate(story.steps(run), 1):
        yield number, step, call


def _intent(run: StoryRun, number: int, step: Step, call: Call) -> Doc:
    return {
        "intent_id": f"call_{number}",
        "created_at": _moment(run, step.after),
        "tool_name": call.tool,
        "args": call.args,
    }


def _result(run: StoryRun, number: int, step: Step, call: Call) -> Doc:
    return {
        "intent_id": f"call_{number}",
        "created_at": _moment(run, step.after),
        "status": call.status,
        "result": call.result,
    }


def _receipts(story: Story, run: StoryRun) -> Iterator[Doc]:
    for number, name in enumerate(story.behaviours[run.behaviour].receipts, 1):
        read = story.receipts[name]
        yield {
            "ref_id": f"ref_{number}",
            "source_type": read.source_type,
            "source_locator": read.locator,
            "query_digest": sha256_hex(read.query.encode()),
            "content_digest": sha256_hex(read.content.encode()),
            "retrieved_at": run.at,
            "redaction_mode": "reference",
        }


def _gated(story: Story, host: StoryHost) -> dict[tuple[str, int], GateAnswer]:
    """Put the calls of the gated runs to the gate; return its answers by run and call."""
    answers = {}
    for run in story.runs:
        for number, step, call in _numbered(story, run) if run.gated else ():
            at = _moment(run, step.after)
            name = f"{run.run_id}_{number}"
            context = {
                "identity": _AGENT,
                "session_id": story.session.session_id,
                "run_id": run.run_id,
                "request_id": f"call_{number}",
            }
            _write_intent(name, call, at, context, host)
            answers[run.run_id, number] = _ask(name, at, host)
    return answers


def _review(story: Story, told: Approved, host: StoryHost) -> None:
    """Have a call reviewed and approved by a person, and let it pass the gate."""
    call = story.calls[told.call]
    context = {
        "identity": _AGENT,
        "session_id": told.session_id,
        "environment": told.environment,
    }
    _write_intent(told.name, call, Timestamp(told.at), context, host)
    asked = _ask(told.name, Timestamp(told.at), host)
    token = _token_path(told.name)
    request = MintRequest(
        target=ReviewTarget(trace=asked.trace_path),
        intent_digest=asked.intent_digest,
        policy_digest=asked.policy_digest,
        approver=told.approver,
        reason_code=told.reason_code,
        ttl=told.ttl,
        scope=told.scope,
        phrase=approve_phrase(asked.intent_digest),
        seen=MUST_READ,
        max_targets=1,
        max_ops=1,
        out=token,
    )
    setting = ReviewSetting(
        ((OUT_DIR, 2),), approval_keys=_TOKEN_KEY, key_mode="prod", signing_keys=_OWN_KEY
    )
    host.now = to_ns(Timestamp(told.approved_at))
    review.mint(request, setting, host=host)
    _ask(
        told.name,
        from_ns(host.now),
        host,
        GateOptions(approval_token=token, approval_public_key=_PUBLIC),
    )


def _ask_too_late(story: Story, late: Late, host: StoryHost) -> None:
    """Have a call approved, and put it to the gate with the approval when that has expired."""
    call = story.calls[late.call]
    at = Timestamp(late.at)
    _write_intent(late.name, call, at, {"identity": late.identity}, host)
    asked = _ask(late.name, Timestamp(late.approved_at), host)
    token = _token_path(late.name)
    request = tokens.ApproveRequest(
        intent_digest=asked.intent_digest,
        policy_digest=asked.policy_digest,
        ttl=late.ttl,
        scope=late.scope,
        approver=late.approver,
        reason_code=late.reason_code,
        out=token,
        key_mode="prod",
        keys=_OWN_KEY,
    )
    tokens.approve(request, host=host)
    _ask(late.name, at, host, GateOptions(approval_token=token, approval_public_key=_PUBLIC))


def _write_intent(name: str, call: Call, at: Timestamp, context: Doc, host: StoryHost) -> None:
    intent = {
        "schema_id": INTENT_REQUEST_SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "created_at": at,
        "producer_version": host.producer_version,
        "tool_name": call.tool,
        "args": call.args,
        "targets": call.targets,
        "arg_provenance": call.provenance,
        "context": {
            "workspace": call.workspace,
            "risk_class": call.risk,
            "phase": "apply",
            "environment": "production",
            **context,
        },
    }
    _write_json(_intent_path(name), intent, host)


def _ask(
    name: str, at: Timestamp, host: StoryHost, options: GateOptions = _NO_OPTIONS
) -> GateAnswer:
    host.now = to_ns(at)
    full = msgspec.structs.replace(
        options,
        policy=POLICY,
        intent=_intent_path(name),
        trace_out=f"{OUT_DIR}/traces/trace_{name}.json",
        approval_audit_out=f"{OUT_DIR}/traces/approval_audit_{name}.json",
        key_mode="prod",
        private_key=_PRIVATE,
        no_config=True,
    )
    return gate.evaluate(full, host=host)


def _session(story: Story, answers: Mapping[tuple[str, int], GateAnswer], host: StoryHost) -> None:
    told = story.session
    journal = f"{SESSIONS}/{told.session_id}.jsonl"
    runs = [story.run(run_id) for run_id in told.checkpoints]
    host.now = to_ns(Timestamp(runs[0].at))
    session.start(journal, session_id=told.session_id, run_id=told.run_id, host=host)
    for index, run in enumerate(runs, 1):
        for event in _events(story, run, answers, host):
            session.append(journal, event, host=host)
        pack = f"{SESSIONS}/{told.session_id}_cp_{index:04d}.zip"
        session.checkpoint(journal, out=pack, host=host)
    for _ in range(told.open_events):
        host.pause(told.open_every)
        event = session.EventInput(tool_name=told.open_tool, verdict="allow")
        session.append(journal, event, host=host)


def _events(
    story: Story,
    run: StoryRun,
    answers: Mapping[tuple[str, int], GateAnswer],
    host: StoryHost,
) -> Iterator[session.EventInput]:
    """Yield the calls of a run as the session saw them, the clock at each."""
    for number, step, call in _numbered(story, run):
        host.now = to_ns(_moment(run, step.after))
        said = answers.get((run.run_id, number))
        yield session.EventInput(
            tool_name=call.tool,
            verdict=said.verdict if said else call.verdict,
            intent_id=f"call_{number}",
            trace_id=said.trace_id if said else "",
            trace_path=said.trace_path if said else "",
            intent_digest=said.intent_digest if said else "",
            policy_digest=said.policy_digest if said else "",
            reason_codes=said.reason_codes if said else (),
            violations=said.violations if said else (),
        )


def _pin(told: StoryFixture, host: StoryHost) -> None:
    against = (told.candidate,) if told.candidate else ()
    regress.init(told.run_id, name=told.name, against=against, host=host)
    if told.tolerates:
        folder = f"{FIXTURES_DIR}/{told.name}"
        fixture = msgspec.structs.replace(
            read_fixture(f"{folder}/{FIXTURE_FILE}", host=host),
            diff_allow_changed_files=told.tolerates,
        )
        write_fixture(folder, fixture, host)


def _sum_up(story: Story, host: StoryHost) -> None:
    """Write what is found out about the runs: regressions, families, evidence."""
    regress.run(regress.RunRequest(junit=JUNIT), host=host)
    scout.signal(scout.RunsRequest(sources=(OUT_DIR,), keeps_going=True), host=host)
    last = story.runs[-1].run_id
    traces = sorted((host.cwd / OUT_DIR / "traces").glob(f"trace_{last}_*.json"))
    audits = sorted((host.cwd / OUT_DIR / "traces").glob(f"approval_audit_{last}_*.json"))
    evidence = EvidencePaths(
        trace=_listed(traces, host),
        regress="regress_result.json",
        approval_audit=_listed(audits, host),
    )
    out = f"{OUT_DIR}/evidence_pack_{last}.zip"
    guard.pack(
        guard.PackRequest(last, evidence, out=out, key_mode="prod", keys=_OWN_KEY), host=host
    )


def _tamper(run: StoryRun, host: StoryHost) -> None:
    """Let the results of a recorded run say that all went well."""
    path = host.cwd / runpack_path(OUT_DIR, run.run_id)
    with open_archive(path) as archive:
        members = {name: archive.read(name) for name in archive.names}
    for status in (b"blocked", b"waiting"):
        members[RESULTS] = members[RESULTS].replace(b'"status":"%s"' % status, b'"status":"ok"')
    write_atomic(path, build_zip(members))


def _intent_path(name: str) -> str:
    return f"{OUT_DIR}/intents/{name}.json"


def _token_path(name: str) -> str:
    return f"{OUT_DIR}/approvals/approval_{name}.json"


def _moment(run: StoryRun, after: float) -> Timestamp:
    return from_ns(to_ns(Timestamp(run.at)) + round(after * 1000) * (_SECOND_NS // 1000))


def _listed(paths: list[Path], host: StoryHost) -> str:
    return ",".join(path.relative_to(host.cwd).as_posix() for path in paths)


def _write_json(path: str, value: Doc, host: StoryHost) -> None:
    make_dirs((host.cwd / path).parent)
    text = msgspec.json.format(msgspec.json.encode(value), indent=2)
    write_atomic(host.cwd / path, text + b"\n")
