"""`run receipt`: the line for the ticket, of a runpack that verifies and no other."""

import json

import pytest

from gait_engine.api.run import receipt
from gait_engine.api.verify import verify
from gait_engine.errors import GaitError, VerificationFailed
from tests.support import runs
from tests.support.hosts import FrozenHost


def test_the_footer_finds_its_runpack_again(frozen_host: FrozenHost) -> None:
    recorded = runs.recorded(frozen_host, runs.run_input(runs.call(1)))
    answer = receipt("run_x", host=frozen_host)
    assert (answer.path, answer.run_id) == ("gait-out/runpack_run_x.zip", "run_x")
    assert answer.ticket_footer == recorded.ticket_footer
    assert verify(answer.ticket_footer, host=frozen_host).ok


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"run.json": b"{}"}, "verification_failed"),
        ({"extra.txt": b""}, "zip_unlisted_entry"),
    ],
    ids=["changed", "hazard"],
)
def test_a_runpack_that_does_not_verify_gets_none(
    frozen_host: FrozenHost, change: dict[str, bytes], code: str
) -> None:
    path = runs.runpack(frozen_host.cwd)
    path.write_bytes(runs.archive(runs.members_of(path) | change))
    with pytest.raises(VerificationFailed) as caught:
        receipt("p.zip", host=frozen_host)
    assert runs.exit_code_of(caught.value) == (2, code)
    assert "gait verify" in caught.value.hint


@pytest.mark.parametrize(
    "manifest", [{"run_id": "run x"}, {"run_id": "läuft"}, {"run_id": 'x" y="'}], ids=str
)
def test_a_run_id_that_no_footer_can_carry_gets_none(
    frozen_host: FrozenHost, manifest: dict[str, str]
) -> None:
    (frozen_host.cwd / "p.zip").write_bytes(runs.sealed(runs.members(), **manifest))
    with pytest.raises(GaitError) as caught:
        receipt("p.zip", host=frozen_host)
    assert runs.exit_code_of(caught.value) == (1, "internal_failure")


def test_a_digest_in_capitals_gets_none(frozen_host: FrozenHost) -> None:
    path = runs.runpack(frozen_host.cwd)
    members = runs.members_of(path)
    manifest = json.loads(members["manifest.json"])
    manifest["manifest_digest"] = manifest["manifest_digest"].upper()
    path.write_bytes(runs.archive({**members, "manifest.json": runs.canonical(manifest)}))
    assert verify("p.zip", host=frozen_host).ok
    with pytest.raises(GaitError) as caught:
        receipt("p.zip", host=frozen_host)
    assert caught.value.exit_code == 1
