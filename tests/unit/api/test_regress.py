"""Pinning runs as fixtures and judging sets, through the API."""

import json
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api.capture import capture
from gait_engine.api.envelope import encode, exit_code, failure
from gait_engine.api.regress import PinRequest, RunRequest, SetRequest, add, bootstrap, init, run
from gait_engine.contract.pack import SOURCE_RUNPACK
from gait_engine.errors import GaitError, InvalidInput, IoFailure, VerificationFailed
from gait_engine.regress import run as run_module
from tests.support import packs, runs
from tests.support.fixturesets import CALLS, judged, with_candidate, write_config, write_fixture
from tests.support.hosts import FrozenHost
from tests.support.process import python
from tests.support.runs import intent, result
from tests.support.zipforge import Part, forge

RECEIPT = '{"schema_id":"gait.capture.receipt","schema_version":"1.0.0",%s}'


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def refused(host: FrozenHost, call: Any, *given: object, **options: Any) -> GaitError:
    before = runs.tree(host.cwd)
    with pytest.raises(GaitError) as caught:
        call(*given, host=host, **options)
    assert runs.tree(host.cwd) == before
    return caught.value


def test_a_run_becomes_a_fixture_that_passes(frozen_host: FrozenHost) -> None:
    runs.runpack(frozen_host.cwd, "p.zip", **CALLS, refs={"context_set_digest": "a" * 64})
    made = init("./p.zip", host=frozen_host)
    assert (made.fixture_dir, made.config_path) == ("fixtures/run_x", "gait.yaml")
    folder = frozen_host.cwd / made.fixture_dir
    assert read(folder / "fixture.json") == {
        "schema_id": "gait.regress.fixture",
        "schema_version": "1.0.0",
        "name": "run_x",
        "run_id": "run_x",
        "runpack": "runpack.zip",
        "expected_replay_exit_code": 0,
        "expected_tool_sequence": ["crm.find", "mail.send"],
        "expected_verdict_sequence": ["allow", "error"],
        "context_conformance": "required",
        "expected_context_set_digest": "a" * 64,
    }
    assert (folder / "runpack.zip").read_bytes() == (frozen_host.cwd / "p.zip").read_bytes()
    assert judged(frozen_host).ok


@pytest.mark.parametrize(
    ("run_id", "name"),
    [
        ("Run X", "run-x"),
        ("a -b", "a--b"),
        ("..İ__", "i"),
        ("漢字", "fixture"),
    ],
)
def test_a_fixture_is_named_after_its_run(frozen_host: FrozenHost, run_id: str, name: str) -> None:
    data = runs.members(run={"run_id": run_id})
    (frozen_host.cwd / "p.zip").write_bytes(runs.sealed(data, run_id=run_id))
    assert init("./p.zip", host=frozen_host).fixture_name == name


@pytest.mark.parametrize("name", ["../x", "A", "-a", "a/b", " a", "é"])
def test_a_name_that_is_none_is_refused_before_anything_is_written(
    frozen_host: FrozenHost, name: str
) -> None:
    runs.runpack(frozen_host.cwd, "p.zip", **CALLS)
    assert refused(frozen_host, init, "./p.zip", name=name).exit_code == 6


def test_a_fixtures_folder_that_leads_outside_is_refused(tmp_path: Path) -> None:
    host = FrozenHost(tmp_path / "inside")
    (tmp_path / "outside").mkdir()
    host.cwd.mkdir()
    runs.runpack(host.cwd, "p.zip", **CALLS)
    (host.cwd / "fixtures").symlink_to(tmp_path / "outside")
    assert refused(host, init, "./p.zip").code == "path_unsafe"
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    ("members", "exit_code", "code"),
    [
        ({"run.json": b"{}"}, 6, "invalid_input"),
        ({"run.json": None}, 6, "invalid_input"),
        ({"more.txt": b""}, 2, "zip_unlisted_entry"),
    ],
)
def test_a_runpack_that_does_not_verify_is_not_pinned(
    frozen_host: FrozenHost, members: dict[str, bytes | None], exit_code: int, code: str
) -> None:
    path = runs.runpack(frozen_host.cwd, "p.zip", **CALLS)
    changed = runs.members_of(path) | members
    path.write_bytes(runs.archive({n: data for n, data in changed.items() if data is not None}))
    error = refused(frozen_host, init, "./p.zip")
    assert (error.exit_code, error.code) == (exit_code, code)


