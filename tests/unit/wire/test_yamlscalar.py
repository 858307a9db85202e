"""What one plain scalar says, where YAML 1.2 and the peer agree and where they do not."""

import math

import pytest

from gait_engine.wire.yamlscalar import classify, is_canonical_integer, is_number_to_the_peer


@pytest.mark.parametrize(
    "text",
    [
        *("allow", "yes", "no", "on", "off", "y", "N", "tRUE", "nULL", "truest", "."),
        *("=", "<<", "?", "_1", "-", "+", "--5", "-+5", "0x", "0xZZ", "0X1f", "0o8", "0b2"),
        *("1:30", "2026-01-31", "1.0.0", "1.2.3.4", "fs.read", "0x1.8", ".e5", "-.nan", ".Nan"),
        *("1_000_000_000_000_000_000_000", "é", "١٢"),
    ],
)
def test_what_no_reader_takes_for_anything_else_is_text(text: str) -> None:
    assert classify(text) == ("text", text)


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_nothing_has_five_spellings(text: str) -> None:
    assert classify(text) == ("null", None)


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("TRUE", True), ("false", False), ("FALSE", False)],
)
def test_booleans_are_those_of_yaml_1_2(text: str, value: bool) -> None:  # noqa: FBT001
    assert classify(text) == ("boolean", value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("+10", 10),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        ("9" * 30, 10**30 - 1),
    ],
)
def test_integers_are_those_every_reader_takes_alike(text: str, value: int) -> None:
    assert classify(text) == ("integer", value)


def test_an_integer_of_any_length_is_read_without_choking() -> None:
    kind, value = classify("9" * 5_000)
    assert kind == "integer"
    assert isinstance(value, int)
    assert value > 2**64


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1.5", 1.5), ("5.", 5.0), (".5", 0.5), ("-0.0", 0.0), ("1e3", 1000.0)),
        *(("1.5E-7", 1.5e-7), (".inf", math.inf), ("-.INF", -math.inf), ("1e400", math.inf)),
    ],
)
def test_a_point_or_an_exponent_makes_a_number(text: str, value: float) -> None:
    assert classify(text) == ("number", value)


def test_not_a_number_is_a_number() -> None:
    kind, value = classify(".nan")
    assert kind == "number"
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize(
    "text",
    [
        *("017", "08", "00", "-012", "1_000", "1_", "0_", "0b11", "-0x10", "+0x10", "-0o7"),
        *("+-5", "-_1", "1_0.5", "._1", "0x1_0", "1._5"),
    ],
)
def test_a_form_that_only_some_readers_take_for_a_number_is_odd(text: str) -> None:
    assert classify(text) == ("odd number", text)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        *(("18446744073709551615", True), ("18446744073709551616", False)),
        *(("-9223372036854775808", True), ("-9223372036854775809", False)),
        *(("0xFFFFFFFFFFFFFFFF", True), ("0x10000000000000000", False)),
        *(("1.5e300", True), ("1.5e400", False), ("0777", True), ("0888", False)),
    ],
)
def test_a_number_to_the_peer_fits_its_machine_words(text: str, fits: bool) -> None:  # noqa: FBT001
    assert is_number_to_the_peer(text) is fits


@pytest.mark.parametrize("text", ["18446744073709551616", "1.5e400", "-0x8000000000000001"])
def test_one_that_overflows_is_recognised_when_asked_for(text: str) -> None:
    assert is_number_to_the_peer(text, any_size=True)


@pytest.mark.parametrize("text", ["", "_1", "1.0.0", "1e3", "inf", "0b", "0x0xff", "1x1"])
def test_what_the_peer_reads_as_text_is_no_number_to_it(text: str) -> None:
    assert not is_number_to_the_peer(text, any_size=True)


@pytest.mark.parametrize(
    ("text", "is_canonical"),
    [("0", True), ("-1", True), ("10", True), ("-0", False), ("+1", False), ("01", False)],
)
def test_a_canonical_integer_has_one_spelling(text: str, is_canonical: bool) -> None:  # noqa: FBT001
    assert is_canonical_integer(text) is is_canonical
