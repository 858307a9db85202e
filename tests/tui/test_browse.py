import os
from pathlib import Path

import pytest

from gait_engine.api.shapes import HIDDEN, IndexRow, Limits
from gait_tui.messages import Scanned, Stopped
from gait_tui.models.artifacts import catalog_of
from gait_tui.panes import tabbed
from gait_tui.panes.runlist import row_of
from gait_tui.panes.runs import RunsTab
from gait_tui.panes.tabbed import Tabbed
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.diff import DiffScreen
from tests.support import process
from tests.tui import corpus
from tests.tui.driving import Driver, StoryHost, opened

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "run\u202egpj.exe",
    "a\u200bb\u2066c",
    "[bold red]x[/] [@click=app.quit]y[/]",
    "[/b] [TODO] done",
    "e\u0301\u0301\u0301\u0301\u0301\u0301",
    "漢字" * 60,
    "x" * 10_000,
    "\x00\x7f\x9b",
    "tab\tnew\nline\r",
)


def browse(screen: Driver) -> RunsTab:
    assert isinstance(screen.app.screen, BrowseScreen)
    assert isinstance(screen.app.screen.view, RunsTab)
    return screen.app.screen.view


async def test_one_run_is_listed_and_opens(host: StoryHost) -> None:
    corpus.write_run(host.cwd / "gait-out", "run_only", corpus.BASE_RUN, host)
    async with opened(host) as screen:
        assert "1 run" in screen.row(1)
        assert "✓ VERIFIED   4 of 4 files are the files that were recorded." in screen.text
        assert "1 runpack, 1 intact." in screen.text
        await screen.press("enter")
        assert browse(screen).detail.has_focus_within


async def test_a_folder_without_runs_counts_what_it_holds_as_artifacts(host: StoryHost) -> None:
    folder = host.cwd / "gait-out"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trace_1.json").write_text("{}")
    async with opened(host) as screen:
        assert "No runpacks found." in screen.text
        assert "1 artifact" in screen.text


@pytest.mark.usefixtures("story")
async def test_nothing_is_called_intact_before_it_was_checked(host: StoryHost) -> None:
    """Only the row under the cursor was read: the others say that nobody looked."""
    async with opened(host) as screen:
        assert " ▸ ✓ run_etl_1120" in screen.text
        for name in ("run_etl_1119", "run_etl_1118", "run_demo"):
            assert f"   ? {name}" in screen.text
        assert "5 runpacks, 1 intact, 1 not read, 3 not checked." in screen.text


async def test_a_very_large_file_is_read_only_when_asked_for(host: StoryHost) -> None:
    corpus.write_run(host.cwd / "gait-out", "run_large", corpus.BASE_RUN, host)
    async with opened(host, limits=Limits(file_bytes=100)) as screen:
        assert "? NOT CHECKED   enter reads it and checks every file." in screen.text
        assert "✓ VERIFIED" in await screen.press("enter")


@pytest.mark.usefixtures("story")
async def test_a_tampered_runpack_is_damaged_and_the_file_is_named(host: StoryHost) -> None:
    async with opened(host) as screen:
        shown = await screen.press("j", "enter")
        assert "✗ DAMAGED   1 of 4 files is not the file that was recorded." in shown
        assert "✗ results.jsonl" in shown
        assert "differs" in shown
        assert "tool.http.post" not in await screen.press("]")
        (host.cwd / "gait-out" / "runpack_run_etl_1119.zip").write_bytes(b"PK")
        shown = await screen.press("v")
        assert "? NOT READ" in shown
        assert "What it holds is not known." in shown


async def test_ten_thousand_rows_draw_only_what_is_in_view(host: StoryHost) -> None:
    async with opened(host) as screen:
        rows = [
            IndexRow(kind="runpack", path=f"gait-out/r{n}.zip", run_id=f"run_{n}", mtime_ns=n + 1)
            for n in range(10_000)
        ]
        pane = browse(screen).runs
        pane.is_scanned = False  # as at the start, before the first answer
        pane.draw()
        await screen.settle()
        assert "Runs  reading" in screen.row(1)
        pane.take(Scanned(1, catalog_of(rows[5_000:5_001], {}), is_whole=False))
        pane.take(Scanned(1, catalog_of(rows, {})))
        await screen.settle()
        assert "10,000 runs" in screen.row(1)
        assert " 1 of 10,000" in screen.text
        shown = await screen.press("G")
        assert "10,000 of 10,000" in shown
        assert "run_9999" in shown
        assert len(pane.table._drawn) < 60


