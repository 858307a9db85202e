"""Where the gate writes: the paths of traces, audits and evidence, checked before anything happens.

Contract: gate.md 5 (trace paths), 4.6, 6.3, 7.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from gait_engine.contract.gateoptions import CONFIG_PATH, GateOptions
from gait_engine.errors import InvalidInput, quoted
from gait_engine.gate.sinks import JOURNAL_SUFFIX
from gait_engine.host import Host
from gait_engine.store.atomic import PATH_UNSAFE, refuse_special_target
from gait_engine.store.safepath import clean, refuse_escape, refuse_overwrite
from gait_engine.wire.text import trim

_OUTPUTS: Final = {
    "trace_out": "trace",
    "approval_audit_out": "approval audit",
    "delegation_audit_out": "delegation audit",
    "credential_evidence_out": "credential evidence",
}
_INPUTS: Final = {
    "policy": "the policy",
    "intent": "the intent",
    "intents": "the stream of intents",
    "context_envelope": "the context envelope",
    "approval_token": "an approval token",
    "delegation_token": "a delegation token",
    "approval_public_key": "the approval key",
    "approval_private_key": "the approval key",
    "delegation_public_key": "the delegation key",
    "delegation_private_key": "the delegation key",
    "private_key": "the signing key",
    "kill_switch_state": "the kill-switch state",
    "rate_limit_state": "the rate-limit state",
    "wrkr_inventory": "the wrkr inventory",
    "approved_script_registry": "the registry of approved scripts",
    "approved_script_public_key": "the key of approved scripts",
}
_LISTS: Final = {
    "approval_token_chain": "an approval token",
    "delegation_token_chain": "a delegation token",
}


def refuse_bad_outputs(options: GateOptions, *, host: Host) -> None:
    """Refuse an output that climbs out, or that is an input or another output.

    Raises InvalidInput, `path_unsafe` where a file would be lost.
    """
    kept = dict(_kept(options, host))
    for field, path in _named(options, _OUTPUTS):
        what = _OUTPUTS[field]
        if refuse_escape(path, what) in (".", "/"):
            raise InvalidInput(f"{what}: {quoted(path)}, expected a file name", where=path)
        target = host.cwd / clean(path)
        refuse_overwrite(target, kept, what)
        kept[f"the {what}"] = target


def refuse_shared_outputs(options: GateOptions, *, host: Host) -> None:
    """Refuse, for the records of one decision, whatever is no file of their own.

    That is a folder, a pipe, a device, or a journal of many decisions. Raises InvalidInput, before
    a limit is counted or a token used up for a decision that could not be proven.
    """
    for field, path in _named(options, _OUTPUTS):
        target = host.cwd / clean(path)
        refuse_special_target(target)
        _refuse_journal(path, target, _OUTPUTS[field])


def _refuse_journal(path: str, target: Path, what: str) -> None:
    """Refuse to put one record in the place of a journal of many."""
    if path.endswith(JOURNAL_SUFFIX) and target.exists():
        raise InvalidInput(
            f"{what} {quoted(path, 200)}: a journal that exists, expected a new file",
            code=PATH_UNSAFE,
            where=path,
            hint="give --intents to append to a journal, or name another file",
        )


def _kept(options: GateOptions, host: Host) -> Iterator[tuple[str, Path]]:
    yield "the config", host.cwd / (options.config or CONFIG_PATH)
    for field, path in _named(options, _INPUTS):
        yield _INPUTS[field], host.cwd / trim(path)
    for field, paths in _named(options, _LISTS):
        for number, path in enumerate(paths.split(","), 1):
            yield f"{_LISTS[field]} ({number} of the chain)", host.cwd / trim(path)


def _named(options: GateOptions, fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((field, path) for field in fields if (path := getattr(options, field)))
