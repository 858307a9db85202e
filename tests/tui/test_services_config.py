import json
import tomllib
from pathlib import Path

import msgspec
import pytest

from gait_engine.errors import InvalidInput
from gait_tui.services import config
from gait_tui.services.config import (
    Approval,
    Columns,
    Config,
    Index,
    Sort,
    asked_to_read_only,
    load_config,
    why_read_only,
)
from tests.support.hosts import FrozenHost


def write_user(host: FrozenHost, text: str) -> Path:
    return write(host.home / ".config" / "gait" / "tui.toml", text)


def write_project(host: FrozenHost, text: str) -> Path:
    return write(host.cwd / ".gait" / "tui.toml", text)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_files_everything_is_at_its_default(frozen_host: FrozenHost) -> None:
    loaded = load_config(frozen_host)
    assert loaded[:3] == (Config(), (), ())
    assert loaded.own.parts[-2:] == ("gait", "tui.toml")


def test_a_name_that_is_no_column_is_told_with_its_line(frozen_host: FrozenHost) -> None:
    path = write_project(
        frozen_host,
        """
        columns.traces = ["tool", "wat"]
        columns.runs = ["run", "age"]

        [sort]
        traces = "-tool"
        runs = "state"
        approvals = "tool"
        """,
    )
    loaded = load_config(frozen_host)
    assert loaded.config.columns == Columns(runs=("run", "age"))
    assert loaded.config.sort == Sort(traces="-tool")
    first, second, third = loaded.warnings
    assert first.startswith(f"setting at {path}:2: columns.traces has 'wat', expected verdict, ")
    assert second == f"setting at {path}:7: sort.runs is 'state', expected run, capture, age"
    assert third.startswith(f"setting at {path}:8: sort.approvals is 'tool', expected none")


def test_the_printed_defaults_change_nothing_and_name_every_setting(
    frozen_host: FrozenHost,
) -> None:
    path = write_user(frozen_host, config.DEFAULTS)
    assert load_config(frozen_host) == (Config(), (), (path,), path)
    assert tomllib.loads(config.DEFAULTS) == json.loads(msgspec.json.encode(Config()))


