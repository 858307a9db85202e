"""`verify`: by run id, by path, by ticket; what it names and what it refuses."""

import json
import shlex
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import keys
from gait_engine.api.envelope import exit_code
from gait_engine.api.verify import verify
from gait_engine.contract.answers.verify import TicketCheck, VerifyAnswer
from gait_engine.contract.keys import KeySources
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from tests.support import runs
from tests.support.hosts import FrozenHost
from tests.support.zipforge import Part, forge

PUBLIC = KeySources(public_key="gait-out/keys/gait_public.key")
PRIVATE = KeySources(private_key="gait-out/keys/gait_private.key")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return runs.runpack(tmp_path, intents=[runs.intent("a")], results=[runs.result("a")])


def codes(answer: VerifyAnswer) -> list[str]:
    return [hazard.code for hazard in answer.hazards]


class TestResolution:
    def test_a_run_id_is_looked_up_here_then_at_home(self, frozen_host: FrozenHost) -> None:
        home = frozen_host.home / ".gait" / "runpacks"
        home.mkdir(parents=True)
        runs.runpack(home, "runpack_run_x.zip")
        assert verify("run_x", host=frozen_host).path == f"{home}/runpack_run_x.zip"
        (frozen_host.cwd / "gait-out").mkdir()
        runs.runpack(frozen_host.cwd / "gait-out", "runpack_run_x.zip")
        assert verify("run_x", host=frozen_host).path == "gait-out/runpack_run_x.zip"

    def test_roots_that_are_given_are_searched_first(
        self, frozen_host: FrozenHost, tmp_path: Path
    ) -> None:
        for name in ("gait-out", "other"):
            (tmp_path / name).mkdir()
            runs.runpack(tmp_path / name, "runpack_run_x.zip", run={"run_id": name})
        answer = verify("run_x", host=frozen_host, roots=["nowhere", "other"])
        assert answer.path == "other/runpack_run_x.zip"
        footer = (
            f'GAIT run_id=run_x manifest=sha256:{answer.manifest_digest} verify="gait verify run_x"'
        )
        ticket = verify(footer, host=frozen_host, roots=["nowhere", "other"]).ticket
        assert isinstance(ticket, TicketCheck)
        assert [(place.place, place.found) for place in ticket.searched][:2] == [
            ("nowhere/runpack_run_x.zip", "none"),
            ("other/runpack_run_x.zip", "found"),
        ]

    @pytest.mark.parametrize("text", ["p.zip", "./p.zip", "x/../p.zip", "P.ZIP"])
    def test_a_path_is_shown_as_it_was_given(
        self, frozen_host: FrozenHost, pack: Path, text: str
    ) -> None:
        (frozen_host.cwd / "x").mkdir()
        pack.with_name("P.ZIP").write_bytes(pack.read_bytes())
        answer = verify(text, host=frozen_host)
        assert (answer.ok, answer.path) == (True, text)

    def test_a_name_that_is_found_nowhere_says_where_it_was_looked_for(
        self, frozen_host: FrozenHost
    ) -> None:
        with pytest.raises(InvalidInput, match=r"gait-out/runpack_run_x\.zip"):
            verify("run_x", host=frozen_host)

    def test_a_bare_json_name_is_a_run_id_and_the_hint_says_so(
        self, frozen_host: FrozenHost
    ) -> None:
        with pytest.raises(InvalidInput) as caught:
            verify("chain.json", host=frozen_host)
        assert "./chain.json" in caught.value.hint


