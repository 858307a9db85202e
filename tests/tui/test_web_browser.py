"""The terminal UI in a real browser: it shows what a terminal shows, and writes nothing."""

import pytest

from tests.support.chromium import Chromium
from tests.support.reviews import ask, tree, waiting_call
from tests.support.webserver import WebServer
from tests.tui.driving import StoryHost

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
SETTINGS = """\
read_only = false
clipboard = "tmux"
pager = "touch pager-was-here"
approval.approver = "alice"
approval.key_path = "k.key"
"""
PLANTED = "open('planted', 'w').close()\n"


@pytest.mark.usefixtures("story")
def test_a_browser_shows_the_tabs_and_no_key_of_it_writes(
    host: StoryHost, tmp_path_factory: pytest.TempPathFactory
) -> None:
    waiting_call(host)
    ask(host, trace="gait-out/trace_wipe.json")
    (host.cwd / "mine.toml").write_text(SETTINGS, encoding="utf-8")
    for name in ("textual", "aiohttp", "gait_tui"):
        (host.cwd / f"{name}.py").write_text(PLANTED, encoding="utf-8")
    env = {
        "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),  # rows, which no key asks for
        "GAIT_TUI_READ_ONLY": "0",
        "TEXTUAL_PRESS": "e",
        "TEXTUAL_SCREENSHOT": "1",
        "TEXTUAL_SCREENSHOT_LOCATION": str(host.home),
        "TEXTUAL_SCREENSHOT_FILENAME": "picture.svg",
    }
    before = tree(host.home)
    with WebServer(host.cwd, "--config", "mine.toml", env=env) as server, Chromium() as browser:
        browser.open(f"{server.address}?read_only=0&ping=http://evil.example/")
        browser.wait_for("8 Health")
        browser.wait_for("Runs  5 runs", pressing="2")
        browser.wait_for("Read only: nothing is written here.", pressing="e")
        browser.keys("T")
        browser.wait_for("high-contrast-light")
        browser.keys("j\r")
        browser.wait_for("approved by nobody so far", pressing="4")
        browser.wait_for("this terminal cannot be handed over", pressing="o")
        browser.keys("a")
        browser.wait_for("This session only reads: asked for by --read-only")
        browser.keys("ADcr?")
        assert "approve…" not in browser.wait_for("Help  Review")
        assert tree(host.home) == before
        assert {address.split("/")[2] for address in browser.asked} == {server.authority}
        assert server.stop() == 0
    assert tree(host.home) == before
