import datetime as dt
import decimal
import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from gait_engine.contract.common import Record, always
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.wire.canonical import (
    canonical,
    canonical_lines,
    canonical_record,
    canonical_text,
    number_text,
)
from gait_engine.wire.jsonread import Source, read_plain

VECTORS: Final = Path(__file__).parents[2] / "golden" / "jcs"
SHAPES: Final = ("num", "arr", "obj")

GO_NUMBERS: Final = {
    f"{shape} {number}"
    for shape in SHAPES
    for number in ("01", "+1", ".5", "5.", "1.", "0x1p4", "1_000")
}
SPLIT_SCALARS: Final = {
    *(f"{shape} {scalar}" for shape in ("arr", "obj") for scalar in ("1 2", "- 1")),
    *("nocomma", "nocomma_lit", "split_num", "split_lit"),
}
CUT_OFF_KEYS: Final = {
    str(key)
    for key in (
        *(b'{"a', b'{"', b'{"a":1,"b', rb'{"a":1,"\q', rb'{"a":1,"\u12', b'{"x":1,"\n'),
        *(b'{"a":1,"b\x01', b'{"b":2,"a":1,"zz\\'),
    )
}
CUT_OFF_IN_A_PAIR: Final = str(rb'{"a":1,"\ud800')
BAD_UTF8: Final = {"invalid_utf8", "overlong", "cesu", "trunc_utf8", "inv_key1"}
HALF_PAIRS: Final = {"lo_hi", "hi_bmp", "hi_hi"}

ONLY_THE_PEER_ACCEPTS: Final = {
    **dict.fromkeys(GO_NUMBERS | SPLIT_SCALARS | CUT_OFF_KEYS, "invalid_input"),
    **dict.fromkeys(BAD_UTF8 | HALF_PAIRS, "json_lossy_text"),
    CUT_OFF_IN_A_PAIR: "json_lossy_text",
}
"""Vectors of the peer's raw canonicaliser that no strict reader lets through, and our code."""

ONLY_WE_ACCEPT: Final = {"num 0.1 ": b"0.1", "num \t7\n": b"7", " null ": b"null", "num_ws": b"1"}
"""A document may have white space round a bare scalar; the peer's canonicaliser takes none."""


def vectors() -> list[Any]:
    """Read the peer's vectors, each under its name."""
    found = []
    for file in sorted(VECTORS.glob("transform-*/case.json")):
        case = json.loads(file.read_text(encoding="utf-8"))
        assert case["kind"] == "transform"
        found += [pytest.param(vector, id=ascii(vector["name"])) for vector in case["vectors"]]
    return found


def canonical_of(text: bytes) -> bytes:
    return canonical(read_plain(text, Source("vector", digested=False)))


@pytest.mark.parametrize("vector", vectors())
def test_a_text_becomes_the_peers_bytes_or_is_refused(vector: dict[str, Any]) -> None:
    name, text = vector["name"], bytes.fromhex(vector["input_hex"])
    if vector["ok"] and name not in ONLY_THE_PEER_ACCEPTS:
        found = canonical_of(text)
        assert found == bytes.fromhex(vector["output_hex"])
        assert hashlib.sha256(found).hexdigest() == vector["sha256"]
    elif name in ONLY_WE_ACCEPT:
        assert not vector["ok"]
        assert canonical_of(text) == ONLY_WE_ACCEPT[name]
    else:
        with pytest.raises(GaitError) as refused:
            canonical_of(text)
        if vector["ok"]:
            assert refused.value.code == ONLY_THE_PEER_ACCEPTS[name]


