"""R, I and P: every file is listed before it is written, and nothing but enter writes."""

import json
from pathlib import Path

import pytest

from gait_engine.api import keys
from gait_engine.api.run import receipt
from gait_tui import commands
from gait_tui.panes.regress import RegressTab
from gait_tui.screens.actdialog import ActDialog
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.diff import DiffScreen
from gait_tui.screens.pages import CommandScreen
from gait_tui.screens.run import RunScreen
from gait_tui.services.config import Approval
from tests.support import runs
from tests.support.process import gait
from tests.support.snap import Snap
from tests.tui.driving import Driver, StoryHost, opened
from tests.tui.test_laws import tree

each_size = pytest.mark.parametrize("size", [(80, 24), (140, 40)])
each_act = pytest.mark.parametrize("steps", [("5", "R"), ("2", "R"), ("2", "I"), ("2", "P")])


def planned(screen: Driver) -> set[str]:
    """Return the files that the open dialog lists."""
    dialog = screen.app.screen
    assert isinstance(dialog, ActDialog)
    assert dialog.plan is not None
    assert dialog.plan.answer is not None
    files = {file.path for file in dialog.plan.answer.files}
    assert all(path in screen.text for path in files)
    return files


def signer_of_pack(folder: Path) -> str:
    (pack,) = folder.glob("gait-out/evidence_pack_pack_*.zip")
    manifest = json.loads(runs.members_of(pack)["pack_manifest.json"])
    return str(manifest["signatures"][0]["key_id"])


def changed(before: dict[str, tuple[int, bytes]], folder: Path) -> set[str]:
    after = tree(folder)
    assert before.keys() <= after.keys()
    found = {path for path in after if after[path] != before.get(path)}
    return {Path(path).relative_to(folder).as_posix() for path in found}


async def test_from_family_to_a_failing_fixture_in_three_keys(
    host: StoryHost, incident: Path
) -> None:
    before = tree(incident)
    async with opened(host, (140, 40)) as screen:
        shown = await screen.press("5", "j", "R")
        assert "judges       run_etl_1120   began alike, did otherwise" in shown
        files = planned(screen)
        shown = await screen.press("enter")
        browse = screen.app.screen
        assert isinstance(browse, BrowseScreen)
        assert isinstance(browse.view, RegressTab)
        assert " ▸ ✗ run_etl_1108" in shown
        assert "── run_etl_1108  trajectory ──" in shown
        assert "── first difference ──" in shown
        assert "3 more calls from index 4 on." in shown
        assert "pinned run_etl_1108, judged: fail" in screen.row(38)
    assert changed(before, incident) == files


