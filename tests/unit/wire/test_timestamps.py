import pytest

from gait_engine.errors import InvalidInput
from gait_engine.wire.timestamps import (
    EPOCH_1980,
    ZERO,
    Timestamp,
    from_ns,
    is_usual,
    is_zero,
    normalise,
    parse_duration,
    to_ns,
    to_utc,
)

DAY = "2026-02-05T"
SECOND = 10**9
MAX = 2**63 - 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{DAY}00:00:00Z", f"{DAY}00:00:00Z"),
        (f"{DAY}23:59:59.999999999Z", f"{DAY}23:59:59.999999999Z"),
        (f"{DAY}00:00:00.500Z", f"{DAY}00:00:00.5Z"),
        (f"{DAY}00:00:00,5Z", f"{DAY}00:00:00.5Z"),
        (f"{DAY}00:00:00.000Z", f"{DAY}00:00:00Z"),
        (f"{DAY}00:00:00.0000000019Z", f"{DAY}00:00:00.000000001Z"),
        (f"{DAY}00:00:00.{'9' * 5000}Z", f"{DAY}00:00:00.999999999Z"),
        (f"{DAY}0:00:00Z", f"{DAY}00:00:00Z"),
        (f"{DAY}9:30:00+02:00", f"{DAY}09:30:00+02:00"),
        (f"{DAY}00:00:00+00:00", f"{DAY}00:00:00Z"),
        (f"{DAY}00:00:00-00:00", f"{DAY}00:00:00Z"),
        (f"{DAY}00:00:00-07:30", f"{DAY}00:00:00-07:30"),
        (f"{DAY}00:00:00+10:60", f"{DAY}00:00:00+11:00"),
        (f"{DAY}00:00:00-00:60", f"{DAY}00:00:00-01:00"),
        (f"{DAY}00:00:00+23:59", f"{DAY}00:00:00+23:59"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"),
        ("0000-02-29T00:00:00Z", "0000-02-29T00:00:00Z"),
        ("0000-01-01T00:00:00+01:00", "0000-01-01T00:00:00+01:00"),
        ("9999-12-31T23:59:59.9-23:59", "9999-12-31T23:59:59.9-23:59"),
        (ZERO, "0001-01-01T00:00:00Z"),
    ],
)
def test_an_instant_has_one_normal_form(text: str, expected: str) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "now", "2026-02-05", f"{DAY}00:00:00", f"{DAY}00:00Z"),
        *(f"{DAY.lower()}00:00:00Z", f"{DAY}00:00:00z", "2026-02-05 00:00:00Z"),
        *(f"{DAY}24:00:00Z", f"{DAY}00:60:00Z", f"{DAY}23:59:60Z", f"{DAY}000:00:00Z"),
        *(f"{DAY}00:0:00Z", f"{DAY}00:00:0Z", f"{DAY}00:00:00.Z", f"{DAY}00:00:00,Z"),
        *(f"{DAY}00:00:00+0100", f"{DAY}00:00:00+01", f"{DAY}00:00:00+1:00"),
        *(f"{DAY}00:00:00+10:61", f"{DAY}00:00:00+24:00", f"{DAY}00:00:00-23:60"),
        *("2026-00-05T00:00:00Z", "2026-13-05T00:00:00Z", "2026-01-00T00:00:00Z"),
        *("2026-01-32T00:00:00Z", "2026-04-31T00:00:00Z", "2026-02-29T00:00:00Z"),
        *("1900-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "0001-02-29T00:00:00Z"),
        *("12026-02-05T00:00:00Z", "026-02-05T00:00:00Z", "-2026-02-05T00:00:00Z"),
        *("2026-2-05T00:00:00Z", "2026-02-5T00:00:00Z", "2026/02/05T00:00:00Z"),
        *(f"{DAY}00:00:00Z\n", f" {DAY}00:00:00Z", f"{DAY}00:00:00Z ", f"{DAY}00:00:00ZZ"),
        *("٢٠٢٦-02-05T00:00:00Z", f"{DAY}00:00:00−01:00", f"{DAY}٠0:00:00Z"),
    ],
    ids=ascii,
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^time: .* expected RFC 3339"):
        normalise(text)
    with pytest.raises(InvalidInput, match="RFC 3339"):
        to_ns(text)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        (f"{DAY}00:00:00Z", f"{DAY}00:00:00Z"),
        (f"{DAY}00:00:00.25+01:00", "2026-02-04T23:00:00.25Z"),
        ("2025-12-31T23:30:00-00:45", "2026-01-01T00:15:00Z"),
        ("2024-03-01T00:00:00+00:01", "2024-02-29T23:59:00Z"),
        ("0000-12-31T23:00:00-01:00", "0001-01-01T00:00:00Z"),
    ],
)
def test_an_instant_moves_to_utc(text: str, utc: str) -> None:
    assert to_utc(Timestamp(text)) == utc
    assert to_ns(text) == to_ns(utc)


