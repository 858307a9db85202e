"""The Explain screen: the rules behind a decision, in the order of the walk."""

import shlex
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from gait_engine.api.shapes import IndexRow, PolicyExplainAnswer
from gait_engine.contract.answers.policyexplain import ExplainedScript, ExplainedStep
from gait_tui import commands
from gait_tui.bridge import Bridge
from gait_tui.commands import Query, argv
from gait_tui.models.artifacts import Artifacts, catalog_of
from gait_tui.panes.traces import TracesTab
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.explain import ExplainScreen
from gait_tui.screens.pages import CommandScreen
from gait_tui.services.config import Approval
from gait_tui.views import walk
from gait_tui.views.conditions import condition_lines
from gait_tui.views.line import Look
from tests.support.process import gait
from tests.support.snap import Snap
from tests.tui.driving import Driver, StoryHost, opened
from tests.tui.test_laws import RealHost, tree

POLICY = "gait-out/policy.yaml"
POST = "gait-out/intents/run_etl_1120_5.json"
TRACE = "gait-out/traces/trace_run_etl_1120_5.json"
KEY = "gait-out/demo_keys/demo_public.key"
TO_RULE = ("3", "j", "enter", "]", "]", "z")
QUERIES = [
    Query(commands.EXPLAIN, (POLICY, POST, "2026-02-05T03:11:19.4Z")),
    Query(commands.EXPLAIN, (POLICY, "gait-out/intents/bob_write.json", "2026-02-05T02:48:03.91Z")),
    Query(commands.EXPLAIN, ("gait-out/none.yaml", POST, "2026-02-05T03:11:19.4Z")),
    Query(commands.EXPLAIN, (POLICY, POLICY, "")),
    Query(commands.TRACE, (TRACE,)),
    Query(commands.TRACE, (TRACE, KEY)),
    Query(commands.TRACE, (TRACE, "gait-out/none.key")),
]

each_size = pytest.mark.parametrize("size", [(80, 24), (120, 40), (140, 40)])


def explained(host: StoryHost, intent: str = POST) -> PolicyExplainAnswer:
    query = Query(commands.EXPLAIN, (POLICY, intent, "2026-02-05T03:11:19.4Z"))
    answer = Bridge(host, ()).outcome(query).answer
    assert isinstance(answer, PolicyExplainAnswer)
    return answer


def shown(screen: Driver) -> ExplainScreen:
    top = screen.app.screen
    assert isinstance(top, ExplainScreen)
    return top


def traces(screen: Driver) -> TracesTab:
    top = screen.app.screen
    assert isinstance(top, BrowseScreen)
    return cast("TracesTab", top.view)


@each_size
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("explain", TO_RULE),
        ("explain-no-match", (*TO_RULE, "k")),
        ("explain-default", (*TO_RULE, "G")),
        ("explain-rule", (*TO_RULE, "tab", "ctrl+d")),
        ("explain-go", (*TO_RULE, "g")),
    ],
)
@pytest.mark.usefixtures("incident")
async def test_an_explanation_as_a_picture(
    host: StoryHost, size: tuple[int, int], name: str, keys: tuple[str, ...], snap: Snap
) -> None:
    async with opened(host, size) as screen:
        await screen.press(*keys)
        snap(screen.app, f"{name}-{size[0]}x{size[1]}")


@pytest.mark.usefixtures("incident")
@pytest.mark.parametrize("query", QUERIES, ids=lambda q: f"{q.kind} {' '.join(q.targets)}")
def test_an_answer_holds_the_bytes_that_the_command_prints(host: StoryHost, query: Query) -> None:
    body = Bridge(RealHost(host.cwd), ("gait-out",)).text(query)
    done = gait(*argv(query), cwd=host.cwd)
    assert body.decode() == done.stdout
    assert done.stderr == ""
    assert done.returncode in commands.SPELLINGS[query.kind].exits


@pytest.mark.usefixtures("incident")
async def test_x_shows_the_command_and_nothing_is_written(host: StoryHost) -> None:
    before = tree(host.cwd)
    async with opened(host) as screen:
        await screen.press(*TO_RULE, "j", "k", "tab", "tab", "x")
        top = screen.app.screen
        assert isinstance(top, CommandScreen)
        words = shlex.split(top.copies()["copy_command"])
    assert tree(host.cwd) == before
    done = gait(*words[1:], cwd=host.cwd)
    assert done.returncode == 3
    assert '"matched_rule":"block-tainted-egress"' in done.stdout


@pytest.mark.usefixtures("incident")
async def test_g_p_explains_and_g_leads_back(host: StoryHost) -> None:
    async with opened(host, (120, 40)) as screen:
        assert "by rule approve-delete" in await screen.press("3", "g", "p")
        assert shown(screen).trace.tool_name == "tool.delete"
        assert "━▸ tool.delete" in await screen.press("g", "i")
        assert traces(screen).detail.tab == "Intent"
        await screen.press("g", "p", "g", "t")
        assert traces(screen).listing.store.cursor.endswith("trace_run_etl_1120_7.json")
        await screen.press("g", "p", "escape")
        assert isinstance(screen.app.screen, BrowseScreen)


