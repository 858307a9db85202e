import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gait_tui.views.jsontext import JsonText, members, plain, rows
from gait_tui.views.jsonview import counted, value_rows
from gait_tui.views.line import Look, Span

LOOK = Look(80)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def shown(text: str, *, shows: bool = False, room: int = 76) -> list[str]:
    laid_out = value_rows(text, LOOK, room, shows=shows)
    return ["".join(span.text for span in row) for row in laid_out]


def test_members_stand_in_rows_of_their_own() -> None:
    assert shown('{"a":1,"b":{"c":"d"},"e":["x",2],"f":{}}') == [
        "{",
        '  "a": 1,',
        '  "b": {',
        '    "c": "d"',
        "  },",
        '  "e": ["x", 2],',
        '  "f": {}',
        "}",
    ]


@given(JSON)
def test_laying_out_keeps_the_value(value: Any) -> None:
    text = json.dumps(value)
    laid_out = "".join("".join(span.text for span in row.spans) for row in rows(text))
    assert json.loads(laid_out) == value


@given(st.text())
def test_text_that_is_no_json_is_laid_out_without_loss(text: str) -> None:
    laid_out = "".join("".join(span.text for span in row.spans) for row in rows(text))
    assert "".join(laid_out.split()) == "".join(text.split())


@given(
    JSON.map(lambda value: json.dumps(value, indent=1)) | st.text('{}[]:,"a \\'), st.integers(1, 9)
)
def test_a_row_that_is_laid_out_by_itself_is_the_one_among_all(text: str, most: int) -> None:
    whole, begun = JsonText(text), JsonText(text, most)
    assert list(whole) == rows(text)
    assert list(begun) == rows(text)[:most]
    assert whole.is_whole
    assert begun.is_whole == (len(whole) < most)


@given(st.dictionaries(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1), JSON))
def test_the_members_of_an_object_are_found(value: dict[str, Any]) -> None:
    found = members(json.dumps(value))
    assert {name: json.loads(text) for name, text in found.items()} == value


def test_a_value_with_the_name_of_a_secret_is_veiled_but_its_length_is_told() -> None:
    text = '{"api_key":"0123456789","password":"","token":null,"tokens":"x","url":"y"}'
    assert shown(text) == [
        "{",
        '  "api_key": •••• (len 10),',
        '  "password": "",',
        '  "token": null,',
        '  "tokens": "x",',
        '  "url": "y"',
        "}",
    ]
    assert '  "api_key": "0123456789",' in shown(text, shows=True)


def test_what_is_cut_is_counted() -> None:
    row = "".join(span.text for span in counted([Span("x" * 2000)], LOOK, 30))
    kept = row.index(" ")
    assert row == "x" * kept + f" …(+{2000 - kept:,})"
    assert len(row) <= 30


def test_only_a_plain_string_loses_its_quotes() -> None:
    assert [plain(text) for text in ('"a"', '"a\\n"', "1", '"')] == ["a", '"a\\n"', "1", '"']
