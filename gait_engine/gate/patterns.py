"""The patterns of endpoint lists: paths, domains, and the globs that both fall back to.

Globs are matched byte by byte and without going back, as in the peer: a pattern is judged in time
proportional to its length times that of the value. Contract: gate.md 3.4 (2).
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

_TREE: Final = "/**"
_SLASH: Final = ord("/")
_STAR, _ANY, _OPEN, _CLOSE, _NOT, _TO, _ESCAPE = b"*?[]^-\\"
_BROKEN_RUNE: Final = 0xFFFD


class _Class(NamedTuple):
    """A bracket expression: inclusive ranges of code points."""

    is_negated: bool
    ranges: tuple[tuple[int, int], ...]


_Token = int | _Class | None
"""One byte, a bracket expression, or None for any character but `/`."""


class _Chunk(NamedTuple):
    """What stands between two stars."""

    follows_star: bool
    tokens: tuple[_Token, ...]


def path_matches(pattern: str, path: str) -> bool:
    """Tell whether a path, as it stands, is the pattern, lies in its tree or fits its glob."""
    if path == pattern:
        return True
    if pattern.endswith(_TREE):
        root = pattern.removesuffix(_TREE)
        if path == root or path.startswith(f"{root}/"):
            return True
    return glob_matches(pattern, path)


def domain_matches(pattern: str, domain: str) -> bool:
    """Tell whether a domain is the pattern, lies below its `*.` at any depth or fits its glob."""
    if domain == pattern or (pattern.startswith("*.") and domain.endswith(pattern[1:])):
        return True
    return glob_matches(pattern, domain)


def any_path_matches(patterns: Iterable[str], path: str) -> bool:
    """Tell whether a path is on a list."""
    return any(path_matches(pattern, path) for pattern in patterns)


def any_domain_matches(patterns: Iterable[str], domain: str) -> bool:
    """Tell whether a domain is on a list."""
    return any(domain_matches(pattern, domain) for pattern in patterns)


def glob_matches(pattern: str, value: str) -> bool:
    """Match `*`, `?`, `[a-z]`, `[^x]` and escapes; a malformed pattern matches nothing."""
    chunks = _chunks(pattern)
    if chunks is None:
        return False
    name = value.encode()
    position = 0
    for chunk in chunks:
        position = _after(chunk, name, position, is_last=chunk is chunks[-1])
        if position < 0:
            return False
    return position == len(name)


def _after(chunk: _Chunk, name: bytes, start: int, *, is_last: bool) -> int:
    """Return where the first place ends that a chunk fits, -1 for none; a star skips no `/`."""
    if chunk.follows_star and not chunk.tokens:
        return -1 if _SLASH in name[start:] else len(name)
    while True:
        end = _fit(chunk.tokens, name, start)
        if end >= 0 and not (is_last and end < len(name)):
            return end
        if not chunk.follows_star or start >= len(name) or name[start] == _SLASH:
            return -1
        start += 1


def _fit(tokens: tuple[_Token, ...], name: bytes, position: int) -> int:
    for token in tokens:
        if position >= len(name):
            return -1
        if isinstance(token, int):
            if name[position] != token:
                return -1
            position += 1
            continue
        code, width = _rune(name, position)
        is_in = code != _SLASH if token is None else _is_in(token, code)
        if not is_in:
            return -1
        position += width
    return position


def _is_in(token: _Class, code: int) -> bool:
    return token.is_negated != any(low <= code <= high for low, high in token.ranges)


def _rune(name: bytes, position: int) -> tuple[int, int]:
    """Decode the character at a position; a star may have stopped inside one."""
    lead = name[position]
    if lead < 0x80:
        return lead, 1
    if lead < 0xC0:
        return _BROKEN_RUNE, 1
    width = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    return ord(name[position : position + width].decode()), width


class _Malformed(Exception):  # a signal out of the reader, never seen by a caller
    pass


@lru_cache(maxsize=1024)
def _chunks(pattern: str) -> tuple[_Chunk, ...] | None:
    """Read a pattern; None when it is malformed."""
    chunks: list[_Chunk] = []
    text, position = pattern.encode(), 0
    try:
        while position < len(text):
            start = position
            while position < len(text) and text[position] == _STAR:
                position += 1
            tokens, end = _read_tokens(text, position)
            chunks.append(_Chunk(position > start, tokens))
            position = end
    except _Malformed:
        return None
    return tuple(chunks)


def _read_tokens(text: bytes, position: int) -> tuple[tuple[_Token, ...], int]:
    """Read up to the next star outside brackets."""
    tokens: list[_Token] = []
    while position < len(text) and text[position] != _STAR:
        if text[position] == _OPEN:
            token, position = _read_class(text, position + 1)
            tokens.append(token)
            continue
        if text[position] == _ESCAPE:
            position += 1
            if position == len(text):
                raise _Malformed
            tokens.append(text[position])
        else:
            tokens.append(None if text[position] == _ANY else text[position])
        position += 1
    return tuple(tokens), position


def _read_class(text: bytes, position: int) -> tuple[_Class, int]:
    is_negated = text[position : position + 1] == b"^"
    position += is_negated
    ranges: list[tuple[int, int]] = []
    while not (ranges and text[position] == _CLOSE):
        low, position = _read_bound(text, position)
        high = low
        if text[position] == _TO:
            high, position = _read_bound(text, position + 1)
        ranges.append((low, high))
    return _Class(is_negated, tuple(ranges)), position + 1


def _read_bound(text: bytes, position: int) -> tuple[int, int]:
    """Read one end of a range, behind which the expression must go on."""
    if text[position : position + 1] in (b"", b"-", b"]"):
        raise _Malformed
    position += text[position] == _ESCAPE
    if position == len(text):
        raise _Malformed
    code, width = _rune(text, position)
    if position + width == len(text):
        raise _Malformed
    return code, position + width
