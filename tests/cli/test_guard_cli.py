"""`gait guard` and `gait incident`, as they are typed."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api.guard import show
from gait_engine.contract.keys import KeySources
from gait_engine.crypto.keys import generate_key, key_text
from gait_engine.errors import GaitError
from tests.support import runs
from tests.support.evidence import audit, write_json, write_trace
from tests.support.hosts import FrozenHost

KEY_TEXT = "BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY="

Gait = Callable[..., Any]


@pytest.fixture
def frozen_host(tmp_path: Path) -> FrozenHost:
    """A host with a runpack `p.zip` and a key in the variable K."""
    runs.runpack(tmp_path)
    return FrozenHost(tmp_path, {"K": KEY_TEXT})


def test_pack_and_verify_say_what_they_did(gait: Gait) -> None:
    packed = gait("guard", "pack", "./p.zip", "--out", "e.zip", "--render-pdf")
    assert packed.exit_code == 0
    assert packed.stdout.startswith("packed: e.zip\n")
    assert "warning: dev key mode" in packed.stdout
    verified = gait("guard", "verify", "e.zip")
    assert (verified.exit_code, verified.stdout.splitlines()[0]) == (0, "VERIFIED")
    assert "signature skipped" in verified.stdout


def test_a_pack_with_a_changed_member_exits_2_and_names_it(gait: Gait, tmp_path: Path) -> None:
    gait("guard", "pack", "--run", "./p.zip", "--out", "e.zip")
    members = runs.members_of(tmp_path / "e.zip")
    del members["control_index.json"]
    members["runpack_summary.json"] += b" "
    (tmp_path / "e.zip").write_bytes(runs.archive(members))
    said = gait("guard", "verify", "--path", "e.zip")
    assert said.exit_code == 2
    assert "MISSING   control_index.json" in said.stdout
    assert "DIFFERS   runpack_summary.json" in said.stdout
    told = json.loads(gait("guard", "verify", "e.zip", "--json").stdout)
    assert (told["ok"], told["missing_files"]) == (False, ["control_index.json"])
    assert "error" not in told


def test_a_pack_that_must_be_refused_exits_2_with_the_hazards_code(
    gait: Gait, tmp_path: Path
) -> None:
    gait("guard", "pack", "./p.zip", "--out", "e.zip")
    members = runs.members_of(tmp_path / "e.zip") | {"more.txt": b""}
    (tmp_path / "e.zip").write_bytes(runs.archive(members))
    said = gait("guard", "verify", "e.zip", "--json")
    assert (said.exit_code, json.loads(said.stdout)["error_code"]) == (2, "zip_unlisted_entry")


def test_an_incident_pack_says_what_it_holds_and_left_out(gait: Gait, tmp_path: Path) -> None:
    created_at = runs.document(tmp_path / "p.zip", "run.json")["created_at"]
    write_trace(tmp_path / "trace_1.json", "t", created_at=created_at, policy_digest="d")
    write_json(tmp_path / "trace_2.json", {"x": 1})
    write_json(tmp_path / "approval_audit_1.json", audit("t", created_at=created_at))
    said = gait("incident", "pack", "--from", "./p.zip", "--window", "1h")
    assert said.exit_code == 0
    assert "traces 1, regress results 0, approval audits 1, credential records 0" in said.stdout
    assert "policy    d" in said.stdout
    assert "left out trace_2.json: json_unsigned_field" in said.stdout


def test_retain_says_what_it_deleted(gait: Gait, tmp_path: Path) -> None:
    (tmp_path / "trace_1.json").write_bytes(b"x")
    said = gait("guard", "retain", "--dry-run", "--json")
    assert json.loads(said.stdout)["dry_run"] is True
    said = gait("guard", "retain", "--root", ".")
    assert said.exit_code == 0
    assert "1 scanned" in said.stdout
    assert gait("guard", "retain", "extra").exit_code == 6
    assert gait("guard", "retain", "--trace-ttl", "7d").exit_code == 6


def test_a_file_is_encrypted_and_decrypted_and_the_key_never_shows(
    gait: Gait, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(b"plain")
    said = [gait("guard", "encrypt", "a.txt", "--key-env", "K")]
    (tmp_path / "a.txt").unlink()
    said.append(gait("guard", "decrypt", "--in", "a.txt.gaitenc", "--key-env", "K"))
    assert (tmp_path / "a.txt").read_bytes() == b"plain"
    assert [each.exit_code for each in said] == [0, 0]
    assert "encrypted: a.txt.gaitenc\n  key       env K\n" in said[0].stdout
    assert said[1].stdout.startswith("decrypted: a.txt\n")
    said.append(gait("guard", "encrypt", "a.txt", "--key-env", KEY_TEXT))
    said.append(gait("guard", "decrypt", "a.txt.gaitenc", "--key-command", KEY_TEXT, "--json"))
    assert [each.exit_code for each in said[2:]] == [6, 6]
    assert not [each for each in said if KEY_TEXT in each.stdout + each.stderr]


def test_retention_in_text_names_each_file(gait: Gait, tmp_path: Path) -> None:
    (tmp_path / "trace_1.json").write_bytes(b"x")
    os.utime(tmp_path / "trace_1.json", ns=(0, 0))
    said = gait("guard", "retain", "--dry-run")
    assert said.stdout.startswith("would delete trace trace_1.json")


def test_a_pack_is_listed_member_by_member(gait: Gait) -> None:
    gait("guard", "pack", "./p.zip", "--out", "e.zip")
    told = json.loads(gait("guard", "show", "e.zip", "--json").stdout)
    sizes = {member["path"]: member["size"] for member in told["members"]}
    assert {member["state"] for member in told["members"]} == {"same"}
    assert sizes["runpack_summary.json"] > 0
    assert [entry["path"] for entry in told["manifest"]["contents"]] == list(sizes)
    assert told["signature_status"] == "skipped"
    said = gait("guard", "show", "e.zip").stdout
    assert "control CC6.6: Change Management Evidence\n" in said
    assert f"{sizes['control_index.json']:>9}  report    control_index.json\n" in said


def test_a_member_that_is_not_what_was_packed_is_listed_as_such(gait: Gait, tmp_path: Path) -> None:
    gait("guard", "pack", "./p.zip", "--out", "e.zip")
    members = runs.members_of(tmp_path / "e.zip")
    del members["control_index.json"]
    members["runpack_summary.json"] += b" "
    (tmp_path / "e.zip").write_bytes(runs.archive(members))
    said = gait("guard", "show", "e.zip", "--json")
    told = json.loads(said.stdout)
    states = {member["path"]: member["state"] for member in told["members"]}
    assert (said.exit_code, told["ok"]) == (2, False)
    assert states["control_index.json"] == "missing"
    assert states["runpack_summary.json"] == "differs"
    assert {member["path"] for member in told["members"] if member.get("actual")} == {
        "runpack_summary.json"
    }
    (tmp_path / "e.zip").write_bytes(runs.archive(members | {"more.txt": b""}))
    refused = json.loads(gait("guard", "show", "e.zip", "--json").stdout)
    assert refused["error_code"] == "zip_unlisted_entry"
    assert "members" not in refused


def test_every_flipped_byte_of_a_pack_is_seen(gait: Gait, frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "s.key").write_bytes(key_text(generate_key(frozen_host).private_bytes))
    signing = ("--key-mode", "prod", "--private-key", "s.key")
    gait("guard", "pack", "./p.zip", "--out", "e.zip", *signing)
    whole = (frozen_host.cwd / "e.zip").read_bytes()
    keys = KeySources(private_key="s.key")
    for at in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[at] ^= 1
        (frozen_host.cwd / "e.zip").write_bytes(bytes(changed))
        try:
            shown: object = show("e.zip", host=frozen_host, keys=keys).ok
        except GaitError as error:
            shown = error.exit_code
        assert shown in (False, 2, 6), at


def test_a_retention_report_never_takes_the_place_of_what_it_judges(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    pack = frozen_host.cwd / "evidence_pack_x.zip"
    pack.write_bytes(b"evidence")
    for dry in ((), ("--dry-run",)):
        said = gait("guard", "retain", *dry, "--report-out", "evidence_pack_x.zip", "--json")
        assert (said.exit_code, json.loads(said.stdout)["error_code"]) == (6, "path_unsafe")
        assert pack.read_bytes() == b"evidence"
