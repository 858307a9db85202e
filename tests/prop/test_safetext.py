import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gait_engine.wire.jsonwrite import compact, for_stdout, pretty
from gait_engine.wire.safetext import HIDDEN, escape_hidden, safe_text

laws = settings(max_examples=120, deadline=None)
BLOCK = 0x4000
all_blocks = pytest.mark.parametrize("first", range(0, 0x110000, BLOCK), ids=hex)
hostile = st.text(
    st.characters() | st.sampled_from("\x00\t\n\r\x1b\x7f\x9b\u200b\u202e\ufeff\ud800\U000e0041"),
    max_size=30,
)


def block(first: int) -> str:
    """Join a block of code points, surrogates left out."""
    points = range(first, first + BLOCK)
    return "".join(chr(point) for point in points if not 0xD800 <= point <= 0xDFFF)


@all_blocks
def test_no_hidden_character_is_printed(first: int) -> None:
    assert not HIDDEN.search(safe_text(block(first)))
    assert set(HIDDEN.findall(safe_text(block(first), multiline=True))) <= {"\n"}


@all_blocks
def test_spelled_json_has_the_same_value(first: int) -> None:
    text = json.dumps(block(first), ensure_ascii=False)
    assert json.loads(escape_hidden(text)) == json.loads(text) == block(first)
    assert not HIDDEN.search(escape_hidden(text))


@all_blocks
def test_written_json_has_the_same_value(first: int) -> None:
    value = {block(first): [block(first)]}
    for write in (compact, pretty, for_stdout):
        assert json.loads(write(value)) == value
    assert not HIDDEN.search(for_stdout(value).decode().rstrip("\n"))
    assert not re.search(rb"[<>&]|\xe2\x80[\xa8\xa9]", compact(value))


@pytest.mark.parametrize("point", range(0xD800, 0xE000, 0x55), ids=hex)
def test_a_surrogate_in_json_is_spelled(point: int) -> None:
    text = f'"{chr(point)}"'
    assert escape_hidden(text).isascii()
    assert json.loads(escape_hidden(text)) == chr(point)


@laws
@given(hostile)
def test_safe_text_is_printable_and_stays_as_it_is(text: str) -> None:
    for multiline in (False, True):
        shown = safe_text(text, multiline=multiline)
        assert safe_text(shown, multiline=multiline) == shown
        assert not HIDDEN.search(shown.replace("\n", "") if multiline else shown)
        shown.encode()


@laws
@given(hostile)
def test_a_line_stays_a_line(text: str) -> None:
    assert len(safe_text(text).splitlines()) <= 1
    shown = safe_text(text, multiline=True)
    assert len(shown.splitlines()) == len(shown.removesuffix("\n").split("\n")) or not shown


@laws
@given(hostile)
def test_what_is_spelled_can_be_read_back(text: str) -> None:
    assert safe_text(text.replace("\\", "")).count("\\") == len(
        HIDDEN.findall(text.replace("\t", ""))
    )
