"""The Evidence tab: packs, sessions, chains, audits, installed manifests."""

import json
import shlex
from pathlib import Path
from typing import cast

import pytest

from gait_engine.api import session
from gait_engine.wire.safetext import HIDDEN
from gait_tui import commands
from gait_tui.bridge import Bridge
from gait_tui.commands import Query, argv
from gait_tui.panes.evidence import EvidenceTab
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.pages import CommandScreen
from tests.support import packs
from tests.support.process import gait
from tests.support.snap import Snap
from tests.tui import evidencecorpus
from tests.tui.driving import Driver, StoryHost, opened
from tests.tui.evidencecorpus import JOURNAL
from tests.tui.test_laws import RealHost, tree

each_size = pytest.mark.parametrize("size", [(80, 24), (120, 40), (140, 40)])
GOOD = "gait-out/evidence_pack_good.zip"
HURT = "gait-out/evidence_pack_hurt.zip"
TORN = "gait-out/evidence_pack_torn.zip"


@pytest.fixture
def evidence(host: StoryHost) -> Path:
    """The folder gait-out with evidence of every kind."""
    return evidencecorpus.build(host)


def tab(screen: Driver) -> EvidenceTab:
    shown = screen.app.screen
    assert isinstance(shown, BrowseScreen)
    return cast("EvidenceTab", shown.view)


def states(screen: Driver) -> dict[str, str]:
    view = tab(screen)
    return {Path(key).name: view.state(row) for key, row in view.store.rows.items()}


# ---------------------------------------------------------------- pictures


