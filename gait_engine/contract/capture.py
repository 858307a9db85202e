"""The receipt that `capture` writes (runpack.md 6.7)."""

import msgspec

from gait_engine.contract.common import SCHEMA_VERSION, Record, always
from gait_engine.contract.runpack import CAPTURE_SCHEMA


class CaptureReceipt(Record, frozen=True, kw_only=True):
    """Which artifact was meant, and how it was found."""

    schema_id: str = always(CAPTURE_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    ok: bool = always(True)
    source: str = msgspec.field(name="from", default_factory=str)
    artifact_type: str = always("")
    artifact_path: str = always("")
    session_chain_path: str = ""
    run_id: str = ""
    output_path: str = always("")
