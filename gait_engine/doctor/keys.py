"""The keys a command would be told to use (checks 8 to 10)."""

import stat
from typing import Final

from gait_engine.crypto.keys import load_signer
from gait_engine.doctor.finding import (
    Finding,
    Patient,
    failed,
    named,
    passed,
    reason,
    shell_word,
    warned,
)
from gait_engine.errors import GaitError, quoted
from gait_engine.store.inputs import read_input
from gait_engine.wire.text import trim

_OTHERS_MAY_WRITE: Final = 0o022


def key_source_ambiguity(patient: Patient) -> Finding:
    """Refuse two places for one half of a key."""
    keys = patient.keys
    for half, path, name in (
        ("private", keys.private_key, keys.private_key_env),
        ("public", keys.public_key, keys.public_key_env),
    ):
        if trim(path) and trim(name):
            return failed(
                f"{half} key: both a file and a variable are named",
                f"leave out --{half}-key or --{half}-key-env",
            )
    return passed("each key has one source at most")


def key_permissions(patient: Patient) -> Finding:
    """Look at key files; the first that others could change or that is none is reported."""
    paths = [path for path in (patient.keys.private_key, patient.keys.public_key) if trim(path)]
    findings = (_permissions(path, patient) for path in paths)
    return next((finding for finding in findings if finding), None) or passed(
        f"key files that no one else can change: {len(paths)}"
    )


def key_config(patient: Patient) -> Finding:
    """Load the keys as a command in that key mode would."""
    is_named = any(map(trim, patient.keys))
    match patient.key_mode:
        case "dev" if not is_named:
            return passed("dev: signs with a key that is forgotten at once")
        case "dev":
            return warned(
                "dev mode with a key source, which it never uses",
                "add --key-mode prod, or leave the key flags out",
            )
        case "prod":
            return _loaded(patient)
        case mode:
            return failed(f"key mode {quoted(mode)}, expected dev or prod", "give --key-mode dev")


def _permissions(shown: str, patient: Patient) -> Finding | None:
    try:
        mode = patient.path(shown).stat().st_mode
    except (OSError, ValueError) as exc:
        return warned(f"{named(shown)}: {reason(exc)}", f"ls -l {shell_word(shown)}")
    if not stat.S_ISREG(mode):
        found = "a directory" if stat.S_ISDIR(mode) else "a pipe or device"
        return warned(f"{named(shown)}: {found}", "name a key file with --private-key FILE")
    if mode & _OTHERS_MAY_WRITE:
        return warned(
            f"{named(shown)}: mode {stat.S_IMODE(mode):04o}, others can change it",
            f"chmod go-w {shell_word(shown)}",
        )
    return None


def _loaded(patient: Patient) -> Finding:
    try:
        load_signer("prod", patient.keys, patient.host, read_input)
    except GaitError as exc:
        return failed(exc.message, "make a pair with gait keys init, then give --private-key FILE")
    return passed("prod: the private key can be used")
