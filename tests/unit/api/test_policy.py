"""Checking, formatting and starting policies: answers, files, refusals."""

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import policy as api
from gait_engine.errors import InvalidInput
from gait_engine.gate.templates import TEMPLATES
from tests.conftest import Answer
from tests.support.hosts import FrozenHost

ALLOWING = b"# comment\ndefault_verdict: allow\n"
DIGEST = "65819d9cf07c7619aa8aaf2bd4e8d6f8e3f86b139b49a68c535fd14d77a5009f"


@pytest.fixture
def policy(frozen_host: FrozenHost) -> Path:
    path = frozen_host.cwd / "p.yaml"
    path.write_bytes(ALLOWING)
    return path


def test_a_valid_policy_is_summed_up(frozen_host: FrozenHost, policy: Path) -> None:
    answer = api.validate("p.yaml", host=frozen_host)
    assert answer.ok
    assert (answer.schema_id, answer.schema_version) == ("gait.gate.policy", "1.0.0")
    assert answer.summary == f"policy validate ok: default=allow rules=0 digest={DIGEST}"
    assert [warning.code for warning in answer.warnings] == ["policy_empty"]


def test_formatting_into_the_answer_leaves_the_file_alone(
    frozen_host: FrozenHost, policy: Path
) -> None:
    answer = api.format_policy("p.yaml", host=frozen_host)
    assert (answer.changed, answer.written, answer.policy_digest) == (True, False, DIGEST)
    assert answer.formatted.startswith("schema_id: gait.gate.policy\n")
    assert policy.read_bytes() == ALLOWING


def test_formatting_in_place_is_done_once_and_keeps_mode_and_link(
    frozen_host: FrozenHost, policy: Path
) -> None:
    policy.chmod(0o640)
    (frozen_host.cwd / "link.yaml").symlink_to("p.yaml")
    first = api.format_policy("link.yaml", write=True, host=frozen_host)
    written = policy.read_text(encoding="utf-8")
    second = api.format_policy("link.yaml", write=True, host=frozen_host)

    assert (first.written, first.changed, first.formatted) == (True, True, "")
    assert (second.written, second.changed) == (False, False)
    assert policy.read_text(encoding="utf-8") == written
    assert api.validate("p.yaml", host=frozen_host).policy_digest == DIGEST
    assert (frozen_host.cwd / "link.yaml").is_symlink()
    if sys.platform != "win32":
        assert stat.S_IMODE(policy.stat().st_mode) == 0o640


def test_a_policy_too_large_to_be_read_back_is_not_written_out(
    frozen_host: FrozenHost, policy: Path
) -> None:
    rules = [{"name": f"r{n}", "effect": "allow"} for n in range(1_000)]
    policy.write_text(json.dumps({"rules": rules}), encoding="utf-8")
    before = policy.read_bytes()
    assert api.validate("p.yaml", host=frozen_host).rule_count == 1_000
    with pytest.raises(InvalidInput, match="formatted policy"):
        api.format_policy("p.yaml", write=True, host=frozen_host)
    assert policy.read_bytes() == before


