"""Whether every record of a fixture names the schema it must have (regress.md 3.1)."""

from collections.abc import Iterable
from typing import Final

from gait_engine.contract import runpack as contract
from gait_engine.contract.common import SCHEMA_VERSION, Header
from gait_engine.regress.graders.case import Case, Grade, Grader


def _grade(case: Case) -> Grade:
    pack, intents, results = case.source
    checks: tuple[tuple[str, str, Iterable[Header]], ...] = (
        ("run_schema_invalid", contract.RUN_SCHEMA, (pack.run,)),
        ("refs_schema_invalid", contract.REFS_SCHEMA, (pack.refs,)),
        ("intent_schema_invalid", contract.INTENT_SCHEMA, intents),
        ("result_schema_invalid", contract.RESULT_SCHEMA, results),
    )
    reasons = tuple(reason for reason, schema, records in checks if not _all_name(schema, records))
    # a runpack with missing or changed members is not loaded, so neither can be reported here
    details = {
        "missing_files": None,
        "hash_mismatches": 0,
        "intent_records": len(intents),
        "result_records": len(results),
        "reference_receipts": len(pack.refs.receipts),
    }
    return Grade(not reasons, reasons, details)


def _all_name(schema: str, records: Iterable[Header]) -> bool:
    return all(
        (record.schema_id, record.schema_version) == (schema, SCHEMA_VERSION) for record in records
    )


SCHEMA_VALIDATION: Final = Grader("schema_validation", _grade)
