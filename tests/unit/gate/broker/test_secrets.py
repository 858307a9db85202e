"""A secret that a broker sees is in nothing that gait tells, keeps or raises."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from gait_engine.contract.broker import BrokerCredential, BrokerRequest
from gait_engine.errors import GaitError
from gait_engine.gate.broker.command import ask_command
from gait_engine.gate.broker.evidence import credential_record
from gait_engine.gate.broker.issue import Broker, BrokerOptions, issue, resolve
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.timestamps import ZERO
from tests.support.brokers import asked, machine, program
from tests.support.hosts import FrozenHost

PLANTED: Final = "planted-0123456789-Zq"


def all_that_is_told(credential: BrokerCredential, request: BrokerRequest) -> str:
    record = credential_record(
        credential, request, trace_id="t", created_at=ZERO, producer_version="v"
    )
    return repr((credential, request, record)) + pretty(record).decode()


def all_that_is_raised(exc: BaseException | None) -> Iterator[str]:
    """Yield every text of an error and of those behind it, shown or not."""
    while exc is not None:
        yield "".join(traceback.format_exception(exc))
        yield repr((exc.args, vars(exc)))
        exc = exc.__cause__ or exc.__context__


def test_the_environment_broker_keeps_the_credential_to_itself(tmp_path: Path) -> None:
    host = FrozenHost(tmp_path, {"GAIT_BROKER_TOKEN_EGRESS": PLANTED})
    broker = resolve(BrokerOptions(name="env"), host=host)
    assert broker is not None
    request = asked()
    assert PLANTED not in all_that_is_told(issue(broker, request, host=host), request)


@pytest.mark.parametrize(
    "said",
    [
        {"token": PLANTED},
        {"issued_by": PLANTED},
        {"nested": {"secret": [PLANTED]}},
    ],
)
def test_only_the_fields_of_an_answer_are_told(said: dict[str, Any], tmp_path: Path) -> None:
    answer = {"credential_ref": "ref:abc"} | said
    code = f"import json; print(json.dumps({answer!r}))"
    host = machine(tmp_path)
    request = asked()
    told = all_that_is_told(issue(saying(code), request, host=host), request)
    assert "ref:abc" in told
    assert PLANTED not in told


@pytest.mark.parametrize(
    "code",
    [
        f"print('{PLANTED}')",
        f'print(\'{{"{PLANTED}": 1, "{PLANTED}": 2}}\')',
        f'print(\'{{"credential_ref": ["{PLANTED}"]}}\')',
        f'print(\'{{"credential_ref": "r", "issued_at": "{PLANTED}"}}\')',
        f'print(\'{{"credential_ref": "r", "provider": "{PLANTED}"}}\')',
        f'print(\'{{"credential_ref": "{PLANTED}\\\\t"}}\')',
        f'print(\'{{"credential_ref": "{PLANTED * 20}"}}\')',
        f'print(\'{{"credential_ref": "sk-{PLANTED}"}}\')',
        f'print(\'{{"credential_ref": "r", "owner": "sk-{PLANTED}"}}\')',
        f"print('{PLANTED}' * 2000)",
        f"import sys; print('{PLANTED}', file=sys.stderr)",
        f"raise SystemExit('{PLANTED}')",
        f"print('{PLANTED}', flush=True); os.read(R, 1)",
    ],
)
def test_a_failure_says_nothing_of_what_the_command_said(code: str, tmp_path: Path) -> None:
    code = "import os; R, W = os.pipe()\n" + code
    with pytest.raises(GaitError) as caught:
        issue(saying(code, seconds=1.0), asked(), host=machine(tmp_path))
    assert PLANTED not in "".join(all_that_is_raised(caught.value))


def saying(code: str, seconds: float = 60) -> Broker:
    """Choose a command broker whose program runs this code."""

    def ask(request: BrokerRequest, host: Any) -> Any:
        return ask_command(request, host, argv=program(code), seconds=seconds)

    return Broker("command", ask)
