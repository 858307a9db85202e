"""The strict reader on plain values: what it lets through, what it refuses, and where."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import msgspec
import pytest

from gait_engine.contract.runpack import Intent
from gait_engine.errors import GaitError, Hazard, InvalidInput, VerificationFailed
from gait_engine.wire.jsonread import (
    MAX_DEPTH,
    Source,
    read_plain,
    read_record,
    split_items,
    split_members,
)

SOURCE: Final = Source("in.json")
ARTIFACT: Final = Source("a.zip!run.json", hazard=VerificationFailed)

DUPLICATE_KEYS: Final = {
    b'{"a":1,"a":1}': "$.a",
    b'{"a":1,"b":2,"a":null}': "$.a",
    b'{"tool":1,"too\\u006c":2}': "$.tool",
    b'{"x":{"k":1,"k":2}}': "$.x.k",
    b'[0,{"k":1,"k":1}]': "$[1].k",
    b' { "a" : [ { "b" : { "c" : 1.50 , "c" : 1 } } ] } ': "$.a[0].b.c",
    b'{"x":{"k":1,"k":1},"z":0,"z":1}': "$.z",
    b'[[[{"p":1,"p":1}]],{"q":1,"q":1}]': "$[1].q",
    b'{"":1,"":2}': "$.",
    '{"😀":1,"\\ud83d\\ude00":2}'.encode(): "$.😀",
    b'{"\\n":1,"\\u000A":2}': "$.\n",
    b'{"a":"\\/","b":{"c":9007199254740993,"c":1}}': "$.b.c",
}
LOSSY_TEXTS: Final = [
    *(
        b'"\xff"',
        b'{"\xff":1}',
        b'["\xc0\x80"]',
        b'"\xed\xa0\xbd\xed\xb8\x80"',
        b'"\xf4\x90\x80\x80"',
    ),
    *(b'{"a":"\xe2\x82"}', rb'"\ud800"', rb'"\uDBFFx"', rb'"\udc00"', rb'"\ude00\ud83d"'),
    *(rb'"\ud83d\u0041"', rb'"\ud83d\ud83d\ude00"', rb'"\ud83d\ude00\ude00"', rb'{"\ud800":1}'),
    *(rb'"\\\ud800"', rb'["\\ud83d\ude00"]', rb'"\ud83d\\ude00"', rb'{"a":["\udfff", 1]}'),
]
LOSSY_NUMBERS: Final = {
    b"9007199254740993": "$",
    b"-9007199254740993": "$",
    b"72057594037927936": "$",
    b"9223372036854775807": "$",
    b"18446744073709551616": "$",
    b"1000000000000000000000001": "$",
    b'{"a":[0,{"id":9007199254740993}]}': "$.a[1].id",
    b"1" * 400: "$",
}
ORDINARY: Final = [
    (b"null", None),
    (b" \t\r\n[ true , false ]\n", [True, False]),
    (b'{"a":{"A":1,"a":2}}', {"a": {"A": 1, "a": 2}}),
    (b'{"a":{"k":1},"b":{"k":1}}', {"a": {"k": 1}, "b": {"k": 1}}),
    (b'{"k":{"k":{"k":1}}}', {"k": {"k": {"k": 1}}}),
    ('"\ufffd"'.encode(), "\ufffd"),
    (rb'"\ufffd\uFFFD"', "\ufffd\ufffd"),
    (rb'"\ud83d\uDE00"', "\U0001f600"),
    (rb'"\\ud800"', r"\ud800"),
    (rb'["\\\\udc00","\/"]', [r"\\udc00", "/"]),
    (b'"\x7f\xc2\x80\xef\xbb\xbf"', "\x7f\x80\ufeff"),
    (rb'"\u0000"', "\0"),
    (b'{"9007199254740993":"9007199254740993"}', {"9007199254740993": "9007199254740993"}),
    (b"[-0,-0.0,0e5,1E2,1e+2,1.50]", [0, 0, 0, 100, 100, 1.5]),
    (b"9007199254740991", 2**53 - 1),
    (b"9007199254740992", 2**53),
    (b"-9007199254740992", -(2**53)),
    (b"9007199254740994", 2**53 + 2),
    (b"72057594037927940", 72057594037927940),
    (b"100000000000000000000", 10**20),
    (b"9007199254740993.0", 2.0**53),
    (b"9007199254740993e0", 2.0**53),
    (b"0.12345678901234567890", 0.12345678901234568),
    (b"1e-400", 0),
]
NOT_JSON: Final = [
    *(b"", b" ", b"nul", b"True", b"NaN", b"[Infinity]", b"-Infinity", b"{'a':1}", b"{a:1}"),
    *(b"01", b"+1", b".5", b"5.", b"1e", b"0x10", b"1_000", b"--1", b"- 1", b"[1 2]", b"[t rue]"),
    *(b"[1,]", b"[,1]", b"[1,,2]", b'{"a":1,}', b'{"a" 1}', b'{"a":1', b"[1}", b'"abc', b"1/*x*/"),
    *(b"{} x", b"{}{}", b"1 2", b"[1]\x00", b"\x00", b"\x0b1", b"\xc2\xa01", b'"a\nb"', b'"a\tb"'),
    *(rb'"\x41"', rb'"\u00zz"', rb'"\u12"', b'"\x00"', b"\xfe\xff\x00[\x00]", b"[\x00]\x00"),
    *(b"\xef\xbb\xbf{}", b'{"a', rb'{"a":1,"\q', b"1e400", b"[-1e309]", b"9" * 5000, b'{"a":%s}'),
    rb'{"a":"\\ud800",}',
]


def short(value: object) -> str:
    return ascii(value)[:60]


def refused(read: Callable[[], object]) -> GaitError:
    with pytest.raises(GaitError) as error:
        read()
    return error.value


@pytest.mark.parametrize(("text", "value"), ORDINARY, ids=short)
@pytest.mark.parametrize("source", [SOURCE, ARTIFACT], ids=["input", "artifact"])
def test_what_all_readers_read_alike_is_read(source: Source, text: bytes, value: Any) -> None:
    assert read_plain(text, source) == value


HAZARDS: Final = [
    *((text, "json_duplicate_key", path) for text, path in DUPLICATE_KEYS.items()),
    *((text, "json_lossy_text", "$") for text in LOSSY_TEXTS),
    *((text, "json_lossy_number", path) for text, path in LOSSY_NUMBERS.items()),
]


@pytest.mark.parametrize(("text", "code", "path"), HAZARDS, ids=short)
@pytest.mark.parametrize("source", [SOURCE, ARTIFACT], ids=["input", "artifact"])
def test_what_two_readers_could_read_differently_is_refused_with_its_place(
    source: Source, text: bytes, code: str, path: str
) -> None:
    error = refused(lambda: read_plain(text, source))
    where = f"{source.name} {path}"
    assert type(error) is source.hazard
    assert (error.code, error.where, error.hazards) == (code, where, (Hazard(code, where),))
    assert error.message.endswith(f" at {where}")


@pytest.mark.parametrize("text", LOSSY_NUMBERS, ids=short)
def test_a_long_integer_that_nobody_digests_is_exact(text: bytes) -> None:
    assert read_plain(text, SOURCE._replace(digested=False)) == json.loads(text)


@pytest.mark.parametrize("text", NOT_JSON, ids=short)
@pytest.mark.parametrize("source", [SOURCE, ARTIFACT], ids=["input", "artifact"])
def test_what_is_no_json_is_invalid_input_everywhere(source: Source, text: bytes) -> None:
    error = refused(lambda: read_plain(text, source))
    assert type(error) is InvalidInput
    assert (error.code, error.hazards) == ("invalid_input", ())
    assert error.where.removesuffix(" $[0]") == source.name
    assert error.message.startswith(f"{error.where}: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\xef\xbb\xbf{}", "in.json: byte order mark, expected JSON text without one"),
        (b"{x}", "in.json: not JSON at byte 1, expected one JSON value"),
        (b'{"a":', "in.json: not JSON: it breaks off at byte 5, expected one JSON value"),
        (b"", "in.json: not JSON: it breaks off at byte 0, expected one JSON value"),
        (b"[1e400]", "in.json $[0]: number out of range"),
        (b"[" * 2001, "in.json: nested too deep, expected at most 2000 levels"),
        (b'"\xff"', "text that is not valid UTF-8 at in.json $"),
        (rb'"\ud800"', "half of a surrogate pair at in.json $"),
        (b'{"a":1,"a":1}', "a key that stands twice at in.json $.a"),
        (
            b"[9007199254740993]",
            (
                "integer '9007199254740993' that a double cannot hold, expected a string"
                " at in.json $[0]"
            ),
        ),
    ],
    ids=short,
)
def test_a_refusal_says_what_is_wrong_and_where(text: bytes, message: str) -> None:
    assert refused(lambda: read_plain(text, SOURCE)).message == message


def test_the_root_stands_for_the_value_within_its_file() -> None:
    source = SOURCE._replace(root="line 3")
    assert refused(lambda: read_plain(b"nul", source)).where == "in.json line 3"
    assert refused(lambda: read_plain(b'{"a":1,"a":1}', source)).where == "in.json line 3.a"
    assert refused(lambda: read_plain(rb'"\ud800"', source)).where == "in.json line 3"
    assert refused(lambda: read_plain(b"[9007199254740993]", source)).where == "in.json line 3[0]"


def test_a_wide_object_is_read() -> None:
    text = b"{%s}" % b",".join(b'"k%d":%d' % (number, number) for number in range(20_000))
    assert len(read_plain(text, SOURCE)) == 20_000
    assert read_record(b'{"args":%s}' % text, Intent, SOURCE).args == msgspec.Raw(text)
    again = text.replace(b'"k19999"', b'"k0"')
    assert refused(lambda: read_plain(again, SOURCE)).where == "in.json $.k0"


def test_a_repeated_key_behind_many_items_is_found() -> None:
    text = b'[%s{"a":1,"a":1}]' % (b"[0]," * 50_000)
    assert refused(lambda: read_plain(text, SOURCE)).where == "in.json $[50000].a"


@pytest.fixture
def cli_stack() -> Iterator[None]:
    """The stack that the command line gives its readers."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(8_000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("cli_stack")
