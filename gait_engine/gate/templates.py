"""The policies that `policy init` writes: small, commented, meant to be edited."""

from typing import Final, NamedTuple

from gait_engine.errors import InvalidInput, quoted
from gait_engine.wire.text import normal


class Template(NamedTuple):
    """A policy to begin with, and the names it goes by."""

    name: str
    aliases: tuple[str, ...]
    text: str


_LOW: Final = """\
# Baseline for low risk: calls are allowed; what destroys something waits for a person.
# Change it, then: gait policy validate FILE
schema_id: gait.gate.policy
schema_version: 1.0.0
default_verdict: allow

rules:
  - name: approve-destructive
    priority: 10
    effect: require_approval
    match:
      endpoint_classes: [fs.delete, proc.exec]
    reason_codes: [destructive_call]

  - name: approve-severe-risk
    priority: 20
    effect: require_approval
    match:
      risk_classes: [high, critical]
    reason_codes: [severe_risk]
"""

_MEDIUM: Final = """\
# Baseline for medium risk: a person approves everything that is not listed here.
# Change it, then: gait policy validate FILE
schema_id: gait.gate.policy
schema_version: 1.0.0
default_verdict: require_approval

rules:
  # What comes from outside must not be sent on to another place.
  - name: block-tainted-egress
    priority: 10
    effect: block
    match:
      provenance_sources: [external, tool_output]
      endpoint_classes: [net.http, net.dns]
    reason_codes: [tainted_egress]

  - name: approve-destructive
    priority: 20
    effect: require_approval
    match:
      endpoint_classes: [fs.delete, proc.exec]
    min_approvals: 1
    reason_codes: [destructive_call]

  - name: allow-low-risk-reads
    priority: 30
    effect: allow
    match:
      endpoint_classes: [fs.read]
      risk_classes: [low]
    endpoint:
      path_denylist: [/etc/**, /root/**]
    reason_codes: [low_risk_read]

  # A rule matches if one target fits: a read must not carry a write or an upload along.
  - name: approve-other-targets
    priority: 30
    effect: require_approval
    match:
      endpoint_classes: [fs.write, net.dns, net.http, other, ui.click, ui.navigate, ui.type]
    reason_codes: [other_target]
"""

_HIGH: Final = """\
# Baseline for high risk: everything that is not listed here is blocked.
# Change it, then: gait policy validate FILE
schema_id: gait.gate.policy
schema_version: 1.0.0
default_verdict: block

# A critical call that does not say what it touches, and on whose word, is judged by no rule.
fail_closed:
  enabled: true
  risk_classes: [critical]
  required_fields: [targets, arg_provenance]

rules:
  - name: block-destructive
    priority: 10
    effect: block
    match:
      endpoint_classes: [fs.delete, proc.exec]
    reason_codes: [destructive_call]

  - name: approve-writes-twice
    priority: 20
    effect: require_approval
    match:
      endpoint_classes: [fs.write, net.http]
    min_approvals: 2
    reason_codes: [write_or_egress]

  - name: approve-reads
    priority: 30
    effect: require_approval
    match:
      endpoint_classes: [fs.read]
    min_approvals: 1
    reason_codes: [read]
"""

TEMPLATES: Final = (
    Template("baseline-lowrisk", ("baseline_low_risk", "low"), _LOW),
    Template("baseline-mediumrisk", ("baseline_medium_risk", "medium"), _MEDIUM),
    Template("baseline-highrisk", ("baseline_high_risk", "high"), _HIGH),
)


def find_template(name: str) -> Template:
    """Return the template of a name or alias, in any case. Raises InvalidInput."""
    wanted = normal(name)
    for template in TEMPLATES:
        if wanted in (template.name, *template.aliases):
            return template
    known = ", ".join(template.name for template in TEMPLATES)
    raise InvalidInput(
        f"template: {quoted(name)}, expected one of {known}", hint="gait policy init low"
    )