def test_every_setting_is_read(frozen_host: FrozenHost) -> None:
    write_user(
        frozen_host,
        """
        roots = ["gait-out", "/srv/runs"]
        theme = "gait-light"
        glyphs = "ascii"
        mouse = false
        screen = "traces"
        poll_seconds = 5
        bell = true
        read_only = true
        pager = "less -R"
        clipboard = "osc52"
        wrap = true
        columns.runs = ["run", "not_ok"]
        columns.inbox = ["what"]
        [sort]
        runs = "-capture"
        health = "check"
        [approval]
        default_ttl = "10m"
        approver = "alice"
        max_ttl = "1h30m"
        key_path = "~/keys/alice"
        trace_public_key = "gate.pub"
        kill_switch_state = "ks.json"
        wrkr_inventory = "inv.json"
        [index]
        max_file_mb = 8
        max_files = 100
        [keys]
        next = "j,down"
        """,
    )
    loaded = load_config(frozen_host)
    assert loaded.warnings == ()
    assert loaded.config == Config(
        roots=("gait-out", "/srv/runs"),
        theme="gait-light",
        glyphs="ascii",
        mouse=False,
        screen="traces",
        poll_seconds=5.0,
        bell=True,
        read_only=True,
        pager="less -R",
        clipboard="osc52",
        wrap=True,
        columns=Columns(runs=("run", "not_ok"), inbox=("what",)),
        sort=Sort(runs="-capture", health="check"),
        approval=Approval(
            "10m", "1h30m", "alice", "~/keys/alice", "gate.pub", "ks.json", "inv.json"
        ),
        index=Index(max_files=100, max_file_mb=8),
        keys={"next": "j,down"},
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('colour = "red"', "'colour', expected roots, theme"),
        ('glyphs = "emoji"', "glyphs is 'emoji', expected auto, unicode or ascii"),
        ("mouse = 1", "mouse is '1', expected true or false"),
        ("poll_seconds = 0", "poll_seconds is '0', expected a number from 0.1 to 3600"),
        ("poll_seconds = true", "poll_seconds is 'True'"),
        ('roots = "gait-out"', "roots is 'gait-out', expected a list of folders"),
        ('clipboard = "fax"', "clipboard is 'fax', expected auto, tmux"),
        ("columns.runs = [1]", "columns.runs is '[1]', expected a list of columns"),
        ("columns.outbox = []", "'columns.outbox', expected"),
        ('screen = "outbox"', "screen is 'outbox', expected one of inbox, runs, traces"),
        ("bell = 1", "bell is '1', expected true or false"),
        ("read_only = 1", "read_only is '1', expected true or false"),
        ("pager = 1", "pager is '1', expected a command"),
        ("sort.inbox = 1", "sort.inbox is '1', expected the name of a column"),
        ('approval.max_ttl = "ever"', "approval.max_ttl is 'ever', expected a duration"),
        ('approval.default_ttl = "-1h"', "approval.default_ttl is '-1h', expected a duration"),
        ("approval.approver = 1", "approval.approver is '1', expected a name"),
        ("approval.key_path = 1", "approval.key_path is '1', expected the path"),
        ("index.max_files = 0", "index.max_files is '0', expected a number from 1"),
        ("index.max_file_mb = 1.5", "index.max_file_mb is '1.5', expected a number from 1"),
        ("columns = 3", "columns is '3', expected a table"),
        ("keys.next = 3", "keys.next is '3', expected keys"),
        ('"a\\u001b" = 3', r"'a\x1b', expected"),
    ],
)
def test_what_cannot_be_used_is_a_warning_with_its_line(
    frozen_host: FrozenHost, line: str, told: str
) -> None:
    path = write_user(frozen_host, f"wrap = true\n\n{line}\n")
    loaded = load_config(frozen_host)
    assert loaded.config == Config(wrap=True)
    assert len(loaded.warnings) == 1
    number = 1 if "\\u001b" in line else 3
    assert loaded.warnings[0].startswith(f"setting at {path}:{number}: {told}")


def test_a_warning_names_the_line_inside_its_table(frozen_host: FrozenHost) -> None:
    path = write_user(frozen_host, 'wrap = true\n[sort]\nruns = "run"\nwrap = 1\n')
    assert load_config(frozen_host).warnings[0].startswith(f"setting at {path}:4: 'sort.wrap'")


@pytest.mark.parametrize("text", ["wrap =", "\x00", "wrap = true\nwrap = true"])
def test_a_file_that_is_no_toml_is_one_warning(frozen_host: FrozenHost, text: str) -> None:
    path = write_user(frozen_host, text)
    loaded = load_config(frozen_host)
    assert loaded.config == Config()
    assert [str(path) in warning for warning in loaded.warnings] == [True]


def test_a_file_in_another_encoding_is_one_warning(frozen_host: FrozenHost) -> None:
    write_user(frozen_host, "").write_bytes(b'theme = "\xff"')
    assert "UTF-8" in load_config(frozen_host).warnings[0]


def test_a_project_sets_roots_columns_and_sort_over_the_users(frozen_host: FrozenHost) -> None:
    write_user(frozen_host, 'roots = ["/srv"]\nsort.runs = "run"\nwrap = true\n')
    write_project(
        frozen_host, 'roots = ["gait-out"]\ncolumns.runs = ["state"]\nsort.runs = "age"\n'
    )
    loaded = load_config(frozen_host)
    assert loaded.warnings == ()
    assert loaded.config == Config(
        roots=("gait-out",), columns=Columns(runs=("state",)), sort=Sort(runs="age"), wrap=True
    )


