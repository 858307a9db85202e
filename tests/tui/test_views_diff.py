"""Rows of a comparison that are too long: wrapped, slid along, searched."""

import pytest

from gait_tui.views.diff import Item, Row, Side
from gait_tui.views.diffdraw import Form, draw, overhang, slid, text, wrapped
from gait_tui.views.line import Look, Span

LOOK = Look(40)
LONG = "".join(f"<{number:02}>" for number in range(30))
ROW = Row(
    Item(
        left=Side(3, (Span("a: "), Span("short", is_data=True)), is_changed=True, is_value=True),
        right=Side(3, (Span("a: "), Span(LONG, is_data=True)), is_changed=True, is_value=True),
        change=1,
    ),
    "right",
)
each_form = pytest.mark.parametrize("side_by_side", [False, True])


@each_form
def test_a_wrapped_row_loses_nothing_and_stays_one_change(*, side_by_side: bool) -> None:
    form = Form(side_by_side)
    rows = wrapped([ROW], LOOK, form)
    drawn = [draw(row, LOOK, form) for row in rows]
    at = 20 if side_by_side else 0
    assert "".join(line.text[at + 10 :].strip() for line in drawn).replace("a: ", "") == LONG
    assert [row.item.change for row in rows] == [1] + [0] * (len(rows) - 1)
    assert sum("+" in line.text for line in drawn) == 1
    assert all(any(ground.role == "diff_add_bg" for ground in line.grounds) for line in drawn)
    assert all(len(line.text) <= LOOK.width for line in drawn)


@each_form
def test_a_slid_row_keeps_its_mark_and_ends_where_the_text_does(*, side_by_side: bool) -> None:
    form = Form(side_by_side, overhang(ROW, LOOK, Form(side_by_side)) + 1)
    shown = draw(ROW, LOOK, form).text
    assert shown.rstrip().endswith("<29>")
    assert "3 +" in shown
    assert "…(+" not in shown
    assert overhang(ROW._replace(side="left"), LOOK, Form(side_by_side=False)) < 0


def test_a_hidden_character_is_slid_by_the_cells_it_is_spelled_in() -> None:
    parts = [Span("ab\u202ecd", is_data=True)]
    assert "".join(part.text for part in slid(parts, LOOK, 1)) == "…\\u202ecd"
    assert "".join(part.text for part in slid(parts, LOOK, 7)) == "…cd"
    assert "".join(part.text for part in slid(parts, LOOK, 99)) == "…"


def test_what_is_searched_is_what_the_row_shows() -> None:
    assert text(ROW) == f"a: {LONG}"
    assert text(ROW._replace(side="")) == f"a: short a: {LONG}"
    assert text(Row(Item((Span("intents"), Span(" 2 changed"))))) == "intents 2 changed"