class TestFaults:
    def members(self) -> dict[str, bytes]:
        return runs.members([runs.intent("a")])

    def judged(self, host: FrozenHost, data: bytes) -> VerifyAnswer:
        (host.cwd / "p.zip").write_bytes(data)
        answer = verify("p.zip", host=host, with_files=True)
        assert (answer.ok, exit_code(answer)) == (False, 2)
        return answer

    def test_every_fault_is_named_not_only_the_first(self, frozen_host: FrozenHost) -> None:
        data = self.members()
        whole = runs.sealed(data)
        manifest = json.loads(runs.members_of(runs_path(frozen_host, whole))["manifest.json"])
        del data["refs.json"]
        data["run.json"] += b" "
        data["intents.jsonl"] += b"\n"
        data["manifest.json"] = runs.canonical(manifest | {"manifest_digest": "0" * 64})
        answer = self.judged(frozen_host, runs.archive(data))
        assert answer.missing_files == ("refs.json",)
        mismatched = [mismatch.path for mismatch in answer.hash_mismatches]
        assert mismatched == ["intents.jsonl", "manifest.json", "run.json"]
        states = {check.path: check.state for check in answer.files}
        assert states == {
            "intents.jsonl": "differs",
            "manifest.json": "differs",
            "refs.json": "missing",
            "results.jsonl": "same",
            "run.json": "differs",
        }
        assert answer.error == ""

    def test_a_mismatch_holds_both_digests(self, frozen_host: FrozenHost) -> None:
        files = [{"path": name, "sha256": "0" * 64} for name in runs.DATA]
        answer = self.judged(frozen_host, runs.sealed(self.members(), files=files))
        first = answer.hash_mismatches[0]
        assert (first.path, first.expected) == ("intents.jsonl", "0" * 64)
        assert len(first.actual) == 64
        assert answer.files_checked == 4

    @pytest.mark.parametrize("name", runs.DATA)
    def test_a_data_member_that_is_not_listed_counts_as_missing(
        self, frozen_host: FrozenHost, name: str
    ) -> None:
        data = self.members()
        del data[name]
        answer = self.judged(frozen_host, runs.sealed(data))
        assert answer.missing_files == (name,)

    def test_a_listed_member_beyond_the_four_is_checked_too(self, frozen_host: FrozenHost) -> None:
        data = self.members() | {"extra.bin": b"x"}
        (frozen_host.cwd / "p.zip").write_bytes(runs.sealed(data))
        answer = verify("p.zip", host=frozen_host)
        assert (answer.ok, answer.files_checked) == (True, 5)
        files = [{"path": name, "sha256": "0" * 64} for name in sorted(data)]
        self.judged(frozen_host, runs.sealed(data, files=files))

    @pytest.mark.parametrize("spelling", [str.upper, lambda digest: f"sha256:{digest}"])
    def test_a_digest_may_be_in_capitals_but_not_prefixed(
        self, frozen_host: FrozenHost, spelling: Any
    ) -> None:
        data = self.members()
        files = [
            {"path": name, "sha256": spelling(sha256(data[name]).hexdigest())} for name in runs.DATA
        ]
        (frozen_host.cwd / "p.zip").write_bytes(runs.sealed(data, files=files))
        assert verify("p.zip", host=frozen_host).ok == (spelling is str.upper)

    @pytest.mark.parametrize(
        ("manifest", "where"),
        [
            ({"schema_id": "gait.other"}, "$.schema_id"),
            ({"schema_version": "2.0.0"}, "$.schema_version"),
            ({"run_id": ""}, "$.run_id"),
            ({"files": [1]}, "$.files[0]"),
            ({"created_at": "never"}, "$.created_at"),
        ],
        ids=str,
    )
    def test_a_manifest_of_another_kind_cannot_be_judged(
        self, frozen_host: FrozenHost, manifest: dict[str, Any], where: str
    ) -> None:
        (frozen_host.cwd / "p.zip").write_bytes(runs.sealed(self.members(), **manifest))
        with pytest.raises(InvalidInput) as caught:
            verify("p.zip", host=frozen_host)
        assert caught.value.where == f"p.zip!manifest.json {where}"

    def test_an_archive_without_a_manifest_cannot_be_judged(self, frozen_host: FrozenHost) -> None:
        (frozen_host.cwd / "p.zip").write_bytes(runs.archive(self.members()))
        with pytest.raises(InvalidInput, match=r"no manifest.json inside"):
            verify("p.zip", host=frozen_host)


def runs_path(host: FrozenHost, data: bytes) -> Path:
    path = host.cwd / "p.zip"
    path.write_bytes(data)
    return path


