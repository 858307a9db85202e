from typing import Any

import pytest
from msgspec import UNSET

from gait_engine.contract.intent import NormalIntent
from gait_engine.errors import InvalidInput
from gait_engine.gate.intent import intent_digest
from gait_engine.gate.script import script_hash, step_intents
from gait_engine.wire.digest import value_digest
from tests.support.intents import intent_of

READ = {"tool_name": " FS.Read", "targets": [{"kind": "path", "value": "/b"}]}
RUN = {"tool_name": "run", "args": {" a": " x "}, "targets": [{"kind": "other", "value": "make"}]}


def script_of(*steps: dict[str, Any], **members: Any) -> NormalIntent:
    return intent_of(script={"steps": list(steps)}, **members)


def refusal(*steps: dict[str, Any]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        script_of(*steps)
    return caught.value


def test_a_script_is_called_script_whatever_its_tool_is_called() -> None:
    assert script_of(READ, tool_name="").tool_name == "script"
    assert script_of(READ, tool_name="rm").tool_name == "script"


def test_the_hash_covers_the_normalised_steps_and_leaves_out_empty_lists() -> None:
    intent = script_of({"tool_name": "A"}, RUN)
    assert intent.script is not UNSET
    assert intent.script_hash == script_hash(intent.script)
    target = {
        "kind": "other",
        "value": "make",
        "endpoint_class": "proc.exec",
        "destructive": True,
        "discovery_method": "unknown",
    }
    assert intent.script_hash == value_digest(
        {
            "steps": [
                {"tool_name": "a", "args": {}},
                {"tool_name": "run", "args": {"a": "x"}, "targets": [target]},
            ]
        }
    )


def test_targets_of_the_steps_stand_for_those_a_script_does_not_name() -> None:
    intent = script_of(RUN, READ, READ)
    assert [(t.kind, t.endpoint_class) for t in intent.targets] == [
        ("other", "proc.exec"),
        ("path", "fs.read"),
    ]


def test_targets_a_script_names_itself_win() -> None:
    intent = script_of(READ, targets=[{"kind": "path", "value": "/only"}])
    assert [t.value for t in intent.targets] == ["/only"]


def test_provenance_of_the_steps_stands_for_that_a_script_does_not_name() -> None:
    steps = [
        {"tool_name": "a", "arg_provenance": [{"arg_path": path, "source": "user"}]}
        for path in ("$.b", "$.a", "$.b")
    ]
    assert [p.arg_path for p in script_of(*steps).arg_provenance] == ["$.a", "$.b"]
    own = [{"arg_path": "$.own", "source": "external"}]
    assert [p.arg_path for p in script_of(*steps, arg_provenance=own).arg_provenance] == ["$.own"]


def test_each_step_is_an_intent_of_its_own_in_the_shared_context() -> None:
    skill = {"skill_name": "s", "source": "git", "publisher": "p"}
    delegation = {"requester_identity": "r"}
    created = "2026-02-05T00:00:00Z"
    script = script_of(RUN, READ, skill_provenance=skill, delegation=delegation, created_at=created)
    alone = intent_of(**READ, skill_provenance=skill, delegation=delegation, created_at=created)
    _, second = step_intents(script)
    assert second == alone
    assert intent_digest(second) == intent_digest(alone)


def test_a_call_that_is_no_script_has_no_steps() -> None:
    assert step_intents(intent_of()) == ()


def test_a_script_has_up_to_sixty_four_steps() -> None:
    assert len(step_intents(script_of(*[READ] * 64))) == 64
    assert "65 steps" in refusal(*[READ] * 65).message
    assert "0 steps" in refusal().message


@pytest.mark.parametrize(
    ("step", "field"),
    [
        ({"tool_name": " "}, "tool_name"),
        ({"tool_name": "a", "targets": [{"kind": "nope", "value": "/"}]}, "targets[0].kind"),
        ({"tool_name": "a", "arg_provenance": [{"arg_path": "$"}]}, "arg_provenance[0].source"),
        ({"tool_name": "a", "args": {"": 1}}, "args"),
    ],
)
def test_a_bad_step_is_refused_by_its_place(step: dict[str, Any], field: str) -> None:
    assert refusal(READ, step).where == f"intent $.script.steps[1].{field}"
