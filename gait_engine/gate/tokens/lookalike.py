"""Whether two spellings of an approver look like one person: a token signs a name, not a face.

Contract: threats.md 6; the scripts that may share a word are those of UTS 39, highly restrictive.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from gait_engine.wire.safetext import HIDDEN

_EAST_ASIAN: Final = frozenset({"LATIN", "CJK", "IDEOGRAPHIC"})
_MAY_SHARE_A_WORD: Final = (
    _EAST_ASIAN | {"HIRAGANA", "KATAKANA"},
    _EAST_ASIAN | {"BOPOMOFO"},
    _EAST_ASIAN | {"HANGUL"},
)
_OF_NO_SCRIPT: Final = frozenset({"COMBINING", "MODIFIER"})
"""How the names of marks and letters begin that every script borrows."""

_BLANK: Final = re.compile("[\ufe00-\ufe0f\u2800]")
"""Variation selectors and the blank braille cell: not hidden on a terminal, yet nothing to see."""

_script: Final = re.compile(r"[A-Z]+").match


def same_person_form(identity: str) -> str:
    """Reduce a name to what a person sees of it, case aside: equal forms are one approver."""
    return _shown(identity).casefold()


def is_deceptive(identity: str) -> bool:
    """Tell a name that shows nothing at all, or one of whose words mixes scripts."""
    shown = _shown(identity)
    return not shown or any(map(_mixes_scripts, _words(shown)))


def _shown(text: str) -> str:
    return unicodedata.normalize("NFKC", _BLANK.sub("", HIDDEN.sub("", text)))


def _words(text: str) -> Iterator[str]:
    """Split at what is no letter, mark or number; `a1c` is one word, in any two scripts."""
    word = ""
    for char in text:
        if unicodedata.category(char)[0] in "LMN":
            word += char
        else:
            yield word
            word = ""
    yield word


def _mixes_scripts(word: str) -> bool:
    scripts = {name for char in word if (name := _script_of(char))}
    return len(scripts) > 1 and not any(scripts <= shared for shared in _MAY_SHARE_A_WORD)


def _script_of(char: str) -> str:
    """Name the script of a letter or mark; numbers, and what every script borrows, have none."""
    if unicodedata.category(char)[0] == "N":
        return ""
    first = _script(unicodedata.name(char, ""))
    script = first[0] if first else char
    return "" if script in _OF_NO_SCRIPT else script