class TestHazards:
    """A refusal carries its code, its place and the peer's fields beside it."""

    def judged(self, host: FrozenHost, data: bytes) -> VerifyAnswer:
        (host.cwd / "p.zip").write_bytes(data)
        answer = verify("p.zip", host=host, with_files=True)
        assert (answer.ok, exit_code(answer)) == (False, 2)
        assert answer.error_category == "verification_failed"
        return answer

    def test_an_unlisted_member_is_named_and_listed(self, frozen_host: FrozenHost) -> None:
        data = runs.members()
        manifest = runs.members_of(runs_path(frozen_host, runs.sealed(data)))["manifest.json"]
        answer = self.judged(
            frozen_host, runs.archive({**data, "manifest.json": manifest, "evil.txt": b"x"})
        )
        assert [(note.code, note.where) for note in answer.hazards] == [
            ("zip_unlisted_entry", "p.zip!evil.txt")
        ]
        assert answer.error_code == "zip_unlisted_entry"
        assert answer.files[0].path == "evil.txt"
        assert answer.files[0].state == "unlisted"
        assert (answer.run_id, answer.files_checked, answer.hash_mismatches) == ("run_x", 4, ())

    def test_a_path_listed_twice_is_named(self, frozen_host: FrozenHost) -> None:
        data = runs.members()
        files = [
            {"path": name, "sha256": sha256(data[name]).hexdigest()}
            for name in (*runs.DATA, "run.json")
        ]
        answer = self.judged(frozen_host, runs.sealed(data, files=files))
        assert codes(answer) == ["manifest_path_repeated"]

    def test_a_field_that_no_signature_covers_is_named_and_the_rest_still_judged(
        self, frozen_host: FrozenHost
    ) -> None:
        data = runs.members()
        answer = self.judged(frozen_host, runs.sealed(data, verdict="allow"))
        assert codes(answer) == ["json_unsigned_field"]
        assert answer.run_id == "run_x"

    def test_several_hazards_are_all_listed_sorted(self, frozen_host: FrozenHost) -> None:
        data = runs.members()
        manifest = runs.members_of(runs_path(frozen_host, runs.sealed(data)))["manifest.json"]
        parts = [Part(name, body) for name, body in data.items()]
        parts += [Part("manifest.json", manifest), Part("../up", b""), Part("b", b"", flags=1)]
        answer = self.judged(frozen_host, forge(*parts, suffix=b"tail"))
        assert {"zip_name_unsafe", "zip_encrypted_flag", "zip_trailing_data"} <= set(codes(answer))
        assert codes(answer) == sorted(codes(answer))

    def test_a_repeated_key_in_the_manifest_leaves_nothing_to_judge(
        self, frozen_host: FrozenHost
    ) -> None:
        data = runs.members()
        manifest = runs.members_of(runs_path(frozen_host, runs.sealed(data)))["manifest.json"]
        twice = manifest.replace(b'{"capture_mode"', b'{"run_id":"run_y","capture_mode"', 1)
        (frozen_host.cwd / "p.zip").write_bytes(runs.archive({**data, "manifest.json": twice}))
        with pytest.raises(VerificationFailed) as caught:
            verify("p.zip", host=frozen_host)
        assert caught.value.code == "json_duplicate_key"
        assert caught.value.where == "p.zip!manifest.json $.run_id"

    def test_records_are_not_decoded_so_their_hazards_are_the_readers_affair(
        self, frozen_host: FrozenHost, tmp_path: Path
    ) -> None:
        data = runs.members() | {"intents.jsonl": b'{"a":1,"a":2}\n'}
        (tmp_path / "p.zip").write_bytes(runs.sealed(data))
        assert verify("p.zip", host=frozen_host).ok


