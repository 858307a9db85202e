import pytest
from msgspec import UNSET

from gait_engine.contract.intent import InventoryItem
from gait_engine.errors import InvalidInput
from gait_engine.gate.freeform import read_object
from gait_engine.gate.intent import intent_digest
from gait_engine.gate.inventory import is_listed, read_inventory, with_inventory
from gait_engine.gate.script import step_intents
from tests.support.intents import intent_in, intent_of

ITEM = b'{"tool_name":" Tool.X","data_class":"PII ","endpoint_class":"NET.http"}'
SCRIPT = {"steps": [{"tool_name": "a"}, {"tool_name": "tool.x"}]}


@pytest.mark.parametrize(
    "text", [b"[" + ITEM + b"]", b'\n{"items":[' + ITEM + b'],"more":1}', b" [" + ITEM + b"]\n"]
)
def test_an_inventory_is_a_list_or_holds_one(text: bytes) -> None:
    assert read_inventory(text, "inv.json") == {
        "tool.x": InventoryItem(tool_name="tool.x", data_class="pii", endpoint_class="net.http")
    }


def test_the_last_of_a_name_wins_and_the_nameless_are_left_out() -> None:
    text = b'[{"tool_name":"A","data_class":"1"},{"tool_name":" a ","data_class":"2"},{},null]'
    inventory = read_inventory(text, "inv.json")
    assert inventory == {"a": InventoryItem(tool_name="a", data_class="2")}


@pytest.mark.parametrize("text", [b"null", b"{}", b"[]", b'{"items":null}'])
def test_an_inventory_may_be_empty(text: bytes) -> None:
    assert read_inventory(text, "inv.json") == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "invalid_input"),
        (b"7", "invalid_input"),
        (b"[7]", "invalid_input"),
        (b'[],"items":[]', "invalid_input"),
        (b'[{"tool_name":7}]', "invalid_input"),
        (b'{"items":{}}', "invalid_input"),
        (b'[{"tool_name":"a","tool_name":"b"}]', "json_duplicate_key"),
        (b'[{"Tool_Name":"a"}]', "json_case_variant_key"),
    ],
)
def test_what_is_no_inventory_is_refused(text: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_inventory(text, "inv.json")
    assert caught.value.code == code


def test_what_the_inventory_knows_of_a_tool_is_added_and_digested() -> None:
    inventory = read_inventory(b"[" + ITEM + b"]", "inv.json")
    plain = intent_in(auth_context={"user": "u", "wrkr.data_class": "public"})
    enriched = with_inventory(plain, inventory)
    text = enriched.context.auth_context
    assert text is not UNSET
    assert read_object(text) == {
        "user": "u",
        "wrkr.tool_name": "tool.x",
        "wrkr.data_class": "pii",
        "wrkr.endpoint_class": "net.http",
        "wrkr.autonomy_level": "",
    }
    assert intent_digest(enriched) != intent_digest(plain)
    assert is_listed(plain, inventory)


def test_a_tool_the_inventory_does_not_know_changes_nothing() -> None:
    intent = intent_of(tool_name="other")
    inventory = read_inventory(b"[" + ITEM + b"]", "inv.json")
    assert with_inventory(intent, inventory) is intent
    assert not is_listed(intent, inventory)


def test_of_a_script_only_the_steps_are_looked_up() -> None:
    inventory = read_inventory(b'[{"tool_name":"script"},' + ITEM + b"]", "inv.json")
    script = intent_of(script=SCRIPT)
    assert with_inventory(script, inventory) is script
    assert is_listed(script, inventory)
    first, second = (with_inventory(step, inventory) for step in step_intents(script))
    assert first.context.auth_context is UNSET
    assert second.context.auth_context is not UNSET


def test_a_script_none_of_whose_tools_is_known_is_not_listed() -> None:
    inventory = read_inventory(b'[{"tool_name":"script"}]', "inv.json")
    assert not is_listed(intent_of(script=SCRIPT), inventory)
