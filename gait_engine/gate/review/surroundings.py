"""What a review depends on beside the call: files, clock, keys, kill switch, inventory."""

from collections.abc import Callable, Container, Mapping
from functools import cached_property
from itertools import takewhile

from msgspec import UNSET, UnsetType

from gait_engine.contract.decision import KillSwitchDecision
from gait_engine.contract.intent import InventoryItem, NormalIntent
from gait_engine.contract.keys import KeySources
from gait_engine.contract.killswitch import KillSwitchState
from gait_engine.contract.review import ReviewSetting
from gait_engine.errors import GaitError
from gait_engine.gate.circumstances import Circumstances, zone_for
from gait_engine.gate.inventory import read_inventory
from gait_engine.gate.killswitch import judge, read_state, unavailable
from gait_engine.gate.review.finding import FoundPolicy, Survey
from gait_engine.gate.review.places import walk
from gait_engine.host import Host
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.wire.timestamps import from_ns


class Surroundings:
    """All of it, looked at at one moment.

    The files are surveyed when they are first asked for; those in `passed_by` are known to say
    nothing about what is looked for, and once `proceed` says no the others are left out too.
    Raises InvalidInput for an inventory or a key that cannot be used, for nothing would be as it
    seems; IoFailure.
    """

    def __init__(
        self,
        setting: ReviewSetting,
        host: Host,
        passed_by: Container[str] = (),
        proceed: Callable[[], bool] = lambda: True,
    ) -> None:
        self.setting = setting
        self.host = host
        self._passed_by, self._proceed = passed_by, proceed
        self.now_ns = host.now_ns()
        self.inventory = inventory_of(setting.wrkr_inventory, host)
        self.key = _first_key((setting.approval_keys, setting.signing_keys), host)
        self.trace_key = _first_key((setting.trace_keys,), host)
        self._kill_state, self.kill_fault = _kill_state(setting.kill_switch_state, host)

    @property
    def key_id(self) -> str:
        """The id of the key that approvals are checked with, empty without one."""
        if self.key is None:
            return ""
        from gait_engine.crypto.keys import key_id

        return key_id(self.key)

    @cached_property
    def survey(self) -> Survey:
        """The files under the roots."""
        files = walk(self.setting.roots, self.host, self._passed_by)
        wanted = takewhile(lambda _file: self._proceed(), files)
        return Survey(wanted, self.inventory, self.host, self.trace_key)

    def circumstances(
        self, policy: FoundPolicy, kill: KillSwitchDecision | UnsetType = UNSET
    ) -> Circumstances:
        """Return what an evaluation now depends on."""
        local = zone_for((policy.policy,), self.host.env)
        return Circumstances(from_ns(self.now_ns), local, self.inventory, kill)

    def kill_switch(self, intent: NormalIntent) -> KillSwitchDecision | UnsetType:
        """Judge the kill switch for a call; UNSET where none is configured."""
        if self.kill_fault:
            return unavailable(from_ns(self.now_ns))
        if self._kill_state is None:
            return UNSET
        return judge(self._kill_state, intent, from_ns(self.now_ns))


def inventory_of(path: str, host: Host) -> Mapping[str, InventoryItem]:
    """Read what is known of tools, nothing without a path; raises InvalidInput, IoFailure."""
    if not path:
        return {}
    return read_inventory(
        read_input(path, limit=TEXT_LIMIT, host=host, what="wrkr inventory"), path
    )


def _kill_state(path: str, host: Host) -> tuple[KillSwitchState | None, str]:
    if not path:
        return None, ""
    try:
        return read_state(path, host=host), ""
    except GaitError as exc:
        return None, exc.message


def _first_key(sources: tuple[KeySources, ...], host: Host) -> bytes | None:
    """Return the public key of the first source that names one."""
    from gait_engine.crypto.keys import load_verify_key

    for keys in sources:
        if (key := load_verify_key(keys, host, read_input)) is not None:
            return key
    return None