class TestSignatures:
    def signed(self, host: FrozenHost) -> str:
        keys.init(host=host)
        return runs.recorded(host, runs.run_input(), key_mode="prod", keys=PRIVATE).bundle

    @pytest.mark.parametrize(
        ("given", "demand", "status", "exits"),
        [
            (KeySources(), "", "skipped", 0),
            (KeySources(), "required", "skipped", 2),
            (PUBLIC, "", "verified", 0),
            (PUBLIC, "required", "verified", 0),
            (PRIVATE, "required", "verified", 0),
        ],
    )
    def test_a_signed_runpack_fares_by_key_and_demand(
        self, frozen_host: FrozenHost, given: KeySources, demand: str, status: str, exits: int
    ) -> None:
        bundle = self.signed(frozen_host)
        answer = verify(bundle, host=frozen_host, keys=given, require_signature=bool(demand))
        assert (answer.signature_status, exit_code(answer)) == (status, exits)
        assert (answer.signatures_total, answer.signatures_valid) == (1, status == "verified")
        assert len(answer.signature_errors) == (status == "skipped")
        assert answer.signature_note

    def test_the_key_of_somebody_else_fails(self, frozen_host: FrozenHost) -> None:
        bundle = self.signed(frozen_host)
        keys.init(prefix="other", host=frozen_host)
        theirs = KeySources(public_key="gait-out/keys/other_public.key")
        answer = verify(bundle, host=frozen_host, keys=theirs)
        assert (answer.ok, answer.signature_status, exit_code(answer)) == (False, "failed", 2)
        (error,) = answer.signature_errors
        assert error.startswith("signature 1: key_id")

    @pytest.mark.parametrize(("demand", "exits"), [("", 0), ("required", 2)])
    def test_an_unsigned_runpack_passes_unless_a_signature_is_required(
        self, frozen_host: FrozenHost, pack: Path, demand: str, exits: int
    ) -> None:
        answer = verify("p.zip", host=frozen_host, require_signature=bool(demand))
        assert (exit_code(answer), answer.signature_status) == (exits, "missing")
        assert len(answer.signature_errors) == bool(demand)

    def test_one_valid_signature_of_several_is_enough_and_the_others_stay_listed(
        self, frozen_host: FrozenHost
    ) -> None:
        members = runs.members_of(frozen_host.cwd / self.signed(frozen_host))
        manifest = json.loads(members["manifest.json"])
        manifest["signatures"] += [manifest["signatures"][0] | {"alg": "none"}, {}]
        members["manifest.json"] = runs.canonical(manifest)
        (frozen_host.cwd / "p.zip").write_bytes(runs.archive(members))
        answer = verify("p.zip", host=frozen_host, keys=PUBLIC, require_signature=True)
        assert (answer.ok, answer.signatures_total, answer.signatures_valid) == (True, 3, 1)
        assert [error[:12] for error in answer.signature_errors] == ["signature 2:", "signature 3:"]

    def test_strict_needs_a_key_and_a_valid_signature(
        self, frozen_host: FrozenHost, pack: Path
    ) -> None:
        with pytest.raises(InvalidInput, match="profile strict: no key given"):
            verify("p.zip", host=frozen_host, profile="strict")
        keys.init(host=frozen_host)
        assert not verify("p.zip", host=frozen_host, profile=" STRICT ", keys=PUBLIC).ok

    @pytest.mark.parametrize("profile", ["", "standard", " Standard\t"])
    def test_the_standard_profile_has_several_spellings(
        self, frozen_host: FrozenHost, pack: Path, profile: str
    ) -> None:
        assert verify("p.zip", host=frozen_host, profile=profile).ok

    @pytest.mark.parametrize("profile", ["loose", "strict,standard", "standardx"])
    def test_an_unknown_profile_is_refused(
        self, frozen_host: FrozenHost, pack: Path, profile: str
    ) -> None:
        with pytest.raises(InvalidInput, match="expected standard or strict"):
            verify("p.zip", host=frozen_host, profile=profile)

    def test_a_bad_profile_or_key_is_told_before_the_artifact_is_looked_for(
        self, frozen_host: FrozenHost
    ) -> None:
        with pytest.raises(InvalidInput, match="profile"):
            verify("nowhere.zip", host=frozen_host, profile="x")
        with pytest.raises(InvalidInput, match="public key"):
            verify("nowhere.zip", host=frozen_host, keys=KeySources(public_key="no.key"))


