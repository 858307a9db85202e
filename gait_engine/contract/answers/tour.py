"""What `gait tour` answers (regress.md 4)."""

from gait_engine.contract.answers.base import Answer


class TourAnswer(Answer, frozen=True, kw_only=True):
    """The demo run, made, verified, pinned as a fixture and judged."""

    mode: str = ""
    run_id: str = ""
    verify_path: str = ""
    verify_status: str = ""
    fixture_name: str = ""
    fixture_dir: str = ""
    regress_status: str = ""
    regress_failed: int = 0
    next_commands: tuple[str, ...] = ()
    branch_hints: tuple[str, ...] = ()
    metrics_opt_in: str = ""
    duration_ms: int = 0
