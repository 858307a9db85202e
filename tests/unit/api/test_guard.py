import json
import os
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import guard, incident
from gait_engine.api.keys import init
from gait_engine.contract.keys import KeySources
from gait_engine.errors import InvalidInput, VerificationFailed
from gait_engine.guard.evidence import EvidencePaths
from gait_engine.guard.sealed import KeyRequest
from tests.support import runs
from tests.support.evidence import audit, credential, regress, write_json, write_trace
from tests.support.hosts import NOON_NS, FrozenHost
from tests.support.zipforge import Part, forge

KEY_TEXT = "BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY="
PRIVATE = KeySources(private_key="gait-out/keys/gait_private.key")
PUBLIC = KeySources(public_key="gait-out/keys/gait_public.key")


@pytest.fixture
def host(tmp_path: Path) -> FrozenHost:
    """A host with a key pair and a runpack `p.zip`."""
    host = FrozenHost(tmp_path, {"K": KEY_TEXT, "OTHER": "A" * 43 + "="})
    pair = init(host=host)
    assert (pair.private_key_path, pair.public_key_path) == (
        PRIVATE.private_key,
        PUBLIC.public_key,
    )
    runs.runpack(tmp_path)
    return host


def packed(host: FrozenHost, **fields: Any) -> Any:
    wanted = {"run": "./p.zip", "key_mode": "prod", "keys": PRIVATE} | fields
    return guard.pack(guard.PackRequest(**wanted), host=host)


def manifest_of(host: FrozenHost, path: str) -> Any:
    return runs.document(host.cwd / path, "pack_manifest.json")


def test_a_pack_of_ours_verifies_with_its_key_and_strictly(host: FrozenHost) -> None:
    answer = packed(host)
    assert answer.pack_path == f"evidence_pack_{answer.pack_id}.zip"
    assert answer.manifest_path == f"{answer.pack_path}#pack_manifest.json"
    found = guard.verify(answer.pack_path, host=host, profile="strict", keys=PUBLIC)
    assert (found.ok, found.signature_status, found.files_checked) == (True, "verified", 4)
    assert (found.pack_id, found.run_id) == (answer.pack_id, answer.run_id)


def test_the_same_run_evidence_and_key_give_the_same_bytes(host: FrozenHost) -> None:
    write_trace(host.cwd / "t.json", "t")
    options = {"paths": EvidencePaths(trace="t.json"), "render_pdf": True, "case_id": " c "}
    first, second = packed(host, out="a.zip", **options), packed(host, out=" b.zip ", **options)
    assert (host.cwd / "a.zip").read_bytes() == (host.cwd / "b.zip").read_bytes()
    assert (first.rendered_artifacts, second.pack_path) == (1, "b.zip")
    assert manifest_of(host, "a.zip")["case_id"] == "c"


def test_every_kind_of_evidence_has_its_members_and_its_summary(host: FrozenHost) -> None:
    here = host.cwd
    write_trace(here / "t1.json", "b", verdict="block")
    write_trace(here / "t2.json", "a", verdict="allow")
    write_json(here / "g1.json", regress("pass"))
    write_json(here / "g2.json", regress("fail"))
    write_json(here / "a.json", audit("a"))
    write_json(here / "c.json", credential("a"))
    write_json(here / "i.json", {"snapshot_id": "s"})
    paths = EvidencePaths("i.json", "t1.json,t2.json", "g1.json,g2.json", "a.json", "c.json")
    answer = packed(host, paths=paths, template="pci", out="new/e.zip")
    assert runs.document(here / "new/e.zip", "trace_summary.json")["verdict_counts"] == {
        "allow": 1,
        "block": 1,
    }
    rows = runs.document(here / "new/e.zip", "regress_summary.json")["results"]
    assert [row["status"] for row in rows] == ["fail", "pass"]
    types = {each["path"]: each["type"] for each in manifest_of(host, "new/e.zip")["contents"]}
    assert types == {
        "approval_audit_01.json": "evidence",
        "control_index.json": "report",
        "credential_evidence_01.json": "evidence",
        "evidence_pointers.json": "report",
        "inventory_snapshot_01.json": "evidence",
        "referenced_runpacks.json": "evidence",
        "regress_summary.json": "report",
        "runpack_summary.json": "runpack",
        "trace_summary.json": "trace",
    }
    assert (answer.template_id, answer.controls) == ("pci", 3)


def test_a_dev_key_is_warned_of(host: FrozenHost) -> None:
    assert len(packed(host, key_mode="dev", keys=KeySources()).warnings) == 1


def test_a_run_without_a_time_counts_as_made_now(host: FrozenHost) -> None:
    runs.runpack(host.cwd, "z.zip", run={"created_at": "0001-01-01T00:00:00Z"})
    packed(host, run="./z.zip", out="e.zip")
    assert manifest_of(host, "e.zip")["generated_at"] == "2026-02-05T12:00:00Z"


@pytest.mark.parametrize(
    "fields",
    [
        {"run": "./none.zip"},
        {"key_mode": "other"},
        {"keys": KeySources()},
        {"paths": EvidencePaths(trace="none.json")},
        {"out": "p.zip"},
        {"out": PRIVATE.private_key},
        {"case_id": "\udc80"},
        {"case_id": "\udc80", "render_pdf": True},
    ],
    ids=str,
)
def test_bad_input_leaves_nothing_behind(fields: dict[str, Any], host: FrozenHost) -> None:
    before = runs.tree(host.cwd)
    with pytest.raises(InvalidInput):
        packed(host, **fields)
    assert runs.tree(host.cwd) == before