@pytest.mark.usefixtures("story")
async def test_a_filter_narrows_with_every_key_and_escape_clears_it(host: StoryHost) -> None:
    async with opened(host) as screen:
        shown = await screen.press("slash", *"1118")
        assert "1 of 5 runs" in shown
        assert "run_etl_1119" not in shown
        await screen.press("enter")
        assert "1 of 5 runs" in await screen.press("j")
        assert "5 runs" in await screen.press("escape")


@pytest.mark.usefixtures("story")
async def test_what_is_typed_right_behind_the_key_of_a_filter_is_filtered_by(
    host: StoryHost,
) -> None:
    async with opened(host) as screen:
        await screen.type_ahead("slash", *"hetl_1118", "backspace", "enter", "j")
        pane = browse(screen).runs
        assert (pane.store.filter.text, pane.table.has_focus) == ("hetl_111", True)
        await screen.press("escape", "l")
        await screen.type_ahead("slash", *"run_etl", "enter")
        assert browse(screen).detail.text.needle == "run_etl"


@pytest.mark.usefixtures("story")
async def test_a_filter_that_hides_everything_says_so(host: StoryHost) -> None:
    async with opened(host) as screen:
        shown = await screen.press("slash", *"nosuchrun")
        assert "Nothing matches the filter." in shown
        assert "5 runs   esc clears the filter" in shown