class TestTickets:
    """All four states of a ticket, and what each exits with."""

    def ticket(self, host: FrozenHost, *, signed: bool = False) -> str:
        (host.cwd / "gait-out").mkdir(exist_ok=True)
        mode = "dev" if signed else ""
        return runs.recorded(host, runs.run_input(runs.call(1)), key_mode=mode).ticket_footer

    def check(self, answer: VerifyAnswer) -> TicketCheck:
        assert isinstance(answer.ticket, TicketCheck)
        return answer.ticket

    def test_verified(self, frozen_host: FrozenHost) -> None:
        footer = self.ticket(frozen_host)
        answer = verify(f"  {footer}\n", host=frozen_host)
        check = self.check(answer)
        assert (answer.ok, exit_code(answer), check.state) == (True, 0, "verified")
        assert (check.run_id, check.manifest_digest) == ("run_x", answer.manifest_digest)
        assert [place.found for place in check.searched] == ["found", "none"]

    def test_not_the_tickets(self, frozen_host: FrozenHost) -> None:
        footer = self.ticket(frozen_host)
        runs.recorded(frozen_host, runs.run_input(runs.call(2)))
        answer = verify(footer, host=frozen_host)
        check = self.check(answer)
        assert (answer.ok, exit_code(answer), check.state) == (False, 2, "not_the_tickets")
        assert check.manifest_digest != answer.manifest_digest
        assert answer.hash_mismatches == ()

    def test_a_runpack_that_says_another_run_id_is_not_the_tickets(
        self, frozen_host: FrozenHost
    ) -> None:
        footer = self.ticket(frozen_host)
        path = frozen_host.cwd / "gait-out" / "runpack_run_x.zip"
        path.write_bytes(runs.sealed(runs.members(), run_id="run_y"))
        assert self.check(verify(footer, host=frozen_host)).state == "not_the_tickets"

    def test_the_tickets_digest_is_compared_whatever_its_case_in_the_manifest(
        self, frozen_host: FrozenHost
    ) -> None:
        footer = self.ticket(frozen_host)
        path = frozen_host.cwd / "gait-out" / "runpack_run_x.zip"
        members = runs.members_of(path)
        manifest = json.loads(members["manifest.json"])
        manifest["manifest_digest"] = manifest["manifest_digest"].upper()
        path.write_bytes(runs.archive({**members, "manifest.json": runs.canonical(manifest)}))
        assert self.check(verify(footer, host=frozen_host)).state == "verified"

    def test_damaged_records(self, frozen_host: FrozenHost) -> None:
        footer = self.ticket(frozen_host)
        path = frozen_host.cwd / "gait-out" / "runpack_run_x.zip"
        members = runs.members_of(path)
        path.write_bytes(runs.archive({**members, "intents.jsonl": b""}))
        answer = verify(footer, host=frozen_host)
        assert (exit_code(answer), self.check(answer).state) == (2, "damaged")
        assert answer.hash_mismatches

    def test_a_damaged_container(self, frozen_host: FrozenHost) -> None:
        footer = self.ticket(frozen_host)
        path = frozen_host.cwd / "gait-out" / "runpack_run_x.zip"
        path.write_bytes(path.read_bytes()[:-1])
        answer = verify(footer, host=frozen_host)
        assert (exit_code(answer), self.check(answer).state) == (6, "damaged")
        assert answer.path == "gait-out/runpack_run_x.zip"
        assert answer.error

    def test_a_refused_manifest_keeps_its_hazards(self, frozen_host: FrozenHost) -> None:
        footer = self.ticket(frozen_host)
        path = frozen_host.cwd / "gait-out" / "runpack_run_x.zip"
        members = runs.members_of(path)
        twice = members["manifest.json"].replace(b"{", b'{"run_id":"run_x",', 1)
        path.write_bytes(runs.archive({**members, "manifest.json": twice}))
        answer = verify(footer, host=frozen_host)
        assert (exit_code(answer), self.check(answer).state) == (2, "damaged")
        assert (answer.error_code, codes(answer)) == ("json_duplicate_key", ["json_duplicate_key"])

    def test_not_found(self, frozen_host: FrozenHost) -> None:
        footer = self.ticket(frozen_host)
        (frozen_host.cwd / "gait-out" / "runpack_run_x.zip").unlink()
        answer = verify(footer, host=frozen_host)
        check = self.check(answer)
        assert (answer.ok, exit_code(answer), check.state) == (False, 6, "not_found")
        places = [(place.place, place.found) for place in check.searched]
        home = f"{frozen_host.home}/.gait/runpacks/runpack_run_x.zip"
        assert places == [("gait-out/runpack_run_x.zip", "none"), (home, "none")]

    def test_a_folder_of_that_name_is_said_to_be_one(self, frozen_host: FrozenHost) -> None:
        footer = self.ticket(frozen_host)
        path = frozen_host.cwd / "gait-out" / "runpack_run_x.zip"
        path.unlink()
        path.mkdir()
        check = self.check(verify(footer, host=frozen_host))
        assert (check.state, check.searched[0].found) == ("not_found", "a folder")

    def test_a_required_signature_that_lacks_makes_it_damaged(
        self, frozen_host: FrozenHost
    ) -> None:
        footer = self.ticket(frozen_host)
        answer = verify(footer, host=frozen_host, require_signature=True)
        assert (exit_code(answer), self.check(answer).state) == (2, "damaged")

    def test_a_footer_with_a_mistake_in_it_is_refused_not_searched(
        self, frozen_host: FrozenHost
    ) -> None:
        footer = self.ticket(frozen_host)
        with pytest.raises(InvalidInput, match="ticket footer"):
            verify(footer.replace("sha256", "sha1"), host=frozen_host)

    def test_no_ticket_is_mentioned_where_none_was_given(
        self, frozen_host: FrozenHost, pack: Path
    ) -> None:
        assert not isinstance(verify("p.zip", host=frozen_host).ticket, TicketCheck)


