"""The manifest: what its digest and its signatures cover, and what they do not."""

import json
from pathlib import Path
from typing import Any

import pytest

from gait_engine.contract.runpack import Manifest
from gait_engine.errors import VerificationFailed
from gait_engine.runpack.manifest import (
    listing_hazards,
    manifest_digest,
    read_manifest,
    signature_preimage,
)
from gait_engine.store.zipread import open_archive
from tests.support import runs
from tests.support.zipforge import PLAIN_FILE, Part, forge


def opened(path: Path, **fields: Any) -> Manifest:
    path.write_bytes(runs.sealed(runs.members(), **fields))
    with open_archive(path) as archive:
        return read_manifest(archive)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "p.zip"


class TestDigest:
    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"created_at": "2026-02-05T10:00:00.000Z"},
            {"created_at": "2026-02-05T10:00:00+00:00"},
            {"signatures": [{"alg": "ed25519"}]},
            {"manifest_digest": "whatever"},
        ],
        ids=str,
    )
    def test_spelling_of_the_instant_signatures_and_the_field_itself_do_not_count(
        self, path: Path, fields: dict[str, Any]
    ) -> None:
        plain = json.loads(
            runs.members_of_sealed(runs.sealed(runs.members()), path)["manifest.json"]
        )
        assert manifest_digest(opened(path, **fields)) == plain["manifest_digest"]

    @pytest.mark.parametrize(
        "fields",
        [
            {"created_at": "2026-02-05T12:00:00+02:00"},
            {"run_id": "run_y"},
            {"capture_mode": ""},
            {"producer_version": "1"},
            {"files": list(reversed([{"path": n, "sha256": "0"} for n in runs.DATA]))},
            {"files": []},
            {"files": None},
        ],
        ids=str,
    )
    def test_everything_else_does_even_the_order_of_the_files(
        self, path: Path, fields: dict[str, Any]
    ) -> None:
        assert manifest_digest(opened(path, **fields)) != manifest_digest(opened(path))

    def test_absent_files_are_not_an_empty_list(self, path: Path) -> None:
        assert manifest_digest(opened(path, files=None)) != manifest_digest(opened(path, files=[]))


class TestPreimage:
    TEXT = b'{"b":1,"manifest_digest":"d","a":{"y":2,"x":1.0}}'

    @pytest.mark.parametrize(
        "text",
        [
            b'{"a":{"x":1,"y":2},"b":1,"manifest_digest":"d"}',
            b' {"manifest_digest" : "d", "b":1.0, "a":{"x":1e0,"y":2}}\n',
            b'{"signatures":[1],"b":1,"manifest_digest":"d","a":{"y":2,"x":1}}',
            b'{"signatures":null,"b":1,"manifest_digest":"d","a":{"y":2,"x":1}}',
        ],
    )
    def test_order_white_space_and_signatures_do_not_count(self, text: bytes) -> None:
        assert signature_preimage(text) == signature_preimage(self.TEXT)

    @pytest.mark.parametrize(
        "text",
        [
            b'{"b":1,"manifest_digest":"","a":{"y":2,"x":1}}',
            b'{"b":1,"manifest_digest":"d","a":{"y":2,"x":1},"unknown":0}',
            b'{"b":1,"manifest_digest":"d","a":{"y":2,"x":1},"Signatures":[]}',
            b'{"b":true,"manifest_digest":"d","a":{"y":2,"x":1}}',
        ],
    )
    def test_every_other_member_does_known_or_not(self, text: bytes) -> None:
        assert signature_preimage(text) != signature_preimage(self.TEXT)


class TestHazards:
    def hazards(self, path: Path, *parts: Part, **fields: Any) -> list[tuple[str, str]]:
        data = runs.members()
        manifest = runs.members_of_sealed(runs.sealed(data, **fields), path)["manifest.json"]
        members = [Part(name, body) for name, body in data.items()]
        path.write_bytes(forge(*members, Part("manifest.json", manifest), *parts))
        with open_archive(path) as archive:
            found = listing_hazards(archive, read_manifest(archive))
        return [(hazard.code, hazard.where.rpartition("!")[2]) for hazard in found]

    def test_an_honest_archive_has_none(self, path: Path) -> None:
        assert self.hazards(path) == []

    def test_members_that_are_not_listed_folders_included(self, path: Path) -> None:
        found = self.hazards(path, Part("x", b""), Part("d/", b""))
        assert sorted(found) == [("zip_unlisted_entry", "d/"), ("zip_unlisted_entry", "x")]

    def test_a_path_listed_twice(self, path: Path) -> None:
        files = [{"path": name, "sha256": "0"} for name in (*runs.DATA, "run.json", "run.json")]
        assert self.hazards(path, files=files) == [("manifest_path_repeated", "run.json")]

    def test_an_executable_among_records(self, path: Path) -> None:
        odd = Part("tool", b"", mode=PLAIN_FILE | 0o111 << 16)
        assert ("zip_special_file", "tool") in self.hazards(path, odd)


def test_a_field_that_no_signature_covers_is_refused_unless_only_looked_at(path: Path) -> None:
    path.write_bytes(runs.sealed(runs.members(), approved=True))
    with open_archive(path) as archive:
        with pytest.raises(VerificationFailed) as caught:
            read_manifest(archive)
        assert caught.value.code == "json_unsigned_field"
        assert read_manifest(archive, sealed=False).run_id == "run_x"
