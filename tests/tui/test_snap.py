from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from tests.support.snap import compare_file, pictures, screen_text


class Dialog(ModalScreen[None]):
    CSS = "Dialog { align: center middle; } Static { width: 10; height: 3; border: heavy red; }"

    def compose(self) -> ComposeResult:
        yield Static("dialog")


class Rows(App[None]):
    def compose(self) -> ComposeResult:
        for number in range(5):
            yield Static(f"row {number}")


async def test_the_text_holds_a_dialog_and_what_is_behind_it() -> None:
    app = Rows()
    async with app.run_test(size=(30, 5)) as pilot:
        await app.push_screen(Dialog())
        await pilot.pause()
        assert screen_text(app) == (
            "row 0\nrow 1     ┏━━━━━━━━┓\nrow 2     ┃dialog  ┃\nrow 3     ┗━━━━━━━━┛\nrow 4\n"
        )


async def test_pictures_of_equal_screens_are_equal_bytes() -> None:
    taken = []
    for _ in range(2):
        app = Rows()
        async with app.run_test(size=(30, 5)) as pilot:
            await pilot.pause()
            taken.append(pictures(app))
    assert taken[0] == taken[1]
    assert list(taken[0]) == [".txt", ".svg"]


def test_another_text_fails_with_the_lines_that_differ(tmp_path: Path) -> None:
    kept = tmp_path / "runs.txt"
    kept.write_text("one\ntwo\n", encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match=r"another text(.|\n)*-two\n\+three"):
        compare_file("one\nthree\n", kept, update=False)
    assert kept.read_text(encoding="utf-8") == "one\ntwo\n"


def test_a_picture_that_is_not_kept_fails_until_it_is(tmp_path: Path) -> None:
    kept = tmp_path / "tui" / "runs.svg"
    with pytest.raises(pytest.fail.Exception, match="no such picture yet"):
        compare_file("<svg/>", kept, update=False)
    compare_file("<svg/>", kept, update=True)
    compare_file("<svg/>", kept, update=False)
    with pytest.raises(pytest.fail.Exception, match="other colours"):
        compare_file("<svg fill='red'/>", kept, update=False)