@each_size
@pytest.mark.usefixtures("evidence")
async def test_evidence_as_a_picture(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    async with opened(host, size) as screen:
        await screen.press("7", "j")
        snap(screen.app, f"evidence-{size[0]}x{size[1]}")


@each_size
async def test_no_evidence_as_a_picture(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    (host.cwd / "gait-out").mkdir()
    async with opened(host, size) as screen:
        await screen.press("7")
        snap(screen.app, f"evidence-empty-{size[0]}x{size[1]}")


@each_size
@pytest.mark.usefixtures("evidence")
async def test_damaged_evidence_as_a_picture(
    host: StoryHost, size: tuple[int, int], snap: Snap
) -> None:
    async with opened(host, size) as screen:
        await screen.press("7", "j", "j", "enter")
        snap(screen.app, f"evidence-damaged-{size[0]}x{size[1]}")


@each_size
@pytest.mark.usefixtures("evidence")
async def test_unreadable_evidence_as_a_picture(
    host: StoryHost, size: tuple[int, int], snap: Snap
) -> None:
    async with opened(host, size) as screen:
        await screen.press("7", "j", "j", "j", "enter")
        snap(screen.app, f"evidence-error-{size[0]}x{size[1]}")


@pytest.mark.usefixtures("evidence")
async def test_a_session_and_a_manifest_as_pictures(host: StoryHost, snap: Snap) -> None:
    async with opened(host, (120, 40)) as screen:
        await screen.press("7", *"jjjjj", "enter")
        snap(screen.app, "evidence-session-120x40")
        await screen.press("escape", "G", "enter", "]")
        snap(screen.app, "evidence-manifest-120x40")


# ---------------------------------------------------------------- the three laws

QUERIES = [
    *(Query(kind, (path,)) for kind in (commands.PACK, commands.PACK_CHECK)
      for path in (GOOD, HURT, TORN, "none.zip")),
    Query(commands.SESSION, (JOURNAL,)),
    Query(commands.SESSION, ("gait-out/none.jsonl",)),
    Query(commands.REGISTRY, ()),
    Query(commands.MANIFEST, ("../m.json",)),
    Query(commands.MANIFEST, (GOOD,)),
    Query(commands.MANIFEST_CHECK, ("../m.json",)),
]  # fmt: skip


@pytest.mark.usefixtures("evidence")
@pytest.mark.parametrize("query", QUERIES, ids=lambda q: f"{q.kind} {' '.join(q.targets)}")
def test_an_export_holds_the_bytes_that_the_command_prints(host: StoryHost, query: Query) -> None:
    body = Bridge(RealHost(host.cwd), ("gait-out",)).text(query)
    done = gait(*argv(query), cwd=host.cwd, env={"HOME": str(host.cwd)})
    assert body.decode() == done.stdout
    assert done.returncode in commands.SPELLINGS[query.kind].exits


@pytest.mark.usefixtures("evidence")
async def test_reading_every_piece_in_every_tab_changes_no_file(host: StoryHost) -> None:
    (host.cwd / f"{JOURNAL}.lock").write_text("held by an agent")
    (host.cwd / f"{JOURNAL}.state.json").unlink(missing_ok=True)
    before = tree(host.home)
    async with opened(host) as screen:
        await screen.press("7")
        for _ in tab(screen).store.visible:
            await screen.press("enter", "]", "]", "v", "escape", "v", "j")
    assert tree(host.home) == before


@pytest.mark.usefixtures("evidence")
async def test_x_of_each_detail_tab_is_its_own_command(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("7", "j", "enter")
        for words in ("gait guard show", "gait guard verify"):
            await screen.press("x")
            shown = screen.app.screen
            assert isinstance(shown, CommandScreen)
            command = shown.copies()["copy_command"]
            assert command.startswith(f"{words} {GOOD}")
            done = gait(*shlex.split(command)[1:], cwd=host.cwd)
            assert json.loads(done.stdout)["ok"] is True
            await screen.press("escape", "]")


# ---------------------------------------------------------------- what is known


@pytest.mark.usefixtures("evidence")
async def test_nothing_is_green_before_it_was_verified(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("7")
        assert "✓" not in screen.text
        assert set(states(screen).values()) == {"not checked", "not read", "unproven"}


@pytest.mark.usefixtures("evidence")
async def test_each_kind_says_what_was_found(host: StoryHost) -> None:
    async with opened(host, (120, 40)) as screen:
        await screen.press("7")
        for _ in tab(screen).store.visible:
            await screen.press("j")
        assert states(screen) == {
            "approval_audit_5d4b7f2a9c01e6d3b8a24f70.json": "unproven",
            "evidence_pack_good.zip": "intact",
            "evidence_pack_hurt.zip": "damaged",
            "evidence_pack_torn.zip": "not read",
            "incident_pack_1.zip": "intact",
            "s_91.jsonl": "unproven",
            "s_91_chain.json": "intact",
            "s_92.jsonl": "unproven",
            "registry_pack.json": "not checked",
        }
        assert "9 pieces: 1 not checked, 1 not read, 3 intact, 1 damaged, 3 unproven." in (
            screen.row(38)
        )


@pytest.mark.usefixtures("evidence")
async def test_a_journal_whose_chain_is_broken_is_damaged(host: StoryHost) -> None:
    chain = host.cwd / "gait-out/sessions/s_91_chain.json"
    found = json.loads(chain.read_text())
    found["checkpoints"][0]["manifest_digest"] = "0" * 64
    chain.write_text(json.dumps(found))
    async with opened(host, (120, 40)) as screen:
        await screen.press("7", "slash", *"kind:session s_91", "enter")
        assert states(screen)["s_91.jsonl"] == "damaged"
        assert "✗ DAMAGED" in screen.text


@pytest.mark.usefixtures("evidence")
async def test_a_file_that_changed_is_checked_anew(host: StoryHost, evidence: Path) -> None:
    async with opened(host) as screen:
        await screen.press("7", "j", "k")
        assert states(screen)["evidence_pack_good.zip"] == "intact"
        whole = (evidence / "evidence_pack_hurt.zip").read_bytes()
        (evidence / "evidence_pack_good.zip").write_bytes(whole)
        await screen.press("ctrl+r")
        assert states(screen)["evidence_pack_good.zip"] == "changed"
        await screen.press("slash", *"pack_good", "enter")
        assert states(screen)["evidence_pack_good.zip"] == "damaged"


@pytest.mark.usefixtures("evidence")
async def test_a_session_still_written_shows_its_open_calls(host: StoryHost) -> None:
    async with opened(host, (120, 40)) as screen:
        await screen.press("7", "slash", *"s_92", "enter")
        assert "No chain seals this journal" in screen.text
        call = session.EventInput(tool_name="tool.late", verdict="block")
        session.append("gait-out/sessions/s_92.jsonl", call, host=host)
        await screen.press("ctrl+r", "k")
        assert "⊘ 1     block" in screen.text


@pytest.mark.usefixtures("evidence")
async def test_g_goes_to_the_run_and_to_the_chain_of_a_session(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("7", "j", "g", "r")
        assert "▸ ✓ run_etl_1120" in screen.text
        await screen.press("7", "slash", *"kind:session s_91", "enter", "g", "s")
        assert "━▸ Runs" in screen.text
        assert "▸ ✓ s_91" in screen.text


@pytest.mark.usefixtures("evidence")
async def test_a_filter_knows_kind_case_and_state(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("7", "j", "slash", *"kind:pack state:intact", "enter")
        assert tab(screen).store.visible == [GOOD]
        await screen.press("escape", "slash", *"case:inc-4211", "enter")
        assert tab(screen).store.visible == [GOOD, HURT]


@pytest.mark.usefixtures("evidence")
async def test_a_cache_that_cannot_be_listed_is_said_and_hides_nothing(host: StoryHost) -> None:
    cache = host.home / ".gait" / "registry"
    cache.rename(host.home / ".gait" / "away")
    cache.write_text("no folder")
    async with opened(host) as screen:
        await screen.press("7")
        assert "registry's cache could not be listed" in screen.row(22)
        assert len(tab(screen).store.visible) == 8


HOSTILE = (
    "\x1b[2J\x1b]0;x\x07",
    "\u202egpj\u2066",
    "a\u200b\ufeff",
    "x\nVERIFIED",
    "\x9b31m",
    "[b]",
)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:12])
async def test_hostile_text_in_a_pack_and_a_session_reaches_no_cell(
    host: StoryHost, text: str
) -> None:
    folder = host.cwd / "gait-out"
    folder.mkdir()
    control = {"control_id": text, "title": text, "evidence_paths": [text]}
    said = {"pack_id": text, "run_id": text, "case_id": text, "template_id": text}
    entry = {"path": text, "sha256": text, "type": text}
    manifest = packs.guard_manifest({}, **said, control_index=[control], contents=[entry])
    packs.write_pack(folder / "evidence_pack_1.zip", manifest, {})
    session.start(JOURNAL, session_id="s", run_id="r", host=host)
    call = session.EventInput(tool_name=text, verdict="block")
    session.append(JOURNAL, call, host=host)
    async with opened(host, (120, 40)) as screen:
        await screen.press("7")
        seen = [await screen.press(key) for key in ("enter", "]", "]", "escape", "j", "enter", "]")]
    for shown in seen:
        assert not HIDDEN.search(shown.replace("\n", ""))
        assert not [row for row in shown.split("\n") if row.lstrip().startswith("VERIFIED")]
