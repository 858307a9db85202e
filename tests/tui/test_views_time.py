import pytest

from gait_tui.views.timetext import age, clock, epoch_ns, instant, milliseconds, offset

SECOND = 10**9


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00.123456789Z", 123_456_789),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        ("yesterday", None),
        ("9999-99-99T00:00:00Z", None),
    ],
)
def test_instants_are_counted_from_1970(text: str, wanted: int | None) -> None:
    assert epoch_ns(text) == wanted


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (7200, "2h"), (200_000, "2d"), (-5, "0s")],
)
def test_ages_have_one_unit_and_are_cut_down(seconds: int, wanted: str) -> None:
    assert age(0, seconds * SECOND) == wanted


def test_what_is_not_known_is_a_dash() -> None:
    assert age(None, 0) == "–"
    assert offset(None, 0) == "–"
    assert instant("0001-01-01T00:00:00Z") == "–"


def test_clock_offset_and_duration() -> None:
    assert clock(1_770_292_800 * SECOND) == "12:00:00Z"
    assert offset(41 * SECOND, 0) == "41.0"
    assert (milliseconds(0.388), milliseconds(2.14)) == ("388 ms", "2.1 s")
