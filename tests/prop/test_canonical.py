import json
import math
from typing import Any

import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from gait_engine.wire.canonical import (
    SAFE_INTEGER,
    _canonical_slowly,
    canonical,
    canonical_text,
    number_text,
)
from gait_engine.wire.digest import sha256_hex, value_digest
from gait_engine.wire.jsonread import Source, read_plain

laws = settings(max_examples=120, deadline=None)
characters = st.characters(exclude_categories=["Cs"])
hard_characters = st.sampled_from('\x00\x1f"\\/<\x7f\u2028\ud7ff\ue000\ufffd\uffff😀\U0010ffff')
texts = st.text(characters | hard_characters, max_size=8) | st.sampled_from(
    ["null", "NaN", ":1.5", ",-1e5,", "[12345678901234567890", "0.", "0e"]
)
safe_integers = st.integers(-SAFE_INTEGER, SAFE_INTEGER)
any_integers = st.integers() | st.integers(2**53 - 9, 2**53 + 9) | st.integers(10**20, 10**22)
floats = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(1e-8, 1e-4)
    | st.floats(1e15, 1e22)
    | st.integers(-(10**6), 10**6).map(float)
)


def json_values(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any JSON value with such numbers."""
    scalars = st.none() | st.booleans() | texts | numbers
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
        max_leaves=12,
    )


safe_values = json_values(safe_integers | floats)
any_values = json_values(any_integers | floats)


@laws
@given(safe_values)
def test_canonical_is_rfc_8785_where_that_is_defined(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@laws
@given(any_values)
def test_both_roads_lead_to_the_same_bytes(value: Any) -> None:
    assert canonical(value) == _canonical_slowly(value)


@laws
@given(any_values)
def test_integers_count_as_doubles(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(with_doubles(value))


def with_doubles(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: with_doubles(member) for key, member in value.items()}
    if isinstance(value, list):
        return [with_doubles(item) for item in value]
    return float(value) if type(value) is int else value


@laws
@given(any_values)
def test_a_canonical_text_is_its_own_canonical_form(value: Any) -> None:
    text = canonical(value)
    assert canonical(read_plain(text, Source("x", digested=False))) == text
    assert canonical_text(text) == text
    assert value_digest(json.loads(text)) == sha256_hex(text) == value_digest(value)


@laws
@given(any_values)
def test_any_spelling_of_a_value_has_its_canonical_form(value: Any) -> None:
    for spelled in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=3)):
        assert canonical_text(spelled.encode()) == canonical(value)


@laws
@given(st.dictionaries(texts, json_values(any_integers), max_size=8))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    pairs = list(value.items())
    for shuffled in (pairs[::-1], sorted(pairs, key=repr), pairs[1::2] + pairs[::2]):
        assert canonical(dict(shuffled)) == canonical(value)


@laws
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back_as_the_same_double(number: float) -> None:
    text = number_text(number)
    assert float(text) == number
    assert canonical(number) == text.encode()
    assert math.copysign(1, float(text)) == math.copysign(1, number) or number == 0


@laws
@given(st.integers(-(10**25), 10**25))
def test_an_integer_is_spelled_as_its_double(number: int) -> None:
    assert number_text(number) == number_text(float(number))
    assert (number_text(number) == str(number)) or abs(number) > SAFE_INTEGER
