"""Checking the positional arguments of a command."""

from collections.abc import Sequence

from gait_engine.errors import InvalidInput


def only_target(
    targets: Sequence[str] | None,
    option: str = "",
    hint: str = "give one run id, path or ticket footer",
) -> str:
    """Return the one target, given by position or by option. Raises InvalidInput."""
    given = [*(targets or []), *([option] if option else [])]
    if len(given) != 1:
        raise InvalidInput(
            f"target: {len(given)} given, expected one",
            hint=hint,
        )
    return given[0]


def two_targets(targets: list[str] | None) -> tuple[str, str]:
    """Return the two targets of a comparison. Raises InvalidInput."""
    given = targets or []
    if len(given) != 2:
        raise InvalidInput(
            f"targets: {len(given)} given, expected two", hint="give two run ids or paths"
        )
    return given[0], given[1]


def no_targets(targets: list[str] | None) -> None:
    """Refuse positional arguments. Raises InvalidInput."""
    if targets:
        raise InvalidInput(f"arguments: {len(targets)} given, expected options only")
