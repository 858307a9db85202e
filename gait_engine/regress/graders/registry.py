"""Every grader, in the order in which a fixture is judged."""

from typing import Final

from gait_engine.regress.graders.case import Grader
from gait_engine.regress.graders.context_conformance import CONTEXT_CONFORMANCE
from gait_engine.regress.graders.diff import DIFF
from gait_engine.regress.graders.expected_exit_code import EXPECTED_EXIT_CODE
from gait_engine.regress.graders.schema_validation import SCHEMA_VALIDATION
from gait_engine.regress.graders.trajectory import TRAJECTORY

GRADERS: Final[tuple[Grader, ...]] = (
    SCHEMA_VALIDATION,
    EXPECTED_EXIT_CODE,
    TRAJECTORY,
    DIFF,
    CONTEXT_CONFORMANCE,
)
