"""What the command answers before there is a screen, and `--plain`."""

import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from gait_engine.api.run import receipt
from gait_engine.errors import InvalidInput
from gait_tui import plaintabs
from gait_tui.__main__ import main
from gait_tui.request import parse
from gait_tui.tabs import TABS
from gait_tui.targets import standard_roots, ticket_in
from tests.support.process import python
from tests.tui.driving import StoryHost

ENTRY = "import sys; from gait_engine.cli.main import run; run()"


class Console(io.StringIO):
    """A stream that says whether it is a terminal."""

    encoding: ClassVar[str] = "utf-8"  # type: ignore[misc]

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


class TermHost(StoryHost):
    """A host with an environment of its own."""

    def __init__(self, home: Path, env: Mapping[str, str]) -> None:
        super().__init__(home)
        self._env = dict(env)


def put_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call it in the test itself: capsys puts its own streams back when a fixture has ended."""
    monkeypatch.setattr(sys, "stdin", Console(is_terminal=True))
    monkeypatch.setattr(sys, "stdout", Console(is_terminal=True))


def test_arguments_are_read_in_any_order() -> None:
    request = parse(["--root", "a", "run_x", "--root=b", "--ascii", "--theme", "mono"])
    assert request.target == "run_x"
    assert request.roots == ("a", "b")
    assert request.theme == "mono"
    assert request.switches == {"--ascii"}
    assert parse(["--", "--odd"]).target == "--odd"
    assert parse(["--read-only"]).switches == {"--read-only"}
    assert parse(["-"]).target == "-"


@pytest.mark.parametrize("argv", [["--what"], ["--root"], ["--root="], ["a", "b"], ["--ascii=1"]])
def test_arguments_that_cannot_be_read_are_refused(argv: list[str]) -> None:
    with pytest.raises(InvalidInput):
        parse(argv)


@pytest.mark.parametrize("term", ["", "dumb"])
def test_a_terminal_that_cannot_place_its_cursor_is_refused(
    tmp_path: Path,
    term: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put_terminals(monkeypatch)
    assert main([], TermHost(tmp_path, {"TERM": term})) == 6
    said = capsys.readouterr().err
    assert f"TERM: '{term}', expected a terminal" in said
    assert "run 'gait tui --plain'" in said


def test_without_a_terminal_the_command_names_the_plain_form(
    host: StoryHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Console(is_terminal=False))
    assert main([], host) == 6
    said = capsys.readouterr().err
    assert "stdin: not a terminal" in said
    assert "gait tui --plain" in said


def test_keys_that_clash_are_refused_before_anything_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_terminals(monkeypatch)
    host = TermHost(tmp_path, {"TERM": "xterm"})
    host.cwd.mkdir()
    (host.cwd / "mine.toml").write_text('keys.verify = "q"', encoding="utf-8")
    assert main(["--config", "mine.toml"], host) == 6
    assert "keys.verify: 'q', expected a key that leave does not have" in capsys.readouterr().err
    assert isinstance(sys.stdout, Console)
    assert sys.stdout.getvalue() == ""


def test_a_closed_stdout_is_told_and_not_a_traceback(
    host: StoryHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = Console(is_terminal=True)
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    assert main(["--plain"], host) == 6
    monkeypatch.setattr(sys, "stdin", Console(is_terminal=True))
    assert main([], host) == 6
    assert "stdout: " in capsys.readouterr().err


def test_refusals_do_not_import_textual(tmp_path: Path) -> None:
    code = f"""
