"""The first steps in one command: a run made, verified, pinned and judged (regress.md 4)."""

from typing import Final

import msgspec

from gait_engine.api.demo import METRICS_OPT_IN, RUN_ID, demo
from gait_engine.api.regress import RunRequest, init, run
from gait_engine.api.verify import verify
from gait_engine.contract.answers.base import error_fields
from gait_engine.contract.answers.tour import TourAnswer
from gait_engine.errors import RegressFailed
from gait_engine.host import Host

_RESULT: Final = "gait-out/tour_regress_result.json"
_JUNIT: Final = "gait-out/tour_junit.xml"
_NEXT: Final = ("gait demo --durable", "gait demo --policy", "gait doctor --summary")
_HINTS: Final = (
    "gait demo --durable: a job that goes on where it was stopped",
    "gait demo --policy: a call that the policy blocks",
)
_NANOS_PER_MS: Final = 1_000_000


def tour(*, host: Host) -> TourAnswer:
    """Make the demo run, verify it, pin it as a fixture, and judge every fixture of this folder.

    Where one no longer holds the answer says so beside the steps. Raises as `regress init` and
    `regress run` do.
    """
    started = host.now_ns()
    demo(host=host)
    verified = verify(RUN_ID, host=host)
    pinned = init(RUN_ID, host=host)  # which refuses a run that does not verify
    judged = run(RunRequest(output=_RESULT, junit=_JUNIT), host=host)
    answer = TourAnswer(
        ok=judged.ok,
        mode="activation",
        run_id=pinned.run_id,
        verify_path=verified.path,
        verify_status="ok",
        fixture_name=pinned.fixture_name,
        fixture_dir=pinned.fixture_dir,
        regress_status=judged.status,
        regress_failed=judged.failed,
        next_commands=_NEXT,
        branch_hints=_HINTS,
        metrics_opt_in=METRICS_OPT_IN,
        duration_ms=(host.now_ns() - started) // _NANOS_PER_MS,
    )
    return answer if judged.ok else _failed(answer, judged.top_failure_reason)


def _failed(answer: TourAnswer, reason: str) -> TourAnswer:
    error = RegressFailed(
        f"fixtures of this folder: {answer.regress_failed} graders failed, {reason} first, "
        "expected none",
        where=_RESULT,
        hint="take the tour in an empty folder, or see what failed: gait regress run",
    )
    return msgspec.structs.replace(answer, **error_fields(error))
