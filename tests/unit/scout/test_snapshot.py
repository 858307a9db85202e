"""What a snapshot finds in source and configuration."""

import os
import sys
from pathlib import Path

import msgspec
import pytest

from gait_engine.contract.scout import InventoryItem, Snapshot
from gait_engine.errors import InvalidInput
from gait_engine.scout.coverage import cover
from gait_engine.scout.pysource import declared_tools
from gait_engine.scout.servers import server_names
from gait_engine.scout.snapdiff import diff_snapshots, is_changed
from gait_engine.scout.snapshot import Taken, risk_level, take_snapshot
from tests.support.hosts import FrozenHost


def taken(folder: Path, *roots: str) -> Taken:
    return take_snapshot(roots or (".",), lambda _: True, host=FrozenHost(folder))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("@tool\ndef a(x): ...\n\ndef  b (y): ...", {"framework:langchain": ["a", "b"]}),
        ("@toolbox\ndef a(): ...", {}),
        ("  @tool(\n)\nasync def a(): ...", {"framework:langchain": ["stem"]}),
        ("x = Tool(name='n.1', func=f)", {"framework:langchain": ["stem"]}),
        ("# def no(): ...\n@tool  \n\tdef\n yes\n(): ...", {"framework:langchain": ["yes"]}),
        ("@function_tool\ndef a(): ...", {"framework:openai_agents": ["a"]}),
        ("tools=[f]\nrename = \"n-2'", {"framework:openai_agents": ["n-2", "stem"]}),
        ("@tool # said\ndef a(): ...", {}),
        ("def a(): ...", {}),
    ],
)
def test_tools_are_told_by_the_text_of_a_file(text: str, wanted: dict[str, list[str]]) -> None:
    found: dict[str, list[str]] = {}
    for tag, name in declared_tools(text.encode(), "stem"):
        found.setdefault(tag, []).append(name)
    assert found == wanted


ODD_KEYS = "servers:\n  2: x\n  true: x\n  ~: x\n  1.50: x\n  0x10: x\n"


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("c.json", '{"mcpServers": {" a ": 1, "": 1}, "x": [{"SERVERS ": {"b": 1}}]}', ["a", "b"]),
        ("c.json", '{"servers": ["a"], "x": {"servers": {"c": {"servers": {"d": 1}}}}}', "cd"),
        ("c.yml", ODD_KEYS, ["1.5", "16", "2", "null", "true"]),
        ("c.yaml", "servers: {a: 1}\n---\nservers: {b: 1}\n", ["a"]),
        ("c.yaml", "base: &b {a: 1}\nservers:\n  <<: *b\n  c: 1\n", ["a", "c"]),
        ("c.yaml", "base: &b {a: 1}\nservers:\n  <<: [*b]\n", ["a"]),
        ("c.yaml", "- servers: {'007': 1, 010: 2}\n", ["007", "010"]),
        ("c.yaml", "", []),
    ],
)  # fmt: skip
def test_servers_are_the_keys_of_certain_objects(name: str, text: str, wanted: list[str]) -> None:
    assert server_names(text.encode(), name) == list(wanted)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2\n",
        "a: [",
        "a: *b\n",
        "a: &x {b: *x}\n",
        "? [a]\n: 1\n",
        "<<: 1\n",
        "[" * 300 + "]" * 300,
    ],
)
def test_yaml_that_readers_cannot_agree_on_is_unreadable(text: str) -> None:
    with pytest.raises(InvalidInput):
        server_names(text.encode(), "c.yaml")


def test_an_alias_bomb_is_looked_at_once() -> None:
    levels = [f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]" for n in range(1, 40)]
    text = "\n".join(["k0: &k0 {servers: {s: 1}}", *levels])
    assert server_names(text.encode(), "c.yaml") == ["s"]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("Wire.transfer", "critical"), ("send_mail", "high"), ("read", "low"), ("DROP", "critical")],
)
def test_risk_is_told_by_the_name(name: str, wanted: str) -> None:
    assert risk_level(name) == wanted


def test_one_id_in_two_files_is_one_item(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text('{"servers": {"Send-It": {}}}')
    (tmp_path / "a.json").write_text('{"servers": {"send it": {}}}')
    (tmp_path / "link").symlink_to(tmp_path)
    (item,) = taken(tmp_path).snapshot.items
    assert (item.id, item.name, item.locator) == ("mcp_server:send_it", "send it", "a.json")


def test_folders_of_others_and_links_are_not_entered(tmp_path: Path) -> None:
    for folder in (".git", "Node_Modules", "src"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t.py").write_text("@tool\ndef a(): ...")
    assert [item.locator for item in taken(tmp_path).snapshot.items] == ["src/t.py"]
    assert taken(tmp_path, ".git").snapshot.items == ()
    assert taken(tmp_path, "src", "./src/").snapshot.workspace == "src"


def test_what_only_we_refuse_is_listed_and_what_is_no_json_ignored(tmp_path: Path) -> None:
    (tmp_path / "mcp.json").write_text('{"servers": {"a": {}, "a": {}}}')
    (tmp_path / "other.json").write_text("{")
    found = taken(tmp_path)
    assert found.snapshot.items == ()
    assert [(skip.path, skip.error_code) for skip in found.skipped] == [
        ("mcp.json", "json_duplicate_key")
    ]


def test_a_broken_configuration_of_servers_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "My-MCP.yaml").write_text("a: [")
    with pytest.raises(InvalidInput, match="yaml"):
        taken(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_file_whose_name_is_no_text_is_left_out(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.py")).write_text("@tool\ndef a(): ...")
    assert [skip.error_code for skip in taken(tmp_path).skipped] == ["json_lossy_text"]


def test_a_missing_root_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="root 'nope': no folder"):
        taken(tmp_path, "nope")


def test_nothing_discovered_is_covered_in_full() -> None:
    assert cover(Snapshot(), []).coverage_percent == 100


def item(key: str, **fields: object) -> InventoryItem:
    return msgspec.convert({"id": key, "kind": "tool", "name": key} | fields, InventoryItem)


def test_snapshots_are_compared_by_what_items_say() -> None:
    left = Snapshot(
        items=(item("a"), item("b"), item("c", tags=("y", "x")), item("c", tags=("x",)))
    )
    right = Snapshot(items=(item("b", risk_level="high"), item("c", tags=("x", "x")), item("d")))
    diff = diff_snapshots(left, right)
    assert [row.id for row in diff.added] == ["d"]
    assert [row.id for row in diff.removed] == ["a"]
    assert [(row.id, row.after_risk_level) for row in diff.changed] == [("b", "high")]
    assert (diff.added_count, diff.removed_count, diff.changed_count) == (1, 1, 1)
    assert is_changed(diff)
    assert not is_changed(diff_snapshots(left, left))