@pytest.mark.usefixtures("incident")
async def test_a_family_that_nothing_came_after_judges_itself(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        assert "judges       itself: no other run is named" in await screen.press("2", "R")
        await screen.press("escape")
        assert "judges       itself: no later run" in await screen.press("5", "end", "R")
        assert " ▸ ✓ run_search_44" in await screen.press("enter")


@each_act
async def test_the_files_written_are_those_listed(
    host: StoryHost, incident: Path, steps: tuple[str, ...]
) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press(*steps)
        files, before = planned(screen), tree(incident)
        await screen.press("enter")
        assert isinstance(screen.app.screen, BrowseScreen)
    assert changed(before, incident) == files


async def test_judging_again_writes_the_result_alone(host: StoryHost, incident: Path) -> None:
    before = tree(incident)
    async with opened(host, (120, 40)) as screen:
        await screen.press("6", "R")
        assert planned(screen) == {"regress_result.json", commands.JUNIT}
        shown = await screen.press("enter")
        assert "judged: fail, 1 grade failed." in shown
        assert " ▸ ✗ etl_nightly" in shown
    assert changed(before, incident) == {"regress_result.json", commands.JUNIT}


@each_act
async def test_esc_and_an_end_write_nothing(
    host: StoryHost, incident: Path, steps: tuple[str, ...]
) -> None:
    before = tree(incident)
    async with opened(host) as screen:
        await screen.press(*steps, *"-x", "escape")
        assert isinstance(screen.app.screen, BrowseScreen)
        await screen.press(*steps)
        await screen.paste("pasted\nenter\n")
        await screen.press("tab", "x", "escape", "tab", "ctrl+c")
    assert tree(incident) == before


async def test_a_session_that_only_reads_has_none_of_the_keys(
    host: StoryHost, incident: Path
) -> None:
    before = tree(incident)
    async with opened(host, (140, 40), read_only=True) as screen:
        for tab in "256":
            await screen.press(tab, "R", "I", "P")
            assert isinstance(screen.app.screen, BrowseScreen)
            assert "R regression" not in screen.text
            assert "R run" not in screen.text
        assert "regression…" not in await screen.press("question_mark")
    assert tree(incident) == before


async def test_a_name_that_is_taken_is_never_overwritten(host: StoryHost, incident: Path) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press("5", "R", *["backspace"] * 20, *"etl_retry")
        assert "taken; free is etl_retry-2" in screen.text
        before = tree(incident)
        await screen.press("enter")
        assert isinstance(screen.app.screen, ActDialog)
        assert tree(incident) == before
        assert "✓ free" in await screen.press("-", "2")
        assert " ▸ ✗ etl_retry-2" in await screen.press("enter")
        await screen.press("5", "R", "enter", "5", "R")
        dialog = screen.app.screen
        assert isinstance(dialog, ActDialog)
        assert dialog.box.edit.text == "run_etl_1117-2"


@pytest.mark.usefixtures("incident")
async def test_a_name_that_the_engine_refuses_is_told_in_its_words(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press("5", "R")
        assert "enter write and run" in screen.row(39)
        assert "expected a-z, 0-9" in await screen.press("space", "X")
        assert "enter" not in screen.row(39)
        await screen.press("enter")
        assert isinstance(screen.app.screen, ActDialog)
        await screen.press("backspace", "backspace")
        assert "enter write and run" in screen.row(39)


@pytest.mark.usefixtures("story")
async def test_a_damaged_run_is_refused_before_anything_is_offered(host: StoryHost) -> None:
    before = tree(host.cwd)
    async with opened(host, (140, 40)) as screen:
        shown = await screen.press("2", "j", "R")
        assert "results.jsonl" in shown
        assert "✗ runpack" in shown
        assert "name  " not in shown
        assert screen.row(39).split() == ["x", "command", "esc", "cancel"]
        await screen.press("enter", "a")
        assert isinstance(screen.app.screen, ActDialog)
        assert screen.text == shown
    assert tree(host.cwd) == before


async def test_a_config_of_somebody_else_is_never_replaced(host: StoryHost, incident: Path) -> None:
    (incident / "gait.yaml").write_text("theirs: [", encoding="utf-8")
    before = tree(incident)
    async with opened(host, (140, 40)) as screen:
        shown = await screen.press("2", "R")
        assert "✗ config that would be replaced: gait.yaml: not JSON at byte 4" in shown
        assert "mend gait.yaml or move it away" in shown
        await screen.press("enter")
        assert isinstance(screen.app.screen, ActDialog)
    assert tree(incident) == before


async def test_x_shows_the_command_that_enter_runs(host: StoryHost, incident: Path) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press("5", "R")
        files = planned(screen)
        shown = await screen.press("tab", "x")
        page = screen.app.screen
        assert isinstance(page, CommandScreen)
        assert page.copies()["copy_command"] == (
            "gait regress bootstrap --from gait-out/runpack_run_etl_1117.zip --name run_etl_1117"
            " --against gait-out/runpack_run_etl_1118.zip"
            f" --junit {commands.JUNIT} --no-overwrite --json"
        )
        assert all(path in shown for path in files)
        before = tree(incident)
    words = page.copies()["copy_command"].split()
    assert gait(*words[1:], cwd=incident).returncode == 5
    assert changed(before, incident) == files


async def test_r_i_and_p_work_wherever_a_run_is_at_hand(host: StoryHost, incident: Path) -> None:
    footer = receipt("gait-out/runpack_run_etl_1120.zip", host=host).ticket_footer
    before = tree(incident)
    async with opened(host, (120, 40)) as screen:

        async def offered(run: str, keys: str = "RIP") -> None:
            for key in keys:
                assert isinstance((await screen.press(key), screen.app.screen)[1], ActDialog)
                assert f"from         {run}" in screen.text
                await screen.press("escape")

        await screen.press("5", "enter")
        await offered("run_etl_1117")
        await screen.press("3", "enter")
        await offered("run_etl_1120")
        await screen.press("7", "slash", *"kind:pack", "enter", "enter")
        await offered("run_etl_1120", "I")
        await screen.paste(footer)
        await offered("run_etl_1120")
        await screen.press("enter")
        assert isinstance(screen.app.screen, RunScreen)
        await offered("run_etl_1120")
        await screen.press("6", "d")
        await offered("run_etl_1118", "R")
        assert "judges       run_etl_1120 " in await screen.press("R")
        await screen.press("escape")
        assert isinstance((await screen.press("I"), screen.app.screen)[1], DiffScreen)
    assert tree(incident) == before


OWN = "~/own_private.key"
PROJECT = "gate:\n  key_mode: prod\n  private_key: gait-out/project_private.key\n"


@pytest.mark.parametrize(
    ("settings", "config", "named", "signs"),
    [
        (OWN, PROJECT, "--key-mode prod --private-key {home}/own_private.key", "own"),
        ("", PROJECT, "--key-mode prod --private-key gait-out/project_private.key", "project"),
        ("", "", "", ""),
        ("dev", PROJECT, "", ""),
    ],
    ids=["own", "project", "neither", "dev"],
)
async def test_p_signs_with_the_key_of_the_settings_and_says_which(
    host: StoryHost, incident: Path, settings: str, config: str, named: str, signs: str
) -> None:
    key_ids = {
        "own": keys.init(out_dir=str(host.home), prefix="own", host=host).key_id,
        "project": keys.init(out_dir="gait-out", prefix="project", host=host).key_id,
        "": "",
    }
    if config:
        (incident / ".gait").mkdir()
        (incident / ".gait/config.yaml").write_text(config, encoding="utf-8")
    async with opened(host, (120, 40), approval=Approval(key_path=settings)) as screen:
        shown = await screen.press("2", "P")
        key = f"key {key_ids[signs][:8]}   prod"
        said = key if signs else "! a dev key, made for this pack alone"
        assert f"signed by    {said}" in shown
        await screen.press("tab", "x")
        page = screen.app.screen
        assert isinstance(page, CommandScreen)
        command = page.copies()["copy_command"]
        assert named.format(home=host.home) in command
        assert ("--private-key" in command) == bool(named)
        await screen.press("escape", "enter")
    signer = signer_of_pack(incident)
    assert (signer if signer in key_ids.values() else "") == key_ids[signs]


async def test_a_key_that_is_not_there_is_never_replaced_by_another(
    host: StoryHost, incident: Path
) -> None:
    before = tree(incident)
    async with opened(host, (120, 40), approval=Approval(key_path="gone.key")) as screen:
        assert "gone.key" in await screen.press("2", "P", "a", "enter")
        assert isinstance(screen.app.screen, ActDialog)
    assert tree(incident) == before


@each_size
@pytest.mark.usefixtures("incident")
async def test_the_dialogs_as_pictures(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    async with opened(host, size) as screen:
        for name, steps in (
            ("regression", ("5", "R")),
            ("incident", ("2", "I")),
            ("evidence", ("2", "P")),
            ("rerun", ("6", "R")),
        ):
            await screen.press(*steps)
            snap(screen.app, f"act-{name}-{size[0]}x{size[1]}")
            await screen.press("escape")
