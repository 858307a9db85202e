"""Laws of the gate: what may change no decision, and what no change may ever bring about.

Every run tries fresh cases; the message of a failure names the case that broke the law.
"""

import json
import secrets
from collections.abc import Iterator
from random import Random
from typing import Any, Final

import msgspec
import pytest

from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import NormalIntent, Target
from gait_engine.contract.policy import (
    Endpoint,
    FreezeWindow,
    Policy,
    RateLimit,
    Rule,
    SandboxRule,
    Window,
)
from gait_engine.errors import InvalidInput
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.evaluate import evaluate
from gait_engine.gate.intent import args_digest, intent_digest, normalise, parse_intent
from gait_engine.gate.policy import parse
from gait_engine.gate.policydigest import policy_digest
from gait_engine.gate.policyfmt import format_text
from gait_engine.gate.prepare import prepared
from gait_engine.wire.timestamps import Timestamp
from tests.support.gatedraws import Case, draw_case
from tests.support.gatedrawsintent import NOON, Dict
from tests.support.gatedrawsjudged import judged, typed
from tests.support.gatedrawspolicy import REQUIRED, REQUIRED_HIGH, draw_match, policy_text
from tests.support.gatemodel import taken_rules
from tests.support.gatemodelrule import STRONGER
from tests.support.hosts import FrozenHost

Drawn = tuple[str, Case, Random]

AT: Final = Circumstances(at=Timestamp(NOON))
SETS: Final = (
    *("targets", "arg_provenance", "lifecycle_states", "writable_paths", "read_only_roots"),
    *("context_refs", "credential_scopes", "token_refs"),
)
"""The lists of an intent that are sets."""
ORDERED: Final = ("rules", "windows")
"""The lists of a policy that are none; rules that differ in priority or name have no order."""
GUARD: Final[Dict] = {"name": "guard", "effect": "block"}


@pytest.fixture
def host(frozen_host: FrozenHost) -> FrozenHost:
    return frozen_host


def cases(count: int) -> Iterator[Drawn]:
    """Yield fresh cases, each with its name and more randomness; no script is approved.

    An approval holds for one policy to the letter, so there is nothing to be changed in it.
    """
    seed = secrets.randbits(64)
    for number in range(count):
        rng = Random(f"{seed}/{number}")  # noqa: S311  # reproducible on purpose
        yield f"{seed}/{number}", {**draw_case(rng), "scripts": []}, rng


def with_policy(case: Case, policy: Dict) -> Case:
    return {**case, "policy": policy}


def with_intent(case: Case, intent: Dict) -> Case:
    return {**case, "intent": intent}


def with_rule(case: Case, rule: Dict) -> Case:
    rules = [*case["policy"].get("rules", []), rule]
    rules.sort(key=lambda each: (each.get("priority", 0), each["name"]))
    return with_policy(case, case["policy"] | {"rules": rules})


def strength(answer: Dict) -> int:
    """Rank an answer; an error lets nothing pass."""
    return STRONGER.index(answer["verdict"] or "block")


def shuffled(value: Any, rng: Random, kept: tuple[str, ...], name: str = "") -> Any:
    """Put all members in another order, and all lists but those kept, with repetitions."""
    if isinstance(value, dict):
        names = rng.sample(sorted(value), len(value))
        return {each: shuffled(value[each], rng, kept, each) for each in names}
    if isinstance(value, list):
        items = [shuffled(item, rng, kept) for item in value]
        if name in kept or not items:
            return items
        return rng.sample([*items, items[0]], len(items) + 1)
    return value


# ---------------------------------------------------------------- what changes nothing


def test_a_rule_that_matches_nothing_changes_nothing(host: FrozenHost) -> None:
    demands = {
        "min_approvals": 9,
        "require_distinct_approvers": True,
        "require_broker_credential": True,
        "broker_scopes": ["all"],
        "reason_codes": ["never"],
        "violations": ["never"],
    }
    for name, case, rng in cases(600):
        match = draw_match(rng) | {"tool_names": ["no.such.tool"]}
        rule = GUARD | demands | {"match": match, "priority": rng.randint(-2, 3)}
        assert judged(with_rule(case, rule), host) == judged(case, host), name


def test_the_order_in_a_policy_file_changes_neither_digest_nor_decision(host: FrozenHost) -> None:
    for name, case, rng in cases(300):
        plain = case["policy"]
        turned = shuffled(plain, rng, ORDERED)
        if "rules" in turned and is_free(plain["rules"]):
            rng.shuffle(turned["rules"])
        policy = parse(policy_text(plain), "policy.yaml")
        other = parse(policy_text(turned), "policy.yaml")
        assert policy_digest(other) == policy_digest(policy), name
        intent = prepared(normal(case["intent"]))
        assert evaluate(other, intent, AT) == evaluate(policy, intent, AT), name


