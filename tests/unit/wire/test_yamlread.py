"""The strict YAML reader: the rows of the contract, one by one, with both scanners."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from gait_engine.errors import InvalidInput
from gait_engine.wire.yamlread import MAX_BYTES, read_yaml
from gait_engine.wire.yamltree import MAX_ALIASES, MAX_DEPTH, MAX_NODES, Node

SCANNERS = [True, False] if yaml.__with_libyaml__ else [False]


@pytest.fixture(params=SCANNERS, ids=lambda with_libyaml: "libyaml" if with_libyaml else "python")
def scanner(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either of the scanners PyYAML may bring."""
    monkeypatch.setattr(yaml, "__with_libyaml__", request.param)


def plain(node: Node | None) -> Any:
    """Turn a tree into plain values."""
    if node is None:
        return None
    match node.kind:
        case "map":
            return {key: plain(value) for key, (_, value) in node.value.items()}
        case "list":
            return [plain(item) for item in node.value]
        case _:
            return node.value


def read(text: str | bytes) -> Any:
    return plain(read_yaml(text if isinstance(text, bytes) else text.encode(), "p.yaml"))


def refusal(text: str | bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read(text)
    assert caught.value.exit_code == 6
    return caught.value


@pytest.mark.usefixtures("scanner")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# only a comment\n", None),
        ("---\n", None),
        ("%YAML 1.2\n---\na: b", {"a": "b"}),
        ("a: b\n...\n", {"a": "b"}),
        ("a: b\r\nc: d\r", {"a": "b", "c": "d"}),
        ("rules:\n- a\n- b", {"rules": ["a", "b"]}),
        ('{"a": [1, true, null, "x"],}', {"a": [1, True, None, "x"]}),
        ("? a\n: b", {"a": "b"}),
        ("a: |\n  x\n   y\nb: >-\n  p\n  q\n", {"a": "x\n y\n", "b": "p q"}),
        ("a: 'it''s'\nb: \"\\x41\\u00e9\\0\\N\"", {"a": "it's", "b": "Aé\0\x85"}),
        ("a: 'p\n   q'", {"a": "p q"}),
        ("a: [b,\nc]", {"a": ["b", "c"]}),
        ("a: [b\n  c]", {"a": ["b c"]}),
        ("a: a#b #c", {"a": "a#b"}),
        ("a : b", {"a": "b"}),
        ("a: {b: x:y}", {"a": {"b": "x:y"}}),
        ("a: [x:y]", {"a": ["x:y"]}),
        ("a: {b: [http://x, 'x:y']}", {"a": {"b": ["http://x", "x:y"]}}),
        ("a: !!str 12\nb: !!str 'x'\nc: !!str true", {"a": "12", "b": "x", "c": "true"}),
        ("a: !!float 5\nb: !!bool true\nc: !!null ~", {"a": 5.0, "b": True, "c": None}),
        ("a: !!map {b: !!seq []}", {"a": {"b": []}}),
        ("yes: no\n2026-01-31: 1:30", {"yes": "no", "2026-01-31": "1:30"}),
        ("a: b # x\u2028c: d\n", {"a": "b"}),
        ("a: 'x\ufeffy' # \u0085", {"a": "x\ufeffy"}),
    ],
)
def test_what_yaml_1_2_and_the_peer_read_alike_is_read(text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a:\tb\t\n", {"a": "b"}),
        ("a: x\ty", {"a": "xy"}),
        ("a: 'x\ty'\nb: \"x\ty\"", {"a": "x\ty", "b": "x\ty"}),
    ],
)
@pytest.mark.skipif(not yaml.__with_libyaml__, reason="the scanner in Python refuses these tabs")
def test_a_tab_within_a_line_is_read_as_the_peer_reads_it(text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.usefixtures("scanner")
def test_an_alias_is_what_its_anchor_last_stood_for() -> None:
    assert read("a: &x [1]\nb: *x\nc: &x {d: 2}\ne: *x\nf: &y\ng: *y") == {
        "a": [1], "b": [1], "c": {"d": 2}, "e": {"d": 2}, "f": None, "g": None,
    }  # fmt: skip


@pytest.mark.usefixtures("scanner")
def test_a_merge_adds_the_members_of_an_aliased_map() -> None:
    assert read("a: &x {b: 1}\nc: &y {<<: *x, d: 2}\ne: {<<: *y, f: <<}\ng: {'<<': 1}") == {
        "a": {"b": 1}, "c": {"b": 1, "d": 2}, "e": {"b": 1, "d": 2, "f": "<<"}, "g": {"<<": 1},
    }  # fmt: skip


@pytest.mark.usefixtures("scanner")
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("null", "1:1"),
        ("block", "1:1"),
        ("- a", "1:1"),
        ("a: 1\na: 2", "2:1"),
        ("a: {b: 1, b: 2}", "1:11"),
        ("\ufeffa: b", "1:1"),
        ("a:\n\t- b", "2:1"),
        ("a: @b", "1:4"),
        ("a: `b`", "1:4"),
        ("a: [b, , c]", "1:8"),
        ("a: ]", "1:4"),
        ("a:b", "1:1"),
        ("a: *b", "1:4"),
        ("a: &r\n  - *r", "2:5"),
        ("a: &x 1\nb: &x\n  - *x", "3:5"),
        ("a: 1\n&b c: d", "2:1"),
        ("a: &x y\n*x : z", "2:1"),
        ("[a]: b", "1:1"),
        ("{a: b}: c", "1:1"),
        ("a: &x {b: 1}\nc: {<<: *x, b: 2}", "2:13"),
        ("a: &x {}\nb: {<<: *x, <<: *x}", "2:13"),
        ("a: &x {}\nb: {<<: [*x]}", "2:5"),
        ("a: {<<: {b: 1}}", "1:5"),
        ("a: &x 1\nb: {<<: *x}", "2:5"),
        ("a: {b: [x:y]}", "1:9"),
        ("a: {b: [[x:y]]}", "1:10"),
        ("a: [&b , c]", "1:5"),
        ("a: [b\nc]", "1:5"),
        ("{a: b\n---\nc: d}", "2:1"),
        ("a: !!int 12", "1:4"),
        ("a: !!int '12'", "1:4"),
        ("a: !!bool 1", "1:4"),
        ("a: !!float '5'", "1:4"),
        ("a: !!seq b", "1:4"),
        ("!!python/object/apply:os.system [x]", "1:1"),
    ],
)
def test_what_the_peer_refuses_is_refused_with_its_place(text: str, place: str) -> None:
    error = refusal(text)
    assert (error.where, error.code) == (f"p.yaml:{place}", "invalid_input")


