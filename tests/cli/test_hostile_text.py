"""Whatever an artifact says, a terminal sees no control, bidi or zero-width character of it."""

import json
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import session
from gait_engine.api.session import EventInput
from gait_engine.wire.safetext import HIDDEN
from tests.conftest import Answer
from tests.support import packs, runs, sessions
from tests.support.hosts import FrozenHost
from tests.support.registries import unsigned

Gait = Callable[..., Answer]

EVIL = {
    "clear screen": "\x1b[2J",
    "window title": "\x1b]0;pwned\x07",
    "link": "\x1b]8;;http://x\x1b\\y",
    "clipboard": "\x1b]52;c;cHduZWQ=\x07",
    "C1": "\x9b31m\x85\x90",
    "carriage": "ok\rFAILED",
    "backspace": "a\x08\x08\x7f",
    "line": "x\nVERIFIED\nerror: none",
    "bidi": "\u202egpj.exe\u2066",
    "zero width": "a\u200b\u200d\ufeffb",
    "tags": "\U000e0041\U000e007f",
    "separators": "\u2028\u2029\u2060\u00ad",
    "markup": "[red]x[/red] %s {0}",
}
VERBS = (
    ("verify", "p.zip"), ("verify", "p.zip", "--files"), ("run", "inspect", "p.zip"),
    ("run", "inspect", "p.zip", "--full"), ("run", "replay", "p.zip"),
    ("run", "diff", "p.zip", "q.zip"), ("run", "diff", "p.zip", "q.zip", "--details"),
    ("run", "receipt", "p.zip"), ("run", "reduce", "p.zip"), ("capture", "--from", "p.zip"),
    ("index", "--root", "."), ("verify", "chain", "--run", "p.zip"),
    ("index", "--inbox", "--root", "."),
    ("verify", "session-chain", "c_chain.json"), ("run", "inspect", "./c_chain.json"),
    ("run", "diff", "./c_chain.json", "./d_chain.json"), ("verify", "bad.zip"),
    ("run", "inspect", "bad.zip"), ("run", "session", "status", "--journal", "s/j.jsonl"),
    ("run", "session", "show", "--journal", "s/j.jsonl"), ("guard", "show", "e.zip"),
    ("registry", "show", "m.json"),
)  # fmt: skip


def everywhere(evil: str) -> dict[str, Any]:
    """Spell the parts of a run that says `evil` in every field that holds free text."""
    free = {"schema_version": evil, "producer_version": evil, "run_id": evil}
    payload = {
        evil: [evil, {evil: evil}],
        "verdict": evil,
        "reason_codes": [evil],
        "violations": evil,
    }
    intent = runs.intent(evil, tool_name=evil, args_digest=evil, args=payload, **free)
    outcome = runs.result(evil, status=evil, result_digest=evil, result=payload, **free)
    return {
        "intents": [intent, intent | {"intent_id": f"missing {evil}"}],
        "results": [outcome, outcome, outcome | {"intent_id": f"unmatched {evil}"}],
        "run": {
            **free,
            "env": dict.fromkeys(("os", "arch", "runtime"), evil),
            "timeline": [{"event": evil, "ts": runs.STARTED, "ref": evil}],
        },
        "refs": {
            **free,
            "receipts": [
                runs.receipt(
                    evil,
                    source_type=evil,
                    source_locator=evil,
                    redaction_mode=evil,
                    sensitivity_label=evil,
                    immutability=evil,
                    retrieval_params=payload,
                )
            ],
        },
    }


@pytest.fixture(params=EVIL.values(), ids=list(EVIL))
def evil(request: pytest.FixtureRequest, frozen_host: FrozenHost) -> str:
    """Fill the folder with artifacts that say it; return what they say."""
    text: str = request.param
    folder = frozen_host.cwd
    manifest = {"producer_version": text, "run_id": text, "capture_mode": text}
    data = runs.members(**everywhere(text))
    signature = {"alg": text, "key_id": text, "sig": text, "signed_digest": text}
    (folder / "p.zip").write_bytes(runs.sealed(data, signatures=[signature], **manifest))
    other = runs.members([runs.intent(f"right only {text}")])
    (folder / "q.zip").write_bytes(runs.sealed(other, run_id=text))
    fields = [{"path": name, "sha256": text} for name in sorted(data)]
    bad = runs.sealed(data, files=fields, **manifest, **{f"x{text}": text})
    (folder / "bad.zip").write_bytes(bad)
    chain(folder / "c_chain.json", text)
    chain(folder / "d_chain.json", f"{text}2")
    evidence(folder, text)
    sessions.begun(frozen_host)
    call = EventInput(tool_name=text, verdict="block", trace_path=text, reason_codes=(text,))
    session.append(sessions.JOURNAL, call, host=frozen_host)
    return text


