"""What `gait gate eval` can be told: one field for each of its options (gate.md 4.1)."""

from typing import Final

from gait_engine.contract.common import Record
from gait_engine.contract.keys import KeySources

CONFIG_PATH: Final = ".gait/config.yaml"
RATE_LIMIT_PATH: Final = ".gait-out/gate_rate_limits.json"

STANDARD: Final = "standard"
OSS_PROD: Final = "oss-prod"
PROFILES: Final = (STANDARD, OSS_PROD)


class GateOptions(Record, frozen=True, kw_only=True):
    """The options as given; an empty one takes the value of the project's config or its default.

    Lists are comma-separated text. `intents` names a stream of intents, one a line, in the place
    of the one in `intent`.
    """

    policy: str = ""
    intent: str = ""
    intents: str = ""
    context_envelope: str = ""
    trace_out: str = ""
    approval_token_ref: str = ""
    approval_token: str = ""
    approval_token_chain: str = ""
    approval_audit_out: str = ""
    token_ledger: str = ""
    delegation_token: str = ""
    delegation_token_chain: str = ""
    delegation_audit_out: str = ""
    approval_public_key: str = ""
    approval_public_key_env: str = ""
    approval_private_key: str = ""
    approval_private_key_env: str = ""
    delegation_public_key: str = ""
    delegation_public_key_env: str = ""
    delegation_private_key: str = ""
    delegation_private_key_env: str = ""
    key_mode: str = ""
    private_key: str = ""
    private_key_env: str = ""
    profile: str = ""
    evaluation_time: str = ""
    kill_switch_state: str = ""
    rate_limit_state: str = ""
    credential_broker: str = ""
    credential_env_prefix: str = ""
    credential_ref: str = ""
    credential_scopes: str = ""
    credential_command: str = ""
    credential_command_args: str = ""
    credential_evidence_out: str = ""
    wrkr_inventory: str = ""
    approved_script_registry: str = ""
    approved_script_public_key: str = ""
    approved_script_public_key_env: str = ""
    config: str = ""
    no_config: bool = False
    simulate: bool = False

    @property
    def own_keys(self) -> KeySources:
        """The key that signs traces."""
        return KeySources(private_key=self.private_key, private_key_env=self.private_key_env)

    @property
    def approval_keys(self) -> KeySources:
        """The key that approval tokens are checked with."""
        return KeySources(
            self.approval_public_key,
            self.approval_public_key_env,
            self.approval_private_key,
            self.approval_private_key_env,
        )

    @property
    def delegation_keys(self) -> KeySources:
        """The key that delegation tokens are checked with."""
        return KeySources(
            self.delegation_public_key,
            self.delegation_public_key_env,
            self.delegation_private_key,
            self.delegation_private_key_env,
        )

    @property
    def script_keys(self) -> KeySources:
        """The key that approved scripts are checked with."""
        return KeySources(self.approved_script_public_key, self.approved_script_public_key_env)
