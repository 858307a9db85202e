"""The defaults of a project: they fill what was not given, and are never passed over silently."""

import os
import sys
from typing import Any, Final

import pytest

from gait_engine.contract.gateoptions import CONFIG_PATH, GateOptions
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.gate.config import with_config
from tests.support.hosts import FrozenHost

OPTION_OF: Final = {
    "policy": "policy",
    "profile": "profile",
    "key_mode": "key_mode",
    "private_key": "private_key",
    "private_key_env": "private_key_env",
    "approval_public_key": "approval_public_key",
    "approval_public_key_env": "approval_public_key_env",
    "approval_private_key": "approval_private_key",
    "approval_private_key_env": "approval_private_key_env",
    "kill_switch_state": "kill_switch_state",
    "rate_limit_state": "rate_limit_state",
    "token_ledger": "token_ledger",
    "credential_broker": "credential_broker",
    "credential_env_prefix": "credential_env_prefix",
    "credential_ref": "credential_ref",
    "credential_scopes": "credential_scopes",
    "credential_command": "credential_command",
    "credential_command_args": "credential_command_args",
    "credential_evidence_path": "credential_evidence_out",
    "trace_path": "trace_out",
    "wrkr_inventory_path": "wrkr_inventory",
}
"""What gate.md 4.1 lists, and the option that each fills."""


def write(host: FrozenHost, text: str, path: str = CONFIG_PATH) -> None:
    target = host.cwd / path
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf-8")


def filled(host: FrozenHost, **fields: Any) -> GateOptions:
    return with_config(GateOptions(**fields), host=host).options


def options_with(option: str, text: str) -> GateOptions:
    fields: dict[str, Any] = {option: text}
    return GateOptions(**fields)


def refused(host: FrozenHost, **fields: Any) -> GaitError:
    with pytest.raises(InvalidInput) as caught:
        filled(host, **fields)
    return caught.value


@pytest.mark.parametrize(("field", "option"), OPTION_OF.items())
def test_each_field_fills_its_option_and_no_other(
    frozen_host: FrozenHost, field: str, option: str
) -> None:
    write(frozen_host, f"gate:\n  {field}: ' value '\n")
    assert filled(frozen_host) == options_with(option, "value")


@pytest.mark.parametrize(("field", "option"), OPTION_OF.items())
def test_an_option_that_was_given_stays(frozen_host: FrozenHost, field: str, option: str) -> None:
    write(frozen_host, f"gate: {{{field}: theirs}}\n")
    assert filled(frozen_host, **{option: "ours"}) == options_with(option, "ours")


def test_no_other_option_can_come_from_a_config(frozen_host: FrozenHost) -> None:
    known = set(GateOptions.__struct_fields__)
    rest = known - set(OPTION_OF) - {"trace_out", "credential_evidence_out", "wrkr_inventory"}
    write(frozen_host, "gate:\n" + "".join(f"  {name}: x\n" for name in sorted(rest)))
    assert filled(frozen_host) == GateOptions()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "gate:\n",
        "gate: {}\n",
        "gate: {policy: }\n",
        "gate: {policy: ~, profile: ''}\n",
        "gate: {unheard_of: {a: [1]}}\n",
        "mcp_serve: {policy: other.yaml}\nretention: [1]\n",
    ],
)
def test_what_says_nothing_of_the_gate_fills_nothing(frozen_host: FrozenHost, text: str) -> None:
    write(frozen_host, text)
    assert filled(frozen_host) == GateOptions()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gate: [a]\n", "a list, expected a map"),
        ("gate: yes\n", "'yes', expected a map"),
        ("- gate\n", "expected a map"),
        ("gate: {policy: [a]}\n", "a list"),
        ("gate: {simulate: 1\n", "expected valid YAML"),
        ("gate: {policy: a, policy: b}\n", "policy"),
        ("gate: {1: a}\n", "expected text"),
        ("1: a\n", "expected text"),
        ("gate: {policy: 1.5}\n", "'1.5'"),
        ("gate: {profile: true}\n", "'true'"),
        ("gate: {}\n---\ngate: {policy: b}\n", "document"),
    ],
)
def test_a_config_that_cannot_be_read_is_an_error_with_its_place(
    frozen_host: FrozenHost, text: str, found: str
) -> None:
    write(frozen_host, text)
    error = refused(frozen_host)
    assert found in error.message
    assert CONFIG_PATH in error.message


def test_without_a_config_of_its_own_a_project_has_no_defaults(frozen_host: FrozenHost) -> None:
    assert filled(frozen_host, policy="p") == GateOptions(policy="p")


def test_a_config_that_is_named_must_be_there(frozen_host: FrozenHost) -> None:
    assert "no such file" in refused(frozen_host, config="none.yaml").message
    assert refused(frozen_host, config=CONFIG_PATH).exit_code == 6


def test_a_config_that_is_named_stands_in_the_place_of_the_default_one(
    frozen_host: FrozenHost,
) -> None:
    write(frozen_host, "gate: {policy: default.yaml, profile: oss-prod}\n")
    write(frozen_host, "gate: {policy: named.yaml}\n", "named.yaml")
    assert filled(frozen_host, config="named.yaml") == GateOptions(
        config="named.yaml", policy="named.yaml"
    )


@pytest.mark.parametrize("config", ["", "none.yaml", CONFIG_PATH])
def test_no_config_is_read_where_none_is_wanted(frozen_host: FrozenHost, config: str) -> None:
    write(frozen_host, "gate: [broken\n")
    given = GateOptions(config=config, no_config=True)
    assert with_config(given, host=frozen_host) == (given, ())


def test_a_default_config_that_is_a_folder_is_no_missing_one(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / CONFIG_PATH).mkdir(parents=True)
    assert "a folder, expected a file" in refused(frozen_host).message


def test_a_default_config_beneath_a_file_is_no_missing_one(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / ".gait").write_bytes(b"")
    assert refused(frozen_host).where == CONFIG_PATH


@pytest.mark.skipif(sys.platform == "win32", reason="links are POSIX")
def test_a_default_config_behind_links_in_a_circle_is_no_missing_one(
    frozen_host: FrozenHost,
) -> None:
    folder = frozen_host.cwd / ".gait"
    folder.symlink_to(folder)
    assert refused(frozen_host).where == CONFIG_PATH


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_a_default_config_that_one_may_not_read_is_no_missing_one(frozen_host: FrozenHost) -> None:
    """It may name the kill switch."""
    write(frozen_host, "gate: {kill_switch_state: ks.json}\n")
    (frozen_host.cwd / ".gait").chmod(0)
    try:
        assert "permission denied" in refused(frozen_host).message
    finally:
        (frozen_host.cwd / ".gait").chmod(0o700)


def test_no_value_of_a_key_field_is_repeated_in_an_error(frozen_host: FrozenHost) -> None:
    write(frozen_host, "gate:\n  private_key_env: [planted-secret]\n")
    assert "planted-secret" not in refused(frozen_host).message


def test_a_setting_that_means_nothing_is_warned_of(frozen_host: FrozenHost) -> None:
    write(frozen_host, "gate: {kill_switch_stat: ks.json, policy: p.yaml, simulate: true}\nx: 1\n")
    options, warnings = with_config(GateOptions(), host=frozen_host)
    assert options == GateOptions(policy="p.yaml")
    assert warnings == (
        "config: gate.kill_switch_stat means nothing, it is ignored",
        "config: gate.simulate means nothing, it is ignored",
    )
