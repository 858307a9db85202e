from pathlib import Path

from msgspec import UNSET

from benchmarks.packcorpus import runpack, write_corpus
from benchmarks.scoutinside import by_turns
from gait_engine.api import scout, verify
from tests.support.hosts import FrozenHost


def test_the_corpus_is_what_agents_record_a_few_workflows_and_some_calls_that_fail(
    frozen_host: FrozenHost,
) -> None:
    write_corpus(frozen_host.cwd / "runs", 101)
    answer = scout.signal(scout.RunsRequest(sources=("runs",)), host=frozen_host)
    assert answer.run_count == 101
    assert answer.skipped == ()
    assert 3 < answer.family_count < 50
    assert answer.report is not UNSET
    reasons = {run.reason_code_vector for run in answer.report.fingerprints}
    assert reasons == {(), ("result_status_error",)}


def test_each_of_them_verifies_and_is_the_same_at_every_call(frozen_host: FrozenHost) -> None:
    write_corpus(frozen_host.cwd, 2)
    assert verify.verify("runpack_run_000001.zip", host=frozen_host).ok
    paths = sorted(frozen_host.cwd.glob("runpack_*.zip"))
    assert [path.read_bytes() for path in paths] == [runpack(0), runpack(1)]


def test_each_job_is_measured_on_the_same_runpacks(tmp_path: Path) -> None:
    write_corpus(tmp_path / "gait-out", 21)
    assert len([figure for figure in by_turns(tmp_path) if figure > 0]) == 3
