import json
import os
from pathlib import Path

import pytest

from gait_engine.errors import DependencyMissing, InvalidInput
from gait_engine.gate.broker.issue import BrokerOptions, issue, resolve
from tests.support.brokers import asked, machine
from tests.support.hosts import FrozenHost


@pytest.mark.parametrize("name", ["", " ", "none", " NONE ", "off"])
def test_no_broker_is_chosen_where_none_is_wanted(name: str, frozen_host: FrozenHost) -> None:
    assert resolve(BrokerOptions(name=name), host=frozen_host) is None


@pytest.mark.parametrize("name", ["stub", " STUB ", "env", "Command"])
def test_a_broker_is_chosen_by_its_name(name: str, frozen_host: FrozenHost) -> None:
    broker = resolve(BrokerOptions(name=name, command="/bin/true"), host=frozen_host)
    assert broker is not None
    assert broker.name == name.strip().lower()


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (BrokerOptions(name="vault"), "'vault', expected one of off, stub, env, command"),
        (BrokerOptions(name="command"), "--credential-command: not given"),
        (BrokerOptions(name="command", command="a b"), "without white space"),
    ],
)
def test_a_broker_that_cannot_be_is_refused(
    options: BrokerOptions, found: str, frozen_host: FrozenHost
) -> None:
    with pytest.raises(InvalidInput, match=found) as caught:
        resolve(options, host=frozen_host)
    assert caught.value.exit_code == 6


@pytest.mark.parametrize("field", ["env_prefix", "reference", "scopes"])
def test_an_option_that_is_not_utf_8_is_refused_unless_no_broker_is_asked(
    field: str, frozen_host: FrozenHost
) -> None:
    options = BrokerOptions(name="stub")._replace(**{field: "a\udcff"})
    with pytest.raises(InvalidInput) as caught:
        resolve(options, host=frozen_host)
    assert caught.value.code == "json_lossy_text"
    assert resolve(options._replace(name=""), host=frozen_host) is None


def test_the_stub_lives_five_minutes_from_now(frozen_host: FrozenHost) -> None:
    broker = resolve(BrokerOptions(name="stub"), host=frozen_host)
    assert broker is not None
    credential = issue(broker, asked(), host=frozen_host)
    assert credential.issued_at == "2026-02-05T12:00:00Z"
    assert credential.expires_at == "2026-02-05T12:05:00Z"
    assert (credential.source, credential.issuer, credential.names_issuer) == ("stub", "stub", True)


@pytest.mark.parametrize(
    ("prefix", "variable"), [(" T_ ", "T_EGRESS"), ("", "GAIT_BROKER_TOKEN_EGRESS")]
)
def test_a_credential_of_the_environment_is_issued_as_env(
    prefix: str, variable: str, tmp_path: Path
) -> None:
    host = FrozenHost(tmp_path, {variable: "x", f"{variable}_TTL_SECONDS": "60"})
    broker = resolve(BrokerOptions(name="env", env_prefix=prefix), host=host)
    assert broker is not None
    credential = issue(broker, asked(), host=host)
    assert credential.credential_ref.startswith(f"env:{variable}:")
    assert (credential.source, credential.issuer, credential.names_issuer) == ("env", "env", True)
    assert (credential.access_type, credential.ttl_seconds) == ("unknown", 60)


def test_a_broker_that_issues_nothing_says_why(frozen_host: FrozenHost) -> None:
    broker = resolve(BrokerOptions(name="env"), host=frozen_host)
    assert broker is not None
    with pytest.raises(DependencyMissing, match="not set"):
        issue(broker, asked(), host=frozen_host)


@pytest.mark.skipif(os.name == "nt", reason="needs a program that says its arguments")
def test_a_command_is_run_with_its_arguments(tmp_path: Path) -> None:
    args = json.dumps({"credential_ref": "ref:abc"})
    host = machine(tmp_path)
    broker = resolve(BrokerOptions(name="command", command="echo", command_args=args), host=host)
    assert broker is not None
    credential = issue(broker, asked(), host=host)
    assert (credential.credential_ref, credential.source) == ("ref:abc", "command")
    assert (credential.issuer, credential.names_issuer) == ("command", False)
