"""A folder of evidence: packs good and damaged, sessions, an audit, an installed manifest."""

from pathlib import Path
from typing import Final

from gait_engine.api import guard, incident, registry, session
from gait_engine.api.guard import PackRequest
from gait_engine.api.incident import IncidentRequest
from gait_engine.contract.keys import KeySources
from gait_engine.crypto.keys import generate_key, key_text
from gait_engine.host import Host
from tests.support import evidence
from tests.support.registries import signed, spelled
from tests.tui.corpus import BAD_RUN, DAY, MINUTE, age_file, rewrite, write_run

JOURNAL: Final = "gait-out/sessions/s_91.jsonl"
TRACE: Final = "5d4b7f2a9c01e6d3b8a24f70"


def build(host: Host) -> Path:
    """Fill gait-out and the registry's cache; return gait-out."""
    folder = host.cwd / "gait-out"
    run = write_run(folder, "run_etl_1120", BAD_RUN, host)
    good = PackRequest(run=str(run), out="gait-out/evidence_pack_good.zip", case_id="INC-4211")
    guard.pack(good, host=host)
    guard.pack(good._replace(out="gait-out/evidence_pack_hurt.zip", template="pci"), host=host)
    rewrite(folder / "evidence_pack_hurt.zip", {"runpack_summary.json": b"{}"})
    (folder / "evidence_pack_torn.zip").write_bytes(b"PK\x1b[2K no archive")
    audit = evidence.audit(TRACE, approvers=["alice"], tool_name="tool.delete")
    evidence.write_json(folder / f"approval_audit_{TRACE}.json", audit)
    incident.pack(
        IncidentRequest(run=str(run), out="gait-out/incident_pack_1.zip", window="1h"), host=host
    )
    _sessions(host)
    _installed(host)
    names = sorted(path for path in folder.rglob("*") if path.is_file())
    for number, path in enumerate(names):
        age_file(path, MINUTE * (5 + number) if number < 6 else DAY * number)
    return folder


def _sessions(host: Host) -> None:
    session.start(JOURNAL, session_id="s_91", run_id="run_etl_1120", host=host)
    for tool, verdict in (("tool.search", "allow"), ("tool.delete", "block")):
        call = session.EventInput(tool_name=tool, verdict=verdict)
        session.append(JOURNAL, call, host=host)
    session.checkpoint(JOURNAL, out="gait-out/sessions/s_91_cp1.zip", host=host)
    call = session.EventInput(tool_name="tool.fetch", verdict="require_approval")
    session.append(JOURNAL, call, host=host)
    bare = "gait-out/sessions/s_92.jsonl"
    session.start(bare, session_id="s_92", run_id="run_etl_1121", host=host)


def _installed(host: Host) -> None:
    key = generate_key(host)
    (host.home / "pub.key").write_bytes(key_text(key.public_key))
    (host.home / "m.json").write_bytes(spelled(signed(key)))
    keys = KeySources(public_key=str(host.home / "pub.key"))
    registry.install(str(host.home / "m.json"), registry.InstallRequest(), keys=keys, host=host)