class TestAnswer:
    def test_members_and_facts_come_with_files_only(
        self, frozen_host: FrozenHost, pack: Path
    ) -> None:
        full = verify("p.zip", host=frozen_host, with_files=True)
        short = verify("p.zip", host=frozen_host)
        assert [(check.path, check.state) for check in full.files] == [
            (name, "same") for name in sorted([*runs.DATA, "manifest.json"])
        ]
        assert (full.created_at, full.capture_mode) == (runs.STARTED, "reference")
        assert (short.files, short.created_at, short.capture_mode) == ((), "", "")
        assert full.manifest_digest == short.manifest_digest

    @pytest.mark.parametrize(
        "run_id",
        ["run_x", "$(touch pwned)", "`id`", "a'b", 'a"b', "-rf", "--json", "a;b", "~", "*", " "],
    )
    def test_the_suggested_command_names_the_run_and_nothing_else(
        self, frozen_host: FrozenHost, run_id: str
    ) -> None:
        (frozen_host.cwd / "p.zip").write_bytes(runs.sealed(runs.members(), run_id=run_id))
        first, *rest = verify("p.zip", host=frozen_host).next_commands
        words = shlex.split(first)
        assert words[:3] == ["gait", "regress", "bootstrap"]
        said = words[3].partition("=")[2] if "=" in words[3] else words[4]
        assert said == run_id
        assert words[-3:] == ["--json", "--junit", "./gait-out/junit.xml"]
        assert rest == ["gait demo --durable", "gait demo --policy"]

    @pytest.mark.parametrize("run_id", ["a\nb", "\x1b[2J", "a\u202eb", "a\u200bb", "\x7f"])
    def test_a_run_id_that_cannot_be_shown_gets_no_suggestion(
        self, frozen_host: FrozenHost, run_id: str
    ) -> None:
        (frozen_host.cwd / "p.zip").write_bytes(runs.sealed(runs.members(), run_id=run_id))
        answer = verify("p.zip", host=frozen_host)
        assert answer.run_id == run_id
        assert answer.next_commands == ("gait demo --durable", "gait demo --policy")

    def test_suggestions_are_there_on_failure_too(self, frozen_host: FrozenHost) -> None:
        data = runs.members()
        del data["run.json"]
        (frozen_host.cwd / "p.zip").write_bytes(runs.sealed(data))
        assert len(verify("p.zip", host=frozen_host).next_commands) == 3

    def test_an_empty_target_is_refused(self, frozen_host: FrozenHost) -> None:
        with pytest.raises(GaitError, match="expected a run id or a path"):
            verify("", host=frozen_host)


class TestAMemberThatCannotBeRead:
    """A byte changed inside the archive breaks the member's checksum: damage with a name."""

    @pytest.fixture
    def torn(self, frozen_host: FrozenHost) -> str:
        data = runs.sealed(runs.members())
        at = data.index(b'"receipts"')
        path = frozen_host.cwd / "gait-out" / "runpack_run_x.zip"
        path.parent.mkdir()
        path.write_bytes(data[:at] + b'"Receipts"' + data[at + 10 :])
        return "gait-out/runpack_run_x.zip"

    def test_is_named_among_the_files_beside_the_error(
        self, frozen_host: FrozenHost, torn: str
    ) -> None:
        answer = verify(torn, host=frozen_host, with_files=True)
        assert exit_code(answer) == 6
        assert [f.path for f in answer.files if f.state == "unreadable"] == ["refs.json"]
        assert {f.state for f in answer.files} == {"same", "unreadable"}
        assert answer.where.endswith("!refs.json")

    def test_is_a_plain_error_where_no_files_were_asked_for(
        self, frozen_host: FrozenHost, torn: str
    ) -> None:
        with pytest.raises(InvalidInput, match="checksum") as caught:
            verify(torn, host=frozen_host)
        assert caught.value.answer is None

    def test_makes_a_ticket_damaged(self, frozen_host: FrozenHost, torn: str) -> None:
        footer = f'GAIT run_id=run_x manifest=sha256:{"a" * 64} verify="gait verify run_x"'
        answer = verify(footer, host=frozen_host, with_files=True)
        assert isinstance(answer.ticket, TicketCheck)
        assert answer.ticket.state == "damaged"
        assert [f.path for f in answer.files if f.state == "unreadable"] == ["refs.json"]
