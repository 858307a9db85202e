"""The key flags: where they point, who may change the files, whether a key comes out."""

from pathlib import Path

import pytest

from gait_engine.contract.doctor import DoctorCheck
from gait_engine.contract.keys import KeySources
from gait_engine.crypto.keys import generate_key, key_text
from tests.support.checkups import checks, patient_host
from tests.support.hosts import FrozenHost

NAMES = ("key_source_ambiguity", "key_permissions", "key_config")


@pytest.fixture
def host(tmp_path: Path) -> FrozenHost:
    host = patient_host(tmp_path, {"PK": "not a key"})
    key = generate_key(host)
    for name, data in (("p.key", key.private_bytes), ("q.key", key.public_key)):
        (tmp_path / name).write_bytes(key_text(data))
        (tmp_path / name).chmod(0o600)
    return host


def found(host: FrozenHost, mode: str, **keys: str) -> tuple[DoctorCheck, ...]:
    checked = checks(host, KeySources(**keys), key_mode=mode)
    return tuple(checked[name] for name in NAMES)


def statuses(host: FrozenHost, mode: str, **keys: str) -> tuple[str, ...]:
    return tuple(check.status for check in found(host, mode, **keys))


@pytest.mark.parametrize("mode", ["dev", "", " DEV "])
def test_dev_without_keys_passes(mode: str, host: FrozenHost) -> None:
    assert statuses(host, mode) == ("pass", "pass", "pass")


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_a_blank_key_flag_is_none(blank: str, host: FrozenHost) -> None:
    keys = dict.fromkeys(KeySources._fields, blank)
    assert statuses(host, "dev", **keys) == ("pass", "pass", "pass")


def test_prod_with_a_pair_passes(host: FrozenHost) -> None:
    keys = {"private_key": "p.key", "public_key": "q.key"}
    assert statuses(host, " Prod", **keys) == ("pass", "pass", "pass")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, ("pass", "pass", "fail")),
        ({"private_key": "q.key"}, ("pass", "pass", "fail")),
        ({"private_key": "none.key"}, ("pass", "warn", "fail")),
        ({"private_key": "gait-out"}, ("pass", "warn", "fail")),
        ({"private_key": "p.key/below"}, ("pass", "warn", "fail")),
        ({"private_key": "/dev/null"}, ("pass", "warn", "fail")),
        ({"private_key_env": "PK"}, ("pass", "pass", "fail")),
        ({"private_key": "p.key", "private_key_env": "PK"}, ("fail", "pass", "fail")),
        ({"private_key": "p.key", "public_key": "q.key", "public_key_env": "PK"},
         ("fail", "pass", "fail")),
        ({"public_key": "q.key"}, ("pass", "pass", "fail")),
        ({"private_key": "p.key", "public_key": "none.key"}, ("pass", "warn", "fail")),
    ],
)  # fmt: skip
def test_prod_needs_keys_that_can_be_loaded(
    keys: dict[str, str], expected: tuple[str, ...], host: FrozenHost
) -> None:
    checked = found(host, "prod", **keys)
    assert tuple(check.status for check in checked) == expected
    assert all(check.fix_command for check in checked if check.status != "pass")


@pytest.mark.parametrize("source", KeySources._fields)
def test_dev_with_any_source_is_a_warning(source: str, host: FrozenHost) -> None:
    assert statuses(host, "dev", **{source: "p.key"})[2] == "warn"


def test_an_unknown_mode_fails(host: FrozenHost) -> None:
    assert statuses(host, "test") == ("pass", "pass", "fail")


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640, 0o620, 0o602, 0o666])
def test_a_key_file_others_can_change_is_a_warning(mode: int, host: FrozenHost) -> None:
    (host.cwd / "p.key").chmod(mode)
    check = found(host, "prod", private_key="p.key")[1]
    fix = "chmod go-w 'p.key'" if mode & 0o022 else ""
    assert (check.status, check.fix_command) == ("warn" if fix else "pass", fix)


def test_a_missing_key_file_can_be_looked_for(host: FrozenHost) -> None:
    check = found(host, "prod", private_key="none.key")[1]
    assert check.fix_command == "ls -l 'none.key'"


def test_key_text_given_in_place_of_its_name_is_not_repeated(host: FrozenHost) -> None:
    secret = key_text(generate_key(host).private_bytes).decode().strip()
    said = found(host, "prod", private_key_env=secret)
    assert secret not in repr(said)