@pytest.mark.usefixtures("scanner")
@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        (b"a: b\nc: \xff", "2:4", "yaml_lossy_text"),
        (b"a: '\xed\xa0\x80'", "1:5", "yaml_lossy_text"),
        (b"a: b\r\nc: \x1b", "2:4", "yaml_lossy_text"),
        (b"a: b # \x00", "1:8", "yaml_lossy_text"),
        ("a: \x7f", "1:4", "yaml_lossy_text"),
        ("a: b\u2028", "1:4", "yaml_line_break"),
        ("a: 'b\u2029c'", "1:4", "yaml_line_break"),
        ("a: |\n  b\x85c", "1:4", "yaml_line_break"),
        ("b\x85: c", "1:1", "yaml_line_break"),
        ("a: 'b\r\n  c'", "1:4", "yaml_line_break"),
        ("a: b\n---\nc: d", "2:1", "yaml_second_document"),
        ("---\n---\na: b", "2:1", "yaml_second_document"),
        ("a: !b c", "1:4", "yaml_unknown_tag"),
        ("a: ! c", "1:4", "yaml_unknown_tag"),
        ("a: !!binary aGk=", "1:4", "yaml_unknown_tag"),
        ("a: !!set {b}", "1:4", "yaml_unknown_tag"),
        ("!a {b: c}", "1:1", "yaml_unknown_tag"),
        ("%TAG !! tag:x,2026:\n---\na: !!str b", "3:4", "yaml_unknown_tag"),
        ("a: !!str 0x10", "1:4", "yaml_wrong_type"),
        ("a: !!str 1.50", "1:4", "yaml_wrong_type"),
        ("a: !!str TRUE", "1:4", "yaml_wrong_type"),
    ],
)
def test_what_readers_differ_on_is_refused_with_a_code_and_its_place(
    text: str | bytes, place: str, code: str
) -> None:
    error = refusal(text)
    assert (error.where, error.code) == (f"p.yaml:{place}", code)
    assert [(note.code, note.where) for note in error.hazards] == [(code, f"p.yaml:{place}")]


