import json
import zipfile
from pathlib import Path

import pytest

from gait_engine.api.run import receipt
from tests.tui.driving import Driver, StoryHost, opened

OTHER = "5375938f57e23a03a26915e222728d9163f7d780794b7b7fa4b26c38f3cbacda"


def footer(run_id: str, digest: str) -> str:
    return f'GAIT run_id={run_id} manifest=sha256:{digest} verify="gait verify {run_id}"'


def true_footer(host: StoryHost, run_id: str) -> str:
    return receipt(f"gait-out/runpack_{run_id}.zip", host=host).ticket_footer


def recorded_digest(pack: Path) -> str:
    with zipfile.ZipFile(pack) as archive:
        return str(json.loads(archive.read("manifest.json"))["manifest_digest"])


def colours(screen: Driver, word: str) -> set[str]:
    """Name the colours of a word on the screen."""
    strips = screen.app.screen._compositor.render_strips()
    return {
        str(segment.style.color.name)
        for strip in strips
        for segment in strip
        if word in segment.text and segment.style and segment.style.color
    }


@pytest.mark.usefixtures("story")
async def test_the_tickets_intact_artifact_is_verified_with_its_calls(host: StoryHost) -> None:
    line = true_footer(host, "run_etl_1120")
    async with opened(host) as screen:
        shown = await screen.paste(f"  see this:\n{line}\n\n")
        assert "✓ VERIFIED   It is the ticket's artifact and it is intact." in shown
        assert "equals the ticket, 64 of 64 digits" in shown
        assert "first not ok" in shown
        assert "the first that is not ok is call 5" in shown
        assert "GAIT run_id=run_etl_1120" in shown
        assert colours(screen, "VERIFIED") == {"#95e9b0"}


@pytest.mark.usefixtures("story")
async def test_another_recording_of_the_same_run_is_amber_with_both_digests_whole(
    host: StoryHost,
) -> None:
    async with opened(host) as screen:
        shown = await screen.paste(footer("run_etl_1120", OTHER))
        assert "! NOT THE TICKET'S   The pack is intact, but it is another recording." in shown
        assert OTHER in shown
        assert recorded_digest(host.cwd / "gait-out/runpack_run_etl_1120.zip") in shown
        assert "Do not close the ticket on this file." in shown
        assert "tool.http.post" not in shown
        assert colours(screen, "NOT THE TICKET'S") == {"#f2c14e"}


async def test_a_damaged_artifact_names_the_file_and_lists_no_calls(
    host: StoryHost, story: Path
) -> None:
    digest = recorded_digest(story / "runpack_run_etl_1119.zip")
    async with opened(host) as screen:
        shown = await screen.paste(footer("run_etl_1119", digest))
        assert "✗ DAMAGED   1 of 4 files is not the file that was recorded." in shown
        assert "✗ results.jsonl" in shown
        assert "equals the ticket   so the file is wrong, not the list" in shown
        assert "A damaged pack is no evidence: its calls are not listed." in shown
        assert "tool." not in shown
        assert "exit 2" in shown
        assert colours(screen, "DAMAGED") == {"#ff8078"}


@pytest.mark.usefixtures("story")
async def test_an_artifact_that_is_not_here_names_every_place(host: StoryHost) -> None:
    async with opened(host) as screen:
        shown = await screen.paste(footer("run_etl_0931", OTHER))
        assert "? NOT FOUND" in shown
        assert "gait-out/runpack_run_etl_0931.zip" in shown
        assert "~/.gait/runpacks" in shown
        assert "not good, not bad" in shown
        assert "exit 6" in shown


@pytest.mark.usefixtures("story")
async def test_a_ticket_that_appears_later_is_found_by_looking_again(host: StoryHost) -> None:
    line = true_footer(host, "run_etl_1118")
    pack = host.cwd / "gait-out" / "runpack_run_etl_1118.zip"
    body = pack.read_bytes()
    pack.unlink()
    async with opened(host) as screen:
        assert "? NOT FOUND" in await screen.paste(line)
        pack.write_bytes(body)
        assert "✓ VERIFIED" in await screen.press("ctrl+r")


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(
    ("line", "wrong", "expected"),
    [
        (footer("run_x", OTHER[:40]), "character 35", "64 lower-case hex digits"),
        (footer("run_x", OTHER).replace("verify run_x", "verify run_y"), "character", "the run id"),
        ("hello", "character 1 of 5", "GAIT and a space"),
        (f"{footer('run_x', OTHER)} tail", "character", "nothing behind"),
    ],
    ids=["digest", "ids", "words", "tail"],
)
async def test_a_bad_footer_is_shown_with_its_fault_and_the_whole_form(
    host: StoryHost, line: str, wrong: str, expected: str
) -> None:
    async with opened(host) as screen:
        shown = await screen.paste(line)
        assert "? NOT READ" in shown
        assert wrong in shown
        assert expected in shown
        assert 'verify="gait verify <id>"' in " ".join(shown.replace("│", " ").split())
        assert line[:40] in shown


@pytest.mark.usefixtures("story")
async def test_what_is_wrong_stands_above_a_long_line(host: StoryHost) -> None:
    async with opened(host) as screen:
        shown = await screen.paste("GAIT run_id=" + "x" * 1_500)
        assert shown.index("? NOT READ") < shown.index("GAIT run_id=xxx")


@pytest.mark.usefixtures("story")
async def test_enter_opens_the_run_at_the_chosen_call(host: StoryHost) -> None:
    line = true_footer(host, "run_etl_1120")
    async with opened(host, (140, 40)) as screen:
        await screen.paste(line)
        shown = await screen.press("n", "enter")
        assert "call 6 of 7" in shown
        assert "✓ VERIFIED" in await screen.press("escape")


@pytest.mark.usefixtures("story")
async def test_a_ticket_on_the_command_line_opens_at_once(host: StoryHost) -> None:
    line = true_footer(host, "run_etl_1118")
    async with opened(host, target=line, origin="given footer") as screen:
        assert "Ticket  given footer" in screen.text
        assert "✓ VERIFIED" in screen.text


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("target", ["run_etl_1119", "gait-out/runpack_run_etl_1119.zip"])
async def test_a_run_on_the_command_line_opens_at_once(host: StoryHost, target: str) -> None:
    async with opened(host, target=target) as screen:
        assert "✗ DAMAGED" in screen.text
        assert "✗ results.jsonl" in screen.text
        assert "5 runs" in await screen.press("escape")


@pytest.mark.usefixtures("story")
async def test_ctrl_o_opens_what_is_typed(host: StoryHost) -> None:
    async with opened(host) as screen:
        shown = await screen.press("ctrl+o", *"run_demo", "enter")
        assert "✓ VERIFIED   4 of 4 files" in shown
