"""Asking a program of the operator's for a key, such as a vault's client.

No shell reads the command. What it says on stdout is the key and goes nowhere else; stderr is
thrown away, since a vault may repeat the key there. Contract: guard-doctor-registry.md D.
"""

import os
from typing import Final

from gait_engine.errors import DependencyMissing, InvalidInput, quoted
from gait_engine.gate.broker.child import find_program
from gait_engine.gate.broker.request import listed
from gait_engine.host import Host
from gait_engine.wire.text import trim

MAX_SECONDS: Final = 60.0
"""A person may have to unlock the vault meanwhile."""


def key_text_of(command: str, args: str, *, host: Host) -> str:
    """Run a program, its arguments comma separated, and return what it says on stdout.

    Raises InvalidInput for a program that is missing, fails, or takes too long.
    """
    import subprocess  # asking a program is what this module is for

    shown = quoted(trim(command))
    try:
        done = subprocess.run(  # noqa: S603  # named by the operator, and no shell reads it
            (trim(command), *listed(args)),
            executable=find_program(trim(command), host),
            cwd=host.cwd,
            env=host.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=MAX_SECONDS,
            check=False,
        )
    except DependencyMissing as exc:
        raise _failed(shown, "not in PATH, expected a program") from exc
    except subprocess.TimeoutExpired:  # which holds what was said so far: the key
        raise _failed(shown, f"still at work after {MAX_SECONDS} s, expected a key") from None
    except (OSError, ValueError) as exc:
        found = (isinstance(exc, OSError) and exc.strerror) or "no text that can be passed on"
        raise _failed(shown, f"{found.lower()}, expected a program that can be run") from exc
    if done.returncode:
        raise _failed(shown, f"exit status {done.returncode}, expected success")
    return os.fsdecode(done.stdout)


def _failed(shown: str, fault: str) -> InvalidInput:
    return InvalidInput(
        f"key command {shown}: {fault}",
        hint="run the command by hand; it must print base64 of 32 bytes and end with status 0",
    )
