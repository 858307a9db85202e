"""Typed fields: what fits, what is refused, and how a misfit names its way."""

from typing import Any

import pytest

from gait_engine.errors import InvalidInput
from gait_engine.wire import yamlfields
from gait_engine.wire.yamlfields import Reader, items, members, misfits_as_errors
from gait_engine.wire.yamlread import read_yaml
from gait_engine.wire.yamltree import Node


def value_of(text: str, reader: Reader) -> Any:
    """Read the member `k` of a one-line document."""
    root = read_yaml(f"k: {text}".encode(), "p.yaml")
    assert root is not None
    with misfits_as_errors("p.yaml"):
        return members(root, {"k": reader}).get("k")


def refusal(text: str, reader: Reader) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        value_of(text, reader)
    return caught.value


@pytest.mark.parametrize(
    ("text", "reader", "value"),
    [
        ("' A b '", yamlfields.as_written, " A b "),
        ("' A b '", yamlfields.text, "A b"),
        ("' A B '", yamlfields.word, "a b"),
        ("1001", yamlfields.text, "1001"),
        ("-7", yamlfields.text, "-7"),
        ("99999999999999999999", yamlfields.text, "99999999999999999999"),
        ("yes", yamlfields.text, "yes"),
        ("0X1f", yamlfields.text, "0X1f"),
        ("[b, ' a', '', b, 1]", yamlfields.texts, ("1", "a", "b")),
        ("[B, b, ' A']", yamlfields.words, ("a", "b")),
        ("[b, ' A']", yamlfields.texts_as_written, ("b", " A")),
        ("' Allow '", yamlfields.one_of(("allow", "block")), "allow"),
        ("''", yamlfields.one_of(("allow", "block")), ""),
        ("[B, '', a, b]", yamlfields.some_of(("a", "b")), ("a", "b")),
        ("[B, '']", yamlfields.some_of_as_written(("a", "b")), ("B", "")),
        ("''", yamlfields.exactly("x"), "x"),
        ("x", yamlfields.exactly("x"), "x"),
        (f"' {'AB' * 32} '", yamlfields.hex_digest, "ab" * 32),
        ("''", yamlfields.hex_digest, ""),
        ("0x10", yamlfields.integer, 16),
        ("0o10", yamlfields.integer, 8),
        ("+10", yamlfields.integer, 10),
        ("-9223372036854775808", yamlfields.integer, -(2**63)),
        ("9223372036854775807", yamlfields.count, 2**63 - 1),
        ("1", yamlfields.fraction, 1.0),
        ("5e-1", yamlfields.fraction, 0.5),
        ("TRUE", yamlfields.flag, True),
        ("null", yamlfields.text, None),
        ("", yamlfields.count, None),
        ("~", yamlfields.texts, None),
    ],
)
def test_a_value_that_fits_is_read(text: str, reader: Reader, value: Any) -> None:
    assert value_of(text, reader) == value


@pytest.mark.parametrize(
    ("text", "reader"),
    [
        ("[a]", yamlfields.text),
        ("{a: b}", yamlfields.text),
        ("a", yamlfields.texts),
        ("{a: b}", yamlfields.texts),
        ("[[a]]", yamlfields.texts),
        ("permit", yamlfields.one_of(("allow", "block"))),
        ("true", yamlfields.one_of(("allow", "block"))),
        ("[a, c]", yamlfields.some_of(("a", "b"))),
        ("[c]", yamlfields.some_of_as_written(("a", "b"))),
        ("' x'", yamlfields.exactly("x")),
        ("1.0", yamlfields.exactly("1")),
        ("abc", yamlfields.hex_digest),
        ("true", yamlfields.integer),
        ("'0x10'", yamlfields.integer),
        ("' 5 '", yamlfields.integer),
        ("''", yamlfields.integer),
        ("'.'", yamlfields.integer),
        ("1:30", yamlfields.integer),
        ("1e400", yamlfields.integer),
        (".nan", yamlfields.integer),
        ("9223372036854775808", yamlfields.integer),
        ("-1", yamlfields.count),
        (".inf", yamlfields.fraction),
        (".nan", yamlfields.fraction),
        ("x", yamlfields.fraction),
        ("yes", yamlfields.flag),
        ("1", yamlfields.flag),
        ("'true'", yamlfields.flag),
    ],
)
def test_a_value_that_fits_for_nobody_is_plainly_invalid(text: str, reader: Reader) -> None:
    error = refusal(text, reader)
    assert (error.code, error.hazards) == ("invalid_input", ())


@pytest.mark.parametrize(
    ("text", "reader"),
    [
        *((text, yamlfields.text) for text in ("1.5", "true", "0x10", "017", "1_0", "-0", "+5")),
        *((f"[{text}]", yamlfields.texts) for text in ("null", "~", ".inf", "1e3")),
        ("[null]", yamlfields.some_of(("a",))),
        *((text, yamlfields.integer) for text in ("10.0", "1e1", "1_0", "010", "'5'", "'1e2'")),
        *((text, yamlfields.integer) for text in ("-0x10", "0b11", "5.5")),
        ("'0.5'", yamlfields.fraction),
        ("0_1", yamlfields.fraction),
    ],
)
def test_a_value_that_only_some_readers_make_fit_is_refused_by_its_code(
    text: str, reader: Reader
) -> None:
    error = refusal(text, reader)
    assert error.code == "yaml_wrong_type"
    assert error.where.startswith("p.yaml:1:")


def test_a_misfit_names_field_path_and_place() -> None:
    root = read_yaml(b"a:\n- b: []\n- b: [x, {}]", "p.yaml")
    assert root is not None

    def item(node: Node) -> Any:
        return members(node, {"b": yamlfields.texts})

    with pytest.raises(InvalidInput) as caught, misfits_as_errors("p.yaml"):
        members(root, {"a": lambda node: items(node, item)})
    assert caught.value.message == "b[1] at a[1] (p.yaml:3:10): a map, expected text"
    assert caught.value.where == "p.yaml:3:10"


def test_an_unknown_field_says_which_are_known() -> None:
    error = refusal("v\nK: 1", yamlfields.text)
    assert error.message == "field (p.yaml:2:1): 'K', expected a known field"
    assert error.hint == "known here: k"


@pytest.mark.parametrize(("required", "code"), [(False, "yaml_non_string_key"), (True, "")])
def test_a_key_that_is_no_text_has_a_code_unless_the_peer_refuses_it_too(
    required: bool,  # noqa: FBT001
    code: str,
) -> None:
    root = read_yaml(b"k: v\n1: x", "p.yaml")
    assert root is not None
    with pytest.raises(InvalidInput) as caught, misfits_as_errors("p.yaml"):
        members(root, {"k": yamlfields.text}, required=required)
    assert caught.value.code == (code or "invalid_input")
    assert caught.value.where == "p.yaml:2:1"


@pytest.mark.parametrize(
    ("text", "found"), [("a: {}", "missing"), ("a: {n: }", "missing"), ("a: {n: x}", "'x'")]
)
def test_a_member_is_blamed_where_it_stands_or_where_it_is_missing(text: str, found: str) -> None:
    root = read_yaml(text.encode(), "p.yaml")
    assert root is not None
    misfit = yamlfields.misfit_of(root.value["a"][1], "n", "a name")
    assert misfit.as_error("p.yaml").message.endswith(f"{found}, expected a name")