@pytest.mark.usefixtures("incident")
async def test_another_intent_under_the_digest_of_the_trace_is_said(host: StoryHost) -> None:
    async with opened(host, (120, 40)) as screen:
        await screen.press(*TO_RULE)
        assert "✓ same digests as the trace" in screen.text
        intent = host.cwd / "gait-out" / "intents" / "run_etl_1120_6.json"
        intent.write_text(intent.read_text().replace("drop.paste.example", "else.paste.example"))
        await screen.press("ctrl+r")
        assert "✗ not the digests of the trace" in screen.text


@pytest.mark.usefixtures("incident")
async def test_a_policy_that_is_gone_is_told_in_the_engine_s_words(host: StoryHost) -> None:
    async with opened(host, (120, 40)) as screen:
        await screen.press("3", "j")
        (host.cwd / POLICY).unlink()
        await screen.press("g", "p")
        assert "policy.yaml" in screen.text
        assert "io_failure" in screen.text or "invalid_input" in screen.text
        assert isinstance(screen.app.screen, ExplainScreen)


@pytest.mark.usefixtures("incident")
@pytest.mark.parametrize("tab", ["3", "1"])
async def test_the_hint_of_z_says_what_it_does_on_a_tab(host: StoryHost, tab: str) -> None:
    async with opened(host, (120, 40), screen="inbox") as screen:
        await screen.press(tab, "slash", *"tool:http", "enter", "enter", "]")
        assert "z zoom pane" in screen.row(39)
        assert "z explain" in await screen.press("]")
        await screen.press("z")
        assert isinstance(screen.app.screen, ExplainScreen)


@pytest.mark.usefixtures("incident")
async def test_without_the_policy_z_zooms_and_g_offers_no_rule(host: StoryHost) -> None:
    (host.cwd / POLICY).unlink()
    async with opened(host, (120, 40)) as screen:
        await screen.press("3", "j", "enter", "]", "]")
        assert "z zoom pane" in screen.row(39)
        await screen.press("z")
        assert traces(screen).has_class("-zoom-detail")
        assert "p policy rule" not in await screen.press("g")


@pytest.mark.usefixtures("incident")
def test_the_walk_keeps_the_order_of_the_engine(host: StoryHost) -> None:
    answer = explained(host)
    rows = walk.Walk(answer)
    assert [row.rule.name for row in rows.steps if row.rule] == [r.name for r in answer.rules]
    assert [row.heading for row in rows.steps if row.is_heading] == [
        "first match, priority 10",
        "no match",
    ]
    assert rows.key(rows.first()) == answer.matched_rule
    assert rows.key(len(rows) - 1) == walk.DEFAULT


@pytest.mark.usefixtures("incident")
def test_rules_behind_the_end_of_the_walk_stand_under_headings_of_their_own(
    host: StoryHost,
) -> None:
    answer = explained(host)
    states = ("decides", "taken", "ends_walk", "not_reached", "not_reached")
    priorities = (10, 10, 20, 30, 30)
    rules = tuple(
        replace(rule, state=state, priority=priority)
        for rule, state, priority in zip(answer.rules, states, priorities, strict=True)
    )
    rows = walk.Walk(replace(answer, rules=rules))
    assert [row.heading for row in rows.steps if row.is_heading] == [
        "first match, priority 10",
        "next match, the walk ends",
        "not reached",
    ]
    drawn = "\n".join(rows.line(row, Look(80)).text for row in range(len(rows)))
    assert "✓ also" in drawn
    assert "unused" in drawn


@pytest.mark.usefixtures("incident")
def test_the_steps_of_a_script_are_walks_of_their_own(host: StoryHost) -> None:
    answer = explained(host)
    steps = tuple(
        ExplainedStep(index=n, tool_name=f"tool.{n}", rules=answer.rules) for n in range(2)
    )
    script = ExplainedScript(step_count=2, steps=steps)
    rows = walk.Walk(replace(answer, rules=(), script=script, decided_by="script"))
    assert [row.heading for row in rows.steps if row.is_heading] == [
        "step 1, tool.0: first match, priority 10",
        "step 1, tool.0: no match",
        "step 2, tool.1: first match, priority 10",
        "step 2, tool.1: no match",
    ]
    assert len([row for row in rows.steps if row.rule]) == 2 * len(answer.rules)


@pytest.mark.usefixtures("incident")
@pytest.mark.parametrize("width", [50, 57, 80, 140])
def test_no_part_of_a_condition_is_lost_at_any_width(host: StoryHost, width: int) -> None:
    for rule in explained(host).rules:
        for condition in rule.conditions:
            rows = [row.text for row in condition_lines([condition], Look(width))[1:]]
            assert all(len(row) <= width for row in rows)
            sides = [row.replace(" ", "").partition("│") for row in rows]
            wanted, found = ("".join(side[n] for side in sides) for n in (0, 2))
            assert condition.field in wanted
            assert all(value in wanted for value in condition.wanted)
            assert all(value in found for value in condition.found)