@pytest.mark.parametrize("text", ["0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"])
def test_no_year_outside_four_digits_is_written(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"year (-1|10000), expected 0000 to 9999"):
        to_utc(normalise(text))


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (MAX, "2262-04-11T23:47:16.854775807Z"),
        (-(2**63), "1677-09-21T00:12:43.145224192Z"),
        (-62_135_596_800 * SECOND, ZERO),
        (315_532_800 * SECOND, EPOCH_1980),
        (-62_167_219_200 * SECOND, "0000-01-01T00:00:00Z"),
        (253_402_300_800 * SECOND - 1, "9999-12-31T23:59:59.999999999Z"),
    ],
)
def test_nanoseconds_and_text_are_the_same_instant(nanoseconds: int, text: str) -> None:
    assert from_ns(nanoseconds) == text
    assert to_ns(text) == nanoseconds


@pytest.mark.parametrize("nanoseconds", [-62_167_219_201 * SECOND, 253_402_300_800 * SECOND])
def test_nanoseconds_outside_the_calendar_are_refused(nanoseconds: int) -> None:
    with pytest.raises(InvalidInput, match="expected 0000 to 9999"):
        from_ns(nanoseconds)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ZERO, True),
        ("0001-01-01T05:00:00+05:00", True),
        ("0000-12-31T19:00:00-05:00", True),
        ("0001-01-01T00:00:00.000000001Z", False),
        ("0001-01-01T00:00:00+01:00", False),
        ("0000-01-01T00:00:00Z", False),
        (f"{DAY}00:00:00Z", False),
    ],
)
def test_the_first_instant_of_year_one_counts_as_absent(*, text: str, expected: bool) -> None:
    assert is_zero(Timestamp(text)) is expected


@pytest.mark.parametrize(
    "text",
    [
        *(f"{DAY}0:00:00Z", f"{DAY}00:00:00.50Z", f"{DAY}00:00:00+00:00", f"{DAY}24:00:00Z"),
        *("2026-02-31T00:00:00Z", "2026-02-29T00:00:00Z", f"{DAY}00:00:00Z\n", ""),
        *(f"{DAY}00:00:00.1234567891Z", f"{DAY}00:00:00.0Z", "٢026-02-05T00:00:00Z"),
    ],
    ids=ascii,
)
def test_the_quick_look_leaves_every_doubt_to_the_full_reader(text: str) -> None:
    assert is_usual(text) is None


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("+0", 0),
        ("-0", 0),
        ("0s", 0),
        ("1h30m", 5_400 * SECOND),
        ("1h1h", 7_200 * SECOND),
        ("+5s", 5 * SECOND),
        ("-2ms", -2_000_000),
        ("1.5s", 1_500_000_000),
        (".5s", 500_000_000),
        ("1.s", SECOND),
        ("1m.5s", 60 * SECOND + 500_000_000),
        ("3us", 3_000),
        ("3µs", 3_000),
        ("3μs", 3_000),
        ("1.9ns", 1),
        ("00000000000000000000000001s", SECOND),
        (f"{'0' * 5000}1s", SECOND),
        (f"0.5{'0' * 5000}s", SECOND // 2),
        (f"0.{'0' * 5000}5s", 0),
        ("0.100000000000000000000h", 360 * SECOND),
        ("0.3333333333333333333h", 1_200 * SECOND),
        ("0.830103483285477580700h", 2_988 * SECOND + 372_539_827),
        ("9007199254740993ns", 2**53 + 1),
        (f"{MAX}ns", MAX),
        (f"-{MAX}ns", -MAX),
        ("9223372036854775.807us", MAX),
        ("2562047h47m16.854775807s", MAX),
    ],
)
def test_a_duration_is_a_sum_of_its_parts(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "+", "-", "+-1s", "--1s", "1", "90", "1.", ".", "1d", "1H", "1e3s", "s", ".s", "-.s"),
        *("1h ", " 1h", "1h 30m", "1.5.5s", "1hh", "1mss", "1h-30m", "1,5s", "٣s", "0x1s", "00"),
        *(
            f"{MAX + 1}ns",
            "10000000000000000000ns",
            "2562047h47m16.854775808s",
            "2562048h",
            f"{MAX}ns1ns",
        ),
        *("9223372036854775808h", f"{'9' * 5000}s", f"{'9' * 5000}.5s"),
    ],
    ids=lambda text: ascii(text[:30]),
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^duration: .*, expected "):
        parse_duration(text)
