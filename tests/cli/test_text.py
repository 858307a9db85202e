"""Text answers: the verdict first, then what a reader needs to act on it."""

import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from gait_engine.api import keys, session
from tests.conftest import Answer
from tests.support import artifacts, runs, sessions
from tests.support.hosts import FrozenHost

Gait = Callable[..., Answer]


@pytest.fixture
def pack(frozen_host: FrozenHost) -> Path:
    return runs.runpack(
        frozen_host.cwd,
        intents=[runs.intent("a"), runs.intent("b", tool_name="http.get"), runs.intent("c")],
        results=[runs.result("a"), runs.result("a", status="error"), runs.result("z")],
    )


def lines(answer: Answer) -> list[str]:
    assert answer.stderr == ""
    return answer.stdout.splitlines()


class TestVerify:
    def test_a_good_runpack(self, gait: Gait, pack: Path) -> None:
        digest = runs.document(pack, "manifest.json")["manifest_digest"]
        answer = gait("verify", "p.zip")
        assert answer.exit_code == 0
        found = lines(answer)
        assert found[:4] == [
            "VERIFIED",
            "  run       run_x",
            "  path      p.zip",
            f"  manifest  sha256:{digest}",
        ]
        assert [line.split()[1] for line in found if line.startswith("  ok ")] == [
            "intents.jsonl",
            "manifest.json",
            "refs.json",
            "results.jsonl",
            "run.json",
        ]

    def test_a_changed_one_shows_both_digests(self, gait: Gait, pack: Path) -> None:
        members = runs.members_of(pack)
        del members["refs.json"]
        pack.write_bytes(runs.archive({**members, "run.json": b"{}"}))
        answer = gait("verify", "p.zip")
        assert answer.exit_code == 2
        text = answer.stdout
        assert text.startswith("FAILED: this runpack must not be trusted\n")
        recorded = json.loads(members["manifest.json"])["files"][3]["sha256"]
        assert f"  DIFFERS   run.json\n            expected {recorded}\n" in text
        assert "  MISSING   refs.json\n" in text
        assert "next" not in text

    def test_a_hazard_is_told_on_stderr_beside_the_verdict(self, gait: Gait, pack: Path) -> None:
        pack.write_bytes(runs.archive({**runs.members_of(pack), "evil": b"", "../up": b""}))
        answer = gait("verify", "p.zip")
        assert answer.exit_code == 2
        assert "  UNLISTED  evil\n" in answer.stdout
        first, second, third, *notes = answer.stderr.splitlines()
        assert first.startswith("error: archive 'p.zip!")
        assert second.startswith("code:  zip_")
        assert third.startswith("fix:   ")
        assert {note.split()[1] for note in notes} | {second.split()[1]} == {
            "zip_name_unsafe",
            "zip_unlisted_entry",
        }

    @pytest.mark.parametrize(
        ("state", "word", "exits"),
        [
            ("verified", "VERIFIED: this is the ticket's artifact", 0),
            ("not_the_tickets", "NOT THE TICKET'S: ", 2),
            ("damaged", "DAMAGED: ", 2),
            ("not_found", "NOT FOUND: ", 6),
        ],
    )
    def test_a_ticket_has_four_answers(
        self, gait: Gait, frozen_host: FrozenHost, state: str, word: str, exits: int
    ) -> None:
        footer = runs.recorded(frozen_host, runs.run_input(runs.call(1))).ticket_footer
        path = frozen_host.cwd / "gait-out" / "runpack_run_x.zip"
        if state == "not_the_tickets":
            runs.recorded(frozen_host, runs.run_input(runs.call(2)))
        elif state == "damaged":
            path.write_bytes(runs.archive({**runs.members_of(path), "run.json": b"{}"}))
        elif state == "not_found":
            path.unlink()
        answer = gait("verify", footer)
        assert answer.exit_code == exits
        assert answer.stdout.startswith(word)
        assert ("  searched  gait-out/runpack_run_x.zip: none\n" in answer.stdout) == (exits == 6)

    def test_signatures_are_named(self, gait: Gait, frozen_host: FrozenHost) -> None:
        keys.init(host=frozen_host)
        runs.recorded(frozen_host, runs.run_input(), key_mode="dev")
        public = ("--public-key", "gait-out/keys/gait_public.key")
        found = gait("verify", "run_x", *public)
        assert found.exit_code == 2
        assert "  signature failed: " in found.stdout
        assert "  signature signature 1: key_id" in found.stdout

    @pytest.mark.parametrize("name", ["$(touch pwned)", "a b", "-x", "it's", "p"])
    def test_the_suggested_next_step_is_quoted_for_a_shell_and_works(
        self, gait: Gait, frozen_host: FrozenHost, name: str
    ) -> None:
        runs.runpack(frozen_host.cwd, f"{name}.zip")
        (line,) = [x for x in lines(gait("verify", "--", f"{name}.zip")) if x.startswith("  next ")]
        command, *argv = shlex.split(line.removeprefix("  next"))
        assert (command, argv[-1]) == ("gait", f"{name}.zip")
        assert gait(*argv).exit_code == 0

    def test_a_run_that_is_found_by_its_id_is_named_by_it(
        self, gait: Gait, frozen_host: FrozenHost
    ) -> None:
        runs.recorded(frozen_host, runs.run_input())
        assert lines(gait("verify", "run_x"))[-1] == "  next      gait run inspect run_x"