def is_free(rules: list[Dict]) -> bool:
    """Tell rules that differ in priority or name: they have no order in the file."""
    ranks = [(rule.get("priority", 0), rule["name"]) for rule in rules]
    return len(set(ranks)) == len(ranks)


def test_rules_of_one_priority_and_name_may_stand_in_any_order(host: FrozenHost) -> None:
    """They are digested in the order of the file; what is decided does not depend on it."""
    shown = [
        *("verdict", "reasons", "violations", "min_approvals", "rate_limit", "matched_rule"),
        *("require_delegation", "delegation_scopes", "broker_scopes", "broker_reference"),
    ]
    for name, case, rng in cases(300):
        rules = [rule | {"name": "same", "priority": 0} for rule in case["policy"].get("rules", [])]
        turned = rng.sample(rules, len(rules))
        one, other = (
            judged(with_policy(case, case["policy"] | {"rules": order}), host)
            for order in (rules, turned)
        )
        assert [one[each] for each in shown] == [other[each] for each in shown], name


def test_the_order_in_an_intent_changes_neither_digest_nor_decision(host: FrozenHost) -> None:
    for name, case, rng in cases(600):
        kept = tuple({*lists_in(case["intent"])} - {*SETS})
        turned = with_intent(case, shuffled(case["intent"], rng, kept))
        assert judged(turned, host) == judged(case, host), name
        one, other = normal(case["intent"]), normal(turned["intent"])
        assert intent_digest(other) == intent_digest(one), name
        assert args_digest(other) == args_digest(one), name


def lists_in(value: Any) -> Iterator[str]:
    """Yield the name of every list."""
    if isinstance(value, dict):
        yield from (name for name, member in value.items() if isinstance(member, list))
        for member in value.values():
            yield from lists_in(member)
    if isinstance(value, list):
        for item in value:
            yield from lists_in(item)


def normal(plain: Dict) -> NormalIntent:
    return normalise(parse_intent(json.dumps(plain).encode(), "intent"))


def test_what_was_judged_before_changes_nothing() -> None:
    """A policy is worked out once and kept: that shows in no decision, whatever came before."""
    seed = secrets.randbits(64)
    for number in range(60):
        rng = Random(f"{seed}/{number}")  # noqa: S311  # reproducible on purpose
        plain = [draw_case(rng)["policy"] for _ in range(12)]
        kept = [typed(policy, Policy) for policy in plain]
        intents = [prepared(normal(draw_case(rng)["intent"])) for _ in range(4)]
        for place in rng.choices(range(len(kept)), k=40):
            intent = rng.choice(intents)
            fresh = evaluate(typed(plain[place], Policy), intent, AT)
            assert evaluate(kept[place], intent, AT) == fresh, f"{seed}/{number}"


# ---------------------------------------------------------------- one more rule that blocks


def test_a_block_at_the_deciding_priority_or_before_it_blocks(host: FrozenHost) -> None:
    for name, case, rng in cases(600):
        priority = deciding(case) - rng.choice([0, 0, 1, 5])
        answer = judged(with_rule(case, GUARD | {"priority": priority}), host)
        assert strength(answer) == STRONGER.index("block"), name


def test_a_block_behind_the_deciding_priority_changes_nothing(host: FrozenHost) -> None:
    tried = 0
    for name, case, rng in cases(600):
        if "script" not in case["intent"] and taken_rules(case["policy"], judged_intent(case)):
            tried += 1
            priority = deciding(case) + rng.choice([1, 2])
            after = judged(with_rule(case, GUARD | {"priority": priority}), host)
            assert after == judged(case, host), name
    assert tried > 100


def deciding(case: Case) -> int:
    """Return the priority that decides a call; of a script the smallest that there is."""
    rules = case["policy"].get("rules", [])
    if "script" not in case["intent"]:
        rules = taken_rules(case["policy"], judged_intent(case)) or rules
    return min((rule.get("priority", 0) for rule in rules), default=0)


def judged_intent(case: Case) -> Dict:
    """Return an intent with what the inventory adds to it: matching looks at nothing else."""
    intent: Dict = case["intent"]
    known = {} if case["inventory_fault"] else case["inventory"].get(intent["tool_name"], {})
    auth = intent["context"].get("auth_context", {}) | {f"wrkr.{k}": v for k, v in known.items()}
    return intent | {"context": intent["context"] | {"auth_context": auth}}


