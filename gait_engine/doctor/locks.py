"""A lock on the counters of rate limits that somebody left behind (check 6)."""

import stat
from typing import Final

from gait_engine.doctor.finding import Finding, Patient, named, passed, reason, shell_word, warned
from gait_engine.store.safepath import join

_LOCK: Final = "gate_rate_limits.json.lock"
_SECOND_NS: Final = 10**9
_FRESH_NS: Final = 30 * _SECOND_NS
"""As long as the gate itself would wait for it."""


def gate_rate_limit_lock(patient: Patient) -> Finding:
    """Look how old the lock is."""
    shown = join(patient.output_dir, _LOCK)
    try:
        facts = patient.path(shown).lstat()
    except FileNotFoundError:
        return passed("no lock")
    except (OSError, ValueError) as exc:
        return warned(f"{named(shown)}: cannot be looked at, {reason(exc)}")
    if stat.S_ISDIR(facts.st_mode):
        return warned(f"{named(shown)}: a directory, expected a file")
    age_ns = patient.host.now_ns() - facts.st_mtime_ns
    if age_ns > _FRESH_NS:
        return warned(
            f"{named(shown)}: {age_ns // _SECOND_NS} s old, its owner is gone",
            f"rm -f {shell_word(shown)}",
        )
    return passed(f"{named(shown)} is held")
