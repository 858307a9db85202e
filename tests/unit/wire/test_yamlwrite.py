"""Spelling YAML: what the peer quotes is quoted, what our reader could not read back as well."""

import pytest

from gait_engine.wire.yamlwrite import yaml_number, yaml_text


@pytest.mark.parametrize(
    "text",
    [
        *("allow", "fs.read", "/srv/**", "a:b", "http://x/y?z=1", "=", "<<", "?x"),
        *("2026-01-01T00:00:00", "2026-13-01", "24:00", "1:60", "1.0.0", "0x", "_1", "-x", ":x"),
        *("a-b", "it's", 'say "hi"', "a [b]", "é", "nO", "tRUE", "2026-01-01 25:00:00"),
    ],
)
def test_ordinary_text_stands_plain(text: str) -> None:

    assert yaml_text(text, "") == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "True", "FALSE", "y", "Yes", "n", "NO", "on", "OFF", "~", "-"),
        *("12", "-1", "0x10", "017", "1_000", "1.5", "18446744073709551616", "1.5e400", "0b1"),
        *("*a", "&a", "[a", "]", "{", "}", ",", "!a", "|", ">", "%a", "'a", "@a", "`a", " a"),
        *("a:", "a ", "a#b", "a: b", "a- b", "2026-01-31", "2026-01-31 01:02:03", "7:05"),
        *("2026-01-31T01:02:03Z", "2026-01-31t01:02:03.5+02:00", "2026-01-31T1:02:03Z"),
    ],
)
def test_what_another_reader_may_take_amiss_is_quoted(text: str) -> None:
    assert yaml_text(text, "") == f'"{text}"'


@pytest.mark.parametrize("text", ["1e3", ".inf", "-.INF", ".nan", "08", "1E5", "? a", "?"])
def test_what_our_own_reader_would_refuse_is_quoted(text: str) -> None:
    assert yaml_text(text, "") == f'"{text}"'


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ('a"#', r'"a\"#"'),
        ("a\\b", r'"a\\b"'),
        ("a\tb", r'"a\tb"'),
        ("\a\b\f\r\v", r'"\a\b\f\r\v"'),
        ("\x00\x1b\x7f", r'"\x00\x1b\x7f"'),
        ("a\x85b\u2028\u200b", r'"a\u0085b\u2028\u200b"'),
        ("\U000e0041", r'"\U000e0041"'),
        ("\ufeffa", r'"\ufeffa"'),
        ("a\u115fb", r'"a\u115fb"'),
        ("\na", r'"\na"'),
        ("a\n\n", r'"a\n\n"'),
    ],
)
def test_what_no_one_could_see_is_escaped(text: str, spelled: str) -> None:
    assert yaml_text(text, "") == spelled


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("a\nb", "|-\n    a\n    b"),
        ("a\n\n b\n", "|\n    a\n    \n     b"),
        ("a:\nb", "|-\n    a:\n    b"),
    ],
)
def test_several_lines_stand_in_a_block(text: str, spelled: str) -> None:
    assert yaml_text(text, "  ") == spelled


@pytest.mark.parametrize(
    ("number", "spelled"),
    [
        (0, "0.0"),
        (0.5, "0.5"),
        (1, "1.0"),
        (1e-7, "0.0000001"),
        (-0.25, "-0.25"),
        (1e22, "10000000000000000000000.0"),
    ],
)
def test_a_fraction_has_a_point_and_no_exponent(number: float, spelled: str) -> None:
    assert yaml_number(number) == spelled
