"""The quick road through a command line against Typer's: the same options, or left to Typer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from gait_engine.cli import options
from gait_engine.cli.gateeval import HELP, RECORD
from gait_engine.cli.line import Line
from gait_engine.cli.parse import call
from gait_engine.cli.quick import read_options
from gait_engine.contract.answers.base import Answer
from gait_engine.errors import InvalidInput
from gait_engine.host import Host

FIELDS: Final = {field.name: field.type for field in msgspec.structs.fields(RECORD)}
SWITCHES: Final = ["json", "explain", *(name for name, kind in FIELDS.items() if kind is bool)]
TEXTS: Final = [name for name, kind in FIELDS.items() if kind is str]
VALUES: Final = st.sampled_from(
    ["", "-", "a", "a b", "x=y", "é", "-x", "--json", "--", "0", "true"]
)


def by_typer(args: list[str]) -> dict[str, Any] | None:
    """Return what Typer reads of a line; None where it refuses it or finds arguments."""
    seen: dict[str, Any] = {}

    @options.takes(RECORD, HELP)
    def probe(
        context: typer.Context,
        targets: options.Targets = None,
        json: options.Json = False,  # noqa: FBT002  # as the command itself
        explain: options.Explain = False,  # noqa: FBT002
        **read: str | bool,
    ) -> Answer:
        seen.update(read, json=json, explain=explain, targets=targets)
        return Answer(ok=True)

    try:
        call(probe, "gate eval", list(args), Line(args, Host()))
    except InvalidInput:
        return None
    return None if not seen or seen.pop("targets") else seen


def words() -> st.SearchStrategy[list[str]]:
    text = st.tuples(st.sampled_from(TEXTS), VALUES, st.booleans()).map(
        lambda t: [f"{flag(t[0])}={t[1]}"] if t[2] else [flag(t[0]), t[1]]
    )
    switch = st.tuples(st.sampled_from(SWITCHES), st.sampled_from(["", "=true", "=false"])).map(
        lambda t: [f"{flag(t[0])}{t[1]}"]
    )
    odd = st.sampled_from(
        [["-h"], ["--help"], ["x"], ["--"], ["--nope"], ["--json=1"], ["--json="], ["--trace_out"]]
    )
    lines = st.lists(st.one_of(text, text, switch, switch, odd), max_size=6)
    return lines.map(lambda parts: [word for part in parts for word in part])


def flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


@given(words())
@settings(max_examples=400, deadline=None)
def test_what_is_read_quickly_is_what_typer_reads(args: list[str]) -> None:
    quick = read_options(RECORD, args)
    if quick is not None:
        defaults = msgspec.structs.asdict(RECORD()) | {"json": False, "explain": False}
        assert by_typer(args) == defaults | quick


@pytest.mark.parametrize(
    "args",
    [
        ["--policy", "p.yaml", "--intent", "i.json", "--json"],
        ["--policy=p.yaml", "--intents", "-", "--trace-out=t.jsonl", "--json=true"],
        ["--simulate", "--simulate=false", "--no-config=true"],
        [],
    ],
)
def test_the_lines_that_scripts_write_take_the_quick_road(args: list[str]) -> None:
    assert read_options(RECORD, args) is not None


@pytest.mark.parametrize(
    "args",
    [
        ["--help"], ["-h"], ["x"], ["--nope"], ["--policy"], ["--policy", "-x"], ["--json=1"],
        ["--json="], ["--"], ["--trace_out", "t"], ["-policy", "p"],
    ],
)  # fmt: skip
def test_every_other_line_is_left_to_typer(args: list[str]) -> None:
    assert read_options(RECORD, args) is None


def test_help_lists_every_option(gait: Callable[..., Any]) -> None:
    said = gait("gate", "eval", "--help")
    assert said.exit_code == 0
    assert [name for name in FIELDS if flag(name) not in said.stdout] == []


def test_both_roads_write_the_same_answer(gait: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("default_verdict: block\n")
    (tmp_path / "intent.json").write_text(
        '{"tool_name":"t","context":{"identity":"i","workspace":"/w","risk_class":"low"}}'
    )
    line = ("gate", "eval", "--policy", "policy.yaml", "--intent", "intent.json", "--json")
    quick = gait(*line)
    typers = gait(*line, "--approval-token-ref", "-x")  # a value like an option is left to Typer
    plain = [msgspec.json.decode(said.stdout) for said in (quick, typers)]
    ids = {each.pop("correlation_id") for each in plain}
    assert len(ids) == 2
    assert plain[1].pop("approval_ref") == "-x"
    assert plain[0] == plain[1]
    assert quick.exit_code == typers.exit_code == 3