@pytest.mark.parametrize(
    "text",
    ["a: 1\t0", "a: tr\tue", "a\tb: c", "a: b\n  c\td", "a: 'b\n\tc'", 'a: "b\t\n  c"'],
)
def test_a_tab_that_could_change_a_meaning_is_refused(text: str) -> None:
    assert refusal(text).code == "invalid_input"


def test_a_key_that_is_no_text_is_left_to_who_asks_for_the_map() -> None:
    root = read_yaml(b"a: b\n1: c\ntrue: d", "p.yaml")
    assert root is not None
    assert root.bad_key is not None
    assert (root.bad_key.text, root.bad_key.line, root.bad_key.column) == ("1", 2, 1)


def test_a_bad_key_is_merged_like_every_other() -> None:
    root = read_yaml(b"a: &x {1: b}\nc: {<<: *x}", "p.yaml")
    assert root is not None
    assert root.value["c"][1].bad_key is not None


def test_every_node_knows_its_line_and_column() -> None:
    root = read_yaml("é: [a,\n  {b: 'c'}]".encode(), "p.yaml")
    assert root is not None
    _, items = root.value["é"]
    key, value = items.value[1].value["b"]
    places = [(node.line, node.column) for node in (root, items, items.value[1], key, value)]
    assert places == [(1, 1), (1, 4), (2, 3), (2, 4), (2, 7)]


def nested(depth: int) -> str:
    return "a: " + "[" * (depth - 1) + "]" * (depth - 1)


def aliases(count: int) -> str:
    return "a: &x 1\nb: [" + ", ".join(["*x"] * count) + "]"


def scalars(count: int) -> str:
    return "a: [" + ",".join("x" * (count - 3)) + "]"


@pytest.mark.parametrize(
    ("make", "limit"), [(nested, MAX_DEPTH), (aliases, MAX_ALIASES), (scalars, MAX_NODES)]
)
def test_a_limit_lets_its_own_number_through_and_no_more(
    make: Callable[[int], str], limit: int
) -> None:
    assert read(make(limit)) is not None
    assert f"{limit}" in refusal(make(limit + 1)).message


def test_a_file_of_four_mebibytes_is_read_and_no_larger_one() -> None:
    text = b"a: b #"
    assert read(text.ljust(MAX_BYTES, b"x")) == {"a": "b"}
    assert str(MAX_BYTES) in refusal(text.ljust(MAX_BYTES + 1, b"x")).message


def test_aliases_of_aliases_count_as_what_they_stand_for() -> None:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 8)]
    assert "200000 values" in refusal("\n".join(lines)).message


def test_private_characters_of_a_text_are_not_taken_for_ours() -> None:
    text = "a: 'x\ufeff\ue000' # \u2028\nb: \"\\uE001\\ue002\""
    assert read(text) == {"a": "x\ufeff\ue000", "b": "\ue001\ue002"}


def test_a_text_that_uses_up_every_private_character_is_refused() -> None:
    everything = "".join(map(chr, (*range(0xE000, 0xF900), *range(0xF0000, 0xFFFFE))))
    assert "private character" in refusal(f"a: b # \u2028{everything}").message
