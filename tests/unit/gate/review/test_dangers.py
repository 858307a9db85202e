from typing import Any

import pytest

from gait_engine.gate.review.dangers import dangers
from gait_engine.gate.review.fields import leaves
from tests.support.intents import CONTEXT, intent_of


def found(**members: Any) -> list[tuple[str, str]]:
    return [(one.code, one.where) for one in dangers(leaves(intent_of(**members)))]


def texts(**members: Any) -> list[str]:
    return [one.text for one in dangers(leaves(intent_of(**members)))]


HIDDEN, MIXED = "text_control_characters", "text_mixed_scripts"


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"args": {"note": "ok\u202efnoc.bd"}}, "$.args.note"),
        ({"args": {"a": [{"b": "x\u200by"}]}}, "$.args.a[0].b"),
        ({"args": {"a\u200bb": 1}}, '$.args["a\u200bb"]'),
        ({"args": {"a": "x\ry"}}, "$.args.a"),
        ({"tool_name": "a\u00adb"}, "$.tool_name"),
        ({"context": {**CONTEXT, "identity": "a\tb"}}, "$.context.identity"),
        ({"context": {**CONTEXT, "auth_context": {"k": "\x1b[m"}}}, "$.context.auth_context.k"),
        ({"targets": [{"kind": "path", "value": "/a\n/b"}]}, "$.targets[0].value"),
    ],
)
def test_a_hidden_character_is_named_with_its_place(members: dict[str, Any], where: str) -> None:
    assert found(**members) == [(HIDDEN, where)]


@pytest.mark.parametrize("text", ["plain", "two\nlines\tof text", "漢字 é ß", "👩"])
def test_ordinary_text_in_arguments_is_no_danger(text: str) -> None:
    assert found(args={"a": text}) == []


@pytest.mark.parametrize(
    ("char", "effect"),
    [
        ("\u202e", "U+202E in $.args.a reverses the text after it"),
        ("\u200f", "U+200F in $.args.a changes the order of the text around it"),
        ("\x1b", "U+001B in $.args.a is an order to a terminal, not text"),
        ("\u200b", "U+200B in $.args.a cannot be seen"),
        ("\U000e0041", "U+E0041 in $.args.a cannot be seen"),
    ],
)
def test_it_says_what_the_character_does(char: str, effect: str) -> None:
    assert texts(args={"a": f"x{char}y{char}"}) == [f"hidden character {effect}"]


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"tool_name": "tool.dеlete"}, "$.tool_name"),
        ({"context": {**CONTEXT, "identity": "svc-еtl"}}, "$.context.identity"),
        ({"targets": [{"kind": "host", "value": "gооgle.com"}]}, "$.targets[0].value"),
        ({"args": {"pаth": 1}}, '$.args["pаth"]'),
    ],
)
def test_a_word_of_two_scripts_is_a_danger_where_things_are_told_apart(
    members: dict[str, Any], where: str
) -> None:
    assert (MIXED, where) in found(**members)


def test_a_word_of_two_scripts_in_plain_text_is_none() -> None:
    assert found(args={"a": "tool.dеlete"}, context={**CONTEXT, "run_id": "еtl"}) == []


def test_a_name_in_one_script_is_no_danger() -> None:
    assert found(context={**CONTEXT, "identity": "иван@example.com"}) == []


def test_each_kind_of_danger_has_a_phrase_of_its_own() -> None:
    told = dangers(leaves(intent_of(tool_name="dеl", args={"a": "\u200b.", "b": "\u200b."})))
    assert [one.phrase for one in told] == [
        *("mixed scripts seen", "hidden character seen", "hidden character seen")
    ]
