import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from msgspec import UNSET

from gait_engine.contract.approvedscript import ApprovedScript
from gait_engine.contract.intent import NormalIntent
from gait_engine.crypto.keys import SigningKey, generate_key, parse_public_key
from gait_engine.errors import InvalidInput
from gait_engine.gate.approvedscripts import (
    enter,
    find_match,
    is_switched_off_by,
    parse_registry,
    read_registry,
    signature_digest,
    signed_entry,
    verify_all,
)
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.timestamps import Timestamp
from tests.support.hosts import NOON_NS, FrozenHost
from tests.support.judging import NOON, intent_of, policy_of
from tests.support.process import ROOT

PEERS: Final = ROOT / "tests" / "golden" / "approval"
POLICY: Final = "4" * 64
LATER: Final = Timestamp("2026-02-05T13:00:00Z")
LATER_NS: Final = NOON_NS + 3_600 * 10**9
READ: Final = {"kind": "path", "value": "/a", "operation": "read"}


@pytest.fixture
def key(frozen_host: FrozenHost) -> SigningKey:
    return generate_key(frozen_host)


def script(*tools: str, **fields: Any) -> NormalIntent:
    steps = [{"tool_name": tool, "targets": [READ]} for tool in tools]
    return intent_of(script={"steps": steps}, **fields)


SCRIPT: Final = script("a.read", "b.read")
HONEST: Final[dict[str, Any]] = {
    "schema_id": "gait.gate.approved_script_entry",
    "schema_version": "1.0.0",
    "created_at": NOON,
    "producer_version": "0.0.0-dev",
    "pattern_id": "pat",
    "policy_digest": POLICY,
    "script_hash": SCRIPT.script_hash,
    "tool_sequence": ["a.read", "b.read"],
    "approver_identity": "alice",
    "expires_at": LATER,
}


def plain(**fields: Any) -> dict[str, Any]:
    """Return the members of an entry; None removes one."""
    return {name: value for name, value in (HONEST | fields).items() if value is not None}


def entry_of(**fields: Any) -> ApprovedScript:
    return msgspec.convert(plain(**fields), ApprovedScript)


def registry(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"entries": entries}).encode()


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize(
    "text", [b"", b" \n", b"[]", b"{}", b"null", b'{"entries":null}', b'{"entries":[],"note":1}']
)
def test_a_registry_without_entries_is_empty(text: bytes) -> None:
    assert parse_registry(text, "reg.json") == ()


def test_a_registry_that_is_missing_is_empty_and_one_that_cannot_be_read_is_not(
    frozen_host: FrozenHost,
) -> None:
    assert read_registry("none.json", host=frozen_host) == ()
    with pytest.raises(InvalidInput):
        read_registry(".", host=frozen_host)


def test_entries_come_in_file_order_wrapped_or_bare(frozen_host: FrozenHost) -> None:
    given = [plain(pattern_id="z"), plain(pattern_id="a")]
    for text in (json.dumps(given).encode(), b"\n" + registry(*given)):
        (frozen_host.cwd / "reg.json").write_bytes(text)
        found = read_registry("reg.json", host=frozen_host)
        assert [entry.pattern_id for entry in found] == ["z", "a"]


