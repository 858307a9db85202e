"""Laws of intents: what a digest does not see, and that it sees everything else."""

import json
import sys
from collections import Counter
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from gait_engine.contract import intent as contract
from gait_engine.contract.intent import IntentRequest, NormalIntent
from gait_engine.gate.intent import intent_digest, normalise, parse_intent
from gait_engine.gate.prepare import prepared
from gait_engine.gate.script import step_intents
from tests.support.intents import DIGEST

WORDS: Final = st.text("aбZİ09.-_/ é漢😀", max_size=6).map(lambda text: f"x{text}y")
"""Texts with something at both ends, so that trimming leaves them alone."""
BLANKS: Final = st.sampled_from(["", " ", "\t\n", "\u3000", "\u00a0 "])
NUMBERS: Final = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(
    allow_nan=False, allow_infinity=False
)
FREE: Final = st.dictionaries(
    WORDS,
    st.recursive(
        st.none() | st.booleans() | NUMBERS | WORDS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
HINTS: Final = ("read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint")
TARGETS: Final = st.fixed_dictionaries(
    {"kind": st.sampled_from(contract.TARGET_KINDS), "value": WORDS | st.just("https://H:1/x")},
    optional={
        "operation": st.sampled_from(["read", "write", "rm", "exec", "dns", "frob"]),
        "sensitivity": WORDS,
        "endpoint_class": st.sampled_from(contract.ENDPOINT_CLASSES),
        "endpoint_domain": WORDS,
        "discovery_method": st.sampled_from(contract.DISCOVERY_METHODS),
        "destructive": st.booleans(),
        **{hint: st.booleans() for hint in HINTS},
    },
)
PROVENANCE: Final = st.fixed_dictionaries(
    {"arg_path": WORDS, "source": st.sampled_from(contract.PROVENANCE_SOURCES)},
    optional={"source_ref": WORDS, "integrity_digest": st.just(DIGEST)},
)
CALL: Final = {"targets": st.lists(TARGETS, max_size=3), "arg_provenance": st.lists(PROVENANCE)}
STEPS: Final = st.fixed_dictionaries({"tool_name": WORDS}, optional={"args": FREE, **CALL})
CONTEXTS: Final = st.fixed_dictionaries(
    {"identity": WORDS, "workspace": WORDS, "risk_class": WORDS},
    optional={
        "phase": st.sampled_from(contract.PHASES),
        "agent_id": WORDS,
        "agent_identity": st.fixed_dictionaries(
            {}, optional={"owner": WORDS, "lifecycle_states": st.lists(WORDS, max_size=3)}
        ),
        "credential_source": st.sampled_from(contract.CREDENTIAL_SOURCES),
        "credential_ttl_seconds": st.integers(0, 2**53 - 1),
        "credential_scopes": st.lists(WORDS, max_size=3),
        "auth_context": FREE,
        "sandbox": st.fixed_dictionaries(
            {},
            optional={
                "network_mode": st.sampled_from(contract.NETWORK_MODES),
                "writable_paths": st.lists(WORDS, max_size=3),
                "timeout_seconds": st.integers(0, 9),
            },
        ),
    },
)
INTENTS: Final = st.fixed_dictionaries(
    {"tool_name": WORDS, "context": CONTEXTS},
    optional={
        "args": FREE,
        **CALL,
        "script": st.fixed_dictionaries({"steps": st.lists(STEPS, min_size=1, max_size=3)}),
        "skill_provenance": st.fixed_dictionaries(
            {"skill_name": WORDS, "source": WORDS, "publisher": WORDS}
        ),
        "delegation": WORDS.map(
            lambda name: {
                "requester_identity": name,
                "chain": [{"delegator_identity": "root", "delegate_identity": name}],
            }
        ),
    },
)
LISTS_OF_SETS: Final = ("targets", "arg_provenance", "credential_scopes", "lifecycle_states")
LEAST: Final = {
    "tool_name": "t",
    "context": dict.fromkeys(("identity", "workspace", "risk_class"), "x"),
}
EVIDENCE: Final = {
    "context_set_digest": DIGEST,
    "context_evidence_mode": "required",
    "context_refs": ["r"],
}


def normal(plain: dict[str, Any]) -> NormalIntent:
    return normalise(parse_intent(json.dumps(plain).encode(), "intent"))


def digest(plain: dict[str, Any]) -> str:
    return intent_digest(normal(plain))


def reordered(value: Any, data: st.DataObject, *, name: str = "") -> Any:
    """Shuffle what has no order: keys everywhere, and the lists that are sets, with repetitions."""
    if isinstance(value, dict):
        keys = data.draw(st.permutations(list(value)))
        return {key: reordered(value[key], data, name=key) for key in keys}
    if isinstance(value, list):
        items = [reordered(item, data) for item in value]
        if name not in LISTS_OF_SETS or not items:
            return items
        again = data.draw(st.lists(st.sampled_from(items), max_size=2))
        return data.draw(st.permutations([*items, *again]))
    return value


def padded(value: Any, data: st.DataObject) -> Any:
    """Put white space around every text and every key of free-form objects."""
    if isinstance(value, str):
        return f"{data.draw(BLANKS)}{value}{data.draw(BLANKS)}"
    if isinstance(value, list):
        return [padded(item, data) for item in value]
    if isinstance(value, dict):
        return {key: padded(item, data) for key, item in value.items()}
    return value


def as_request(intent: NormalIntent) -> IntentRequest:
    names = IntentRequest.__struct_fields__
    members = msgspec.structs.asdict(intent).items()
    return IntentRequest(**{name: member for name, member in members if name in names})


@given(plain=INTENTS)
@settings(deadline=None)
def test_a_normal_form_is_its_own_normal_form(plain: dict[str, Any]) -> None:
    once = normal(plain)
    assert normalise(as_request(once)) == once
    assert intent_digest(normal(json.loads(msgspec.json.encode(once)))) == intent_digest(once)


@given(plain=INTENTS, data=st.data())
@settings(deadline=None)
def test_the_order_of_keys_and_of_sets_changes_no_digest(
    plain: dict[str, Any], data: st.DataObject
) -> None:
    assert digest(reordered(plain, data)) == digest(plain)


@given(plain=INTENTS, data=st.data())
@settings(deadline=None)
def test_white_space_around_texts_changes_no_digest(
    plain: dict[str, Any], data: st.DataObject
) -> None:
    assert digest(padded(plain, data)) == digest(plain)


@given(plain=INTENTS, claims=st.lists(st.sampled_from(sorted(EVIDENCE)), unique=True))
@settings(deadline=None)
def test_a_prepared_intent_does_not_depend_on_claims_of_evidence(
    plain: dict[str, Any], claims: list[str]
) -> None:
    evidence = {name: EVIDENCE[name] for name in claims}
    claiming = normal({**plain, "context": {**plain["context"], **evidence}})
    bare = prepared(normal(plain))
    assert prepared(claiming) == bare
    assert prepared(bare) is bare
    assert (intent_digest(claiming) == intent_digest(bare)) is not bool(claims)


def changes(plain: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Change one thing that is judged, in every way that fits the intent."""
    context = plain["context"]
    ways: dict[str, dict[str, Any]] = {
        "argument": {"args": {**plain.get("args", {}), "one more": 1}},
        "target": {"targets": [{"kind": "topic", "value": "one more"}]},
        "provenance": {"arg_provenance": [{"arg_path": "one more", "source": "user"}]},
        "delegation": {"delegation": {"requester_identity": "one more"}},
        "skill": {"skill_provenance": dict.fromkeys(("skill_name", "source", "publisher"), "q")},
        "identity": {"context": {**context, "identity": context["identity"].swapcase() + "x"}},
        "phase": {"context": {**context, "phase": other_phase(context)}},
        "auth": {"context": {**context, "auth_context": {"one more": None}}},
        "ttl": {
            "context": {
                **context,
                "credential_ttl_seconds": (context.get("credential_ttl_seconds", 0) + 1) % 2**53,
            }
        },
    }
    if "script" in plain:
        steps = plain["script"]["steps"]
        ways["step"] = {"script": {"steps": [*steps, {"tool_name": "one more"}]}}
        ways["step order"] = {"script": {"steps": [{"tool_name": "first"}, *steps]}}
    else:
        ways["tool"] = {"tool_name": plain["tool_name"] + "x"}
    return ways


def other_phase(context: dict[str, Any]) -> str:
    return "apply" if context.get("phase") == "plan" else "plan"


@given(plain=INTENTS)
@settings(deadline=None)
def test_every_change_of_what_is_judged_changes_the_digest(plain: dict[str, Any]) -> None:
    digests = {way: digest({**plain, **change}) for way, change in changes(plain).items()}
    assert Counter([digest(plain), *digests.values()]).most_common(1)[0][1] == 1, digests


@given(first=TARGETS, second=TARGETS)
@settings(deadline=None)
def test_two_targets_share_a_digest_only_when_they_are_judged_alike(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    one, two = (normal({**LEAST, "targets": [target]}) for target in (first, second))
    assert (intent_digest(one) == intent_digest(two)) is (one.targets == two.targets)


@given(plain=INTENTS.filter(lambda plain: "script" in plain))
@settings(deadline=None)
def test_a_step_is_judged_as_the_same_call_without_a_script(plain: dict[str, Any]) -> None:
    for step, alone in zip(plain["script"]["steps"], step_intents(normal(plain)), strict=True):
        shared = {k: v for k, v in plain.items() if k in ("context", "delegation")}
        skill = {k: v for k, v in plain.items() if k == "skill_provenance"}
        assert normal({**shared, **skill, **step}) == alone
        assert alone.script is UNSET


@pytest.mark.parametrize("spelling", ["k{}", " k{} "])
def test_the_work_grows_with_the_number_of_arguments_and_no_faster(spelling: str) -> None:
    def calls(count: int) -> int:
        text = {spelling.format(n): {"v": f" {n}"} for n in range(count)}
        request = parse_intent(json.dumps({**LEAST, "args": text}).encode(), "intent")
        events: Counter[str] = Counter()
        sys.setprofile(lambda _frame, event, _arg: events.update([event]))
        try:
            normalise(request)
        finally:
            sys.setprofile(None)
        return events.total()

    assert calls(20_000) < 10.5 * calls(2_000)
