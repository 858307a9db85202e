"""A folder with everything a gate is given: policy, intents, keys, tokens, states, registries."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from gait_engine.api import gate as api
from gait_engine.contract.answers.gate import GateAnswer
from gait_engine.contract.approvedscript import ApprovedScript
from gait_engine.contract.gateoptions import GateOptions
from gait_engine.contract.trace import Trace
from gait_engine.crypto.keys import key_text
from gait_engine.gate.approvedscripts import signed_entry
from gait_engine.gate.policy import load
from gait_engine.gate.policydigest import policy_digest
from gait_engine.gate.trace import check_trace, parse_trace
from gait_engine.host import Host
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.timestamps import Timestamp
from tests.support import intents
from tests.support.hosts import FrozenHost
from tests.support.judging import CONTEXT
from tests.support.tokens import KEY, MORNING, approval, write_token

POLICY: Final = "policy.yaml"
INTENT: Final = "intent.json"
SIGNED: Final = {"key_mode": "prod", "private_key": "gate.key"}
"""Options to sign traces with the key in the folder."""

READ: Final = {"kind": "path", "value": "/srv/app/a", "operation": "read"}
DELETE: Final = {"kind": "path", "value": "/srv/app/a", "operation": "delete"}
EARLIER: Final = "2026-01-01T00:00:00Z"
LATER: Final = Timestamp("2026-02-05T13:00:00Z")


def furnish(folder: Path, *rules: dict[str, Any], **fields: Any) -> None:
    """Lay out a policy with these rules, allowing all by default, an intent and a key pair."""
    write_policy(folder, *rules, **{"default_verdict": "allow"} | fields)
    write_intent(folder)
    (folder / "gate.key").write_bytes(key_text(KEY.private_bytes))
    (folder / "gate.pub").write_bytes(key_text(KEY.public_key))


def write_policy(folder: Path, *rules: dict[str, Any], **fields: Any) -> str:
    """Write a policy; a rule gets a name and an effect where it has none."""
    named = [{"name": f"r{n}", "effect": "allow"} | rule for n, rule in enumerate(rules, start=1)]
    (folder / POLICY).write_text(json.dumps({"rules": named} | fields), encoding="utf-8")
    return POLICY


def intent_text(**fields: Any) -> bytes:
    """Spell an intent on one line; `context` is laid over one that is complete."""
    context = CONTEXT | fields.pop("context", {})
    return intents.intent_text(**{"tool_name": "db.query", **fields, "context": context})


def write_intent(folder: Path, name: str = INTENT, **fields: Any) -> str:
    """Write an intent file; return its name."""
    (folder / name).write_bytes(intent_text(**fields))
    return name


def write_lines(folder: Path, *lines: bytes, name: str = "intents.jsonl") -> str:
    """Write a stream of intents; return its name."""
    (folder / name).write_bytes(b"".join(line + b"\n" for line in lines))
    return name


def write_switch(folder: Path, *entries: dict[str, Any], name: str = "ks.json") -> str:
    """Write a kill-switch state whose entries are enabled; return its name."""
    complete = [{"enabled": True, "created_at": EARLIER} | entry for entry in entries]
    state = {
        "schema_id": "gait.gate.kill_switch_state",
        "schema_version": "1.0.0",
        "created_at": EARLIER,
        "updated_at": EARLIER,
        "producer_version": "1",
        "entries": complete,
    }
    (folder / name).write_text(json.dumps(state), encoding="utf-8")
    return name


def script_steps(*tools: str) -> dict[str, Any]:
    """Return the member of an intent that makes it a script of tools that read."""
    return {"script": {"steps": [{"tool_name": tool, "targets": [READ]} for tool in tools]}}


def write_scripts(folder: Path, *tools: str, name: str = "scripts.json", **fields: Any) -> str:
    """Approve the script that calls these tools, under the policy of the folder, for an hour."""
    steps = script_steps(*tools)
    script = intents.intent_of(**{"context": CONTEXT, **steps})
    policy = load(POLICY, host=FrozenHost(folder))
    entry = ApprovedScript(
        **{
            "schema_id": "gait.gate.approved_script_entry",
            "schema_version": "1.0.0",
            "created_at": MORNING,
            "producer_version": "0.0.0-dev",
            "pattern_id": "pat",
            "policy_digest": policy_digest(policy),
            "script_hash": script.script_hash,
            "tool_sequence": tools,
            "approver_identity": "alice",
            "expires_at": LATER,
        }
        | fields
    )
    (folder / name).write_bytes(pretty([signed_entry(entry, KEY)]))
    return name


def approve(folder: Path, answer: GateAnswer, name: str = "token.json", **fields: Any) -> str:
    """Approve the call that an answer is about; return the name of the token file."""
    about = {"intent_digest": answer.intent_digest, "policy_digest": answer.policy_digest}
    return write_token(folder, approval(**{**about, **fields}), name)


def options(**fields: Any) -> GateOptions:
    """Return the options for the policy and the intent of a folder."""
    return GateOptions(**{"policy": POLICY, "intent": INTENT, **fields})


def argv(*more: str, **fields: str) -> list[str]:
    """Return the command line for `options`."""
    given = {"policy": POLICY, "intent": INTENT} | fields
    words = [f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value]
    return ["gate", "eval", *words, *more]


def stream_argv(*more: str, intents: str = "intents.jsonl", **fields: str) -> list[str]:
    """Return the command line for a stream of intents."""
    return argv(*more, intent="", intents=intents, **fields)


def evaluated(host: Host, **fields: Any) -> GateAnswer:
    """Evaluate the intent of the host's folder."""
    return api.evaluate(options(**fields), host=host)


def streamed(host: Host, **fields: Any) -> list[GateAnswer]:
    """Evaluate the stream of the host's folder; return all answers."""
    asked = options(**{"intent": "", "intents": "intents.jsonl", **fields})
    return [answer for batch in api.evaluate_stream(asked, host=host) for answer in batch]


def trace_of(path: Path) -> Trace:
    """Read a trace; the signature must be that of the key in the folder."""
    (trace,) = traces_of(path)
    return trace


def traces_of(path: Path) -> list[Trace]:
    """Read a file with one trace, or a journal of them; every signature must hold."""
    data = path.read_bytes()
    texts = data.splitlines() if path.suffix == ".jsonl" else [data]
    traces = [parse_trace(text, path.name) for text in texts]
    for trace in traces:
        check = check_trace(trace, KEY.public_key, shown=path.name)
        assert check.ok, check.error
    return traces


def without(answer: msgspec.Struct, *names: str) -> dict[str, Any]:
    """Return the members of an answer but for these."""
    plain: dict[str, Any] = msgspec.to_builtins(answer)
    return {name: value for name, value in plain.items() if name not in names}


def files_in(folder: Path) -> Sequence[str]:
    """Name every file below a folder, sorted."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def write_envelope(folder: Path, *refs: str, name: str = "env.json", **fields: Any) -> str:
    """Write a context envelope with a record for each reference; return its name."""
    records = [
        {
            "ref_id": ref,
            "source_type": "doc",
            "source_locator": "doc://1",
            "query_digest": "1" * 64,
            "content_digest": "2" * 64,
            "retrieved_at": MORNING,
            "redaction_mode": "reference",
        }
        for ref in refs
    ]
    envelope = {"created_at": MORNING, "context_set_id": "cs", "records": records} | fields
    (folder / name).write_text(json.dumps(envelope), encoding="utf-8")
    return name
