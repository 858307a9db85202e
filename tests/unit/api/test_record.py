"""`run record`: what it writes, what it answers, what it refuses before anything exists."""

import json
import os
import stat
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import keys
from gait_engine.api.record import RecordRequest, record
from gait_engine.api.run import receipt
from gait_engine.api.verify import verify
from gait_engine.contract.keys import KeySources
from gait_engine.errors import GaitError, InvalidInput
from tests.support import process, runs
from tests.support.hosts import FrozenHost
from tests.support.runs import (
    call,
    digest_of,
    document,
    lines,
    members_of,
    recorded,
    refused,
    run_input,
)

EMPTY_OBJECT = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
NULL = "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b"
PRIVATE = "gait-out/keys/gait_private.key"
PUBLIC = "gait-out/keys/gait_public.key"


@pytest.fixture
def written(frozen_host: FrozenHost) -> Path:
    """Where a run of id run_x is recorded."""
    return frozen_host.cwd / "gait-out" / "runpack_run_x.zip"


class TestDefaults:
    @pytest.fixture(autouse=True)
    def recorded(self, frozen_host: FrozenHost) -> None:
        recorded(frozen_host, {"run": {"run_id": "run_x"}, "intents": [call(1).intent]})

    def test_an_empty_run_gets_schema_time_producer_and_environment(self, written: Path) -> None:
        assert document(written, "run.json") == {
            "schema_id": "gait.runpack.run",
            "schema_version": "1.0.0",
            "created_at": "2026-02-05T12:00:00Z",
            "producer_version": "0.0.0-dev",
            "run_id": "run_x",
            "env": {"os": "linux", "arch": "amd64", "runtime": "go"},
            "timeline": None,
        }

    def test_records_take_over_what_they_leave_out_from_their_run(self, written: Path) -> None:
        assert lines(written, "intents.jsonl") == [
            {
                "schema_id": "gait.runpack.intent",
                "schema_version": "1.0.0",
                "created_at": "2026-02-05T12:00:00Z",
                "producer_version": "0.0.0-dev",
                "run_id": "run_x",
                "intent_id": "intent_1",
                "tool_name": "tool.x",
                "args_digest": digest_of({"n": 1}),
            }
        ]

    def test_refs_are_written_with_their_mode_and_an_empty_list(self, written: Path) -> None:
        refs = document(written, "refs.json")
        assert (refs["context_evidence_mode"], refs["receipts"]) == ("best_effort", [])
        assert not {"context_ref_count", "context_set_digest"} & refs.keys()

    def test_members_without_records_are_there_and_empty(self, written: Path) -> None:
        found = members_of(written)
        assert found["results.jsonl"] == b""
        assert sorted(found) == [
            "intents.jsonl",
            "manifest.json",
            "refs.json",
            "results.jsonl",
            "run.json",
        ]

    def test_the_manifest_lists_the_data_members_by_path(self, written: Path) -> None:
        manifest, found = document(written, "manifest.json"), members_of(written)
        assert manifest["files"] == [
            {"path": name, "sha256": sha256(found[name]).hexdigest()} for name in runs.DATA
        ]
        assert (manifest["capture_mode"], manifest["run_id"]) == ("reference", "run_x")
        assert "signatures" not in manifest

    def test_the_manifest_digest_is_that_of_the_manifest_without_it(self, written: Path) -> None:
        manifest = document(written, "manifest.json")
        assert manifest["manifest_digest"] == digest_of(manifest | {"manifest_digest": ""})

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
    def test_file_and_folder_are_their_owners_alone(self, written: Path) -> None:
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
        assert stat.S_IMODE(written.parent.stat().st_mode) == 0o750


def test_what_a_record_says_itself_is_kept(frozen_host: FrozenHost, written: Path) -> None:
    own = {
        "schema_id": "other.intent",
        "schema_version": "9",
        "created_at": "2020-01-01T01:00:00.500+01:00",
        "producer_version": "me",
        "run_id": "run_other",
    }
    recorded(frozen_host, run_input(call(1, **own)))
    (found,) = lines(written, "intents.jsonl")
    assert {name: found[name] for name in own} == own | {
        "created_at": "2020-01-01T01:00:00.5+01:00"
    }


