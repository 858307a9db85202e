import os
import sys
from pathlib import Path

import msgspec
import pytest

from gait_engine.host import Host
from gait_engine.store import owner
from gait_engine.store.owner import LockOwner, is_alive, this_process
from tests.support.faults import in_child
from tests.support.hosts import FrozenHost

if sys.platform != "linux":
    pytest.skip("only Linux tells when a process started", allow_module_level=True)


def this_one(**changes: object) -> LockOwner:
    """This process as an owner, some of what it says of itself altered."""
    return msgspec.structs.replace(this_process("schema", Host()), **changes)


def defunct() -> int:
    """Return the pid of a process that has ended and that nobody has asked about yet."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return pid


def test_this_process_is_alive() -> None:
    assert is_alive(this_one()) is True


def test_a_process_that_has_ended_is_dead(tmp_path: Path) -> None:
    line = tmp_path / "owner"
    in_child(lambda: line.write_bytes(msgspec.json.encode(this_one())))
    assert is_alive(msgspec.json.decode(line.read_bytes(), type=LockOwner)) is False


def test_a_defunct_process_is_dead() -> None:
    pid = defunct()
    status = owner._process_status(pid)
    assert status is not None
    assert is_alive(this_one(pid=pid, start_time=status[1])) is False
    os.waitpid(pid, 0)


def test_a_later_process_with_the_same_pid_is_not_the_owner() -> None:
    assert is_alive(this_one(start_time=1)) is False


def test_an_owner_from_before_the_last_start_of_this_machine_is_dead() -> None:
    assert is_alive(this_one(boot_id="another")) is False


def test_an_owner_whose_entry_in_proc_is_hidden_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = this_one()
    monkeypatch.setattr(owner, "_process_status", lambda _pid: None)
    assert is_alive(mine) is True


def test_another_users_process_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int, _signal: int) -> None:
        raise PermissionError

    mine = this_one()
    monkeypatch.setattr(os, "kill", refuse)
    assert is_alive(mine) is True


@pytest.mark.parametrize(
    "changes",
    [
        {"boot_id": ""},
        {"host_id": "another machine", "boot_id": "another"},
        {"pid_namespace": "pid:[1]"},
        {"pid": 0},
        {"pid": -1},
        {"pid": 2**40},
    ],
    ids=["the peer's", "another machine", "another container", "no pid", "a group", "no such pid"],
)
def test_of_an_owner_elsewhere_nothing_is_known(changes: dict[str, object]) -> None:
    assert is_alive(this_one(**changes)) is None


def test_nothing_is_known_where_the_system_has_no_boot_id(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = this_one()
    monkeypatch.setattr(owner, "_boot_id", lambda: "")
    assert is_alive(mine) is None
    unknown = this_process("schema", Host())
    assert (unknown.boot_id, unknown.host_id, unknown.start_time) == ("", "", 0)


def test_a_host_that_stands_for_another_process_claims_nothing(tmp_path: Path) -> None:
    claimed = this_process("schema", FrozenHost(tmp_path))
    assert (claimed.pid, claimed.boot_id, claimed.start_time) == (4242, "", 0)


def test_a_missing_pid_namespace_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_args: object, **_kw: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(os, "readlink", missing)
    assert owner._pid_namespace() == ""


def test_a_system_without_proc_tells_nothing() -> None:
    assert owner._read_line("/proc/no/such/file") == ""
    assert owner._process_status(2**40) is None
