"""`demo`: the same run on every machine, and what is not here yet said plainly."""

from pathlib import Path

import pytest

from gait_engine.api.demo import demo
from gait_engine.api.gate import evaluate
from gait_engine.api.run import inspect, receipt, replay
from gait_engine.api.verify import verify
from gait_engine.contract.gateoptions import GateOptions
from gait_engine.errors import DependencyMissing, InvalidInput
from gait_engine.store.zipread import open_archive
from tests.support.hosts import FrozenHost
from tests.support.runs import members_of

DIGEST = "436474ad70446539c909ae85bcc156d30197ba68efb8debdaed4f5d2eef2922e"
PEERS = Path(__file__).parents[2] / "data" / "peer_run_demo.zip"
RUNPACK = "gait-out/runpack_run_demo.zip"


def test_the_demo_run_has_the_manifest_digest_the_peers_has(frozen_host: FrozenHost) -> None:
    answer = demo(host=frozen_host)
    assert verify("run_demo", host=frozen_host).manifest_digest == DIGEST
    assert answer.ticket_footer == (
        f'GAIT run_id=run_demo manifest=sha256:{DIGEST} verify="gait verify run_demo"'
    )
    assert (answer.mode, answer.run_id, answer.verify) == ("standard", "run_demo", "ok")
    assert answer.bundle == f"./{RUNPACK}"


def test_every_member_has_the_bytes_of_the_peers(frozen_host: FrozenHost, tmp_path: Path) -> None:
    demo(host=frozen_host)
    with open_archive(PEERS) as archive:
        peers = {name: archive.read(name) for name in archive.names}
    assert members_of(tmp_path / RUNPACK) == peers


def test_neither_clock_nor_machine_shows_in_it(frozen_host: FrozenHost, tmp_path: Path) -> None:
    demo(host=frozen_host)
    first = (tmp_path / RUNPACK).read_bytes()
    frozen_host.now += 10**18
    demo(host=frozen_host)
    assert (tmp_path / RUNPACK).read_bytes() == first


def test_only_the_producer_version_does(frozen_host: FrozenHost) -> None:
    demo(host=frozen_host)
    first = verify("run_demo", host=frozen_host).manifest_digest
    frozen_host.producer_version = "1.2.3"
    demo(host=frozen_host)
    found = verify("run_demo", host=frozen_host, with_files=True)
    assert found.manifest_digest != first
    assert found.ok


def test_every_other_command_has_something_to_work_on(frozen_host: FrozenHost) -> None:
    footer = demo(host=frozen_host).ticket_footer
    assert inspect("run_demo", host=frozen_host).intents_total == 3
    assert replay("run_demo", host=frozen_host).ok
    assert receipt("run_demo", host=frozen_host).ticket_footer == footer
    assert verify(footer, host=frozen_host).ok


def test_the_durable_demo_says_what_is_missing_and_writes_nothing(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    with pytest.raises(DependencyMissing) as caught:
        demo(durable=True, host=frozen_host)
    assert caught.value.exit_code == 7
    assert list(tmp_path.iterdir()) == []


def test_the_policy_demo_blocks_a_deletion_that_can_be_tried_at_the_gate(
    frozen_host: FrozenHost,
) -> None:
    shown = demo(policy=True, host=frozen_host)
    assert (shown.policy_verdict, shown.matched_rule) == ("block", "block-destructive-tool-delete")
    options = GateOptions(policy=shown.pack_path, intent=shown.bundle)
    tried = evaluate(options, host=frozen_host)
    assert (tried.verdict, tried.reason_codes) == ("block", shown.reason_codes)


def test_both_at_once_are_refused(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput):
        demo(durable=True, policy=True, host=frozen_host)