def test_inspect_lists_calls_results_of_nobody_and_warnings(gait: Gait, pack: Path) -> None:
    assert lines(gait("run", "inspect", "p.zip")) == [
        "runpack run_x  p.zip",
        "     1  ok           tool.x  a",
        "     2  no result    http.get  b",
        "     3  no result    tool.x  c",
        "     -  ok           result without an intent  z",
        "warning: intent a: 2 results, the first is shown",
    ]


def test_inspect_shows_a_stored_verdict(gait: Gait, frozen_host: FrozenHost) -> None:
    outcome = runs.result("a", result={"verdict": "block"})
    runs.runpack(frozen_host.cwd, intents=[runs.intent("a")], results=[outcome])
    assert lines(gait("run", "inspect", "p.zip"))[1].endswith("tool.x  a  block")


def test_replay_says_how_each_call_was_answered(gait: Gait, frozen_host: FrozenHost) -> None:
    calls = [runs.intent("a"), runs.intent("b", tool_name="http.get"), runs.intent("c")]
    runs.runpack(frozen_host.cwd, intents=calls, results=[runs.result("a")])
    answer = gait("run", "replay", "p.zip")
    assert answer.exit_code == 2
    assert lines(answer) == [
        "INCOMPLETE run_x  mode stub",
        "     1  recorded  ok              tool.x  a",
        "     2  stubbed   stubbed         http.get  b",
        "     3  missing   missing_result  tool.x  c",
        "missing result: c",
    ]


def test_diff_names_what_differs(gait: Gait, pack: Path, frozen_host: FrozenHost) -> None:
    runs.runpack(
        frozen_host.cwd,
        "q.zip",
        intents=[runs.intent("a", tool_name="tool.y"), runs.intent("new")],
        run={"run_id": "run_y"},
    )
    answer = gait("run", "diff", "p.zip", "q.zip", "--details")
    assert answer.exit_code == 2
    assert lines(answer) == [
        "DIFFERENT  run_x  run_y",
        "  manifest  same",
        "  intents   changed",
        "  results   changed",
        "  refs      same",
        "  only left: b",
        "  only left: c",
        "  only left: a",
        "  only left: z",
        "  only right: new",
        "  intents a  changed  tool_name",
        "  intents b  left_only",
        "  intents c  left_only",
        "  intents new  right_only",
        "  results a  left_only",
        "  results z  left_only",
    ]
    assert lines(gait("run", "diff", "p.zip", "p.zip"))[0] == "SAME  run_x  run_x"


def test_record_prints_the_lines_scripts_read(gait: Gait, frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "in.json").write_text(json.dumps(runs.run_input(runs.call(1))))
    found = dict(line.split("=", 1) for line in lines(gait("run", "record", "in.json")))
    assert list(found) == ["run_id", "bundle", "signature_status", "warnings", "ticket_footer"]
    assert found["ticket_footer"].startswith("GAIT run_id=run_x manifest=sha256:")
    signed = gait("run", "record", "in.json", "--key-mode", "dev").stdout
    assert "signature_status=signed\nsignature_key_id=" in signed


def test_receipt_prints_the_footer_and_nothing_else(gait: Gait, pack: Path) -> None:
    (line,) = lines(gait("run", "receipt", "p.zip"))
    pack.parent.joinpath("gait-out").mkdir()
    pack.rename(pack.parent / "gait-out" / "runpack_run_x.zip")
    assert gait("verify", line).exit_code == 0


def test_index_lists_artifacts_and_where_it_looked(gait: Gait, frozen_host: FrozenHost) -> None:
    folder = frozen_host.cwd / "gait-out"
    folder.mkdir()
    path = runs.runpack(folder)
    (folder / "bad.zip").write_bytes(b"x")
    digest = runs.document(path, "manifest.json")["manifest_digest"]
    bad, good, *searched = lines(gait("index", "--root", "gait-out", "--root", "no"))
    assert good == f"runpack        run_x  gait-out/p.zip  {runs.STARTED}  {digest[:12]}"
    assert bad.startswith("runpack        ?  gait-out/bad.zip  ")
    assert searched == ["searched gait-out: ok, 2 artifacts", "searched no: missing, 0 artifacts"]


def test_index_says_of_each_kind_what_matters(gait: Gait, frozen_host: FrozenHost) -> None:
    written = artifacts.write_each(frozen_host.cwd / "out")
    (written["trace"]).unlink()
    artifacts.trace(frozen_host.cwd / "out" / "t.json", verdict="block", violations=["v1", "v2"])
    found = {line.split(" ")[0]: line for line in lines(gait("index", "--root", "out"))}
    assert found["trace"].split(maxsplit=1)[1] == (
        "tool.deploy  out/t.json  2026-02-05T12:00:01.5Z  block  v1,v2"
    )
    assert found["approval_token"].endswith("  until 2026-02-05T20:00:00Z  by alice")
    assert found["regress_result"].endswith("  fail  nightly/trajectory  unexpected_tool")
    assert found["session"].endswith("  1 of 1 events not sealed")
    assert found.keys() == {*artifacts.EACH, "searched"}


