"""What a person comes for, done in the keys that it may take: a ticket at night, an approval."""

import json
from pathlib import Path
from typing import Any

from gait_engine.api.run import receipt
from gait_tui.screens.review import ReviewScreen
from tests.support.reviews import approve, waiting_call
from tests.tui import corpus
from tests.tui.driving import StoryHost, opened
from tests.tui.reviewing import ALICE

TRACES = 100_000
PER_JOURNAL = 25_000


def ticket_of(host: StoryHost, pack: Path) -> str:
    """Return the ticket line of a runpack."""
    return receipt(str(pack), host=host).ticket_footer


async def test_hidden_characters_of_a_run_are_spelled_from_the_ticket_on(
    host: StoryHost, incident: Path
) -> None:
    evil: corpus.Call = ("tool.file.\u202eeteled", 5.0, {"path": "/srv/db\u200b"}, "error", {})
    pack = corpus.write_run(incident / "gait-out", "run_evil", (corpus.SEARCH, evil), host)
    async with opened(host, screen="inbox") as screen:
        shown = await screen.paste(ticket_of(host, pack))
        assert "✓ VERIFIED" in shown
        assert "first not ok" in shown
        assert r"tool.file.\u202ee…" in shown
        shown += await screen.press("enter", "tab")
        assert r"tool.file.\u202eeteled" in shown
        assert r"/srv/db\u200b" in shown
        assert not {"\u202e", "\u200b"} & set(shown)


async def test_an_expired_token_approves_nothing_and_the_review_says_so(host: StoryHost) -> None:
    waiting_call(host)
    approve(host, "old.json", expires_at="2026-02-05T11:00:00Z", approver_identity="dora")
    async with opened(host, roots=(".",), approval=ALICE, undecided="", screen="inbox") as screen:
        assert "0 of 2" in screen.text
        shown = await screen.press("4")
        assert "expired" in shown
        await screen.press("a")
        assert isinstance(screen.app.screen, ReviewScreen)
        assert "an earlier approval of this call has expired" in screen.text


def write_journal(path: Path, trace: dict[str, Any], first: int) -> None:
    """Write so many decisions as one journal, each of a call of its own."""
    line = json.dumps(trace, separators=(",", ":"))
    kept = [trace["trace_id"], trace["intent_digest"]]
    lines = []
    for number in range(first, first + PER_JOURNAL):
        fresh = f"{number:08x}"
        text = line.replace(kept[0], fresh + kept[0][8:]).replace(kept[1], fresh + kept[1][8:])
        lines.append(text)
    path.write_text("\n".join(lines) + "\n")
    corpus.age_file(path, corpus.DAY)


async def test_a_ticket_is_answered_among_a_hundred_thousand_traces(
    host: StoryHost, incident: Path
) -> None:
    allowed = incident / "gait-out" / "traces" / "trace_run_etl_1120_1.json"
    trace = json.loads(allowed.read_bytes())
    for number in range(0, TRACES, PER_JOURNAL):
        write_journal(incident / "gait-out" / f"traces_{number}.jsonl", trace, number)
    pack = incident / "gait-out" / "runpack_run_etl_1120.zip"
    async with opened(host, screen="inbox") as screen:
        shown = await screen.paste(ticket_of(host, pack))
        assert "✓ VERIFIED" in shown
        assert "first not ok" in shown
        shown = await screen.press("escape", "3")
        assert "100,0" in shown
        assert "block" in await screen.press("slash", *"v:block", "enter")