@pytest.mark.usefixtures("incident")
async def test_a_signature_is_checked_with_the_key_of_the_settings(host: StoryHost) -> None:
    async with opened(host, (140, 40), approval=Approval(trace_public_key=KEY)) as screen:
        assert "✓ signature   verified   key b1f7e6cc" in await screen.press("3")
        query = traces(screen).detail.query_here()
        assert query is not None
        assert argv(query)[-3:] == ("--public-key", KEY, "--json")
    async with opened(host, (140, 40)) as screen:
        assert "? signature   not checked" in await screen.press("3")


async def test_a_signature_that_fails_is_red_and_a_key_that_is_none_is_said(
    host: StoryHost, incident: Path
) -> None:
    newest = incident / "gait-out" / "traces" / "trace_run_etl_1120_7.json"
    newest.write_text(newest.read_text().replace('"svc-etl"', '"svc-etx"', 1))
    async with opened(host, (140, 40), approval=Approval(trace_public_key=KEY)) as screen:
        assert "✗ signature   FAILED" in await screen.press("3")
    async with opened(host, (140, 40), approval=Approval(trace_public_key="none.key")) as screen:
        text = await screen.press("3")
        assert "none.key" in text
        assert "✓ signature" not in text


def a_trace(name: str, at_ns: int, **fields: Any) -> IndexRow:
    told = {"run_id": "run_1", "intent_digest": "i", "policy_digest": "p"} | fields
    return IndexRow(kind="trace", path=f"{name}.json", at_ns=at_ns, mtime_ns=at_ns, **told)


def look(seen: Artifacts, rows: list[IndexRow], now_ns: int) -> None:
    """Take a whole scan as the bridge tells it: the first one knows nothing of before."""
    before = seen.rows if seen.since_ns else {}
    seen.take(catalog_of(rows, before), now_ns, is_whole=True)


def look_begun(seen: Artifacts, rows: list[IndexRow]) -> None:
    """Take what the first scan has found so far."""
    seen.take(catalog_of(rows, {}), 1, is_whole=False)


def test_the_newest_artifact_of_a_name_is_found_until_it_is_gone() -> None:
    seen = Artifacts()
    old, new = a_trace("old", 1), a_trace("new", 2)
    look_begun(seen, [new])
    look(seen, [new, old], 5)
    about = IndexRow(kind="runpack", path="r.zip", run_id="run_1")
    assert seen.trace_of(about) is new
    assert seen.trace_of(old) is old
    look(seen, [old], 6)
    assert seen.trace_of(about) is old
    look(seen, [], 7)
    assert seen.trace_of(about) is None
    assert seen.links(about, "runs") == {}


def test_only_what_changes_after_the_first_look_counts_as_rewritten() -> None:
    seen = Artifacts()
    first = a_trace("t", 1)
    look_begun(seen, [first])
    look(seen, [replace(first, mtime_ns=2)], 5)
    assert seen.rewrites == {}
    look(seen, [replace(first, mtime_ns=2)], 6)
    assert seen.rewrites == {}
    look(seen, [replace(first, mtime_ns=3)], 7)
    look(seen, [replace(first, mtime_ns=3, inode=9)], 8)
    assert seen.rewrites == {"t.json": 2}
    assert seen.since_ns == 5


async def test_a_trace_that_is_written_again_says_how_often(
    host: StoryHost, incident: Path
) -> None:
    newest = incident / "gait-out" / "traces" / "trace_run_etl_1120_7.json"
    async with opened(host, (140, 40)) as screen:
        assert "rewritten" not in await screen.press("3")
        for _ in range(2):
            newest.write_text(newest.read_text() + " ")
            await screen.press("ctrl+r")
        assert "rewritten   2×   seen since 12:00:00Z" in screen.text


@pytest.mark.usefixtures("incident")
async def test_g_leads_from_a_run_to_its_family_session_and_trace(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press("2", "slash", *"run_etl_1120", "enter")
        shown_keys = await screen.press("g")
        for words in ("f family of run_etl_1120", "t trace"):
            assert words in shown_keys
        assert "━▸ Families" in await screen.press("f")
        assert isinstance(screen.app.screen, BrowseScreen)
        scout = screen.app.screen.view
        row = scout.listing.store.current()  # type: ignore[attr-defined]  # the Scout tab has one
        assert any("run_etl_1120" in path for path in row.family.artifact_pointers)


@pytest.mark.usefixtures("incident")
async def test_g_leads_from_a_trace_to_its_approval_and_back(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        assert "a approval" in await screen.press("3", "g")
        await screen.press("a")
        top = screen.app.screen
        assert isinstance(top, BrowseScreen)
        assert top.view.TAB == "approvals"
        assert "t trace 3e42471ce7de" in await screen.press("g")
        await screen.press("t")
        assert traces(screen).listing.store.cursor.endswith("trace_run_etl_1120_7.json")