import atexit, sys
atexit.register(lambda: sys.stderr.write("textual" if "textual" in sys.modules else "light"))
{ENTRY}
"""
    done = python(code, ["tui"], cwd=tmp_path)
    assert done.returncode == 6
    assert done.stderr.endswith("light")


def test_help_and_settings_are_printed(host: StoryHost, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"], host) == 0
    assert "usage: gait tui" in capsys.readouterr().out
    assert main(["--print-config"], host) == 0
    shown = capsys.readouterr().out
    assert "poll_seconds" in shown
    assert '# verify = "v"' in shown


@pytest.mark.usefixtures("story")
def test_plain_prints_the_list_and_the_newest_run(
    host: StoryHost, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--plain"], host) == 0
    shown = capsys.readouterr().out
    assert "5 runs" in shown
    assert "✓ VERIFIED   4 of 4 files" in shown
    assert "first not ok" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(
    ("target", "code", "words"),
    [
        ("run_etl_1119", 2, "✗ results.jsonl"),
        ("run_etl_1118", 0, "✓ VERIFIED"),
        ("run_none", 6, "? NOT READ"),
        ("gait-out/runpack_run_torn.zip", 6, "? NOT READ"),
    ],
)
def test_plain_triages_a_target(
    host: StoryHost, capsys: pytest.CaptureFixture[str], target: str, code: int, words: str
) -> None:
    assert main(["--plain", target], host) == code
    assert words in capsys.readouterr().out


@pytest.mark.usefixtures("story")
def test_plain_triages_a_ticket(host: StoryHost, capsys: pytest.CaptureFixture[str]) -> None:
    line = receipt("gait-out/runpack_run_etl_1120.zip", host=host).ticket_footer
    assert main(["--plain", line], host) == 0
    assert "It is the ticket's artifact" in capsys.readouterr().out
    assert main(["--plain", line.replace("run_etl_1120", "run_etl_1118")], host) == 2
    assert "NOT THE TICKET'S" in capsys.readouterr().out


@pytest.mark.usefixtures("story")
def test_plain_ascii_has_no_other_character(
    host: StoryHost, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--plain", "--ascii"], host)
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert "+ VERIFIED" in shown


LISTED = {
    "inbox": ("Inbox  9 need a person", "✗ crit  verify    run_etl_1119", "need no one."),
    "runs": ("Runs  19 runs", "? run_etl_1120"),
    "traces": ("Traces  9 traces", "⊘ block            tool.http.post", "2026-02-02 ──"),
    "approvals": ("Approvals  2 waiting", "waiting for a person", "! tool.delete /srv/db.conf"),
    "scout": ("4 families over 14 runs", "◆ crit   190", "place of each tool", "Left out: "),
    "regress": ("5 fixtures, 1 failed", "✗ etl_nightly"),
    "evidence": ("Evidence  6 pieces", "? chain     s_91", "unproven"),
    "health": ("gait doctor", "workdir", "Roots  3"),
}
"""Words of each tab of the demo incident."""


@pytest.mark.usefixtures("incident")
def test_plain_prints_the_list_of_every_tab(
    host: StoryHost, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(LISTED) == {tab.id for tab in TABS}
    for tab, words in LISTED.items():
        assert main(["--plain", "--screen", tab], host) == 0
        shown = capsys.readouterr().out
        assert all(word in shown for word in words), shown
        assert max(map(len, shown.splitlines())) <= 80
        assert main(["--plain", "--ascii", f"--screen={tab}"], host) == 0
        assert capsys.readouterr().out.isascii()
    monkeypatch.setattr(plaintabs, "MOST_ROWS", 8)
    main(["--plain", "--screen", "traces"], host)
    assert "and 2 more: gait index --json" in capsys.readouterr().out


def test_plain_says_of_every_tab_that_there_is_nothing_and_knows_no_textual(tmp_path: Path) -> None:
    code = """
import sys
from gait_engine.host import Host
from gait_tui.__main__ import main
from gait_tui.tabs import TABS
codes = [main(["--plain", "--screen", tab.id], Host()) for tab in TABS]
sys.exit(f"{codes} {[name for name in sys.modules if name.startswith('textual')]}")
"""
    done = python(code, [], cwd=tmp_path)
    assert done.stderr.strip() == "[0, 0, 0, 0, 0, 0, 0, 0] []"
    said = ("No artifacts found.", "No runpacks found.", "NO TRACES", "NOTHING WAITS")
    more = ("NO FAMILIES", "NO FIXTURES", "No evidence found.", "output_dir")
    assert all(word in done.stdout for word in (*said, *more))


def test_plain_says_what_was_searched_when_there_is_nothing(
    host: StoryHost, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--plain"], host) == 0
    assert "No runpacks found." in capsys.readouterr().out


def test_the_folders_of_the_engine_are_searched_by_default(host: StoryHost) -> None:
    assert list(standard_roots(host)) == ["gait-out", f"{host.home}/.gait/runpacks"]


def test_the_ticket_line_is_found_in_what_was_pasted() -> None:
    assert ticket_in("Hi,\n  GAIT run_id=x \nbye") == "GAIT run_id=x"
    assert ticket_in("\n one \n two") == "one"
    assert ticket_in(" \n ") == ""