def test_a_repeated_entry_name_is_refused_as_unverified(frozen_host: FrozenHost) -> None:
    parts = [Part("manifest.json", b"{}"), Part("manifest.json", b"{}")]
    (frozen_host.cwd / "p.zip").write_bytes(forge(*parts))
    assert refused(frozen_host, init, "./p.zip").exit_code == 2


def test_a_run_whose_records_cannot_be_read_is_pinned_without_expectations(
    frozen_host: FrozenHost,
) -> None:
    data = runs.members() | {"intents.jsonl": b"[]\n"}
    (frozen_host.cwd / "p.zip").write_bytes(runs.sealed(data))
    init("./p.zip", host=frozen_host)
    assert "expected_tool_sequence" not in read(frozen_host.cwd / "fixtures/run_x/fixture.json")
    with pytest.raises(InvalidInput):
        judged(frozen_host)


def test_the_config_lists_every_whole_fixture_and_no_other_folder(
    frozen_host: FrozenHost,
) -> None:
    runs.runpack(frozen_host.cwd, "p.zip", **CALLS)
    write_fixture(frozen_host, "other")
    for folder in ("empty", "Odd Name"):
        (frozen_host.cwd / "fixtures" / folder).mkdir()
    (frozen_host.cwd / "fixtures/link").symlink_to("other")
    init("./p.zip", host=frozen_host)
    listed = read(frozen_host.cwd / "gait.yaml")["fixtures"]
    assert [entry["name"] for entry in listed] == ["other", "run_x"]


@pytest.mark.parametrize(
    ("fields", "gone"),
    [
        ({}, "fixture.json"),
        ({}, "runpack.zip"),
        ({"name": "another"}, ""),
        ({"runpack": "in/runpack.zip"}, ""),
        ({"runpack": ".."}, ""),
    ],
)
def test_a_fixture_that_is_not_whole_keeps_the_config_from_being_written(
    frozen_host: FrozenHost, fields: dict[str, Any], gone: str
) -> None:
    runs.runpack(frozen_host.cwd, "p.zip", **CALLS)
    folder = write_fixture(frozen_host, "other", CALLS, **fields)
    if gone:
        (folder / gone).unlink()
    with pytest.raises(InvalidInput):
        init("./p.zip", host=frozen_host)
    assert not (frozen_host.cwd / "gait.yaml").exists()


@pytest.mark.parametrize("source", ["", " "])
@pytest.mark.parametrize("verb", [init, add])
def test_a_source_must_be_named(frozen_host: FrozenHost, verb: Any, source: str) -> None:
    assert refused(frozen_host, verb, source).exit_code == 6


def pack(host: FrozenHost, **fields: Any) -> str:
    members = packs.embedding(packs.runpack_members(host))
    members |= fields.pop("members", {})
    manifest = packs.packspec_manifest(members, **fields)
    return packs.write_pack(host.cwd / "pack.zip", manifest, members)


@pytest.mark.parametrize("pack_type", ["run", "call"])
def test_the_runpack_inside_a_pack_is_pinned(frozen_host: FrozenHost, pack_type: str) -> None:
    made = init(pack(frozen_host, pack_type=pack_type), host=frozen_host)
    assert made.run_id == "run_demo"
    assert judged(frozen_host).ok


@pytest.mark.parametrize(
    ("fields", "exit_code"),
    [
        ({"pack_type": "job"}, 6),
        ({"schema_id": "gait.guard.pack_manifest"}, 6),
        ({"members": {SOURCE_RUNPACK: b"no zip"}}, 6),
        ({"contents": [{"path": "gone.json", "sha256": "0" * 64, "type": "x"}]}, 2),
    ],
)
def test_a_pack_that_must_not_be_trusted_is_not_pinned(
    frozen_host: FrozenHost, fields: dict[str, Any], exit_code: int
) -> None:
    path = pack(frozen_host, **fields)
    assert refused(frozen_host, init, path).exit_code == exit_code


def test_a_pack_that_lacks_a_listed_member_is_not_pinned(frozen_host: FrozenHost) -> None:
    members = packs.embedding(packs.runpack_members(frozen_host))
    manifest = packs.packspec_manifest(members | {"gone.json": b"{}"})
    path = packs.write_pack(frozen_host.cwd / "pack.zip", manifest, members)
    assert refused(frozen_host, init, path).exit_code == 2