@pytest.mark.parametrize(
    ("opening", "closing", "levels"),
    [(b"[", b"]", 1), (b'{"a":', b"}", 1), (b' [ "\\"]" , ', b" ] ", 1), (b'[{"[":', b"}]", 2)],
    ids=["lists", "objects", "spaced lists", "both"],
)
@pytest.mark.parametrize("depth", [1_000, MAX_DEPTH, MAX_DEPTH + 2, 100_000])
def test_nesting_has_a_limit(depth: int, opening: bytes, closing: bytes, levels: int) -> None:
    text = opening * (depth // levels) + b"0" + closing * (depth // levels)
    if depth <= MAX_DEPTH:
        read_plain(text, SOURCE)
    else:
        assert "nested too deep" in refused(lambda: read_plain(text, ARTIFACT)).message


@pytest.mark.usefixtures("cli_stack")
def test_one_level_more_than_the_limit_is_too_deep() -> None:
    read_plain(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, SOURCE)
    deeper = b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)
    assert refused(lambda: read_plain(deeper, SOURCE)).code == "invalid_input"


@pytest.mark.parametrize("wrapping", [b"%s", b'{"args":%s}', b'{"x":%s,"x":1}', b'{"x": %s }'])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_no_depth_exhausts_the_stack(opening: bytes, closing: bytes, wrapping: bytes) -> None:
    """A short stack makes each step of the reader the one that runs out, in turn."""
    readers: list[Callable[[bytes], object]] = [
        lambda text: read_plain(text, SOURCE),
        lambda text: read_record(text, Intent, SOURCE),
        lambda text: read_record(text, Intent, SOURCE._replace(canonical=True)),
        lambda text: split_members(text, SOURCE),
        lambda text: split_items(text, SOURCE, "$"),
    ]
    for depth in (*range(900, 1_001), 9_000):
        text = wrapping.replace(b"%s", opening * depth + b"0" + closing * depth)
        for read in readers:
            with suppress(GaitError):
                read(text)


def test_brackets_side_by_side_or_in_a_text_are_no_depth() -> None:
    assert len(read_plain(b"[%s[]]" % (b"[]," * 5_000), SOURCE)) == 5_001
    assert len(read_plain(b'"%s\\"[["' % (b"[" * 5_000), SOURCE)) == 5_003


def test_an_unfinished_text_is_passed_over_as_one_piece() -> None:
    text = b'"' + b'\\"' * 100 + b"[" * 3_000
    assert "not JSON" in refused(lambda: read_plain(text, SOURCE)).message
