"""Trimming, lower-casing and case folding exactly as the contract defines them (runpack.md 1.1)."""

from typing import Final

WHITE_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The White_Space property; `str.strip()` alone would also remove U+001C to U+001F."""

_FOLDS_TO_ASCII: Final = {0x17F: "s", 0x212A: "k"}


def trim(text: str) -> str:
    """Remove leading and trailing Unicode white space."""
    return text.strip(WHITE_SPACE)


def trim_bytes(text: bytes) -> bytes:
    """Remove the white space around UTF-8 text; bytes that are none stay as they are."""
    return trim(text.decode(errors="surrogateescape")).encode(errors="surrogateescape")


def lower(text: str) -> str:
    """Lower-case code point by code point: U+0130 becomes `i`, a final sigma stays `σ`."""
    if text.isascii():
        return text.lower()
    return "".join(char.lower()[0] for char in text)


def normal(text: str) -> str:
    """Trim and lower-case: the form in which modes, statuses and tool names are compared."""
    text = text.strip(WHITE_SPACE)
    return text.lower() if text.isascii() else lower(text)


def fold(key: str) -> str:
    """Fold a key the way a lenient reader matches it with an ASCII field name."""
    return key.translate(_FOLDS_TO_ASCII).lower()


def unique_sorted(texts: list[str]) -> list[str]:
    """Trim, drop blanks and repetitions, sort by code point."""
    return sorted({trimmed for text in texts if (trimmed := trim(text))})
