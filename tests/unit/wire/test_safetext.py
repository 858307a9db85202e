import unicodedata

import pytest

from gait_engine.wire.safetext import HIDDEN, escape_hidden, safe_text, visible

HIDDEN_RANGES = {
    "C0": (0x00, 0x1F),
    "DEL and C1": (0x7F, 0x9F),
    "soft hyphen": (0xAD, 0xAD),
    "grapheme joiner": (0x34F, 0x34F),
    "arabic letter mark": (0x61C, 0x61C),
    "hangul fillers": (0x115F, 0x1160),
    "khmer vowels": (0x17B4, 0x17B5),
    "mongolian selectors": (0x180B, 0x180F),
    "zero width and marks": (0x200B, 0x200F),
    "line ends and bidi embeddings": (0x2028, 0x202E),
    "joiners, isolates, deprecated": (0x2060, 0x206F),
    "hangul filler": (0x3164, 0x3164),
    "byte order mark": (0xFEFF, 0xFEFF),
    "half width filler": (0xFFA0, 0xFFA0),
    "specials": (0xFFF0, 0xFFFB),
    "noncharacters": (0xFFFE, 0xFFFF),
    "surrogates": (0xD800, 0xDFFF),
    "shorthand controls": (0x1BCA0, 0x1BCA3),
    "musical controls": (0x1D173, 0x1D17A),
    "tags and selectors": (0xE0000, 0xE0FFF),
}
ALL_HIDDEN = {point for first, last in HIDDEN_RANGES.values() for point in range(first, last + 1)}


@pytest.mark.parametrize("edge", HIDDEN_RANGES.values(), ids=HIDDEN_RANGES.keys())
def test_every_hidden_character_is_spelled(edge: tuple[int, int]) -> None:
    for point in (*edge, sum(edge) // 2):
        if point != 0x09:
            shown = safe_text(f"a{chr(point)}b")
            assert shown == f"a{visible(chr(point))}b"
            assert shown.isascii()


def test_exactly_these_characters_are_hidden() -> None:
    assert {point for point in range(0x110000) if HIDDEN.match(chr(point))} == ALL_HIDDEN


def test_no_control_or_format_character_is_printed_but_those_with_a_glyph() -> None:
    with_glyph = {0x110BD, 0x110CD, *range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2}
    printed = {
        point
        for point in set(range(0x110000)) - ALL_HIDDEN - with_glyph
        if unicodedata.category(chr(point)) in ("Cc", "Cf", "Zl", "Zp", "Cs")
    }
    egyptian_joiners = set(range(0x13430, 0x13440))
    assert printed <= egyptian_joiners


@pytest.mark.parametrize(
    ("char", "spelled"),
    [
        ("\x00", r"\x00"),
        ("\x1b", r"\x1b"),
        ("\x7f", r"\x7f"),
        ("\x9b", r"\x9b"),
        ("\u202e", r"\u202e"),
        ("\ufeff", r"\ufeff"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_a_hidden_character_has_one_spelling(char: str, spelled: str) -> None:
    assert visible(char) == spelled
    assert safe_text(char) == spelled


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "naïve Ωμέγα",
        "日本語",
        "👩🏽 ❤\ufe0f",
        "e\u0301",
        "a\u00a0b\u3000c",
        "[/b] \\x1b",
    ],
)
def test_what_a_person_can_see_is_left_alone(text: str) -> None:
    assert safe_text(text) == text
    assert safe_text(text, multiline=True) == text


@pytest.mark.parametrize(
    ("text", "one_line", "many_lines"),
    [
        ("a\nb", r"a\x0ab", "a\nb"),
        ("a\tb", "a b", "a b"),
        ("a\r\nb", r"a\x0d\x0ab", "a\\x0d\nb"),
        ("é\n\x1b[2J", r"é\x0a\x1b[2J", "é\n\\x1b[2J"),
        ("\u2028\x85\x0b", r"\u2028\x85\x0b", r"\u2028\x85\x0b"),
    ],
)
def test_only_a_line_feed_may_break_a_line(text: str, one_line: str, many_lines: str) -> None:
    assert safe_text(text) == one_line
    assert safe_text(text, multiline=True) == many_lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"plain"', '"plain"'),
        ('"é\u00a0"', '"é\u00a0"'),
        ('"\x7f"', r'"\u007f"'),
        ('"\u202ea"', r'"\u202ea"'),
        ('"\U000e0041"', r'"\udb40\udc41"'),
        ('{\n  "\u200b": 1\n}\n', '{\n  "\\u200b": 1\n}\n'),
    ],
)
def test_json_spells_hidden_characters_by_utf16_units(text: str, expected: str) -> None:
    assert escape_hidden(text) == expected
