"""The quick road through a command line against Typer's: the same options, or left to Typer."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gait_engine.cli import gateeval
from gait_engine.cli import verify as verifying
from gait_engine.cli.groups.gate import evaluate
from gait_engine.cli.groups.verify import verify
from gait_engine.cli.line import Line
from gait_engine.cli.parse import call
from gait_engine.cli.quick import MODULES, read_options
from gait_engine.contract.answers.base import Answer
from gait_engine.errors import InvalidInput
from gait_engine.host import Host

ROADS: Final[dict[str, tuple[ModuleType, Callable[..., Any]]]] = {
    "gate eval": (gateeval, evaluate),
    "verify": (verifying, verify),
}
VALUES: Final = st.sampled_from(
    ["", "-", "a", "a b", "x=y", "é", "-x", "--json", "--", "0", "true"]
)


def read_quickly(path: str, args: list[str]) -> dict[str, Any] | None:
    module, _ = ROADS[path]
    read = read_options(module.RECORD, args, module.SWITCHES)
    if read is None:
        return None
    return {"targets": ()} | defaults(module) | read


def defaults(module: ModuleType) -> dict[str, Any]:
    return msgspec.structs.asdict(module.RECORD()) | dict.fromkeys(module.SWITCHES, False)


def read_by_typer(path: str, args: list[str]) -> dict[str, Any] | None:
    """Return what Typer reads of a line; None where it refuses it."""
    _, command = ROADS[path]
    seen: dict[str, Any] = {}

    @wraps(command)
    def probe(context: object, **read: Any) -> Answer:
        del context
        seen.update(read)
        return Answer(ok=True)

    try:
        call(probe, path, list(args), Line(args, Host()))
    except InvalidInput:
        return None
    return {
        name: tuple(value or ()) if value is None or isinstance(value, list) else value
        for name, value in seen.items()
    }


def lines(path: str) -> st.SearchStrategy[list[str]]:
    """Draw command lines: texts, switches, targets, and what neither road may misread."""
    usual = defaults(ROADS[path][0]).items()
    switches = [name for name, value in usual if value is False]
    texts = [name for name, value in usual if value in ("", ()) and name != "targets"]
    text = st.tuples(st.sampled_from(texts), VALUES, st.booleans()).map(
        lambda t: [f"{flag(t[0])}={t[1]}"] if t[2] else [flag(t[0]), t[1]]
    )
    switch = st.tuples(st.sampled_from(switches), st.sampled_from(["", "=true", "=false"])).map(
        lambda t: [f"{flag(t[0])}{t[1]}"]
    )
    odd = st.sampled_from(
        [
            *(["-h"], ["--help"], ["x"], [""], ["-"], ["run=x y"], ["--"], ["--nope"]),
            *(["--json=1"], ["--json="], ["--trace_out"], ["--targets", "x"], ["--explain=true"]),
        ]
    )
    parts = st.lists(st.one_of(text, text, switch, switch, odd), max_size=6)
    return parts.map(lambda found: [word for part in found for word in part])


def flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


@pytest.mark.parametrize("path", MODULES)
@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_read_quickly_is_what_typer_reads(path: str, data: st.DataObject) -> None:
    args = data.draw(lines(path))
    quick = read_quickly(path, args)
    if quick is not None:
        assert read_by_typer(path, args) == quick


@pytest.mark.parametrize(
    ("path", "args"),
    [
        ("gate eval", ["--policy", "p.yaml", "--intent", "i.json", "--json"]),
        ("gate eval", ["--policy=p.yaml", "--intents", "-", "--trace-out=t.jsonl", "--json=true"]),
        ("gate eval", ["--simulate", "--simulate=false", "--no-config=true"]),
        ("gate eval", []),
        ("verify", ["run_demo"]),
        ("verify", ["run.zip", "--json", "--require-signature", "--public-key", "k.pub"]),
        ("verify", ["--root", "a", "--root=b", 'GAIT run_id=r manifest=sha256:0 verify="x"']),
    ],
)
def test_the_lines_that_scripts_write_take_the_quick_road(path: str, args: list[str]) -> None:
    assert read_quickly(path, args) is not None


def test_what_may_be_repeated_is_a_list_in_the_order_given() -> None:
    read = read_quickly("verify", ["one", "--root", "a", "two", "--root=b"])
    assert read is not None
    assert (read["targets"], read["root"]) == (("one", "two"), ("a", "b"))


@pytest.mark.parametrize(
    ("path", "args"),
    [
        *(
            (path, args)
            for path in MODULES
            for args in (
                *(["--help"], ["-h"], ["--nope"], ["--profile"], ["--profile", "-x"]),
                *(["--json=1"], ["--json="], ["--"], ["--public_key", "t"], ["-profile", "p"]),
            )
        ),
        ("gate eval", ["x"]),
        ("verify", ["-"]),
        ("verify", ["run_demo", "--explain=true"]),
        ("verify", ["--targets", "run_demo"]),
    ],
)
def test_every_other_line_is_left_to_typer(path: str, args: list[str]) -> None:
    assert read_quickly(path, args) is None


def test_help_lists_every_option(gait: Callable[..., Any]) -> None:
    said = gait("gate", "eval", "--help")
    assert said.exit_code == 0
    assert [
        name for name in gateeval.RECORD.__struct_fields__ if flag(name) not in said.stdout
    ] == []


def test_both_roads_decide_alike(gait: Callable[..., Any], tmp_path: Path) -> None:
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


def test_both_roads_verify_alike(gait: Callable[..., Any]) -> None:
    gait("demo")
    quick, typers = gait("verify", "run_demo"), gait("verify", "--", "run_demo")
    assert (quick.stdout, quick.exit_code) == (typers.stdout, typers.exit_code)
    assert quick.exit_code == 0
    plain = [
        msgspec.json.decode(gait("verify", *line, "--json").stdout)
        for line in (["run_demo"], ["run_demo", "--profile=", "--root", "-x"])
    ]
    ids = {each.pop("correlation_id") for each in plain}
    assert len(ids) == 2
    assert plain[0] == plain[1]
