"""The environment broker: a credential that its operator has put into a variable (gate.md 4.4).

The credential itself never leaves this module: what is told of it is the name of the variable
and a short digest.
"""

import os
import re
from collections.abc import Callable
from typing import Final

import msgspec

from gait_engine.contract.broker import BrokerAnswer, BrokerRequest
from gait_engine.errors import InvalidInput
from gait_engine.gate.broker.faults import no_credential
from gait_engine.gate.broker.normalise import fit_for_evidence
from gait_engine.gate.broker.request import listed
from gait_engine.host import Host
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import ZERO, Timestamp, normalise, to_utc

ENV: Final = "env"

_UNNAMED: Final = "DEFAULT"
_DIGEST_DIGITS: Final = 16
_MAX_INT64: Final = 2**63 - 1
_word_breaks: Final = re.compile(r"[.-]|[^A-Z0-9_.-]+")
_is_integer: Final = re.compile(r"[+-]?[0-9]{1,19}").fullmatch

_Said = Callable[[str], str]
"""What the variable of a suffix holds, trimmed; empty where there is none."""


def ask_environment(request: BrokerRequest, host: Host, *, prefix: str) -> BrokerAnswer:
    """Find the variable of the reference, else of the tool, and what stands beside it.

    Raises DependencyMissing where the variable is missing or blank, or where what stands beside
    it is a credential.
    """
    variable = prefix + _key(request.reference or request.tool_name)
    secret = host.env.get(variable, "")
    if not trim(secret):
        raise no_credential(
            f"credential variable {variable}: not set, expected a credential",
            hint=f"set {variable}, or name another reference with --credential-ref",
        )
    digest = sha256_hex(os.fsencode(secret))[:_DIGEST_DIGITS]

    def said(suffix: str) -> str:
        return trim(host.env.get(f"{variable}_{suffix}", ""))

    answer = fit_for_evidence(_described(said), f"variables {variable}_*")
    return msgspec.structs.replace(
        answer,
        credential_ref=f"{ENV}:{variable}:{digest}",
        subject=answer.subject or request.identity,
        owner=answer.owner or request.identity,
    )


def _described(said: _Said) -> BrokerAnswer:
    return BrokerAnswer(
        source=said("SOURCE"),
        access_type=said("ACCESS_TYPE") or "unknown",
        issuer=said("ISSUER") or ENV,
        subject=said("SUBJECT"),
        owner=said("OWNER"),
        scope=listed(said("SCOPE")),
        target_binding=said("TARGET_BINDING"),
        run_binding=said("RUN_BINDING"),
        job_binding=said("JOB_BINDING"),
        issued_at=_instant(said("ISSUED_AT")),
        expires_at=_instant(said("EXPIRES_AT")),
        ttl_seconds=_seconds(said("TTL_SECONDS")),
    )


def _key(name: str) -> str:
    """Spell a name as variables are: `crm.export` is CRM_EXPORT."""
    shouted = "".join(up if len(up := char.upper()) == 1 else char for char in name)
    return _word_breaks.sub("_", shouted).strip("_") or _UNNAMED


def _instant(text: str) -> Timestamp:
    """Read a time; one that is none counts as unknown."""
    try:
        return to_utc(normalise(text))
    except InvalidInput:
        return ZERO


def _seconds(text: str) -> int:
    """Read a span; one that is none, or beyond 64 bits, counts as unknown."""
    seconds = int(text) if _is_integer(text) else 0
    return seconds if abs(seconds) <= _MAX_INT64 else 0