def test_a_receipt_leads_to_its_runpack(frozen_host: FrozenHost) -> None:
    runs.runpack(frozen_host.cwd, "p.zip", **CALLS)
    capture("./p.zip", out="r.json", host=frozen_host)
    made = add(" r.json ", host=frozen_host, name="inc-1")
    assert (made.source, made.fixture_name) == ("r.json", "inc-1")


@pytest.mark.parametrize(
    ("text", "exit_code", "code"),
    [
        (RECEIPT % '"artifact_type":"trace","artifact_path":"t.json"', 6, "invalid_input"),
        (RECEIPT % '"artifact_path":"a","artifact_path":"b"', 6, "json_duplicate_key"),
        (RECEIPT % '"artifact_path":" "', 6, "invalid_input"),
        ('{"schema_id":"gait.capture.receipt","artifact_path":"p.zip"}', 6, "invalid_input"),
        ("no JSON", 6, "invalid_input"),
        ("[]", 6, "invalid_input"),
        ('{"run_id":"a","run_id":"b"}', 2, "json_duplicate_key"),
    ],
)
def test_what_is_no_receipt_of_a_runpack_is_not_added(
    frozen_host: FrozenHost, text: str, exit_code: int, code: str
) -> None:
    (frozen_host.cwd / "r.json").write_text(text, encoding="utf-8")
    error = refused(frozen_host, add, "./r.json")
    assert (error.exit_code, error.code) == (exit_code, code)
    assert error.answer.source == "./r.json"


def chain(host: FrozenHost, **changes: Any) -> str:
    """Write a chain of two checkpoints whose runpacks are there."""
    entries = []
    for number in (1, 2):
        data = runs.members(run={"run_id": f"run_{number}"})
        path = host.cwd / f"cp{number}.zip"
        path.write_bytes(runs.sealed(data, run_id=f"run_{number}"))
        manifest = json.loads(runs.members_of(path)["manifest.json"])
        entries.append(
            {
                "checkpoint_index": number,
                "run_id": f"run_{number}",
                "runpack_path": path.name,
                "manifest_digest": manifest["manifest_digest"],
            }
        )
    text = {"session_id": "s", "run_id": "run_s", "checkpoints": entries} | changes
    (host.cwd / "chain.json").write_text(json.dumps(text), encoding="utf-8")
    return "./chain.json"


@pytest.mark.parametrize(
    ("checkpoint", "run_id"),
    [("", "run_2"), ("Latest", "run_2"), ("1", "run_1"), ("+2xyz", "run_2"), ("01", "run_1")],
)
@pytest.mark.parametrize("verb", [init, add])
def test_a_checkpoint_of_a_chain_is_pinned(
    frozen_host: FrozenHost, verb: Any, checkpoint: str, run_id: str
) -> None:
    made = verb(chain(frozen_host), checkpoint=checkpoint, host=frozen_host)
    assert made.run_id == run_id
    fixture = read(frozen_host.cwd / made.fixture_dir / "fixture.json")
    assert fixture["session_chain"] == "./chain.json"
    assert fixture["checkpoint_index"] == int(run_id[-1])


def test_a_receipt_of_a_chain_lets_the_checkpoint_be_chosen_anew(frozen_host: FrozenHost) -> None:
    capture(chain(frozen_host), out="r.json", host=frozen_host)
    assert add("r.json", checkpoint="1", host=frozen_host).run_id == "run_1"


@pytest.mark.parametrize("checkpoint", ["3", "0", "-1", "x"])
def test_a_checkpoint_that_is_not_there_is_refused(
    frozen_host: FrozenHost, checkpoint: str
) -> None:
    error = refused(frozen_host, init, chain(frozen_host), checkpoint=checkpoint)
    assert error.exit_code == 6


def test_a_chain_whose_runpack_is_gone_or_climbs_out_is_refused(frozen_host: FrozenHost) -> None:
    path = chain(frozen_host)
    (frozen_host.cwd / "cp2.zip").unlink()
    assert refused(frozen_host, init, path).exit_code == 6
    assert refused(frozen_host, init, f"../{frozen_host.cwd.name}/chain.json").exit_code == 6


def test_a_chain_whose_runpack_was_swapped_is_refused(frozen_host: FrozenHost) -> None:
    path = chain(frozen_host)
    (frozen_host.cwd / "cp2.zip").write_bytes((frozen_host.cwd / "cp1.zip").read_bytes())
    assert refused(frozen_host, init, path).exit_code == 2