@pytest.mark.parametrize(
    "line",
    [
        'theme = "mono"',
        'keys.mint = "j"',
        'clipboard = "osc52"',
        "mouse = false",
        "read_only = false",
        'pager = "sh -c evil"',
        'approval.max_ttl = "87600h"',
        'approval.key_path = "key"',
        'approval.approver = "mallory"',
        'approval.trace_public_key = "mallory.pub"',
        'approval.kill_switch_state = "none.json"',
        "index.max_files = 1",
        "poll_seconds = 0.1",
    ],
)
def test_a_project_sets_nothing_else(frozen_host: FrozenHost, line: str) -> None:
    path = write_project(frozen_host, line)
    loaded = load_config(frozen_host)
    name = line.partition(" ")[0]
    assert loaded.config == Config()
    assert loaded.warnings[0].startswith(f"setting at {path}:1: {name}, expected roots, columns")


@pytest.mark.parametrize("root", ["/etc", "..", "a/../../b", "leads_out"])
def test_a_project_names_no_folder_outside_itself(frozen_host: FrozenHost, root: str) -> None:
    (frozen_host.cwd / "leads_out").symlink_to("/etc")
    write_project(frozen_host, f'roots = ["gait-out", "{root}"]')
    loaded = load_config(frozen_host)
    assert loaded.config.roots == ()
    assert f"'{root}', expected folders of the project" in loaded.warnings[0]


def test_a_file_asked_for_by_name_stands_in_for_the_users(frozen_host: FrozenHost) -> None:
    write_user(frozen_host, "wrap = true")
    other = write(frozen_host.cwd / "other.toml", "mouse = false")
    assert load_config(frozen_host, file="other.toml") == (Config(mouse=False), (), (other,), other)


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    host = FrozenHost(tmp_path, env={"GAIT_TUI_CONFIG": str(tmp_path / "mine.toml")})
    write(tmp_path / "mine.toml", "mouse = false")
    assert load_config(host).config == Config(mouse=False)


def test_a_file_asked_for_by_name_must_be_there(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput, match=r"^configuration: 'gone.toml', expected a file"):
        load_config(frozen_host, file="gone.toml")


@pytest.mark.parametrize(
    ("given", "folder"),
    [({}, "home/.config/gait"), ({"XDG_CONFIG_HOME": "relative"}, "home/.config/gait")],
)
def test_folders_follow_the_xdg_rules(tmp_path: Path, given: dict[str, str], folder: str) -> None:
    host = FrozenHost(tmp_path, env=given)
    assert config.config_folder(host) == tmp_path / folder
    assert config.themes_folder(host) == tmp_path / folder / "themes"
    moved = FrozenHost(tmp_path, env={"XDG_STATE_HOME": "/var/s", "XDG_CONFIG_HOME": "/var/c"})
    assert config.state_folder(moved) == Path("/var/s/gait")
    assert config.config_folder(moved) == Path("/var/c/gait")


SIGNER = Config(approval=Approval(key_path="k.key"))


@pytest.mark.parametrize(
    ("settings", "env", "flag", "asked", "why"),
    [
        (SIGNER, {}, False, "", ""),
        (SIGNER, {"GAIT_TUI_READ_ONLY": "0"}, False, "", ""),
        (SIGNER, {"GAIT_TUI_READ_ONLY": "1"}, False, "GAIT_TUI_READ_ONLY", None),
        (SIGNER, {}, True, "--read-only", None),
        (Config(), {}, False, "", "no approval.key_path in tui.toml"),
        (msgspec.structs.replace(SIGNER, read_only=True), {}, False, "read_only in tui.toml", None),
    ],
)
def test_a_session_decides_nothing_when_asked_to_read_only_and_without_a_key(
    settings: Config, env: dict[str, str], *, flag: bool, asked: str, why: str | None
) -> None:
    assert asked_to_read_only(settings, env, flag=flag) == asked
    wanted = f"asked for by {asked}" if why is None else why
    assert why_read_only(settings, env, flag=flag) == wanted
