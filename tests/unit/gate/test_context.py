from typing import Any

import pytest
from msgspec import UNSET

from gait_engine.contract import intent as contract
from gait_engine.contract.intent import AgentIdentity, SandboxClaim
from gait_engine.errors import InvalidInput
from gait_engine.gate.freeform import read_object
from gait_engine.wire.timestamps import ZERO, Timestamp
from tests.support.intents import DIGEST, intent_in

JANUARY = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z")


def refusal(**context: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        intent_in(**context)
    return caught.value.message


def sandbox_of(**members: Any) -> SandboxClaim:
    sandbox = intent_in(sandbox=members).context.sandbox
    assert sandbox is not UNSET
    return sandbox


def agent_of(**members: Any) -> AgentIdentity:
    agent = intent_in(agent_identity=members).context.agent_identity
    assert agent is not UNSET
    return agent


@pytest.mark.parametrize(
    "field",
    [
        *("agent_id", "run_id", "workflow_id", "repo", "environment", "job_id", "session_id"),
        *("request_id", "credential_ref", "credential_issuer", "credential_subject"),
        *("credential_owner", "credential_target_binding", "credential_run_binding"),
        *("credential_job_binding", "approval_ref", "wrkr_inventory_ref"),
        *("agent_action_bom_ref", "environment_fingerprint", "identity"),
    ],
)
def test_names_are_trimmed_and_keep_their_case(field: str) -> None:
    assert getattr(intent_in(**{field: "\u00a0 A b\x1c\n"}).context, field) == "A b\x1c"


def test_a_workspace_has_forward_slashes_and_is_not_cleaned() -> None:
    assert intent_in(workspace=" C:\\a\\..\\b\\ ").context.workspace == "C:/a/../b/"


@pytest.mark.parametrize("field", ["identity", "workspace", "risk_class"])
def test_identity_workspace_and_risk_class_must_be_there(field: str) -> None:
    assert refusal(**{field: " \t"}) == f"intent $.context.{field}: empty, expected text"


def test_any_word_is_a_risk_class() -> None:
    assert intent_in(risk_class=" Apocalyptic ").context.risk_class == "apocalyptic"


@pytest.mark.parametrize(
    ("field", "allowed"),
    [
        ("phase", contract.PHASES),
        ("credential_source", contract.CREDENTIAL_SOURCES),
        ("credential_access_type", contract.CREDENTIAL_ACCESS_TYPES),
        ("context_evidence_mode", ("best_effort", "required")),
    ],
)
def test_an_enumerated_field_holds_one_of_its_words_in_any_case(
    field: str, allowed: tuple[str, ...]
) -> None:
    for word in allowed:
        assert getattr(intent_in(**{field: f" {word.upper()} "}).context, field) == word
    message = refusal(**{field: "Block"})
    assert message == (
        f"intent $.context.{field}: 'block', expected one of {', '.join(sorted(allowed))}"
    )


def test_an_unsaid_phase_means_apply() -> None:
    assert intent_in(phase=" ").context.phase == "apply"


@pytest.mark.parametrize("field", ["credential_scopes", "context_refs"])
def test_lists_are_trimmed_sorted_and_without_repetition(field: str) -> None:
    assert getattr(intent_in(**{field: [" b", "a", "B", "", "b "]}).context, field) == (
        *("B", "a", "b"),
    )
    assert getattr(intent_in(**{field: [" "]}).context, field) == ()


def test_a_digest_is_lowered_and_must_be_one() -> None:
    assert intent_in(context_set_digest=DIGEST.upper()).context.context_set_digest == DIGEST
    assert "'xyz', expected 64 hex characters" in refusal(context_set_digest="XYZ")


def test_a_ttl_is_not_negative() -> None:
    assert intent_in(credential_ttl_seconds=2**53 + 2).context.credential_ttl_seconds == 2**53 + 2
    assert refusal(credential_ttl_seconds=-1).endswith("-1, expected 0 or more")


def test_an_auth_context_is_trimmed_throughout_and_absent_when_empty() -> None:
    text = intent_in(auth_context={" b": [" x "], "a": {}}).context.auth_context
    assert text is not UNSET
    assert read_object(text) == {"b": ["x"], "a": {}}
    assert bytes(text) == b'{"a":{},"b":["x"]}'
    assert intent_in(auth_context={}).context.auth_context is UNSET
    assert "$.context.auth_context.a: an empty key" in refusal(auth_context={"a": {" ": 1}})


def test_an_empty_agent_identity_stays_with_three_times() -> None:
    assert agent_of() == AgentIdentity(issued_at=ZERO, approved_at=ZERO, expires_at=ZERO)


def test_an_agent_identity_is_normalised() -> None:
    agent = agent_of(
        lifecycle_states=["b ", "Active", "b"],
        owner=" O ",
        publisher=" P ",
        source=" Registry ",
        manifest_digest=DIGEST.upper(),
        issued_at="2026-01-01T01:00:00+01:00",
        revoked=True,
    )
    assert agent == AgentIdentity(
        lifecycle_states=("Active", "b"),
        owner="O",
        publisher="P",
        source="registry",
        manifest_digest=DIGEST,
        issued_at=Timestamp(JANUARY[0]),
        revoked=True,
    )


def test_approval_may_come_with_the_issue_and_expiry_after_both() -> None:
    agent = agent_of(issued_at=JANUARY[0], approved_at=JANUARY[0], expires_at=JANUARY[1])
    assert agent.expires_at == JANUARY[1]


@pytest.mark.parametrize(
    "members",
    [
        {"issued_at": JANUARY[1], "approved_at": JANUARY[0]},
        {"issued_at": JANUARY[0], "expires_at": JANUARY[0]},
        {"issued_at": JANUARY[1], "expires_at": JANUARY[0]},
        {"approved_at": JANUARY[1], "expires_at": JANUARY[1]},
        {"issued_at": JANUARY[0], "approved_at": JANUARY[2], "expires_at": JANUARY[1]},
        {"manifest_digest": "abc"},
    ],
)
def test_an_agent_identity_out_of_order_is_refused(members: dict[str, Any]) -> None:
    assert refusal(agent_identity=members).startswith("intent $.context.agent_identity")


@pytest.mark.parametrize(
    "members", [{}, {"network_mode": " ", "writable_paths": [".", "a/..", " "], "evidence_ref": ""}]
)
def test_a_sandbox_that_says_nothing_is_absent(members: dict[str, Any]) -> None:
    assert intent_in(sandbox=members).context.sandbox is UNSET


@pytest.mark.parametrize(
    ("field", "allowed"),
    [
        ("network_mode", contract.NETWORK_MODES),
        ("env_exposure_mode", contract.ENV_EXPOSURE_MODES),
        ("filesystem_isolation", contract.FILESYSTEM_ISOLATIONS),
        ("user_mode", contract.USER_MODES),
    ],
)
def test_the_modes_of_a_sandbox_are_enumerated(field: str, allowed: tuple[str, ...]) -> None:
    for word in allowed:
        assert getattr(sandbox_of(**{field: f"{word.upper()}\n"}), field) == word
    assert f"$.context.sandbox.{field}: 'wifi'" in refusal(sandbox={field: "wifi"})


@pytest.mark.parametrize("field", ["writable_paths", "read_only_roots"])
def test_the_paths_of_a_sandbox_are_cleaned_sorted_and_listed_once(field: str) -> None:
    paths = ["/b/", " b//c", "/a/../b", "./", "//b", "c=1/../b/c"]
    assert getattr(sandbox_of(**{field: paths[:-1]}), field) == ("/b", "b/c")
    assert refusal(sandbox={field: paths}) == (
        f"intent $.context.sandbox.{field}: an assignment to 'c', expected none"
    )


@pytest.mark.parametrize("text", ["A_1=x", " _=", "./TOKEN=abc", "TOKEN=abc/../b"])
def test_an_environment_variable_is_no_path_and_no_evidence(text: str) -> None:
    assert "abc" not in refusal(sandbox={"read_only_roots": [text]})
    if not text.startswith("."):
        assert "an assignment" in refusal(sandbox={"evidence_ref": text})


def test_a_path_may_hold_an_equals_sign_elsewhere() -> None:
    assert sandbox_of(writable_paths=["/a=b", "1a=b", "=b"]).writable_paths == (
        *("/a=b", "1a=b", "=b"),
    )


@pytest.mark.parametrize(
    "ref",
    [
        *("ref:1", "Receipt:abcdefgh12345678", "proof:abcdefgh12345678"),
        *("SANDBOX:abcdefgh12345678", "sha256:abcdefgh12345678", "a note", DIGEST),
    ],
)
def test_evidence_is_referred_to(ref: str) -> None:
    assert sandbox_of(evidence_ref=f" {ref} ").evidence_ref == ref


@pytest.mark.parametrize("ref", ["abcdefgh12345678", "ghp_x"])
def test_evidence_that_looks_like_a_credential_is_refused_and_not_shown(ref: str) -> None:
    message = refusal(sandbox={"evidence_ref": ref})
    assert "$.context.sandbox.evidence_ref: a raw credential" in message
    assert ref not in message


def test_a_timeout_is_not_negative_and_a_proof_is_a_digest() -> None:
    assert sandbox_of(timeout_seconds=5).timeout_seconds == 5
    assert sandbox_of(evidence_digest=DIGEST.upper()).evidence_digest == DIGEST
    assert "timeout_seconds: -1" in refusal(sandbox={"timeout_seconds": -1})
    assert "evidence_digest: 'x'" in refusal(sandbox={"evidence_digest": "x"})