def test_a_json_name_without_a_slash_is_a_run_id(frozen_host: FrozenHost) -> None:
    chain(frozen_host)
    assert "not found" in refused(frozen_host, init, "chain.json").message


def test_a_candidate_with_one_record_changed_fails_and_the_record_is_named(
    frozen_host: FrozenHost,
) -> None:
    changed = CALLS | {"results": [result("i1"), result("i2", status="denied")]}
    with_candidate(frozen_host, changed)
    answer = judged(frozen_host, details=True)
    assert (exit_code(answer), answer.failed) == (5, 1)
    assert answer.top_failure_reason == "unexpected_diff"
    assert answer.next_command == "gait regress run --json"
    ((change,),) = (fixture.changes for fixture in answer.changed_records)
    assert (change.section, change.id, change.state) == ("results", "i2", "changed")
    assert [difference.path for difference in change.differences] == ["status"]
    assert judged(frozen_host).changed_records == ()


def test_an_expectation_of_its_own_runpack_that_fails_names_no_record(
    frozen_host: FrozenHost,
) -> None:
    write_fixture(frozen_host, "alpha", CALLS, expected_replay_exit_code=2)
    write_config(frozen_host, "alpha")
    answer = judged(frozen_host, details=True)
    assert (answer.ok, answer.changed_records) == (False, ())


def test_results_are_sorted_and_dated_by_the_first_fixture_by_name(
    frozen_host: FrozenHost,
) -> None:
    early = CALLS | {"run": {"created_at": "0001-01-01T00:00:00Z"}}
    write_fixture(frozen_host, "a", early)
    write_fixture(frozen_host, "a-b")
    write_config(frozen_host, "a-b", "a", fixture_set="s'&t")
    answer = judged(frozen_host, output="r.json", junit=" deep/j.xml ")
    assert answer.artifact_paths == ("r.json", "deep/j.xml")
    written = read(frozen_host.cwd / "r.json")
    assert written["created_at"] == "1980-01-01T00:00:00Z"
    assert [grade["name"].partition("/")[0] for grade in written["graders"]] == [
        *["a-b"] * 4,
        *["a"] * 4,
    ]
    assert b"s&#39;&amp;t" in (frozen_host.cwd / "deep/j.xml").read_bytes()


def test_one_broken_fixture_leaves_the_rest_judged_and_nothing_written(
    frozen_host: FrozenHost,
) -> None:
    write_fixture(frozen_host, "a")
    write_fixture(frozen_host, "b", CALLS, name="x", context_conformance="required")
    (write_fixture(frozen_host, "c") / "runpack.zip").write_bytes(
        forge(Part("run.json", b""), Part("run.json", b""))
    )
    write_config(frozen_host, "a", "b", "c", "d", fixture_set="nightly")
    error = refused(frozen_host, run, RunRequest(junit="j.xml"))
    answer = failure(error)
    assert (exit_code(answer), answer.error_code, answer.hazards) == (6, "invalid_input", ())
    plain = json.loads(encode(answer))
    assert plain["fixture_set"] == "nightly"
    assert [(row["fixture"], row["error_code"]) for row in plain["unjudged"]] == [
        ("b", "invalid_input"),
        ("c", "verification_failed"),
        ("d", "invalid_input"),
    ]
    assert [grade["name"] for grade in plain["judged"]] == [
        "a/diff",
        "a/expected_exit_code",
        "a/schema_validation",
        "a/trajectory",
    ]
    assert not {"status", "graders", "output", "failed"} & plain.keys()


def test_the_first_broken_fixture_gives_the_exit_code_and_judged_may_be_empty(
    frozen_host: FrozenHost,
) -> None:
    (write_fixture(frozen_host, "c") / "runpack.zip").write_bytes(
        forge(Part("run.json", b""), Part("run.json", b""))
    )
    write_config(frozen_host, "d", "c")
    error = refused(frozen_host, run, RunRequest())
    answer = failure(error)
    assert (exit_code(answer), answer.error_code) == (2, "verification_failed")
    assert json.loads(encode(answer))["judged"] == []