def test_an_entry_comes_out_in_normal_form() -> None:
    (entry,) = parse_registry(
        registry(
            plain(
                schema_id=None,
                schema_version=None,
                created_at="2026-02-05T13:00:00+01:00",
                pattern_id=" pat ",
                policy_digest=f" {POLICY.upper()}",
                tool_sequence=["B.read", " a.read", "b.READ", " "],
                scope=["Tool:script", "", "risk:LOW"],
                approver_identity="\tAlice",
            )
        ),
        "reg.json",
    )
    assert entry == entry_of(
        tool_sequence=["a.read", "b.read"],
        scope=["risk:low", "tool:script"],
        approver_identity="Alice",
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"schema_id": "x"}, ".schema_id"),
        ({"schema_version": "1.0"}, ".schema_version"),
        ({"created_at": None}, ".created_at"),
        ({"expires_at": None}, ".expires_at"),
        ({"expires_at": NOON}, ".expires_at"),
        ({"pattern_id": " "}, ".pattern_id"),
        ({"policy_digest": None}, ".policy_digest"),
        ({"policy_digest": POLICY[1:]}, ".policy_digest"),
        ({"script_hash": f"sha256:{POLICY}"}, ".script_hash"),
        ({"tool_sequence": [" "]}, ".tool_sequence"),
        ({"approver_identity": None}, ".approver_identity"),
        ({"tool_sequence": "a"}, ".tool_sequence"),
        ({"signature": "none"}, ".signature"),
    ],
)
def test_one_invalid_entry_makes_a_registry_unreadable_and_its_place_is_named(
    fields: dict[str, Any], field: str
) -> None:
    given = [plain(), plain(**fields)]
    for text, at in ((registry(*given), "$.entries[1]"), (json.dumps(given).encode(), "$[1]")):
        with pytest.raises(InvalidInput) as refused:
            parse_registry(text, "reg.json")
        assert refused.value.where == f"reg.json {at}{field}"
        assert refused.value.code == "invalid_input"


