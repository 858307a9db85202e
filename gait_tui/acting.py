"""The part of the bridge that writes: a plan first, then the same command without its dry run."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from gait_engine.api.shapes import Answer, GaitError, KeySources, WritePlan
from gait_engine.host import Host
from gait_tui import commands
from gait_tui.bridge import Bridge
from gait_tui.commands import Query, argv, dry_argv
from gait_tui.models.act import Act
from gait_tui.readings import Outcome
from gait_tui.reviewing import DEV

if TYPE_CHECKING:
    from gait_engine.api.guard import PackRequest
    from gait_engine.api.regress import PinRequest


class Plan(NamedTuple):
    """What a command would write under a name, as the engine says."""

    name: str
    query: Query
    outcome: Outcome[WritePlan]

    @property
    def answer(self) -> WritePlan | None:
        """The plan; None where the command would be refused."""
        return self.outcome.answer

    @property
    def is_free(self) -> bool:
        """Tell whether the command may be run: it would overwrite nothing it makes."""
        return self.answer is not None and not self.answer.is_taken


def plan(bridge: Bridge, act: Act, name: str) -> Plan:
    """Ask what the command would write, under an empty name what the engine would choose.

    Nothing is written.
    """
    targets = (act.target, name, *act.against) if name or act.against else (act.target,)
    query = Query(act.kind, targets if act.target else ())
    try:
        if act.kind == commands.GUARD_PACK:
            query = query._replace(options=_signing(bridge, act.key))
    except GaitError as error:
        refused = error
        return Plan(name, query, bridge.attempt(dry_argv(query), lambda: _refuse(refused)))
    call = partial(_PLANS[act.kind], query, bridge.host)
    return Plan(name, query, bridge.attempt(dry_argv(query), call))


def first_plan(bridge: Bridge, act: Act) -> Plan:
    """Plan under the name that the engine proposes, or under the free one where that is taken.

    A run to judge that was looked for is named from then on.
    """
    found = plan(bridge, act, "")
    if not act.target or found.answer is None:
        return found
    named = (found.answer.candidate,) if found.answer.candidate else ()
    return plan(bridge, act._replace(against=named), found.answer.free_name)


def _signing(bridge: Bridge, key: str) -> tuple[str, ...]:
    """Name the key that signs: the person's own, else the project's; nothing for a dev key.

    Raises InvalidInput where the project's settings cannot be read.
    """
    from gait_engine.api.keys import PROD, project_key

    if key == DEV:
        return ()
    if key:
        return ("--key-mode", PROD, "--private-key", bridge.beside_home(key))
    mode, keys = project_key(bridge.host)
    named = (("--private-key", keys.private_key), ("--private-key-env", keys.private_key_env))
    words = [word for option, value in named if value for word in (option, value)]
    return ("--key-mode", PROD, *words) if mode == PROD else ()


def _refuse(error: GaitError) -> WritePlan:
    raise error


def enact(bridge: Bridge, query: Query) -> Outcome[Answer]:
    """Run the command that was planned."""
    call = partial(_ACTS[query.kind], query, bridge.host)
    return bridge.attempt(argv(query), call)


def _name(query: Query) -> str:
    return query.targets[1] if len(query.targets) > 1 else ""


def _plan_bootstrap(query: Query, host: Host) -> WritePlan:
    from gait_engine.api.plans import bootstrap_plan
    from gait_engine.api.regress import SetRequest

    return bootstrap_plan(_pin_request(query), SetRequest(junit=commands.JUNIT), host=host)


def _bootstrap(query: Query, host: Host) -> Answer:
    from gait_engine.api.regress import SetRequest, bootstrap

    return bootstrap(_pin_request(query), SetRequest(junit=commands.JUNIT), host=host)


def _pin_request(query: Query) -> "PinRequest":
    from gait_engine.api.regress import PinRequest

    return PinRequest(query.targets[0], _name(query), against=query.targets[2:], no_overwrite=True)


def _plan_rerun(_query: Query, host: Host) -> WritePlan:
    from gait_engine.api.plans import run_plan
    from gait_engine.api.regress import RunRequest

    return run_plan(RunRequest(junit=commands.JUNIT), host=host)


def _rerun(_query: Query, host: Host) -> Answer:
    from gait_engine.api.regress import RunRequest, run

    return run(RunRequest(junit=commands.JUNIT), host=host)


def _plan_incident(query: Query, host: Host) -> WritePlan:
    from gait_engine.api.incident import IncidentRequest
    from gait_engine.api.plans import incident_plan

    return incident_plan(IncidentRequest(query.targets[0], out=_name(query)), host=host)


def _incident(query: Query, host: Host) -> Answer:
    from gait_engine.api.incident import IncidentRequest, pack

    request = IncidentRequest(query.targets[0], out=_name(query), no_overwrite=True)
    return pack(request, host=host)


def _plan_pack(query: Query, host: Host) -> WritePlan:
    from gait_engine.api.plans import guard_plan

    return guard_plan(_pack_request(query), host=host)


def _pack(query: Query, host: Host) -> Answer:
    from gait_engine.api.guard import pack

    return pack(_pack_request(query)._replace(no_overwrite=True), host=host)


def _pack_request(query: Query) -> "PackRequest":
    from gait_engine.api.guard import PackRequest

    words = query.options
    told = dict(zip(words[::2], words[1::2], strict=True))
    keys = KeySources(
        private_key=told.get("--private-key", ""),
        private_key_env=told.get("--private-key-env", ""),
    )
    mode = told.get("--key-mode", DEV)
    return PackRequest(query.targets[0], out=_name(query), key_mode=mode, keys=keys)


_PLANS: Final[dict[str, Callable[[Query, Host], WritePlan]]] = {
    commands.BOOTSTRAP: _plan_bootstrap,
    commands.RERUN: _plan_rerun,
    commands.INCIDENT_PACK: _plan_incident,
    commands.GUARD_PACK: _plan_pack,
}
_ACTS: Final[dict[str, Callable[[Query, Host], Answer]]] = {
    commands.BOOTSTRAP: _bootstrap,
    commands.RERUN: _rerun,
    commands.INCIDENT_PACK: _incident,
    commands.GUARD_PACK: _pack,
}
