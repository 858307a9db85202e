"""Which paths a snapshot looks at: shell globs over the whole path, or plain substrings."""

import re
from collections.abc import Callable, Iterator, Sequence

Match = Callable[[str], object]


class _Malformed(Exception):  # a signal out of the translation, never seen by a caller
    """A pattern that matches nothing."""


def path_test(include: Sequence[str], exclude: Sequence[str]) -> Callable[[str], bool]:
    """Return the test: no `exclude` hits, and one of `include` does where there are any."""
    wanted, unwanted = _hit_test(include), _hit_test(exclude)
    return lambda path: not unwanted(path) and (not include or wanted(path))


def _hit_test(patterns: Sequence[str]) -> Callable[[str], bool]:
    matches = [_compiled(pattern) for pattern in patterns]

    def hits(path: str) -> bool:
        return any(pattern in path for pattern in patterns) or any(match(path) for match in matches)

    return hits


def _compiled(pattern: str) -> Match:
    """Compile a glob: `*` and `?` stop at `/`, `[^a-b]` is a class, a backslash escapes."""
    try:
        return re.compile("".join(_translated(iter(pattern))), re.DOTALL).fullmatch
    except _Malformed:
        return lambda _: None


def _translated(rest: Iterator[str]) -> Iterator[str]:
    for char in rest:
        if char == "*":
            yield "[^/]*"
        elif char == "?":
            yield "[^/]"
        elif char == "[":
            yield _class(rest)
        else:
            yield re.escape(_next(rest) if char == "\\" else char)


def _class(rest: Iterator[str]) -> str:
    """Translate a class up to its `]`; it has at least one range and may match a slash."""
    char = _next(rest)
    is_negated = char == "^"
    if is_negated:
        char = _next(rest)
    ranges: list[str] = []
    while char != "]" or not ranges:
        low = high = _bound(char, rest)
        char = _next(rest)
        if char == "-":
            high = _bound(_next(rest), rest)
            char = _next(rest)
        ranges.append(_range(low, high))
    alternatives = "|".join(ranges)
    return f"(?!{alternatives})." if is_negated else f"(?:{alternatives})"


def _range(low: str, high: str) -> str:
    """Spell a range; an empty one is no error, and matches nothing."""
    return f"[{re.escape(low)}-{re.escape(high)}]" if low <= high else "(?!)"


def _bound(char: str, rest: Iterator[str]) -> str:
    if char in "-]":
        raise _Malformed
    return _next(rest) if char == "\\" else char


def _next(rest: Iterator[str]) -> str:
    for char in rest:
        return char
    raise _Malformed