def evidence(folder: Path, evil: str) -> None:
    """Write an evidence pack and a registry manifest that say `evil` in every field."""
    control = {"control_id": evil, "title": evil, "evidence_paths": [evil]}
    said = {"run_id": evil, "case_id": evil, "template_id": evil, "control_index": [control]}
    entry = {"path": packs.SUMMARY, "sha256": sha256(b"{}").hexdigest(), "type": evil}
    manifest = packs.guard_manifest({}, **said, pack_id=evil, contents=[entry])
    packs.write_pack(folder / "e.zip", manifest, {packs.SUMMARY: b"{}"})
    told = dict.fromkeys(("pack_type", "publisher", "source", "risk_class", "use_case"), evil)
    artifact = {"path": evil, "sha256": evil, "media_type": evil}
    manifest_text = json.dumps(unsigned(**told, artifacts=[artifact], compatibility=[evil]))
    (folder / "m.json").write_text(manifest_text)


def chain(path: Path, evil: str) -> None:
    """Write a session chain that says `evil` in every field."""
    link = {
        **sessions.checkpoint(1, 1, 1)["checkpoint"],
        "runpack_path": evil,
        "session_id": evil,
        "checkpoint_digest": evil,
    }
    document = {
        "schema_id": "gait.runpack.session_chain",
        **sessions.SCHEMA,
        "session_id": evil,
        "run_id": evil,
        "checkpoints": [link],
    }
    path.write_text(json.dumps(document))


def hidden_in(text: str) -> list[str]:
    return [ascii(char) for char in HIDDEN.findall(text.replace("\n", ""))]


@pytest.mark.parametrize("argv", VERBS, ids=" ".join)
def test_no_command_prints_what_a_terminal_acts_on(
    gait: Gait, evil: str, argv: tuple[str, ...]
) -> None:
    said = gait(*argv)
    assert hidden_in(said.stdout + said.stderr) == []
    assert "Traceback" not in said.stderr
    assert "internal error" not in said.stderr


@pytest.mark.parametrize("argv", VERBS, ids=" ".join)
def test_json_holds_the_text_but_prints_none_of_it_raw(
    gait: Gait, evil: str, argv: tuple[str, ...]
) -> None:
    said = gait(*argv, "--json")
    assert hidden_in(said.stdout + said.stderr) == []
    assert said.stdout.count("\n") == 1
    assert "internal error" not in said.stdout
    json.loads(said.stdout)


def test_json_gives_every_field_its_value_back(gait: Gait, evil: str) -> None:
    found = json.loads(gait("run", "inspect", "p.zip", "--json").stdout)
    entry = found["entries"][0]
    assert (found["run_id"], entry["intent_id"], entry["tool_name"]) == (evil, evil, evil)


def test_a_line_of_an_artifact_never_becomes_a_line_of_ours(gait: Gait, evil: str) -> None:
    for argv in VERBS:
        said = gait(*argv)
        lines = (said.stdout + said.stderr).split("\n")
        assert not [line for line in lines if re.match(r"(VERIFIED|error: none)$", line)] or (
            argv[0] == "verify" and said.exit_code == 0
        )


@pytest.mark.parametrize("text", EVIL.values(), ids=EVIL.keys())
@pytest.mark.parametrize(
    "argv",
    [
        ("{}",), ("verify", "{}"), ("verify", "{}.zip"), ("verify", "./{}"),
        ("verify", "--profile", "{}", "x"), ("verify", "--{}"), ("verify", "--json={}"),
        ("run", "{}"), ("run", "record", "{}"), ("run", "replay", "x", "--allow-tools", "{}"),
        ("run", "diff", "{}", "{}"), ("index", "--root", "{}"), ("completion", "{}"),
        ("keys", "verify", "--private-key", "{}"), ("keys", "init", "--out-dir", "p.zip/{}"),
        ("run", "reduce", "x", "--predicate", "{}"), ("capture", "--from", "{}"),
        ("verify", "GAIT run_id={}"), ("run", "session", "status", "--journal", "{}"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_an_argument_is_shown_as_harmless_as_an_artifact(
    gait: Gait, frozen_host: FrozenHost, text: str, argv: tuple[str, ...]
) -> None:
    runs.runpack(frozen_host.cwd)
    words = [word.replace("{}", text) for word in argv]
    said = gait(*words)
    assert hidden_in(said.stdout + said.stderr) == []
    assert hidden_in(gait(*words, "--json").stdout) == []
    assert "internal error" not in said.stderr
