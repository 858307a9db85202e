"""What a command would write, as text."""

from collections.abc import Iterator

from gait_engine.contract.answers.plan import WritePlan


def plan(answer: WritePlan) -> Iterator[str]:
    """List every file first, then what to know about them."""
    yield "would write, nothing is written now:"
    for file in answer.files:
        yield f"  {file.path}{'  in place of what is there' if file.replaces else ''}"
    if answer.runpack:
        yield f"from {answer.runpack}: run {answer.run_id}, {answer.files_checked} files intact"
    if answer.candidate:
        yield f"would judge {answer.candidate}: run {answer.candidate_run_id}"
    if answer.fixtures:
        yield f"would judge {answer.fixtures} fixtures"
    if answer.is_taken:
        yield f"warning: something is there already; free is {answer.free_name}"
    yield from (f"warning: gait.yaml would no longer list {name}" for name in answer.left_out)
    if answer.key_mode:
        yield f"signed by {answer.key_id} ({answer.key_mode})"
    yield from (f"warning: {warning}" for warning in answer.warnings)