def test_the_answer_names_what_was_written(frozen_host: FrozenHost, written: Path) -> None:
    answer = recorded(frozen_host, run_input(call(1)))
    digest = document(written, "manifest.json")["manifest_digest"]
    assert answer.ok
    assert (answer.run_id, answer.bundle) == ("run_x", "./gait-out/runpack_run_x.zip")
    assert (answer.manifest_digest, answer.signature_status) == (digest, "missing")
    assert answer.ticket_footer == (
        f'GAIT run_id=run_x manifest=sha256:{digest} verify="gait verify run_x"'
    )


@pytest.mark.parametrize(
    ("out_dir", "shown"),
    [("o", "./o/"), ("./o/", "./o/"), ("o/../q//", "./q/"), ("", "./"), (".hidden", ".hidden/")],
)
def test_the_runpack_is_written_to_the_output_folder(
    frozen_host: FrozenHost, out_dir: str, shown: str
) -> None:
    answer = recorded(frozen_host, run_input(), out_dir=out_dir)
    assert answer.bundle == f"{shown}runpack_run_x.zip"
    assert verify(answer.bundle, host=frozen_host).ok


def test_an_absolute_output_folder_is_followed(
    frozen_host: FrozenHost, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    answer = recorded(frozen_host, run_input(), out_dir=str(elsewhere))
    assert answer.bundle == f"{elsewhere}/runpack_run_x.zip"
    assert Path(answer.bundle).is_file()


class TestRunId:
    def test_the_option_overrides_every_record(
        self, frozen_host: FrozenHost, tmp_path: Path
    ) -> None:
        one = call(1, run_id="run_a")
        text = run_input(one, refs={"run_id": "run_b", "receipts": []})
        answer = recorded(frozen_host, text, run_id=" run_new ")
        path = tmp_path / "gait-out/runpack_run_new.zip"
        assert answer.run_id == "run_new"
        ids = [
            document(path, name)["run_id"] for name in ("manifest.json", "run.json", "refs.json")
        ]
        ids += [
            line["run_id"]
            for name in ("intents.jsonl", "results.jsonl")
            for line in lines(path, name)
        ]
        assert ids == ["run_new"] * 5

    @pytest.mark.parametrize("run_id", ["run with spaces", "läuft.v1", "a:b", "-x", "$(x)", "дело"])
    def test_an_id_that_no_footer_carries_is_recorded_all_the_same(
        self, frozen_host: FrozenHost, run_id: str
    ) -> None:
        answer = recorded(frozen_host, run_input(), run_id=run_id)
        assert answer.ticket_footer.startswith(f"GAIT run_id={run_id} manifest=sha256:")
        assert verify(answer.bundle, host=frozen_host).run_id == run_id
        if run_id != "-x":
            with pytest.raises(GaitError) as caught:
                receipt(answer.bundle, host=frozen_host)
            assert caught.value.exit_code == 1

    @pytest.mark.parametrize(
        "run_id",
        [
            "a/b", "../x", "../../../x", "/abs", "a\\b", 'a"b', ".", "..", "a\nb", "a\x1bb",
            "a\x00b", "a\u202eb", "a\u200bb", "a\ufeffb", "a\x85b", "x" * 244, "ä" * 122,
        ],
        ids=ascii,
    )  # fmt: skip
    @pytest.mark.parametrize("given", ["option", "input"])
    def test_an_id_that_leaves_its_folder_or_forges_a_footer_is_refused(
        self, frozen_host: FrozenHost, run_id: str, given: str
    ) -> None:
        text = run_input() if given == "option" else run_input(run={"run_id": run_id})
        error = refused(frozen_host, text, run_id=run_id if given == "option" else "")
        assert runs.exit_code_of(error) == (6, "run_id_unsafe")
        assert [hazard.code for hazard in error.hazards] == ["run_id_unsafe"]

    def test_the_longest_name_that_fits_is_written(self, frozen_host: FrozenHost) -> None:
        answer = recorded(frozen_host, run_input(), run_id="x" * 243)
        assert len(Path(answer.bundle).name) == 255

    @pytest.mark.parametrize("run_id", ["", " ", "\t\u3000"], ids=ascii)
    def test_a_blank_id_is_refused(self, frozen_host: FrozenHost, run_id: str) -> None:
        error = refused(frozen_host, run_input(run={"run_id": run_id}))
        assert runs.exit_code_of(error) == (6, "invalid_input")
        assert "$.run.run_id" in error.message


class TestDigests:
    def test_payloads_are_digested_by_their_canonical_form(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        text = b"""{"run":{"run_id":"run_x"},
            "intents":[{"intent_id":"a","args":{"b":1.0,"a":[1e2, "\\u00e9"]}}],
            "results":[{"intent_id":"a","result":{ }}]}"""
        recorded(frozen_host, text)
        assert lines(written, "intents.jsonl")[0]["args_digest"] == digest_of(
            {"a": [100, "é"], "b": 1}
        )
        assert lines(written, "results.jsonl")[0]["result_digest"] == EMPTY_OBJECT

    def test_a_digest_that_is_given_is_believed_as_it_stands(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        recorded(frozen_host, run_input(call(1, args_digest="WHATEVER")))
        assert lines(written, "intents.jsonl")[0]["args_digest"] == "WHATEVER"

    @pytest.mark.parametrize("payload", [{}, {"args": None}], ids=["absent", "null"])
    def test_neither_payload_nor_digest_is_an_error(
        self, frozen_host: FrozenHost, payload: dict[str, Any]
    ) -> None:
        one = {"intent_id": "a"} | payload
        error = refused(frozen_host, run_input(intents=[one]))
        assert error.message == ("args of intent 'a': absent, expected an object or a digest of it")


class TestNormalization:
    def text(self, entry: Any, **changes: Any) -> runs.Json:
        return run_input(
            call(1, **changes), normalization={"intent_args": {"intent_1": entry, "other": [1]}}
        )

    @pytest.mark.parametrize(
        ("entry", "digest"),
        [({"b": 1}, digest_of({"b": 1})), ({}, EMPTY_OBJECT), (None, NULL)],
        ids=str,
    )
    def test_an_entry_is_digested_in_place_of_the_payload(
        self, frozen_host: FrozenHost, written: Path, entry: Any, digest: str
    ) -> None:
        recorded(frozen_host, self.text(entry))
        assert lines(written, "intents.jsonl")[0]["args_digest"] == digest

    def test_a_result_payload_is_digested_likewise(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        payloads = {"result_payloads": {"intent_1": {"x": 1}}}
        recorded(frozen_host, run_input(call(1), normalization=payloads))
        assert lines(written, "results.jsonl")[0]["result_digest"] == digest_of({"x": 1})

    def test_it_needs_no_payload_of_the_record(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        recorded(frozen_host, self.text({"b": 1}, args=None))
        assert lines(written, "intents.jsonl")[0]["args_digest"] == digest_of({"b": 1})

    def test_a_digest_that_agrees_keeps_its_letters(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        given = digest_of({"b": 1}).upper()
        recorded(frozen_host, self.text({"b": 1}, args_digest=given))
        assert lines(written, "intents.jsonl")[0]["args_digest"] == given

    def test_a_digest_that_disagrees_is_an_error(self, frozen_host: FrozenHost) -> None:
        error = refused(frozen_host, self.text({"b": 1}, args_digest="0" * 64))
        assert "normalization of args of intent 'intent_1'" in error.message

    @pytest.mark.parametrize("entry", [1, "x", [1], True], ids=str)
    def test_an_entry_that_is_no_object_is_an_error(
        self, frozen_host: FrozenHost, entry: Any
    ) -> None:
        assert refused(frozen_host, self.text(entry)).exit_code == 6

    def test_raw_mode_stores_the_payload_as_it_was_given(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        recorded(frozen_host, self.text({"b": 1}), capture_mode="raw")
        assert lines(written, "intents.jsonl")[0]["args"] == {"n": 1}


class TestCaptureMode:
    def test_reference_mode_stores_no_payload(self, frozen_host: FrozenHost, written: Path) -> None:
        recorded(frozen_host, run_input(call(1, {"secret": "hunter2"}, {"secret": "hunter2"})))
        assert b"hunter2" not in written.read_bytes()

    def test_raw_mode_stores_payloads_canonically(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        recorded(frozen_host, run_input(call(1, {"b": 1, "a": "<&>"})), capture_mode="raw")
        assert b'"args":{"a":"<&>","b":1,"n":1}' in members_of(written)["intents.jsonl"]

    def test_raw_mode_leaves_an_empty_payload_out(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        text = run_input(intents=[{"intent_id": "a", "args": {}}])
        recorded(frozen_host, text, capture_mode="raw")
        (found,) = lines(written, "intents.jsonl")
        assert found["args_digest"] == EMPTY_OBJECT
        assert "args" not in found

    @pytest.mark.parametrize(
        ("option", "own", "mode"),
        [
            ("", "", "reference"),
            ("", "raw", "raw"),
            ("reference", "raw", "reference"),
            (" raw ", "", "raw"),
        ],
    )
    def test_the_option_wins_over_the_input(
        self, frozen_host: FrozenHost, written: Path, option: str, own: str, mode: str
    ) -> None:
        recorded(frozen_host, run_input(capture_mode=own), capture_mode=option)
        assert document(written, "manifest.json")["capture_mode"] == mode

    @pytest.mark.parametrize("mode", ["Raw", "RAW", "full", "reference,raw"])
    def test_any_other_mode_is_refused(self, frozen_host: FrozenHost, mode: str) -> None:
        assert (
            "expected reference or raw"
            in refused(frozen_host, run_input(), capture_mode=mode).message
        )


class TestWarnings:
    def test_a_run_without_payloads_warns_of_nothing(self, frozen_host: FrozenHost) -> None:
        text = run_input(intents=[{"intent_id": "a", "args_digest": "0" * 64}])
        assert recorded(frozen_host, text).warnings == ()

    @pytest.mark.parametrize(
        "text",
        [
            run_input(call(1)),
            run_input(results=[{"intent_id": "a", "result": {"n": 1}}]),
            run_input(normalization={"intent_args": {"nobody": 1}}),
        ],
        ids=["payloads", "a result", "a normalization entry"],
    )
    def test_dropped_payloads_are_warned_of_once(
        self, frozen_host: FrozenHost, text: runs.Json
    ) -> None:
        (warning,) = recorded(frozen_host, text).warnings
        assert "not stored" in warning

    def test_stored_payloads_are_warned_of_once(self, frozen_host: FrozenHost) -> None:
        (warning,) = recorded(frozen_host, run_input(), capture_mode="raw").warnings
        assert "stored as they are" in warning

    def test_an_ephemeral_key_is_warned_of(self, frozen_host: FrozenHost) -> None:
        answer = recorded(frozen_host, run_input(), key_mode="dev")
        assert (answer.signature_status, len(answer.warnings)) == ("signed", 1)


class TestSigning:
    def test_a_production_key_signs_the_manifest(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        made = keys.init(host=frozen_host)
        sources = KeySources(private_key=PRIVATE)
        answer = recorded(frozen_host, run_input(), key_mode="prod", keys=sources)
        assert (answer.signature_status, answer.signature_key_id) == ("signed", made.key_id)
        assert answer.warnings == ()
        (signature,) = document(written, "manifest.json")["signatures"]
        assert (signature["alg"], signature["key_id"]) == ("ed25519", made.key_id)
        checked = verify(
            "run_x", host=frozen_host, keys=KeySources(public_key=PUBLIC), profile="strict"
        )
        assert (checked.ok, checked.signature_status) == (True, "verified")

    def test_a_signature_does_not_change_the_manifest_digest(self, frozen_host: FrozenHost) -> None:
        plain = recorded(frozen_host, run_input(call(1)))
        signed = recorded(frozen_host, run_input(call(1)), key_mode="dev")
        assert plain.manifest_digest == signed.manifest_digest

    @pytest.mark.parametrize(
        ("mode", "sources"),
        [
            ("dev", KeySources(private_key=PRIVATE)),
            ("prod", KeySources()),
            ("prod", KeySources(private_key="missing.key")),
            ("", KeySources(private_key_env="UNSET")),
            ("test", KeySources()),
        ],
        ids=str,
    )
    def test_a_key_that_cannot_be_used_is_refused_and_nothing_is_written(
        self, frozen_host: FrozenHost, mode: str, sources: KeySources
    ) -> None:
        assert refused(frozen_host, run_input(), key_mode=mode, keys=sources).exit_code == 6


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "invalid_input"),
        (b"not json", "invalid_input"),
        (b"[]", "invalid_input"),
        (b'{"run":{"run_id":"run_x"}} x', "invalid_input"),
        (b'{"run":{"run_id":1}}', "invalid_input"),
        (b'{"run":{"run_id":"run_x","created_at":"yesterday"}}', "invalid_input"),
        (b'{"run":{"run_id":"run_x"},"intents":{}}', "invalid_input"),
        (b'{"run":{"run_id":"run_x"},"intents":[1]}', "invalid_input"),
        (b'{"run":{"run_id":"run_x"},"intents":[{"args":[]}]}', "invalid_input"),
        (b'{"run":{"run_id":"a"},"run":{"run_id":"b"}}', "json_duplicate_key"),
        (b'{"run":{"run_id":"a","run_id":"b"}}', "json_duplicate_key"),
        (b'{"run":{"RUN_ID":"a"}}', "json_case_variant_key"),
        (b'{"Run":{"run_id":"a"}}', "json_case_variant_key"),
        (b'{"run":{"run_id":"a"},"intents":[{"args":{"x":1,"x":2}}]}', "json_duplicate_key"),
        (b'{"run":{"run_id":"a"},"intents":[{"args":{"":1e400}}]}', "invalid_input"),
        (b'{"run":{"run_id":"a"},"intents":[{"args":{"":9007199254740993}}]}', "json_lossy_number"),
        (b'{"run":{"run_id":"a"},"intents":[{"args":{"x":"\xff"}}]}', "json_lossy_text"),
        (b'{"run":{"run_id":"a"},"intents":[{"args":{"x":"\\ud800"}}]}', "json_lossy_text"),
        (b'{"normalization":{"intent_args":{"":1,"":2}}}', "json_duplicate_key"),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_input_that_two_readers_could_differ_on_is_refused(
    frozen_host: FrozenHost, text: bytes, code: str
) -> None:
    assert runs.exit_code_of(refused(frozen_host, text)) == (6, code)


def test_unknown_fields_and_other_cases_of_free_keys_are_no_fault(
    frozen_host: FrozenHost, written: Path
) -> None:
    text = run_input(call(1, {"a": 1, "A": 2}, unknown={"x": 1}), surplus=[1])
    recorded(frozen_host, text)
    assert "unknown" not in lines(written, "intents.jsonl")[0]


def test_an_error_in_a_record_names_its_place(frozen_host: FrozenHost) -> None:
    error = refused(frozen_host, run_input(call(1), call(2, tool_name=5)))
    assert "$.intents[1].tool_name" in error.message


def test_nulls_count_as_absent(frozen_host: FrozenHost, written: Path) -> None:
    text = run_input(intents=None, results=None, refs=None, normalization=None, capture_mode=None)
    recorded(frozen_host, text)
    assert members_of(written)["intents.jsonl"] == b""


class TestOutput:
    def test_a_link_in_the_place_of_the_runpack_is_replaced_not_followed(
        self, frozen_host: FrozenHost, written: Path, tmp_path: Path
    ) -> None:
        victim = tmp_path / "victim"
        victim.write_bytes(b"precious")
        written.parent.mkdir()
        written.symlink_to(victim)
        recorded(frozen_host, run_input())
        assert victim.read_bytes() == b"precious"
        assert not written.is_symlink()
        assert verify("run_x", host=frozen_host).ok

    def test_an_older_runpack_is_replaced(self, frozen_host: FrozenHost, written: Path) -> None:
        recorded(frozen_host, run_input(call(1)))
        old = written.read_bytes()
        recorded(frozen_host, run_input(call(2)))
        assert written.read_bytes() != old
        assert [path.name for path in written.parent.iterdir()] == [written.name]

    @pytest.mark.parametrize("out_dir", ["..", "../x", "a/../../b"])
    def test_a_relative_folder_that_climbs_out_is_refused(
        self, frozen_host: FrozenHost, out_dir: str
    ) -> None:
        error = refused(frozen_host, run_input(), out_dir=out_dir)
        assert runs.exit_code_of(error) == (6, "invalid_input")

    def test_a_folder_or_a_file_in_the_way_is_refused(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        written.mkdir(parents=True)
        with pytest.raises(InvalidInput, match="a folder, expected a file name"):
            recorded(frozen_host, run_input())
        with pytest.raises(InvalidInput):
            recorded(frozen_host, run_input(), out_dir="input.json")


class TestDeterminism:
    """Input with its own times gives the same archive, wherever and whenever."""

    TEXT = run_input(
        *(call(n, {"b": "é", "a": n, "c": {"z": 1.5, "y": None}}) for n in range(5)),
        refs={"receipts": [runs.receipt(name) for name in "zayb"]},
    )

    def test_the_same_input_gives_the_same_archive(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        recorded(frozen_host, self.TEXT, capture_mode="raw")
        first = written.read_bytes()
        frozen_host.now += 10**15
        recorded(frozen_host, self.TEXT, capture_mode="raw")
        assert written.read_bytes() == first

    def test_key_order_and_white_space_of_the_input_do_not_count(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        recorded(frozen_host, self.TEXT, capture_mode="raw")
        first = written.read_bytes()
        shuffled = json.dumps(self.TEXT, sort_keys=True, indent=3, ensure_ascii=False).encode()
        recorded(frozen_host, shuffled, capture_mode="raw")
        assert written.read_bytes() == first

    def test_folder_time_zone_hash_seed_and_umask_do_not_count(self, tmp_path: Path) -> None:
        archives = set()
        for number, env in enumerate(
            (
                {"TZ": "UTC", "PYTHONHASHSEED": "0"},
                {"TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "4242", "LC_ALL": "C", "HOME": "/"},
            )
        ):
            folder = tmp_path / f"folder {number}"
            folder.mkdir()
            (folder / "in.json").write_text(json.dumps(self.TEXT))
            done = process.gait("run", "record", "in.json", cwd=folder, env=env)
            assert done.returncode == 0, done.stderr
            archives.add((folder / "gait-out/runpack_run_x.zip").read_bytes())
        assert len(archives) == 1


def test_the_input_may_come_from_a_shell_pipe(tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(json.dumps(run_input(call(1))))
    piped = f"import os; os.dup2(os.open('in.json', os.O_RDONLY), 0); {process.ENTRY}"
    argv = ["run", "record", "--input", "/dev/stdin", "--json"]
    done = process.python(piped, argv, cwd=tmp_path)
    assert json.loads(done.stdout)["run_id"] == "run_x"


def test_an_input_that_is_not_given_is_refused(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput, match="run record input: '', expected a path"):
        record(RecordRequest(input=""), host=frozen_host)
