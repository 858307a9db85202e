"""The checks that many fields of an intent share; each raises InvalidInput naming its place."""

from collections.abc import Collection

from gait_engine.errors import quoted
from gait_engine.wire.digest import is_hex64
from gait_engine.wire.jsonread import Source
from gait_engine.wire.text import normal
from gait_engine.wire.timestamps import Timestamp, is_zero, to_ns, to_utc


def below(source: Source, step: str) -> Source:
    """Return the source of a value one step (`.field`, `[3]`) further inside.

    A source without a root stays as it is: then nobody wants to know the place.
    """
    return source._replace(root=source.root + step) if source.root else source


def required(text: str, source: Source, field: str) -> str:
    """Return a trimmed text that must not be empty."""
    if not text:
        raise source.reject("empty, expected text", f"{source.root}.{field}")
    return text


def required_instant(instant: Timestamp, source: Source, field: str) -> Timestamp:
    """Return an instant that must be there, at offset zero."""
    if is_zero(instant):
        raise source.reject("absent, expected a time", f"{source.root}.{field}")
    return to_utc(instant)


def one_of(text: str, allowed: Collection[str], source: Source, field: str) -> str:
    """Return a text in normal form that must be empty or one of a closed set."""
    if text and text not in allowed:
        wanted = ", ".join(sorted(allowed))
        raise source.reject(f"{quoted(text)}, expected one of {wanted}", f"{source.root}.{field}")
    return text


def digest_or_empty(text: str, source: Source, field: str) -> str:
    """Bring an optional digest into normal form: 64 lower-case hex characters or nothing."""
    digest = normal(text)
    if digest and not is_hex64(digest):
        raise source.reject(
            f"{quoted(digest)}, expected 64 hex characters", f"{source.root}.{field}"
        )
    return digest


def not_negative(number: int, source: Source, field: str) -> int:
    """Return a count or duration, 0 when unknown."""
    if number < 0:
        raise source.reject(f"{number}, expected 0 or more", f"{source.root}.{field}")
    return number


def require_order(
    earlier: Timestamp, later: Timestamp, source: Source, fields: str, *, may_equal: bool = False
) -> None:
    """Check two instants that are both set; `fields` names them for the error."""
    if is_zero(earlier) or is_zero(later):
        return
    distance = to_ns(later) - to_ns(earlier)
    if distance < 0 or (distance == 0 and not may_equal):
        raise source.reject(f"{fields} {later}, expected a time after {earlier}")