@pytest.mark.parametrize("text", [b"{oops", b'{"entries":{"a":1}}', b'"x"', b"[1]", b"[] []"])
def test_what_is_no_registry_at_all_is_invalid(text: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_registry(text, "reg.json")
    assert refused.value.code == "invalid_input"


@pytest.mark.parametrize(
    ("member", "code"),
    [
        ('"note":1', "json_unsigned_field"),
        ('"signature":{"alg":"ed25519","note":1}', "json_unsigned_field"),
        ('"pattern_id":"other"', "json_duplicate_key"),
        ('"Scope":[]', "json_case_variant_key"),
        ('"scope":["\\udc00"]', "json_lossy_text"),
    ],
)
def test_an_entry_that_readers_could_read_differently_is_refused(member: str, code: str) -> None:
    entry = json.dumps(plain()).removesuffix("}") + f",{member}}}"
    for text in (f'{{"entries":[{entry}]}}', f"[{entry}]"):
        with pytest.raises(InvalidInput) as refused:
            parse_registry(text.encode(), "reg.json")
        assert refused.value.code == code


@pytest.mark.parametrize("text", [b'{"entries":[],"entries":[]}', b'{"Entries":[]}'])
def test_the_object_around_the_entries_must_be_clear_too(text: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_registry(text, "reg.json")
    assert refused.value.code.startswith("json_")


# ---------------------------------------------------------------- signatures


def test_a_registry_of_the_peer_verifies_with_its_key(frozen_host: FrozenHost) -> None:
    case = PEERS / "registry-scope-ok"
    entries = read_registry(str(case / "reg.json"), host=frozen_host)
    key = parse_public_key((case / "approver.pub").read_bytes(), "approver.pub")
    assert verify_all(entries, key, NOON_NS) == ""


def test_what_is_signed_is_the_canonical_normal_form() -> None:
    bare = entry_of(producer_version="0", scope=["tool:script"])
    assert signature_digest(bare) == sha256_hex(
        b'{"approver_identity":"alice","created_at":"2026-02-05T12:00:00Z",'
        b'"expires_at":"2026-02-05T13:00:00Z","pattern_id":"pat","policy_digest":"%s",'
        b'"producer_version":"0","schema_id":"gait.gate.approved_script_entry",'
        b'"schema_version":"1.0.0","scope":["tool:script"],"script_hash":"%s",'
        b'"tool_sequence":["a.read","b.read"]}' % (POLICY.encode(), SCRIPT.script_hash.encode())
    )


def test_another_spelling_of_a_signed_entry_verifies(key: SigningKey) -> None:
    signed = msgspec.to_builtins(signed_entry(entry_of(scope=["a:b", "c:d"]), key))
    respelled = signed | {"scope": ["C:d", " a:b"], "expires_at": "2026-02-05T14:00:00+01:00"}
    entries = parse_registry(registry(respelled), "reg.json")
    assert verify_all(entries, key.public_key, NOON_NS) == ""


@pytest.mark.parametrize(
    "field", [f.name for f in msgspec.structs.fields(ApprovedScript) if f.name != "signature"]
)
def test_no_field_can_change_under_the_signature(field: str, key: SigningKey) -> None:
    signed = signed_entry(entry_of(scope=["a:b"]), key)
    value = getattr(signed, field)
    other = f"{value}x" if isinstance(value, str) else (*value, "z")
    changed = msgspec.structs.replace(signed, **{field: other})
    assert verify_all([signed, changed], key.public_key, NOON_NS).startswith("approved script 'pat")


@pytest.mark.parametrize("at", [0, 1])
def test_one_bad_entry_spoils_all(at: int, key: SigningKey, frozen_host: FrozenHost) -> None:
    good = signed_entry(entry_of(), key)
    bad = {
        "signature: none": msgspec.structs.replace(good, signature=UNSET),
        "key_id": signed_entry(entry_of(), generate_key(frozen_host)),
    }
    for fault, entry in bad.items():
        entries = [good, good]
        entries[at] = entry
        assert fault in verify_all(entries, key.public_key, NOON_NS)


def test_an_entry_is_expired_from_its_last_instant_on(key: SigningKey) -> None:
    entries = [signed_entry(entry_of(), key)]
    assert verify_all(entries, key.public_key, LATER_NS - 1) == ""
    assert "expired" in verify_all(entries, key.public_key, LATER_NS)
    assert verify_all([], key.public_key, LATER_NS) == ""


# ---------------------------------------------------------------- matching


def matched(
    entry: ApprovedScript, intent: NormalIntent = SCRIPT, digest: str = POLICY, now: int = NOON_NS
) -> bool:
    return find_match([entry], intent, digest, now) is not None


def test_a_script_matches_its_entry_under_its_policy_until_it_expires() -> None:
    assert matched(entry_of())
    assert not matched(entry_of(), digest="5" * 64)
    assert not matched(entry_of(), now=LATER_NS)
    assert not matched(entry_of(script_hash="6" * 64))
    assert not matched(entry_of(tool_sequence=["a.read"]))


def test_a_call_that_is_no_script_never_matches() -> None:
    assert not matched(entry_of(script_hash="", tool_sequence=[]), intent_of())


@pytest.mark.parametrize("tools", [("b.read", "a.read"), ("a.read", "a.read")])
def test_tools_that_are_not_sorted_and_distinct_never_match(tools: tuple[str, ...]) -> None:
    intent = script(*tools)
    entry = entry_of(script_hash=intent.script_hash, tool_sequence=sorted(set(tools)))
    assert not matched(entry, intent)


def test_the_first_entry_that_matches_is_taken() -> None:
    entries = [entry_of(pattern_id="no", scope=["x"]), entry_of(pattern_id="z"), entry_of()]
    found = find_match(entries, SCRIPT, POLICY, NOON_NS)
    assert found is not None
    assert found.pattern_id == "z"


@pytest.mark.parametrize(
    ("scope", "is_met"),
    [
        ("risk:medium", True),
        ("risk:low", False),
        ("risk:", False),
        ("tool:script", True),
        ("tool:a.read", False),
        ("endpoint:fs.read", True),
        ("endpoint:fs.write", False),
        ("workspace_prefix:/srv", True),
        ("workspace_prefix:/srv/app", True),
        ("workspace_prefix:/srv/ap", False),
        ("workspace_prefix:/srv/app/x", False),
        ("workspace_prefix:/srv/", False),
        ("workspace_prefix:/", False),
        ("workspace_prefix:", False),
        ("team:x", False),
        ("risk", False),
        ("*", False),
    ],
)
def test_every_condition_must_be_known_and_met(
    scope: str,
    is_met: bool,  # noqa: FBT001
) -> None:
    assert matched(entry_of(scope=[scope])) is is_met
    assert matched(entry_of(scope=["tool:script", scope])) is is_met


def test_a_workspace_is_cleaned_and_keeps_its_case() -> None:
    below = script("a.read", "b.read", context={"workspace": "/srv/x/../app"})
    above = script("a.read", "b.read", context={"workspace": "/srv/app/../../etc"})
    upper = script("a.read", "b.read", context={"workspace": "/Srv/app"})
    entry = entry_of(scope=["workspace_prefix:/srv/app"])
    assert [matched(entry, intent) for intent in (below, above, upper)] == [True, False, False]


def test_a_target_of_the_whole_script_is_no_endpoint_of_a_step() -> None:
    target = {"kind": "path", "value": "/b", "operation": "write"}
    intent = script("a.read", "b.read", targets=[target])
    assert not matched(entry_of(scope=["endpoint:fs.write"]), intent)


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ({"require_context_evidence": True}, {}),
        ({"required_context_evidence_mode": "required"}, {}),
        ({"max_context_age_seconds": 1}, {}),
        ({}, {"fail_closed": {"enabled": True, "required_fields": ["context_evidence"]}}),
        ({}, {"fail_closed": {"required_fields": ["context_evidence"]}}),
    ],
)
def test_a_policy_that_asks_for_context_evidence_switches_the_fast_path_off(
    rule: dict[str, Any], fields: dict[str, Any]
) -> None:
    assert is_switched_off_by(policy_of({}, rule, **fields))


