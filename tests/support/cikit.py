"""The files of the CI kit as data: what they declare, and the shell scripts in them."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from gait_engine.wire.yamlread import read_yaml
from tests.support.process import ROOT

ACTION: Final = ROOT / ".github/actions/gait-regress/action.yml"
WORKFLOW: Final = ROOT / "examples/ci/gait-regress.yml"
GITLAB: Final = ROOT / "examples/ci/.gitlab-ci.yml"
JENKINS: Final = ROOT / "examples/ci/Jenkinsfile"
OWN_WORKFLOWS: Final = sorted(ROOT.glob(".github/workflows/*.yml"))

Json = dict[str, Any]

_expressions: Final = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_groovy_scripts: Final = re.compile(r"\bsh '''(.*?)'''", re.DOTALL)
_groovy_settings: Final = re.compile(r"^ +([A-Z][A-Z_0-9]+) = '([^']*)'$", re.MULTILINE)


class _Core(yaml.SafeLoader):
    """Only `true` and `false` are booleans, as CI systems read them: `on` is a text."""


_Core.yaml_implicit_resolvers = {
    first: [row for row in rows if row[0] != "tag:yaml.org,2002:bool"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), ["t", "f"])


class Script(NamedTuple):
    """A shell script of the kit, the environment its file gives it, and where it stands."""

    name: str
    text: str
    env: Mapping[str, str]


def document(path: Path) -> Json:
    """Read a YAML file; the engine's own reader refuses repeated keys and what is ambiguous."""
    data = path.read_bytes()
    read_yaml(data, path.name)
    found = yaml.load(data, _Core)  # noqa: S506  # a SafeLoader
    assert isinstance(found, dict)
    return found


def schema(name: str) -> Json:
    """Read a vendored JSON schema."""
    found = json.loads((ROOT / f"tests/data/ci/{name}.json").read_bytes())
    assert isinstance(found, dict)
    return found


def steps(path: Path) -> Iterator[Json]:
    """Yield the steps of a workflow or of a composite action."""
    declared = document(path)
    jobs = [declared["runs"]] if "runs" in declared else declared["jobs"].values()
    for job in jobs:
        yield from job["steps"]


def step_scripts(path: Path, given: Mapping[str, str]) -> Iterator[Script]:
    """Yield the scripts of a workflow or action, expressions in their settings filled in."""
    for number, step in enumerate(steps(path)):
        if "run" in step:
            env = {name: filled(text, given) for name, text in step.get("env", {}).items()}
            yield Script(f"{path.name}[{number}]", step["run"], env)


def filled(text: str, given: Mapping[str, str]) -> str:
    """Put values in the place of `${{ ... }}`; `a || 'b'` is b where a is empty or unknown."""

    def value(match: re.Match[str]) -> str:
        name, _, other = match[1].partition(" || ")
        return given.get(name) or other.strip("'")

    return _expressions.sub(value, text)


def action_defaults() -> dict[str, str]:
    """Return what the inputs of the action are when none is given."""
    return {f"inputs.{key}": row["default"] for key, row in document(ACTION)["inputs"].items()}


def gitlab_scripts() -> Iterator[Script]:
    """Yield the scripts of the GitLab job, those before it first."""
    job = document(GITLAB)["gait-regress"]
    for part in ("before_script", "script"):
        yield Script(f"{GITLAB.name} {part}", "\n".join(job[part]), job["variables"])


def jenkins_scripts() -> Iterator[Script]:
    """Yield the scripts of the Jenkinsfile, a backslash at the end of a line as Groovy reads it."""
    text = JENKINS.read_text(encoding="utf-8")
    settings = dict(_groovy_settings.findall(text))
    for number, script in enumerate(_groovy_scripts.findall(text)):
        yield Script(f"{JENKINS.name}[{number}]", script.replace("\\\n", ""), settings)


def install_scripts() -> list[Script]:
    """List the scripts that install gait, one for each CI system."""
    return [
        next(step_scripts(WORKFLOW, {})),
        next(gitlab_scripts()),
        next(jenkins_scripts()),
    ]


def regress_scripts() -> list[Script]:
    """List the scripts that judge the fixtures, one for each CI system."""
    return [
        *step_scripts(ACTION, action_defaults()),
        [*gitlab_scripts()][1],
        [*jenkins_scripts()][1],
    ]


def all_scripts() -> list[Script]:
    """List every script of the kit."""
    workflow = step_scripts(WORKFLOW, {})
    return [*workflow, *regress_scripts(), *gitlab_scripts(), *jenkins_scripts()]
