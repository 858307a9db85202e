"""Columns and the order of lists, as the settings choose them."""

from collections.abc import Mapping

import pytest

from gait_tui.models.approvals import ApprovalStore
from gait_tui.models.checkups import CheckStore
from gait_tui.models.evidence import EvidenceStore
from gait_tui.models.families import FamilyStore
from gait_tui.models.fixtures import FixtureStore
from gait_tui.models.inbox import InboxStore
from gait_tui.models.rows import RunStore
from gait_tui.models.rowstore import RowStore
from gait_tui.models.traces import TraceStore
from gait_tui.services.configlists import COLUMNS, SORTS
from gait_tui.views import columns
from gait_tui.views.columns import places
from gait_tui.views.line import Line, Look, Span
from tests.tui.driving import StoryHost, opened

STORES: Mapping[str, type[RowStore]] = {  # type: ignore[type-arg]
    "inbox": InboxStore,
    "runs": RunStore,
    "traces": TraceStore,
    "approvals": ApprovalStore,
    "scout": FamilyStore,
    "regress": FixtureStore,
    "evidence": EvidenceStore,
    "health": CheckStore,
}
CHOSEN = {
    "inbox": ("age", "kind", "agent", "what"),
    "runs": ("state", "run", "calls", "age"),
    "traces": ("tool", "verdict", "age", "intent"),
    "approvals": ("tool", "age"),
    "scout": ("runs", "family", "reason"),
    "regress": ("fixture", "trajectory", "reason"),
    "evidence": ("name", "state"),
    "health": ("status", "check", "says"),
}


@pytest.mark.parametrize("tab", STORES)
def test_the_settings_name_what_the_list_knows(tab: str) -> None:
    store = STORES[tab]
    assert sorted(COLUMNS[tab]) == sorted((*store.FIELDS, *store.MORE_COLUMNS))
    assert SORTS[tab] == tuple(store.SORTS)


def test_columns_share_the_room_and_the_last_are_left_out_where_there_is_none() -> None:
    assert [(p.name, p.at) for p in places(("age", "kind", "what"), Look(40))] == [
        ("age", 5),
        ("kind", 11),
        ("what", 22),
    ]
    wide = places(("tool", "agent", "what"), Look(80))
    assert [p.width for p in wide] == [15, 15, 40]
    assert [p.name for p in places(("tool", "agent", "what"), Look(26))] == ["tool", "agent"]
    assert [p.name for p in places(("policy", "intent"), Look(10))] == ["policy"]


def test_a_row_that_is_gone_says_so_in_a_word() -> None:
    row = columns.Row("k", None, is_gone=True)
    cells = {"tool": (Span("tool.x"),), "age": (Span("1m", "muted"),)}
    usual = Line((Span("   "), Span("✗", "b:failed"), Span(" usual")))
    shown = columns.row_line(usual, row, ("tool", "age"), cells, Look(30))
    assert shown.text.endswith("  gone")
    assert "s:text" in [span.role for span in shown.spans]
    assert shown.text.startswith("   ✗ tool.x")


@pytest.mark.usefixtures("incident")
async def test_lists_show_the_columns_that_were_chosen_in_their_order(host: StoryHost) -> None:
    sorts = {"runs": "-run", "traces": "tool"}
    async with opened(host, screen="inbox", columns=CHOSEN, sorts=sorts) as screen:
        for number, names in enumerate(CHOSEN.values(), 1):
            shown = await screen.press(str(number))
            assert screen.row(2).split() == [name.upper() for name in names]
            if number == 1:
                assert " ▸ !   8h  approval   svc-etl" in shown
            elif number == 2:
                assert "by run, reversed" in screen.row(1)
                assert " ▸ ✓ intact       s_91" in shown
            elif number == 3:
                assert "by tool" in screen.row(1)
                assert " ▸   tool.db.query" in screen.row(3)
                assert "! require_approval    8h  8daec322…1b0db5" in shown
            elif number == 6:
                assert " ▸ ✗ etl_nightly" in shown
                assert "[✗]" in shown
        assert "by name" in await screen.press("7", "s", "s")
