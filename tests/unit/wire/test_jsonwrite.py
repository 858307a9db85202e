import json
from typing import Any

import pytest

from gait_engine.contract.common import Record, always
from gait_engine.errors import InvalidInput
from gait_engine.wire.jsonwrite import compact, for_stdout, pretty

HOSTILE = "<a href='x'>&amp;</a>\u2028\u2029\ufffd\x00\x1f\b\f\n\r\t\"\\/é\x7f\x80\u202e\U000e0041"
AS_IN_FILES = (
    r"\u003ca href='x'\u003e\u0026amp;\u003c/a\u003e\u2028\u2029" + "\ufffd"
    r"\u0000\u001f\b\f\n\r\t\"\\/" + "é\x7f\x80\u202e\U000e0041"
)
ON_STDOUT = AS_IN_FILES.replace("\x7f\x80\u202e\U000e0041", r"\u007f\u0080\u202e\udb40\udc41")


class Inner(Record, frozen=True, kw_only=True):
    zeta: str = always("")
    alpha: str = always("")


class Outer(Record, frozen=True, kw_only=True):
    second: Inner = always(Inner())
    first: str = always("")
    left_out: str = ""
    more: tuple[str, ...] = ()
    count: int = 0


OUTER = Outer(second=Inner(zeta="<"), first="1")


def test_files_keep_the_declared_order_of_fields() -> None:
    assert compact(OUTER) == rb'{"second":{"zeta":"\u003c","alpha":""},"first":"1"}'


def test_pretty_files_have_two_spaces_and_a_final_newline() -> None:
    assert pretty({"b": [1, {}], "a": "&"}) == (
        b'{\n  "b": [\n    1,\n    {}\n  ],\n  "a": "\\u0026"\n}\n'
    )


def test_stdout_sorts_the_keys_at_every_depth() -> None:
    assert for_stdout(OUTER) == b'{"first":"1","second":{"alpha":"","zeta":"\\u003c"}}\n'
    assert for_stdout({"\U00010000": 1, "\uffff": {"b": 1, "a": 2}}) == (
        b'{"\\uffff":{"a":2,"b":1},"' + "\U00010000".encode() + b'":1}\n'
    )


@pytest.mark.parametrize(
    ("write", "spelled"),
    [(compact, AS_IN_FILES), (pretty, AS_IN_FILES + '"\n'), (for_stdout, ON_STDOUT + '"\n')],
    ids=["compact", "pretty", "stdout"],
)
def test_hostile_text_keeps_its_value(write: Any, spelled: str) -> None:
    written = write(HOSTILE).decode()
    assert written.strip("\n").strip('"') == spelled.strip("\n").strip('"')
    assert json.loads(written) == HOSTILE


def test_a_key_is_spelled_like_any_text() -> None:
    assert for_stdout({"<\u202e>": 1}) == b'{"\\u003c\\u202e\\u003e":1}\n'


def test_text_that_already_holds_an_escape_is_not_escaped_again() -> None:
    assert compact(r"\u003c") == rb'"\\u003c"'
    assert for_stdout("\\\x7f") == rb'"\\\u007f"' + b"\n"


@pytest.mark.parametrize("write", [compact, pretty])
def test_no_file_gets_text_that_is_not_utf8(write: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^text to write: 'a.udcff', expected valid UTF-8$"):
        write({"k": ["a\udcff"]})


def test_stdout_shows_bytes_that_are_not_utf8_as_the_replacement_character() -> None:
    answer = Outer(second=Inner(zeta="a\udcff\ud800"), first="é", more=("\udc80b",), count=5)
    assert json.loads(for_stdout(answer)) == {
        "first": "é",
        "second": {"alpha": "", "zeta": "a\ufffd\ufffd"},
        "more": ["\ufffdb"],
        "count": 5,
    }
