"""Choosing a credential broker, and having it issue a credential for one call (gate.md 4.4)."""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from gait_engine.contract.broker import BROKERS, BrokerAnswer, BrokerCredential, BrokerRequest
from gait_engine.errors import InvalidInput, quoted
from gait_engine.gate.broker.command import COMMAND, ask_command, command_line
from gait_engine.gate.broker.env import ENV, ask_environment
from gait_engine.gate.broker.normalise import completed
from gait_engine.gate.broker.request import ENV_PREFIX, BrokerOptions, holds_lost_bytes
from gait_engine.gate.broker.stub import STUB, ask_stub
from gait_engine.host import Host
from gait_engine.wire.text import normal, trim

__all__ = ["Broker", "BrokerOptions", "issue", "resolve"]

_OFF: Final = ("", "none", "off")


class Broker(NamedTuple):
    """A broker that has been chosen: its name, and how it is asked."""

    name: str
    ask: Callable[[BrokerRequest, Host], BrokerAnswer]


def resolve(options: BrokerOptions, *, host: Host) -> Broker | None:
    """Choose the broker that the operator names, None for none; it is not asked yet.

    Raises InvalidInput for an unknown broker, a command that may not be run, options that are
    not UTF-8.
    """
    name = normal(options.name)
    if name in _OFF:
        return None
    _require_utf8(options)
    if name == STUB:
        return Broker(STUB, ask_stub)
    if name == ENV:
        prefix = trim(options.env_prefix) or ENV_PREFIX
        return Broker(ENV, partial(ask_environment, prefix=prefix))
    if name == COMMAND:
        argv = command_line(options.command, options.command_args, host=host)
        return Broker(COMMAND, partial(ask_command, argv=argv))
    wanted = ", ".join(("off", *BROKERS))
    raise InvalidInput(f"option --credential-broker: {quoted(name)}, expected one of {wanted}")


def issue(broker: Broker, request: BrokerRequest, *, host: Host) -> BrokerCredential:
    """Ask a broker for a credential.

    Raises DependencyMissing when it issues none; nothing secret is in the error.
    """
    answer = broker.ask(request, host)
    return completed(answer, request, broker.name, now_ns=host.now_ns())


def _require_utf8(options: BrokerOptions) -> None:
    """Refuse what the request and its digest could not hold."""
    for field in ("env_prefix", "reference", "scopes"):
        text = getattr(options, field)
        if holds_lost_bytes(text):
            raise InvalidInput(
                f"option of the credential broker, {field}: {quoted(text)}, expected valid UTF-8",
                code="json_lossy_text",
            )