def test_one_more_rule_that_blocks_leaves_the_verdict_or_blocks(host: FrozenHost) -> None:
    """Wherever it stands and whatever it matches: so it never weakens a verdict."""
    for name, case, rng in cases(1_000):
        guard = GUARD | {"priority": rng.randint(-2, 3), "match": draw_match(rng)}
        before, after = judged(case, host), judged(with_rule(case, guard), host)
        assert after["verdict"] in (before["verdict"], "block"), name
        assert after["error"] == before["error"], name


# ---------------------------------------------------------------- what never weakens


def test_one_more_fact_that_must_be_known_never_weakens_a_verdict(host: FrozenHost) -> None:
    changed = 0
    for name, case, rng in cases(1_000):
        closed = case["policy"].get("fail_closed", {})
        field = rng.choice(["required_fields", "required_high_risk_fields"])
        pool = REQUIRED if field == "required_fields" else REQUIRED_HIGH
        more = {field: sorted({*closed.get(field, []), rng.choice(pool)}), "enabled": True}
        classes = sorted({*closed.get("risk_classes", []), case["intent"]["context"]["risk_class"]})
        stricter = {"fail_closed": closed | more | {"risk_classes": classes}}
        before = judged(case, host)
        after = judged(with_policy(case, case["policy"] | stricter), host)
        assert strength(after) >= strength(before), name
        assert after["verdict"] in (before["verdict"], "block"), name
        changed += after != before
    assert changed > 100


def test_a_call_that_the_kill_switch_stops_is_never_allowed(host: FrozenHost) -> None:
    stop = {"entry_id": "k", "enabled": True, "created_at": NOON}
    for name, case, rng in cases(600):
        entries = case["kill_switch"] if isinstance(case["kill_switch"], list) else []
        thrown = rng.sample([*entries, stop], len(entries) + 1)
        answer = judged({**case, "kill_switch": thrown}, host)
        assert answer["error"] or answer["verdict"] == "block", name


BROKEN: Final[list[Any]] = [
    {"kill_switch": "no JSON"},
    {"inventory_fault": True},
    {"scripts_fault": True, "policy": {"default_verdict": "allow"}},
]


def test_a_kill_switch_or_registry_or_inventory_that_cannot_be_read_never_allows_a_severe_call(
    host: FrozenHost,
) -> None:
    for name, case, rng in cases(300):
        context = case["intent"]["context"] | {"risk_class": "high"}
        severe = with_intent(case, case["intent"] | {"context": context})
        answer = judged(severe | rng.choice(BROKEN), host)
        assert answer["error"] or answer["verdict"] == "block", name


FREEZE: Final = FreezeWindow(enabled=True, timezone="UTC", effect="block")
UNJUDGEABLE: Final[dict[str, dict[str, Any]]] = {
    "a zone that is none": {"freeze_window": msgspec.structs.replace(FREEZE, timezone="x")},
    "a window that is none": {
        "freeze_window": msgspec.structs.replace(FREEZE, windows=(Window(start="x", end="y"),))
    },
    "a limit in a window that nobody knows": {"rate_limit": RateLimit(requests=1, window="year")},
    "a sandbox that nobody proves": {
        "sandbox": SandboxRule(enabled=True, allowed_network_modes=("none",))
    },
    "an effect that nobody knows": {"effect": "perhaps"},
    "no effect at all": {"effect": ""},
    "a constraint without an action": {
        "endpoint": Endpoint(enabled=True, path_denylist=("/**",), domain_denylist=("*",))
    },
}
PASSWD: Final = Target(kind="path", value="/etc/passwd", endpoint_class="fs.read")


@pytest.mark.parametrize("what", UNJUDGEABLE)
def test_a_rule_that_cannot_be_judged_allows_nothing(what: str) -> None:
    """It allows everything but for one thing that no file can say; a crash is no verdict either."""
    rule = msgspec.structs.replace(Rule(name="any", effect="allow"), **UNJUDGEABLE[what])
    policy = Policy(default_verdict="allow", rules=(rule,))
    for name, case, _ in cases(60):
        plain = {key: value for key, value in case["intent"].items() if key != "script"}
        intent = msgspec.structs.replace(normal(plain), targets=(PASSWD,))
        assert verdict_or_crash(policy, intent) in ("block", "crash"), name


def verdict_or_crash(policy: Policy, intent: NormalIntent) -> str:
    try:
        return evaluate(policy, intent, AT).verdict
    except (KeyError, ValueError):
        return "crash"


# ---------------------------------------------------------------- damaged bytes


WORDS: Final = (b"allow", b"block", b"true", b"false", b"null", b"0", b'""', b"[]", b"{}", b"\xff")