def test_the_inbox_as_text_is_worst_first_with_time_and_place(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    folder = frozen_host.cwd / "out"
    folder.mkdir()
    members = runs.members_of(runs.runpack(folder))
    (folder / "p.zip").write_bytes(runs.archive({**members, "results.jsonl": b"{}"}))
    os.utime(folder / "p.zip", (1_000_000, 1_000_000))
    for number in range(2):
        artifacts.trace(folder / f"t{number}.json", verdict="block", violations=["v"])
    answer = gait("index", "--inbox", "--root", "out")
    assert answer.exit_code == 0
    assert lines(answer) == [
        "2 need a person, worst first, then newest",
        "critical  verify    run_x: 'results.jsonl' is not what was recorded",
        "                    1970-01-12T13:46:40Z  out/p.zip",
        "high      trace     tool.deploy ×2: v",
        "                    2026-02-05T12:00:01.5Z  out/t0.json  and 1 more",
        "",
        "0 artifacts of 3 need no one",
        "verified 1 file, checked 2026-02-05T12:00:00Z",
        "searched out: ok, 3 artifacts",
    ]


def test_a_key_is_refused_where_nothing_is_checked(gait: Gait) -> None:
    for option in ("--approval-public-key", "--approval-private-key", "--wrkr-inventory"):
        refused = gait("index", option, "k.pub")
        assert refused.exit_code == 6
        assert "expected --inbox" in refused.stderr


def test_index_cuts_and_spells_what_others_have_written(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    (frozen_host.cwd / "out").mkdir()
    name = "\x1b[2J" + "x" * 5_000
    artifacts.trace(frozen_host.cwd / "out" / "t.json", tool_name=name, violations=[name] * 9)
    row, _ = lines(gait("index", "--root", "out"))
    assert "\x1b" not in row
    assert len(row) < 400


def test_chains_are_verified_and_inspected_as_text(gait: Gait, frozen_host: FrozenHost) -> None:
    sessions.begun(frozen_host, events=2)
    session.checkpoint(sessions.JOURNAL, out="cp.zip", host=frozen_host)
    assert lines(gait("verify", "session-chain", "s/j_chain.json")) == [
        "VERIFIED",
        "  chain     s/j_chain.json",
        "  session   sess_1",
        "  checked   1 checkpoints",
    ]
    assert lines(gait("run", "inspect", "s/j_chain.json")) == [
        "session_chain run_1  s/j_chain.json",
        "     1  events 1-2  cp.zip",
    ]
    (frozen_host.cwd / "cp.zip").unlink()
    broken = gait("verify", "session-chain", "s/j_chain.json")
    assert broken.exit_code == 2
    assert broken.stdout.startswith("FAILED: this chain must not be trusted\n")
    assert "  runpack   " in broken.stdout


def test_parts_that_belong_together_are_judged_each(gait: Gait, pack: Path) -> None:
    assert lines(gait("verify", "chain", "--run", "p.zip")) == [
        "VERIFIED  run    p.zip signature missing"
    ]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("status",), ["  session     sess_1  run run_1", "  events      1, last sequence 1"]),
        (
            ("append", "--tool", "t", "--verdict", "block"),
            ["  event       2  block  t"],
        ),
        (
            ("checkpoint", "--out", "cp.zip"),
            ["  checkpoint  1  events 1-1", "  runpack     cp.zip", "  chain       s/j_chain.json"],
        ),
        (("compact",), ["  events      1 before, 1 after"]),
        (("repair",), ["  cut         0 bytes of an incomplete last line"]),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_session_commands_say_what_they_did(
    gait: Gait, frozen_host: FrozenHost, argv: tuple[str, ...], expected: list[str]
) -> None:
    sessions.begun(frozen_host, events=1)
    operation, *rest = argv
    found = lines(gait("run", "session", operation, "--journal", sessions.JOURNAL, *rest))
    assert found[0] == f"{operation} {sessions.JOURNAL}"
    assert [line for line in expected if line not in found] == []


def test_key_commands_print_plain_fields(gait: Gait) -> None:
    found = dict(line.split("=", 1) for line in lines(gait("keys", "init")))
    assert set(found) == {"prefix", "key_id", "public_key_path", "private_key_path"}
    checked = gait("keys", "verify", "--private-key", found["private_key_path"])
    assert f"key_id={found['key_id']}\n" in checked.stdout


def test_demo_prints_plain_fields_and_what_to_try_next(gait: Gait) -> None:
    found = dict(line.split("=", 1) for line in lines(gait("demo")))
    assert (found["run_id"], found["verify"]) == ("run_demo", "ok")
    assert found["next"].split(",")[0] == "gait verify run_demo --json"