def test_other_policies_leave_it_on() -> None:
    fail_closed = {"enabled": True, "required_fields": ["targets"]}
    assert not is_switched_off_by(policy_of({"min_approvals": 2}, fail_closed=fail_closed))
    assert not is_switched_off_by(policy_of())


# ---------------------------------------------------------------- entering


def test_an_entry_takes_the_place_of_its_pattern_and_the_rest_is_sorted(
    frozen_host: FrozenHost, key: SigningKey
) -> None:
    path = frozen_host.cwd / "reg.json"
    kept = [plain(pattern_id="z"), plain(pattern_id="b", created_at="2026-02-05T12:30:00Z")]
    kept += [plain(pattern_id="b")]
    path.write_bytes(json.dumps([*kept, plain(), plain()]).encode())
    entered = signed_entry(entry_of(approver_identity="zoe"), key)
    enter("reg.json", entered, host=frozen_host)
    found = read_registry("reg.json", host=frozen_host)
    assert [(entry.pattern_id, entry.created_at) for entry in found] == [
        ("b", NOON),
        ("b", "2026-02-05T12:30:00Z"),
        ("pat", NOON),
        ("z", NOON),
    ]
    assert found[2] == entered
    assert path.read_bytes().startswith(b'{\n  "entries": [\n    {\n      "schema_id"')


def test_a_registry_that_cannot_be_read_is_not_replaced(
    frozen_host: FrozenHost, key: SigningKey
) -> None:
    path = frozen_host.cwd / "reg.json"
    path.write_bytes(registry(plain(note=1)))
    with pytest.raises(InvalidInput):
        enter("reg.json", signed_entry(entry_of(), key), host=frozen_host)
    assert path.read_bytes() == registry(plain(note=1))
    assert list(frozen_host.cwd.iterdir()) == [path]


def test_the_folder_of_a_new_registry_is_made(frozen_host: FrozenHost, key: SigningKey) -> None:
    enter("x/reg.json", signed_entry(entry_of(), key), host=frozen_host)
    folder: Path = frozen_host.cwd / "x"
    assert folder.stat().st_mode & 0o777 == 0o750
    assert [(path.name, path.stat().st_mode & 0o777) for path in folder.iterdir()] == [
        ("reg.json", 0o600)
    ]


def test_an_entry_that_is_not_valid_is_not_signed(key: SigningKey) -> None:
    with pytest.raises(InvalidInput):
        signed_entry(entry_of(approver_identity=" "), key)
