"""What `gait gate eval` does with its options, however they were read."""

from typing import Any, Final

from gait_engine.api import gate as api
from gait_engine.api.envelope import correlation_id
from gait_engine.cli.line import Line, Stream
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.gateoptions import GateOptions
from gait_engine.errors import InvalidInput

RECORD: Final = GateOptions
"""One option for each of its fields."""

SWITCHES: Final = ("json", "explain")
"""The options besides, which say how to answer."""

HELP: Final = {
    "policy": "The policy file.",
    "intent": "The intent file.",
    "intents": "A file of intents, one a line, - for stdin; each gets its answer line.",
    "context_envelope": "Evidence of the context the agent was given.",
    "trace_out": "Where the trace goes; for a stream a folder, or a journal named *.jsonl.",
    "approval_token_ref": "A reference to an approval, for the record only.",
    "approval_token": "An approval token.",
    "approval_token_chain": "More approval tokens, by commas.",
    "approval_audit_out": "Where the approval audit goes.",
    "token_ledger": "A folder that remembers used approvals: each token passes one call.",
    "delegation_token": "A delegation token.",
    "delegation_token_chain": "More delegation tokens, by commas.",
    "delegation_audit_out": "Where the delegation audit goes.",
    "approval_public_key": "File with the key that approvals are checked with.",
    "approval_public_key_env": "Variable with that key.",
    "approval_private_key": "File with the private half of it, its public half is used.",
    "approval_private_key_env": "Variable with that.",
    "delegation_public_key": "File with the key that delegations are checked with.",
    "delegation_public_key_env": "Variable with that key.",
    "delegation_private_key": "File with the private half of it, its public half is used.",
    "delegation_private_key_env": "Variable with that.",
    "key_mode": "dev: a key that is forgotten; prod: your own.",
    "private_key": "File with the key that signs traces.",
    "private_key_env": "Variable with that key.",
    "profile": "standard, or oss-prod: everything must be proven.",
    "evaluation_time": "Judge times as of this RFC 3339 instant.",
    "kill_switch_state": "The kill-switch state file.",
    "rate_limit_state": "Where rate limits are counted.",
    "credential_broker": "off, stub, env or command.",
    "credential_env_prefix": "What the variables of the env broker begin with.",
    "credential_ref": "Which credential to ask for.",
    "credential_scopes": "Scopes to ask for, by commas.",
    "credential_command": "The program of the command broker.",
    "credential_command_args": "Its arguments, by commas.",
    "credential_evidence_out": "Where the evidence of a credential goes.",
    "wrkr_inventory": "What is known of tools.",
    "approved_script_registry": "The registry of approved scripts.",
    "approved_script_public_key": "File with the key that it is checked with.",
    "approved_script_public_key_env": "Variable with that key.",
    "config": "The project's defaults, .gait/config.yaml by default.",
    "no_config": "Use no project defaults.",
    "simulate": "Let everything pass and say what would have been decided.",
}


def quick(given: dict[str, Any], line: Line) -> Answer | Stream:
    """Answer a line that was read quickly."""
    explain, _ = given.pop("explain", False), given.pop("json", False)
    return answer(GateOptions(**given), line, explain=explain)


def answer(asked: GateOptions, line: Line, *, explain: bool) -> Answer | Stream:
    """Decide the intent that the options name, or a stream of them."""
    own_id = correlation_id(line.argv)
    if asked.intents:
        _refuse_beside_stream(asked, explain=explain)
        return Stream(api.evaluate_stream(asked, correlation_id=own_id, host=line.host))
    if explain:
        return api.explain(asked, correlation_id=own_id, host=line.host)
    return api.evaluate(asked, correlation_id=own_id, host=line.host)


def _refuse_beside_stream(asked: GateOptions, *, explain: bool) -> None:
    for option, is_given in (("--intent", bool(asked.intent)), ("--explain", explain)):
        if is_given:
            raise InvalidInput(f"options --intents and {option}: both given, expected one of them")