def test_a_pack_that_must_be_refused_says_what_is_known_of_it(host: FrozenHost) -> None:
    answer = packed(host)
    members = runs.members_of(host.cwd / answer.pack_path) | {"more.txt": b"x"}
    (host.cwd / "e.zip").write_bytes(runs.archive(members))
    with pytest.raises(VerificationFailed) as caught:
        guard.verify("e.zip", host=host)
    assert caught.value.code == "zip_unlisted_entry"
    assert (caught.value.answer.ok, caught.value.answer.pack_id) == (False, answer.pack_id)


def test_a_pack_that_is_none_is_bad_input_and_a_repeated_name_a_refusal(host: FrozenHost) -> None:
    with pytest.raises(InvalidInput):
        guard.verify("p.zip", host=host)
    twice = forge(Part("pack_manifest.json", b"{}"), Part("pack_manifest.json", b"{}"))
    (host.cwd / "twice.zip").write_bytes(twice)
    with pytest.raises(VerificationFailed) as caught:
        guard.verify("twice.zip", host=host)
    assert caught.value.answer is None


def test_an_incident_pack_holds_its_window_and_is_never_signed(host: FrozenHost) -> None:
    created_at = runs.document(host.cwd / "p.zip", "run.json")["created_at"]
    write_trace(host.cwd / "trace_1.json", "t", created_at=created_at, policy_digest="d")
    (host.cwd / "trace_2.json").write_text('{"x":1}', encoding="utf-8")
    request = incident.IncidentRequest(run="./p.zip", window="1.5s", render_pdf=True)
    answer = incident.pack(request, host=host)
    assert answer.pack_path == f"evidence_pack_{answer.pack_id}.zip"
    assert (answer.trace_count, answer.policy_digests) == (1, ("d",))
    assert [each.path for each in answer.skipped] == ["trace_2.json"]
    manifest = manifest_of(host, answer.pack_path)
    assert "signatures" not in manifest
    assert manifest["incident_window"]["window_seconds"] == 1
    assert "." in manifest["incident_window"]["from"]
    assert "." not in answer.window_from + answer.window_to
    assert guard.verify(answer.pack_path, host=host).signature_status == "missing"


def test_retention_deletes_and_reports_or_in_a_dry_run_only_reports(host: FrozenHost) -> None:
    old = host.cwd / "x" / "trace_1.json"
    old.parent.mkdir()
    old.write_bytes(b"x")
    os.utime(old, ns=(0, NOON_NS - 2 * 10**9))
    dry = guard.retain(host=host, root=" x ", trace_ttl="1s", dry_run=True, report_out="r/r.json")
    assert old.exists()
    report = json.loads((host.cwd / "r/r.json").read_bytes())
    assert (report["dry_run"], report["kept_files"]) == (True, [])
    assert (report["trace_ttl_seconds"], report["pack_ttl_seconds"]) == (1, 720 * 3600)
    wet = guard.retain(host=host, root="x", trace_ttl="1s")
    assert not old.exists()
    assert wet.deleted_files == dry.deleted_files
    assert guard.retain(host=host, root="x").scanned_files == 0


@pytest.mark.parametrize(
    "options", [{"trace_ttl": "1d"}, {"pack_ttl": ""}, {"root": "none"}, {"report_out": "x"}]
)
def test_nothing_is_deleted_when_an_option_is_bad(
    options: dict[str, Any], host: FrozenHost
) -> None:
    old = host.cwd / "x" / "trace_1.json"
    old.parent.mkdir()
    old.write_bytes(b"x")
    os.utime(old, ns=(0, 0))
    with pytest.raises(InvalidInput):
        guard.retain(host=host, **options)
    assert old.exists()


def test_what_was_encrypted_comes_back(host: FrozenHost) -> None:
    (host.cwd / "a.txt").write_bytes(b"secret \x00\xff")
    sealed = guard.encrypt(" a.txt ", host=host, key=KeyRequest(env_name="K"))
    assert (sealed.path, sealed.key_mode, sealed.key_ref) == ("a.txt.gaitenc", "env", "K")
    (host.cwd / "a.txt").unlink()
    opened = guard.decrypt(sealed.path, host=host, key=KeyRequest(env_name="K"))
    assert (host.cwd / opened.path).read_bytes() == b"secret \x00\xff"
    assert (opened.plain_sha256, opened.plain_size) == (sealed.plain_sha256, sealed.plain_size)
    assert KEY_TEXT not in repr(sealed) + repr(opened)


@pytest.mark.parametrize("out", ["a.txt", "./a.txt"])
def test_a_file_is_not_replaced_by_its_own_encrypted_form(out: str, host: FrozenHost) -> None:
    (host.cwd / "a.txt").write_bytes(b"x")
    with pytest.raises(InvalidInput) as caught:
        guard.encrypt("a.txt", host=host, key=KeyRequest(env_name="K"), out=out)
    assert caught.value.code == "path_unsafe"


def test_another_key_or_one_changed_bit_gives_no_file(host: FrozenHost) -> None:
    (host.cwd / "a.txt").write_bytes(b"x")
    path = guard.encrypt("a.txt", host=host, key=KeyRequest(env_name="K"), out="e").path
    with pytest.raises(InvalidInput):
        guard.decrypt(path, host=host, key=KeyRequest(env_name="OTHER"))
    sealed = json.loads((host.cwd / path).read_bytes())
    first = "B" if sealed["ciphertext"][0] == "A" else "A"
    sealed["ciphertext"] = first + sealed["ciphertext"][1:]
    (host.cwd / path).write_text(json.dumps(sealed), encoding="utf-8")
    with pytest.raises(InvalidInput):
        guard.decrypt(path, host=host, key=KeyRequest(env_name="K"))
    assert not (host.cwd / "e.plain").exists()