@pytest.mark.skipif(not os.path.exists("/dev/stdin"), reason="no /dev/stdin here")  # noqa: PTH110
def test_standard_input_is_not_formatted_in_place(
    frozen_host: FrozenHost, policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with policy.open("rb") as source:
        saved = os.dup(0)
        os.dup2(source.fileno(), 0)
        try:
            with pytest.raises(InvalidInput) as caught:
                api.format_policy("/dev/stdin", write=True, host=frozen_host)
        finally:
            os.dup2(saved, 0)
            os.close(saved)
    assert caught.value.code == "path_unsafe"
    assert policy.read_bytes() == ALLOWING


@pytest.mark.parametrize(
    ("name", "template"),
    [(name, row.name) for row in TEMPLATES for name in (row.name, *row.aliases, row.name.upper())],
)
def test_a_template_goes_by_several_names_in_any_case(
    frozen_host: FrozenHost, name: str, template: str
) -> None:
    answer = api.init(name, out="new/p.yaml", host=frozen_host)
    assert (answer.template, answer.policy_path) == (template, "new/p.yaml")
    assert answer.next_commands[0] == "gait policy validate new/p.yaml --json"
    assert api.validate("new/p.yaml", host=frozen_host).warnings == ()


@pytest.mark.parametrize(
    ("name", "verdict", "rules"),
    [("low", "allow", 2), ("medium", "require_approval", 4), ("high", "block", 3)],
)
def test_the_riskier_the_work_the_stricter_the_template(
    frozen_host: FrozenHost, name: str, verdict: str, rules: int
) -> None:
    api.init(name, host=frozen_host)
    answer = api.validate(api.POLICY_PATH, host=frozen_host)
    assert (answer.default_verdict, answer.rule_count) == (verdict, rules)


def test_a_file_that_exists_is_overwritten_only_by_force(
    frozen_host: FrozenHost, policy: Path
) -> None:
    with pytest.raises(InvalidInput) as caught:
        api.init("low", out="p.yaml", host=frozen_host)
    assert caught.value.hint == "add --force"
    assert policy.read_bytes() == ALLOWING
    api.init("low", out="p.yaml", force=True, host=frozen_host)
    assert policy.read_bytes() == TEMPLATES[0].text.encode()


def test_an_unknown_template_writes_nothing(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput, match="baseline-lowrisk"):
        api.init("zzz", host=frozen_host)
    assert list(frozen_host.cwd.iterdir()) == []


def test_a_suggested_command_is_quoted_for_a_shell(frozen_host: FrozenHost) -> None:
    answer = api.init("low", out="a $(b).yaml", host=frozen_host)
    assert answer.next_commands[0] == "gait policy validate 'a $(b).yaml' --json"


def test_validate_prints_its_summary_and_its_warnings(
    gait: Callable[..., Answer], policy: Path
) -> None:
    answer = gait("policy", "validate", "p.yaml")
    assert answer.exit_code == 0
    assert answer.stdout.splitlines() == [
        f"policy validate ok: default=allow rules=0 digest={DIGEST}",
        "warning: the policy has no rules: every call gets allow",
    ]


def test_fmt_prints_yaml_that_is_the_same_policy_whatever_it_holds(
    gait: Callable[..., Answer], policy: Path
) -> None:
    """Nothing on its way to the terminal may change what is piped into a file."""
    policy.write_text(
        'rules: [{name: "a\\e[31m\u200b\u202e", effect: allow, violations: ["x\\ty", "\u00a0z"]}]',
        encoding="utf-8",
    )
    before = json.loads(gait("policy", "validate", "p.yaml", "--json").stdout)
    policy.write_text(gait("policy", "fmt", "p.yaml").stdout, encoding="utf-8")
    after = json.loads(gait("policy", "validate", "p.yaml", "--json").stdout)
    assert after["policy_digest"] == before["policy_digest"]


def test_fmt_says_whether_it_wrote(gait: Callable[..., Answer], policy: Path) -> None:
    written = gait("policy", "fmt", "p.yaml", "--write").stdout
    again = gait("policy", "fmt", "--write", "p.yaml").stdout
    assert written == f"policy fmt ok: path=p.yaml written digest={DIGEST}\n"
    assert again == f"policy fmt ok: path=p.yaml unchanged digest={DIGEST}\n"


@pytest.mark.parametrize(
    "argv",
    [
        ("policy", "validate"),
        ("policy", "validate", "p.yaml", "p.yaml"),
        ("policy", "fmt"),
        ("policy", "init"),
        ("policy", "init", "low", "high"),
        ("policy", "validate", "--zz", "p.yaml"),
    ],
)
def test_a_command_line_without_its_one_argument_is_bad_input(
    gait: Callable[..., Answer], policy: Path, argv: tuple[str, ...]
) -> None:
    answer = gait(*argv, "--json")
    said: dict[str, Any] = json.loads(answer.stdout)
    assert (answer.exit_code, said["ok"], said["error_category"]) == (6, False, "invalid_input")


def test_an_error_names_line_and_column_and_the_old_field(
    gait: Callable[..., Answer], policy: Path
) -> None:
    policy.write_bytes(b"default_verdict: block\nversion: 2\n")
    said = json.loads(gait("policy", "validate", "p.yaml", "--json").stdout)
    assert said["where"] == "p.yaml:2:1"
    assert said["migration"] == {
        "kind": "policy_fields",
        "deprecated_fields": ["version"],
        "field_replacements": [
            {"field": "version", "replacement_fields": ["schema_id", "schema_version"]}
        ],
    }


def test_as_text_an_old_field_is_an_error_with_its_replacement(
    gait: Callable[..., Answer], policy: Path
) -> None:
    policy.write_bytes(b"boundaries: []\n")
    answer = gait("policy", "validate", "p.yaml")
    assert (answer.exit_code, answer.stdout) == (6, "")
    assert "fix:   boundaries: use rules and mcp_trust" in answer.stderr


def test_init_says_what_comes_next(gait: Callable[..., Answer]) -> None:
    assert gait("policy", "init", "high", "--out", "p.yaml").stdout == (
        "template=baseline-highrisk\npolicy=p.yaml\n"
        "next=gait policy validate p.yaml --json,gait policy fmt p.yaml --write --json,"
        "gait doctor --json\n"
    )
