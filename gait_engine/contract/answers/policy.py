"""What `gait policy` answers (gate.md 9)."""

from gait_engine.contract.answers.base import Answer, Migration
from gait_engine.contract.common import Record


class FieldReplacement(Record, frozen=True, kw_only=True):
    """A policy field of an older release and what says the same today."""

    field: str
    replacement_fields: tuple[str, ...] = ()
    note: str = ""


class PolicyMigration(Migration, frozen=True, kw_only=True):
    """The fields of an older release that a policy holds (gate.md 2.6)."""

    deprecated_fields: tuple[str, ...] = ()
    field_replacements: tuple[FieldReplacement, ...] = ()


class PolicyWarning(Record, frozen=True, kw_only=True):
    """Something a valid policy probably does not mean; `rule` names the rule it is about."""

    code: str
    message: str
    rule: str = ""


class PolicyAnswer(Answer, frozen=True, kw_only=True):
    """`gait policy validate`."""

    schema_id: str = ""
    schema_version: str = ""
    policy_digest: str = ""
    default_verdict: str = ""
    rule_count: int = 0
    summary: str = ""
    warnings: tuple[PolicyWarning, ...] = ()


class PolicyFormatAnswer(Answer, frozen=True, kw_only=True):
    """`gait policy fmt`."""

    path: str = ""
    written: bool = False
    changed: bool = False
    policy_digest: str = ""
    default_verdict: str = ""
    rule_count: int = 0
    formatted: str = ""


class PolicyInitAnswer(Answer, frozen=True, kw_only=True):
    """`gait policy init`."""

    template: str = ""
    policy_path: str = ""
    next_commands: tuple[str, ...] = ()
