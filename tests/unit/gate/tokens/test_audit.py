import msgspec

from gait_engine.contract.approval import ApprovalEntry
from gait_engine.contract.common import ChainLink, Edge, Entity, PolicyRef, Relationship
from gait_engine.contract.decision import Decision
from gait_engine.contract.delegation import DelegationEntry
from gait_engine.gate.tokens.audit import AuditFacts, approval_audit, delegation_audit
from gait_engine.gate.tokens.chain import DelegationCount, check_delegation
from gait_engine.gate.tokens.counting import tally
from gait_engine.wire.timestamps import Timestamp
from tests.support import judging
from tests.support.hosts import NOON_NS
from tests.support.tokens import (
    ASK,
    EVENING,
    INTENT,
    KEY,
    MORNING,
    POLICY,
    TWO,
    approval,
    count,
    delegation,
    given,
)

FACTS = AuditFacts("t1", "db.query", INTENT, POLICY, MORNING, "0.0.0-dev")
TRACE, TOOL = Entity(kind="trace", id="t1"), Entity(kind="tool", id="db.query")
RULES = Entity(kind="policy", id=POLICY)
GOVERNED = Edge(kind="governed_by", source=TOOL, target=RULES)


def agent(identity: str) -> Entity:
    return Entity(kind="agent", id=identity)


def test_an_approval_audit_says_who_approved() -> None:
    bob, late = approval(approver_identity="bob"), approval(expires_at=MORNING)
    audit = approval_audit(FACTS, count([bob, late, approval()], TWO), required=2)
    assert (audit.schema_id, audit.schema_version) == (
        "gait.gate.approval_audit_record",
        "1.0.0",
    )
    assert (audit.trace_id, audit.tool_name, audit.created_at) == ("t1", "db.query", MORNING)
    assert (audit.required_approvals, audit.valid_approvals, audit.approved) == (2, 2, True)
    assert audit.approvers == ("alice", "bob")
    assert audit.entries is not None
    ids = [entry.token_id for entry in audit.entries]
    assert ids == sorted([bob.token_id, late.token_id, approval().token_id])


def test_an_approval_audit_is_tied_to_trace_policy_and_approvers() -> None:
    audit = approval_audit(FACTS, count([approval()]), required=1)
    assert audit.relationship == Relationship(
        parent_ref=TRACE,
        entity_refs=(agent("alice"), RULES, TOOL, TRACE),
        policy_ref=PolicyRef(policy_digest=POLICY),
        edges=(GOVERNED,),
        parent_record_id="t1",
        related_entity_ids=("alice", POLICY, "db.query", "t1"),
    )


def test_two_tokens_of_one_approver_are_not_approved_in_the_audit_either() -> None:
    counted = count([approval(), approval(reason_code="again")], TWO)
    audit = approval_audit(FACTS, counted, required=2)
    assert (audit.valid_approvals, audit.approved) == (2, False)


def test_without_a_token_the_entries_are_null() -> None:
    audit = approval_audit(FACTS, count([]), required=1)
    written = msgspec.to_builtins(audit)
    assert written["entries"] is None
    assert (written["approved"], written["valid_approvals"]) == (False, 0)
    assert "approvers" not in written


def test_approvals_of_one_id_are_sorted_by_what_else_they_say() -> None:
    first = ApprovalEntry(token_id=TRACE.id, expires_at=MORNING)
    spellings = [
        first,
        msgspec.structs.replace(first, scope=("a",)),
        msgspec.structs.replace(first, expires_at=Timestamp("2026-02-05T08:00:00.5Z")),
        msgspec.structs.replace(first, expires_at=EVENING),
        msgspec.structs.replace(first, reason_code="r"),
        msgspec.structs.replace(first, approver_identity="a"),
    ]
    audit = approval_audit(FACTS, tally(spellings[::-1], ASK), required=1)
    assert audit.entries == tuple(spellings)


def test_a_delegation_audit_follows_the_chain_of_its_entries() -> None:
    intent = judging.intent_of(
        delegation={
            "requester_identity": "spec",
            "chain": [{"delegator_identity": "lead", "delegate_identity": "spec"}],
        }
    )
    tokens = [delegation(), delegation(delegator_identity="zed", delegate_identity="lead")]
    checked = check_delegation(
        given(*tokens),
        intent,
        Decision(),
        intent_digest=INTENT,
        policy_digest=POLICY,
        key=KEY.public_key,
        now_ns=NOON_NS,
    )
    audit = delegation_audit(FACTS, checked)
    assert (audit.delegation_required, audit.delegated, audit.valid_delegations) == (True, True, 1)
    assert audit.delegation_ref == tokens[0].token_id
    assert [entry.delegator_identity for entry in audit.entries] == ["lead", "zed"]
    envelope = audit.relationship
    assert envelope is not msgspec.UNSET
    assert envelope.entity_refs == (
        *(agent("lead"), agent("spec"), agent("zed")),
        *(RULES, TOOL, TRACE),
    )
    assert envelope.agent_chain == (
        ChainLink(identity="lead", role="delegate"),
        ChainLink(identity="spec", role="delegate"),
        ChainLink(identity="lead", role="delegator"),
        ChainLink(identity="zed", role="delegator"),
    )
    assert envelope.edges == (
        Edge(kind="delegates_to", source=agent("lead"), target=agent("spec")),
        Edge(kind="delegates_to", source=agent("zed"), target=agent("lead")),
        GOVERNED,
    )


def test_an_entry_with_one_end_is_no_edge_and_one_without_any_is_no_agent() -> None:
    entries = (
        DelegationEntry(delegate_identity="spec", error_code="delegation_token_missing"),
        DelegationEntry(error_code="json_duplicate_key"),
    )
    unproven = DelegationCount(entries, 0, "", (), (), is_granted=False, hazards=())
    audit = delegation_audit(FACTS, unproven)
    envelope = audit.relationship
    assert envelope is not msgspec.UNSET
    assert envelope.agent_chain == (ChainLink(identity="spec", role="delegate"),)
    assert envelope.edges == (GOVERNED,)
    assert (audit.delegated, audit.entries) == (False, entries[::-1])


def test_without_a_token_a_delegation_audit_has_no_entries_and_no_agents() -> None:
    nothing = DelegationCount((), 0, "", (), (), is_granted=False, hazards=())
    written = msgspec.to_builtins(delegation_audit(FACTS, nothing))
    assert written["entries"] == ()
    assert "agent_chain" not in written["relationship"]
    assert "delegation_ref" not in written
