"""Facets beside a list: values and counts, those in force with a mark."""

from collections.abc import Callable, Collection, Mapping, Sequence

from gait_tui.models.facets import AGE, Facet, Value, is_pickable
from gait_tui.views.line import BLANK, LABEL_AT, MUTED, Line, Look, data, line, own, right
from gait_tui.views.parts import row_mark

Mark = Callable[[str], tuple[str, str]]
"""The mark of a value and the role of the mark; an empty mark is none."""


def facet_lines(
    facets: Sequence[Facet],
    in_force: Mapping[str, Collection[str]],
    marks: Mapping[str, Mark],
    look: Look,
) -> list[Line]:
    """List the facets; a value that a filter can spell takes the cursor."""
    lines: list[Line] = []
    for facet in facets:
        lines += [BLANK, line(look, own(LABEL_AT, facet.field, MUTED))]
        picked = {value.casefold() for value in in_force.get(facet.field, ())}
        for value in facet.values:
            lines.append(_value(value, value.text.casefold() in picked, marks, look))
        if facet.more[0]:
            number = right(look.width - 1, f"{facet.more[1]:,}", MUTED)
            lines.append(line(look, own(5, f"{facet.more[0]:,} more", MUTED), number))
    return lines


def _value(value: Value, is_on: bool, marks: Mapping[str, Mark], look: Look) -> Line:  # noqa: FBT001
    mark, role = marks[value.field](value.text) if value.field in marks else ("", "")
    cells = [row_mark(mark or " ", role or "text", is_marked=is_on)]
    weight = "b:text" if is_on else "text" if value.rows else MUTED
    text = f"< {value.text[1:]}" if value.field == AGE else value.text
    cells += [data(5, text, weight), right(look.width - 1, f"{value.rows:,}", MUTED)]
    return line(look, *cells, key=value.key if is_pickable(value) else "", margin=0)