@pytest.mark.usefixtures("story")
async def test_a_resize_keeps_cursor_filter_and_focus(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press("slash", *"etl", "enter", "j", "j", "tab")
        for size in ((80, 24), (60, 15), (58, 12), (140, 40)):
            await screen.resize(*size)
        pane = browse(screen).runs
        assert pane.store.cursor == "gait-out/runpack_run_etl_1118.zip"
        assert pane.store.filter.text == "etl"
        assert browse(screen).detail.has_focus_within


@pytest.mark.usefixtures("story")
async def test_a_small_terminal_says_so_and_keeps_the_row_of_the_cursor(host: StoryHost) -> None:
    async with opened(host, (58, 12)) as screen:
        lines = screen.text.splitlines()
        assert lines[0] == "terminal 58x12 is too small, needs 60x15"
        assert "run_etl_1120" in lines[1]
        assert not any(lines[2:])


async def test_the_cursor_stays_on_its_item_while_rows_come_and_go(
    host: StoryHost, story: Path
) -> None:
    async with opened(host) as screen:
        await screen.press("j")
        corpus.write_run(story, "run_new", corpus.BASE_RUN, host)
        browse(screen).bridge.rescan(browse(screen))
        await screen.settle()
        assert " + ? run_new" in screen.text
        assert " ▸ ✗ run_etl_1119" in screen.text
        (story / "runpack_run_etl_1118.zip").unlink()
        browse(screen).bridge.rescan(browse(screen))
        await screen.settle()
        assert "– run_etl_1118" in screen.text
        assert "gone" in screen.text
        assert "run_etl_1118" not in await screen.press("ctrl+r")


async def test_a_file_that_changed_is_no_longer_what_was_checked(
    host: StoryHost, story: Path
) -> None:
    async with opened(host) as screen:
        await screen.press("enter")
        corpus.tamper(story / "runpack_run_etl_1120.zip")
        corpus.age_file(story / "runpack_run_etl_1120.zip", 4 * corpus.MINUTE)
        browse(screen).bridge.rescan(browse(screen))
        await screen.settle()
        assert "? run_etl_1120" in screen.text
        assert "? CHANGED   It is another file since then: v verifies it again." in screen.text
        assert "✗ DAMAGED" in await screen.press("v")


async def test_a_session_chain_is_listed_verified_and_shows_its_checkpoints(
    host: StoryHost,
) -> None:
    journal = ("--journal", "gait-out/s.journal")
    for argv in (
        ("start", *journal, "--session-id", "s_91", "--run-id", "run_s"),
        ("append", *journal, "--tool", "tool.x", "--verdict", "allow"),
        ("append", *journal, "--tool", "tool.x", "--verdict", "block"),
        ("checkpoint", *journal, "--out", "gait-out/runpack_cp1.zip"),
    ):
        assert process.gait("run", "session", *argv, cwd=host.cwd).returncode == 0
    async with opened(host, (140, 40)) as screen:
        shown = await screen.press("slash", *"kind:session", "enter", "enter")
        assert "s_91" in shown
        assert "✓ VERIFIED   1 checkpoint holds." in shown
        (row,) = (row for row in shown.splitlines() if "▸ ✓ s_91" in row)
        assert row.split("│")[0].split()[3] == "–"
        shown = await screen.press("]")
        assert "1 – 2" in shown
        assert "gait-out/runpack_cp1.zip" in shown
        assert "session_chain" in await screen.press("]")


@pytest.mark.usefixtures("story")
async def test_marks_make_a_pair_and_d_compares_them(host: StoryHost) -> None:
    async with opened(host) as screen:
        shown = await screen.press("d")
        assert "Mark two runs with space" in shown
        shown = await screen.press("j", "j", "space", "k", "k", "k", "space", "d")
        assert "- run_etl_1118" in shown
        assert "+ run_etl_1120" in shown
        assert "change 1 of 10" in shown
        assert "change 2 of 10" in await screen.press("n")
        assert "+ run_etl_1118" in await screen.press("vertical_line")
        assert "2 marked" in await screen.press("escape")
        assert "marked" not in await screen.press("u")


@pytest.mark.usefixtures("story")
async def test_a_comparison_that_is_on_its_way_comes_though_secrets_are_asked_for(
    host: StoryHost,
) -> None:
    async with opened(host) as screen:
        await screen.press("j", "j", "space", "k", "k", "k", "space", "d")
        compared = screen.app.screen
        assert isinstance(compared, DiffScreen)
        compared.do_swap()
        compared.do_reveal()
        await screen.settle()
        assert "+ run_etl_1118" in screen.text
        assert "sk-live" in await screen.press("n")
        place = compared.pane.rows.change(compared.pane.text.cursor) if compared.pane.rows else 0
        compared.do_reveal()
        assert len(compared.pane.text.source) == 0  # until the rows are laid out anew
        await screen.settle()
        assert "sk-live" not in screen.text
        assert place == 2
        assert f"change {place} of" in screen.row(1)


@pytest.mark.usefixtures("story")
async def test_nothing_is_made_or_copied_of_sides_that_are_being_swapped(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("j", "j", "space", "k", "k", "k", "space", "d")
        compared = screen.app.screen
        assert isinstance(compared, DiffScreen)
        made, copied = compared.acts(), compared.copies()
        compared.do_swap()
        assert not compared.acts()
        assert not compared.copies()["copy_id"]
        await screen.settle()
        assert compared.acts() != made
        assert compared.copies() != copied


@pytest.mark.usefixtures("story")
async def test_a_search_in_a_comparison_tells_the_line_it_has_gone_to(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("j", "j", "space", "k", "k", "k", "space", "d")
        assert "line 5 of 44" in screen.row(22)
        await screen.press("slash", *"customers")
        assert "line 9 of 44" in screen.row(22)


@pytest.mark.usefixtures("story")
async def test_keys_typed_ahead_mark_the_row_that_the_cursor_has_gone_to(host: StoryHost) -> None:
    async with opened(host) as screen:
        shown = await screen.press("j", "space", "j", "space", "k", "k")
        await screen.press("u", "g", "g")
        await screen.type_ahead("j", "space", "j", "space", "k", "k")
        assert screen.text == shown


@pytest.mark.usefixtures("story")
async def test_rows_of_a_document_that_are_still_laid_out_are_told_and_searched_when_they_come(
    host: StoryHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabbed, "FIRST_ROWS", 5)
    async with opened(host) as screen:
        detail = browse(screen).query_one("#detail", Tabbed)
        detail.open_tab("Raw")
        last = detail.text.source.line(len(detail.text.source) - 1, detail.text.look)
        assert "more rows follow" in last.text
        detail.text.seek("producer_version")
        detail.step_match(1)
        assert "not in" in detail.prompt.remark[0].text
        await screen.settle()
        assert not detail.prompt.remark[0].text
        assert "producer_version" in screen.text
        assert "more rows follow" not in await screen.press("enter", "G")


@pytest.mark.usefixtures("story")
async def test_each_of_two_documents_that_are_laid_out_at_once_gets_all_its_rows(
    host: StoryHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabbed, "FIRST_ROWS", 5)
    async with opened(host) as screen:
        tabs = browse(screen).screen
        await screen.press("8")
        details = list(tabs.query("#detail").results(Tabbed))
        assert len(details) == 2
        for detail in details:
            detail.open_tab("Raw")
        await screen.settle()
        assert all(len(detail.text.source) > 6 for detail in details)


@pytest.mark.usefixtures("story")
async def test_n_goes_from_one_call_that_is_not_ok_to_the_next(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        assert "call 5 of 7" in await screen.press("enter", "]")
        assert "call 7 of 7" in await screen.press("n", "n", "n")
        assert "call 6 of 7" in await screen.press("N")


@pytest.mark.usefixtures("story")
async def test_values_with_the_name_of_a_secret_are_veiled_until_asked_for(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        shown = await screen.press("enter", "]")
        assert '"api_key": •••• (len 24)' in shown
        assert "sk-live" not in shown
        assert "sk-live" in await screen.press("full_stop")


@pytest.mark.usefixtures("story")
async def test_reference_capture_says_that_values_are_not_stored(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        shown = await screen.press("G", "enter", "]")
        assert "reference capture: values not stored" in shown


@pytest.mark.usefixtures("story")
async def test_escape_never_quits_and_q_does_at_the_top(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("escape", "escape", "question_mark", "q")
        assert browse(screen).screen.is_current
        assert screen.app.return_value is None
        await screen.pilot.press("q")
        assert screen.app.return_value == 0


@pytest.mark.usefixtures("story")
async def test_a_scan_that_stops_keeps_the_rows_and_says_why(
    host: StoryHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(host, (120, 40)) as screen:
        pane = browse(screen)

        monkeypatch.setattr(pane.bridge, "is_current", lambda *_: True)
        pane.post_message(Stopped(1, "archive: permission denied"))
        await screen.settle()
        assert "archive: permission denied; ctrl+r tries again" in screen.text
        assert "run_etl_1120" in screen.text


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=str)
async def test_hostile_text_in_a_run_reaches_no_cell_as_it_is(
    host: StoryHost, size: tuple[int, int]
) -> None:
    calls = [
        (text, float(n), {text: text, "list": [text]}, text, {text: text})
        for n, text in enumerate(HOSTILE)
    ]
    corpus.write_run(host.cwd / "gait-out", "run_hostile", calls, host)
    corpus.write_run(host.cwd / "gait-out", "run_plain", corpus.BASE_RUN, host)
    async with opened(host, size) as screen:
        shown = [await screen.press("slash", *"hostile", "enter", "enter")]
        for _ in range(5):
            shown += [await screen.press("]"), await screen.press("pagedown", "pagedown")]
        shown.append(await screen.press("escape", "escape", "space", "j", "d"))
        shown += [await screen.press("pagedown"), await screen.press("escape", "r")]
    for picture in shown:
        assert HIDDEN.search(picture.replace("\n", "")) is None


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_pasted_or_typed_is_shown_spelled(host: StoryHost, text: str) -> None:
    async with opened(host) as screen:
        shown = [await screen.paste(f"GAIT {text}"), await screen.press("escape", "slash")]
        shown.append(await screen.paste(text))
    for picture in shown:
        assert HIDDEN.search(picture.replace("\n", "")) is None


async def test_hostile_file_and_run_names_are_shown_spelled(host: StoryHost) -> None:
    async with opened(host) as screen:
        rows = [
            IndexRow(kind="runpack", path=f"d/{n}{text}.zip", run_id=text, error=text, mtime_ns=1)
            for n, text in enumerate(HOSTILE)
        ]
        pane = browse(screen).runs
        pane.store.fill([row_of(row) for row in rows], host.now_ns())
        pane.draw()
        for _ in rows:
            assert HIDDEN.search((await screen.press("j")).replace("\n", "")) is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_without_permission_keeps_its_row(host: StoryHost, story: Path) -> None:
    (story / "runpack_run_etl_1118.zip").chmod(0)
    async with opened(host) as screen:
        assert "runpack_run_etl_1118.zip" in screen.text
        assert "not read" in screen.text