def test_every_listed_difference_is_a_vector() -> None:
    accepted = {vector.values[0]["name"] for vector in vectors() if vector.values[0]["ok"]}
    assert ONLY_THE_PEER_ACCEPTS.keys() <= accepted
    assert not ONLY_WE_ACCEPT.keys() & accepted


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2**53 - 1, b"9007199254740991"),
        (2**53, b"9007199254740992"),
        (2**53 + 1, b"9007199254740992"),
        (-(2**53) - 1, b"-9007199254740992"),
        (2**56, b"72057594037927940"),
        (10**15, b"1000000000000000"),
        (10**16, b"10000000000000000"),
        (10**20, b"100000000000000000000"),
        (10**21, b"1e+21"),
        (123456789012345678901234567890, b"1.2345678901234568e+29"),
        (0.0, b"0"),
        (-0.0, b"0"),
        (1.0, b"1"),
        (-1.0, b"-1"),
        (1e16, b"10000000000000000"),
        (1e20, b"100000000000000000000"),
        (1e21, b"1e+21"),
        (1e-6, b"0.000001"),
        (1.5e-6, b"0.0000015"),
        (1e-7, b"1e-7"),
        (5e-324, b"5e-324"),
        (1.7976931348623157e308, b"1.7976931348623157e+308"),
        (333333333.33333329, b"333333333.3333333"),
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    ("shape", "around"),
    [
        (lambda number: number, b"%s"),
        (lambda number: [number], b"[%s]"),
        (lambda number: ["x", number, None], b'["x",%s,null]'),
        (lambda number: {"k": number}, b'{"k":%s}'),
        (lambda number: {"\U0001f600": number}, b'{"\xf0\x9f\x98\x80":%s}'),
    ],
    ids=["alone", "list", "last of a list", "object", "under an astral key"],
)
def test_a_number_is_spelled_as_a_double(
    shape: Callable[[float], Any], around: bytes, number: float, text: bytes
) -> None:
    assert canonical(shape(number)) == around % text
    assert number_text(number) == text.decode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('\x00\x1f\b\t\n\f\r"\\', rb'"\u0000\u001f\b\t\n\f\r\"\\"'),
        ("<>&'/\x7f\x80", b'"<>&\'/\x7f\xc2\x80"'),
        ("\u2028\u2029\ufffd", '"\u2028\u2029\ufffd"'.encode()),
        ("1.5,1e5:2.5,[-0.0", b'"1.5,1e5:2.5,[-0.0"'),
        (":1234567890123456789", b'":1234567890123456789"'),
        ("null", b'"null"'),
        ({"10": 1, "9": 2, "": 3, "é": 4, "z": 5}, '{"":3,"10":1,"9":2,"z":5,"é":4}'.encode()),
        (
            {"\U0001f600": 1, "\uffff": 2, "\ue000": 3, "\ud7ff": 4},
            '{"\ud7ff":4,"\U0001f600":1,"\ue000":3,"\uffff":2}'.encode(),
        ),
        (
            [{"k": {"\uffff": [], "\U00010000": {"b": 0, "a": True}}}],
            '[{"k":{"\U00010000":{"a":true,"b":0},"\uffff":[]}}]'.encode(),
        ),
        ({"\uffff": 1, "\U0010ffff": 2}, '{"\U0010ffff":2,"\uffff":1}'.encode()),
        ({"\uffff": {"\U00010000": 1.0}}, '{"\uffff":{"\U00010000":1}}'.encode()),
        (("\U0001f600", (1.0, 1)), '["\U0001f600",[1,1]]'.encode()),
        ([True, False, None, 1, 0], b"[true,false,null,1,0]"),
    ],
)
def test_a_value_has_one_spelling(value: Any, text: bytes) -> None:
    assert canonical(value) == text
    assert canonical_text(text) == text


@pytest.mark.parametrize(
    "value",
    [
        *(math.nan, math.inf, -math.inf, 10**400, -(10**400), 10**5000),
        *(b"bytes", bytearray(b"x"), {1, 2}, frozenset({1}), decimal.Decimal("1.5")),
        *(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.date(2026, 1, 1)),
        *(object(), 1j, msgspec.Raw(b'{"b":1,"a":2}'), Record(), "\ud800"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize(
    "shape",
    [
        lambda value: value,
        lambda value: [None, value],
        lambda value: {"k": value},
        lambda value: [value, 1.5],
        lambda value: {"\U0001f600": [value]},
    ],
    ids=["alone", "beside null", "member", "beside a float", "under an astral key"],
)
def test_what_is_no_json_has_no_canonical_form(shape: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^value to digest: "):
        canonical(shape(value))


@pytest.mark.parametrize("key", [1, 1.5, True, None, b"x", (), "\udfff"], ids=repr)
@pytest.mark.parametrize("member", [0, 0.5], ids=["fast", "slow"])
def test_a_key_must_be_text(key: Any, member: float) -> None:
    with pytest.raises(InvalidInput, match="value to digest"):
        canonical({key: member})


@pytest.mark.parametrize("bottom", ["x", 1.5, {"\U0001f600": 1}], ids=["fast", "slow", "astral"])
@pytest.mark.parametrize("as_object", [False, True], ids=["lists", "objects"])
def test_bottomless_nesting_is_refused_without_a_crash(*, bottom: Any, as_object: bool) -> None:
    value = bottom
    for _ in range(50_000):
        value = {"a": value} if as_object else [value]
    with pytest.raises(InvalidInput, match="nested too deep"):
        canonical(value)


def test_the_canonical_form_of_text_is_that_of_its_value() -> None:
    text = b' {"b" : [1.0, 1e2, "\\u0041"], "a": null} '
    assert canonical_text(text) == b'{"a":null,"b":[1,100,"A"]}'
    assert canonical_text(msgspec.Raw(text)) == canonical_text(text)


def test_a_record_is_written_with_sorted_keys_and_its_free_members_as_they_stand() -> None:
    class Sample(Record, frozen=True, kw_only=True):
        zone: str = always("")
        note: str = ""
        args: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    records = [Sample(), Sample(note="é", args=msgspec.Raw(b'{"a":1}'))]
    texts = [b'{"zone":""}', '{"args":{"a":1},"note":"é","zone":""}'.encode()]
    assert [canonical_record(record) for record in records] == texts
    assert canonical_lines(records) == b"%s\n%s\n" % tuple(texts)
    assert canonical_lines([]) == b""
