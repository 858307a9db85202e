import sys

import pytest

from gait_engine.wire.text import WHITE_SPACE, fold, lower, normal, trim, unique_sorted

WHITE_SPACE_PROPERTY = [
    *range(0x09, 0x0E),
    *(0x20, 0x85, 0xA0, 0x1680),
    *range(0x2000, 0x200B),
    *(0x2028, 0x2029, 0x202F, 0x205F, 0x3000),
]


def test_white_space_is_the_unicode_property() -> None:
    assert sorted(map(ord, WHITE_SPACE)) == WHITE_SPACE_PROPERTY


@pytest.mark.parametrize("char", WHITE_SPACE, ids=ascii)
def test_white_space_is_trimmed_at_both_ends_only(char: str) -> None:
    assert trim(f"{char}{char}a{char}b{char}") == f"a{char}b"


@pytest.mark.parametrize("char", "\x1c\x1d\x1e\x1f\u180e\u200b\u2060\ufeff\x00", ids=ascii)
def test_what_only_looks_like_white_space_stays(char: str) -> None:
    assert trim(f"{char}a{char}") == f"{char}a{char}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tool.READ", "tool.read"),
        ("İstanbul", "istanbul"),
        ("ΟΔΟΣ", "οδοσ"),
        ("Σ", "σ"),
        ("ẞßÉ", "ßßé"),
        ("\u212a\u017f", "k\u017f"),
        ("Ǆǅ", "ǆǆ"),
        ("\U00010400", "\U00010428"),
        ("", ""),
    ],
)
def test_letters_are_lowered_one_by_one(text: str, expected: str) -> None:
    assert lower(text) == expected


def test_lowering_never_changes_the_length() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert len(lower(everything)) == len(everything)


def test_a_name_is_compared_trimmed_and_lowered() -> None:
    assert normal("\u3000 Tool.Read\u00a0\n") == "tool.read"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("RUN_ID", "run_id"),
        ("args", "args"),
        ("arg\u017f", "args"),
        ("\u212aind", "kind"),
        ("İd", "i̇d"),
        ("ｒｕｎ", "ｒｕｎ"),
    ],
)
def test_keys_fold_as_a_lenient_reader_matches_them(key: str, expected: str) -> None:
    assert fold(key) == expected


def test_only_letters_and_two_look_alikes_fold_to_ascii() -> None:
    folding = {chr(point) for point in range(sys.maxunicode + 1) if fold(chr(point)).isascii()}
    assert {char for char in folding if not char.isascii()} == {"\u017f", "\u212a"}


def test_a_list_of_texts_is_trimmed_deduplicated_and_sorted_by_code_point() -> None:
    assert unique_sorted([" b", "a", "", "\t", "b ", "\uffff", "\U00010000", "B"]) == [
        *("B", "a", "b", "\uffff", "\U00010000")
    ]
