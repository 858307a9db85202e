"""Checking, formatting and starting policies (gate.md 9)."""

import os
import stat
from pathlib import Path
from typing import Final

from gait_engine.contract.answers.policy import (
    PolicyAnswer,
    PolicyFormatAnswer,
    PolicyInitAnswer,
)
from gait_engine.contract.policy import Policy
from gait_engine.errors import GaitError, InternalFailure, InvalidInput, quoted
from gait_engine.gate.policy import load, parse, read_policy_file
from gait_engine.gate.policydigest import policy_digest
from gait_engine.host import Host
from gait_engine.runpack.commands import suggest
from gait_engine.store.atomic import (
    make_dirs,
    os_errors_as_ours,
    refuse_special_target,
    write_atomic,
)

POLICY_PATH: Final = "gait.policy.yaml"


def validate(path: str, *, host: Host) -> PolicyAnswer:
    """Check a policy and warn of what it probably does not mean.

    Raises InvalidInput with line and column for a policy that is none.
    """
    from gait_engine.gate.lint import lint

    policy = load(path, host=host)
    digest, count = policy_digest(policy), len(policy.rules)
    verdict = policy.default_verdict
    return PolicyAnswer(
        ok=True,
        schema_id=policy.schema_id,
        schema_version=policy.schema_version,
        policy_digest=digest,
        default_verdict=verdict,
        rule_count=count,
        summary=f"policy validate ok: default={verdict} rules={count} digest={digest}",
        warnings=lint(policy),
    )


def format_policy(path: str, *, write: bool = False, host: Host) -> PolicyFormatAnswer:
    """Write a policy out in full, into its own file with `write`, else into the answer.

    The digest stays what it was; comments are lost. Raises InvalidInput, then nothing is written.
    """
    from gait_engine.gate.policyfmt import format_text

    data = read_policy_file(path, host=host)
    policy = parse(data, path)
    formatted = format_text(policy)
    _require_same(policy, formatted)
    changed = formatted.encode() != data
    if write and changed:
        _overwrite(host.cwd / path, formatted)
    return PolicyFormatAnswer(
        ok=True,
        path=path,
        written=write and changed,
        changed=changed,
        policy_digest=policy_digest(policy),
        default_verdict=policy.default_verdict,
        rule_count=len(policy.rules),
        formatted="" if write else formatted,
    )


def init(
    template: str, *, out: str = POLICY_PATH, force: bool = False, host: Host
) -> PolicyInitAnswer:
    """Write a template as a new policy, over an existing file only with `force`."""
    from gait_engine.gate.templates import find_template

    chosen = find_template(template)
    out = out or POLICY_PATH
    target = host.cwd / out
    if not force and os.path.lexists(target):
        raise InvalidInput(
            f"output file {quoted(out, 200)}: exists, expected none", where=out, hint="add --force"
        )
    make_dirs(target.parent)
    write_atomic(target, chosen.text.encode(), exclusive=not force)
    return PolicyInitAnswer(
        ok=True,
        template=chosen.name,
        policy_path=out,
        next_commands=(
            *suggest("gait policy validate", ("--", out), "--json"),
            *suggest("gait policy fmt", ("--", out), "--write --json"),
            "gait doctor --json",
        ),
    )


def _require_same(policy: Policy, formatted: str) -> None:
    """Read the formatted text back: it may be too large for a reader, and must mean the same."""
    try:
        is_same = parse(formatted.encode(), "formatted policy") == policy
    except GaitError as exc:
        raise InvalidInput(
            f"formatted policy: {exc.message}", hint="leave the file as it is, or split it"
        ) from exc
    if not is_same:
        raise InternalFailure("formatted policy: another policy, expected the same one")


def _overwrite(path: Path, text: str) -> None:
    """Replace a file behind whatever links lead to it, its mode kept."""
    refuse_special_target(path)
    with os_errors_as_ours("policy", path, "a file that can be replaced"):
        target = path.resolve(strict=True)
        mode = stat.S_IMODE(target.stat().st_mode)
    write_atomic(target, text.encode(), mode=mode)