def test_trouble_of_the_machine_is_no_broken_fixture(
    frozen_host: FrozenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_disk(*_: object) -> None:
        raise IoFailure("disk: broken, expected a whole one")

    write_config(frozen_host, "a")
    monkeypatch.setattr(run_module, "opened_case", broken_disk)
    with pytest.raises(IoFailure):
        judged(frozen_host)


@pytest.mark.parametrize("option", ["output", "junit"])
@pytest.mark.parametrize("path", ["../r.json", "gait.yaml", "fixtures/alpha/runpack.zip"])
def test_an_output_that_climbs_out_or_is_an_input_is_refused(
    frozen_host: FrozenHost, option: str, path: str
) -> None:
    write_fixture(frozen_host)
    write_config(frozen_host, "alpha")
    request = RunRequest(output=path) if option == "output" else RunRequest(junit=path)
    assert refused(frozen_host, run, request).exit_code == 6


@pytest.mark.parametrize("junit", ["r.json", "./r.json", "folder", "gait.yaml/x/r.xml"])
def test_result_and_junit_are_both_written_or_neither(frozen_host: FrozenHost, junit: str) -> None:
    write_fixture(frozen_host)
    write_config(frozen_host, "alpha")
    (frozen_host.cwd / "folder").mkdir()
    (frozen_host.cwd / "r.json").write_text("of yesterday")
    assert refused(frozen_host, run, RunRequest(output="r.json", junit=junit)).exit_code == 6


def test_the_folder_of_the_result_must_be_there(frozen_host: FrozenHost) -> None:
    write_fixture(frozen_host)
    write_config(frozen_host, "alpha")
    request = RunRequest(output="none/r.json")
    assert refused(frozen_host, run, request).exit_code == 6


@pytest.mark.parametrize(
    ("config", "command"),
    [
        ("", "gait regress run --json"),
        ("./gait.yaml", "gait regress run --config ./gait.yaml --json"),
        ("a b.yaml", "gait regress run --config 'a b.yaml' --json"),
    ],
)
def test_the_next_command_names_another_config(
    frozen_host: FrozenHost, config: str, command: str
) -> None:
    write_fixture(frozen_host, "alpha", CALLS, expected_replay_exit_code=2)
    write_config(frozen_host, "alpha")
    if config == "a b.yaml":
        (frozen_host.cwd / "gait.yaml").rename(frozen_host.cwd / config)
    assert judged(frozen_host, config=config).next_command == command


@pytest.mark.parametrize("request_", [SetRequest(output="../r.json"), SetRequest(junit="../r.xml")])
def test_bootstrap_pins_nothing_for_a_result_that_climbs_out(
    frozen_host: FrozenHost, request_: SetRequest
) -> None:
    runs.runpack(frozen_host.cwd, "p.zip", **CALLS)
    assert refused(frozen_host, bootstrap, PinRequest("./p.zip"), request_).exit_code == 6


def test_bootstrap_pins_and_judges(frozen_host: FrozenHost) -> None:
    runs.runpack(frozen_host.cwd, "p.zip", **CALLS | {"results": []})
    data = [intent("i1", tool_name="x.y")]
    runs.runpack(frozen_host.cwd, "q.zip", intents=data)
    good = bootstrap(PinRequest("./p.zip", "good"), SetRequest(), host=frozen_host)
    assert (exit_code(good), good.fixture_name) == (5, "good")
    bad = bootstrap(PinRequest("./q.zip", "bad"), SetRequest(junit="j.xml"), host=frozen_host)
    assert (exit_code(bad), bad.failed, bad.junit) == (5, 2, "j.xml")
    path = chain(frozen_host, checkpoints=[{"runpack_path": "cp1.zip"}])
    with pytest.raises(VerificationFailed):
        bootstrap(PinRequest(path), SetRequest(), host=frozen_host)


def test_bytes_depend_on_neither_folder_nor_time_zone_nor_locale_nor_hash_seed(
    tmp_path: Path,
) -> None:
    written = []
    for number, (zone, locale) in enumerate([("UTC", "C"), ("Asia/Tokyo", "tr_TR.UTF-8")]):
        host = FrozenHost(tmp_path / f"folder {number}")
        host.cwd.mkdir()
        changed = CALLS | {"results": [result("i1"), result("i2", status="denied")]}
        with_candidate(host, changed, context_conformance="none")
        code = (
            "from gait_engine.api.regress import RunRequest, run\n"
            "from gait_engine.host import Host\n"
            "run(RunRequest(junit='j.xml'), host=Host())"
        )
        env = {"TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": str(number)}
        done = python(code, cwd=host.cwd, env=env)
        assert done.returncode == 0, done.stderr
        written.append(
            [(host.cwd / name).read_bytes() for name in ("regress_result.json", "j.xml")]
        )
    assert written[0] == written[1]
