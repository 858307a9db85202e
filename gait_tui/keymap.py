"""Keys of the user's own: by the id of an action, checked before anything is drawn."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from textual.keys import Keys, _character_to_key

from gait_engine.errors import InvalidInput, quoted
from gait_tui.keys import TABLE, Key

_NAMED: Final = frozenset(
    (*(key.value for key in Keys), *(_character_to_key(chr(code)) for code in range(33, 127)))
)
_CHORD: Final = re.compile(r"(?:(?:ctrl|alt|shift)\+)+(.+)")
_CAPITAL: Final = re.compile(r"[A-Z]")
_HINT: Final = "run 'gait tui --print-config' to see every action and its keys"


def checked(keymap: Mapping[str, str], table: Sequence[Key] = TABLE) -> dict[str, str]:
    """Return the keymap under the names that Textual gives to keys.

    Raises InvalidInput on an id that no action has, on what is no key, on a key that would mean
    two things, and where an action that writes would stand on anything but a capital letter.
    """
    known = {key.id: key for key in table}
    named = {name: _names(name, text) for name, text in keymap.items()}
    for name, keys in named.items():
        if name not in known:
            raise _wrong(name, name, f"one of {', '.join(known)}")
        small = next((key for key in keys if known[name].writes and not _is_capital(key)), None)
        if small is not None:
            raise _wrong(name, small, "a capital letter for an action that writes")
    _check_apart({key.id: named.get(key.id, key.keys) for key in table}, named)
    return {name: ",".join(keys) for name, keys in named.items()}


def _names(action: str, text: str) -> tuple[str, ...]:
    return tuple(_name(action, part.strip()) for part in text.split(","))


def _name(action: str, text: str) -> str:
    if len(text) == 1:
        return _character_to_key(text)
    chord = _CHORD.fullmatch(text)
    last = chord[1] if chord else text
    if last not in _NAMED and not (chord and len(last) == 1):
        raise _wrong(action, text, "a character or the name of a key, such as j, down or ctrl+d")
    return text


def _is_capital(key: str) -> bool:
    return _CAPITAL.fullmatch(key) is not None


def _check_apart(actions: Mapping[str, Iterable[str]], changed: Mapping[str, object]) -> None:
    """Refuse a key with two meanings; the one to blame is the one that was changed."""
    taken: dict[str, str] = {}
    for action in sorted(actions, key=lambda name: name in changed):
        for key in actions[action]:
            other = taken.setdefault(key, action)
            if other != action:
                raise _wrong(action, key, f"a key that {other} does not have")


def _wrong(action: str, found: str, wanted: str) -> InvalidInput:
    return InvalidInput(f"keys.{action}: {quoted(found)}, expected {wanted}", hint=_HINT)
