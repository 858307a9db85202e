import datetime as dt
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from gait_engine.errors import InvalidInput
from gait_engine.wire.durations import duration_text
from gait_engine.wire.timestamps import (
    _read,
    _write,
    from_ns,
    is_usual,
    is_zero,
    normalise,
    parse_duration,
    to_ns,
    to_utc,
)

laws = settings(max_examples=120, deadline=None)
SECOND = 10**9
ZERO_NS = -62_135_596_800 * SECOND
FIRST_NS, LAST_NS = -62_167_219_200 * SECOND, 253_402_300_800 * SECOND - 1
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": SECOND, "m": 60 * SECOND}

zones = st.integers(-1439, 1439).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
datetimes = st.datetimes(timezones=zones)
nanoseconds = st.integers(FIRST_NS, LAST_NS) | st.integers(-(10**9), 10**19)


def digits(first: int, last: int) -> st.SearchStrategy[str]:
    return st.integers(first, last).map(lambda number: f"{number:02}")


loose_texts = st.builds(
    "{:04}-{}-{}T{}:{}:{}{}{}".format,
    st.integers(0, 9999),
    digits(1, 12) | digits(0, 13),
    digits(1, 28) | digits(0, 32),
    digits(0, 23) | st.integers(0, 24).map(str),
    digits(0, 59) | digits(0, 60),
    digits(0, 59) | digits(0, 60),
    st.just("") | st.from_regex(r"[.,][0-9]{0,11}", fullmatch=True),
    st.just("Z") | st.from_regex(r"[+-][0-2][0-9]:[0-6][0-9]", fullmatch=True),
)
plain_texts = st.from_regex(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?Z",
    fullmatch=True,
)


@laws
@given(datetimes)
def test_instants_agree_with_datetime(moment: dt.datetime) -> None:
    text = normalise(moment.isoformat())
    assert to_ns(text) == (moment - EPOCH) // dt.timedelta(microseconds=1) * 1000
    fraction = re.search(r"\.[0-9]+", text)
    assert dt.datetime.fromisoformat(text) == moment
    assert fraction is None or not fraction.group().endswith("0")


@laws
@given(nanoseconds)
def test_nanoseconds_survive_as_text(instant: int) -> None:
    text = from_ns(instant)
    assert to_ns(text) == instant
    assert normalise(text) == to_utc(text) == text
    assert text.endswith("Z")


@laws
@given(loose_texts)
def test_what_is_accepted_is_a_real_instant_in_a_fixed_form(text: str) -> None:
    try:
        normal = normalise(text)
    except InvalidInput:
        assert is_usual(text) is None
        return
    assert normalise(normal) == normal
    assert to_ns(normal) == to_ns(text)
    hour = re.sub(r"T(\d):", r"T0\1:", text).replace(",", ".")
    assert normalise(hour) == normal
    if not text.startswith("0000") and not re.search(r":60$", text):
        exact = dt.datetime.fromisoformat(re.sub(r"[.][0-9]+", "", hour))
        assert (exact - EPOCH) // dt.timedelta(seconds=1) == to_ns(normal) // SECOND


@laws
@given(plain_texts)
def test_the_quick_look_accepts_exactly_the_normal_forms_among_plain_texts(text: str) -> None:
    assert (is_usual(text) is not None) == (_write(*_read(text)) == text)


@laws
@given(st.integers(-1, 1) | st.integers(-(10**13), 10**13), zones)
def test_only_one_instant_counts_as_absent(after: int, zone: dt.timezone) -> None:
    offset = zone.utcoffset(None) // dt.timedelta(seconds=1)
    local = from_ns(ZERO_NS + after + offset * SECOND)
    moment = normalise(local.replace("Z", zone.tzname(None).removeprefix("UTC") or "Z"))
    assert to_ns(moment) == ZERO_NS + after
    assert is_zero(moment) == (after == 0)


@laws
@given(st.lists(st.tuples(st.integers(0, 10**4), st.sampled_from(sorted(UNITS))), min_size=1))
def test_a_duration_is_the_sum_of_its_parts(parts: list[tuple[int, str]]) -> None:
    text = "".join(f"{number}{unit}" for number, unit in parts)
    total = sum(number * UNITS[unit] for number, unit in parts)
    assert parse_duration(text) == parse_duration(f"+{text}") == total
    assert parse_duration(f"-{text}") == -total


@laws
@given(st.integers(0, 10**9), st.integers(0, SECOND - 1))
def test_a_fraction_of_a_second_is_exact_to_the_nanosecond(whole: int, fraction: int) -> None:
    assert parse_duration(f"{whole}.{fraction:09}s") == whole * SECOND + fraction


@laws
@given(st.integers(1 - 2**63, 2**63 - 1) | st.integers(-(10**13), 10**13))
def test_a_span_of_time_survives_as_text(span: int) -> None:
    assert parse_duration(duration_text(span)) == span