def damaged(text: bytes, rng: Random) -> bytes:
    """Change, cut, double or replace a piece of a text, here and there."""
    for _ in range(rng.randint(1, 3)):
        start = rng.randrange(len(text))
        end = min(start + rng.choice([0, 1, 1, 4, 20]), len(text))
        piece = text[start:end]
        pasted = rng.choice([b"", piece * 2, bytes([rng.randrange(256)]), rng.choice(WORDS)])
        text = text[:start] + pasted + text[end:] or b" "
    return text


def test_damaged_bytes_are_refused_or_mean_what_their_normal_form_means() -> None:
    """Reading raises InvalidInput alone, and no second reading decides otherwise."""
    read = 0
    for name, case, rng in cases(1_500):
        texts = [policy_text(case["policy"]), json.dumps(case["intent"]).encode()]
        place = rng.randrange(2)
        texts[place] = damaged(texts[place], rng)
        try:
            policy, intent = parse(texts[0], "p"), normalise(parse_intent(texts[1], "i"))
        except InvalidInput:
            continue
        read += 1
        decision = evaluate(policy, prepared(intent), AT)
        assert decision.verdict in STRONGER, name
        assert reread(policy, intent) == decision, name
    assert read > 150


def reread(policy: Policy, intent: NormalIntent) -> Decision:
    """Write both in normal form, read that, and decide again."""
    again = normalise(parse_intent(msgspec.json.encode(intent), "intent"))
    return evaluate(parse(format_text(policy).encode(), "policy"), prepared(again), AT)


# ---------------------------------------------------------------- digests


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to every value that holds no other, and to every list."""
    members: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        members = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
        yield path
    else:
        yield path
    for name, member in members:
        yield from leaves(member, (*path, name))


def with_change(plain: Dict, rng: Random) -> Dict:
    """Change one leaf, in a way that fits its kind, or leave one out."""
    changed: Dict = json.loads(json.dumps(plain))
    *above, last = rng.choice(list(leaves(changed)))
    parent: Any = changed
    for name in above:
        parent = parent[name]
    old = parent[last]
    if isinstance(old, list) and old:
        parent[last] = rng.choice([old[1:], [*old, old[0]], old[::-1]])
    elif rng.randrange(4) == 0:
        del parent[last]
    elif isinstance(old, bool):
        parent[last] = not old
    elif isinstance(old, int):
        parent[last] = old + rng.choice([0, 1])
    else:
        parent[last] = rng.choice([f" {old} ", f"{old}x", str(old).swapcase(), *POOL])
    return changed


POOL: Final = ["allow", "block", "dry_run", "low", "prod", "read", "fs.read", "user", "minute"]
BLOCKS: Final = ("endpoint", "dataflow", "freeze_window", "sandbox")
NOTHING: Final = Rule()


def counting(policy: Policy) -> Policy:
    """Take from a policy what decides nothing: second spellings, blocks that are off."""
    rules = tuple(map(counting_rule, policy.rules))
    return msgspec.structs.replace(policy, default_action="", rules=rules)


def counting_rule(rule: Rule) -> Rule:
    off = {name: getattr(NOTHING, name) for name in BLOCKS if not getattr(rule, name).enabled}
    if not rule.rate_limit.requests:
        off["rate_limit"] = NOTHING.rate_limit
    match = msgspec.structs.replace(rule.match, tool_name="", endpoint_class=())
    return msgspec.structs.replace(rule, action="", match=match, **off)


def test_two_policies_share_a_digest_exactly_when_they_decide_alike() -> None:
    outcomes = {True: 0, False: 0}
    for name, case, rng in cases(1_200):
        policy = typed(case["policy"], Policy)
        try:
            other = parse(policy_text(with_change(case["policy"], rng)), "policy.yaml")
        except InvalidInput:
            continue
        is_same = counting(other) == counting(policy)
        outcomes[is_same] += 1
        assert (policy_digest(other) == policy_digest(policy)) is is_same, name
    assert min(outcomes.values()) > 100


def test_two_intents_share_a_digest_exactly_when_they_are_judged_alike() -> None:
    outcomes = {True: 0, False: 0}
    for name, case, rng in cases(1_200):
        intent = normal(case["intent"])
        try:
            other = normal(with_change(case["intent"], rng))
        except InvalidInput:
            continue
        is_same = msgspec.json.encode(other) == msgspec.json.encode(intent)
        outcomes[is_same] += 1
        assert (intent_digest(other) == intent_digest(intent)) is is_same, name
        has_same_args = bytes(other.args) == bytes(intent.args)
        assert (args_digest(other) == args_digest(intent)) is has_same_args, name
    assert min(outcomes.values()) > 100
