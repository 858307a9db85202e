import pytest

from gait_engine.wire.durations import duration_text

SECOND = 10**9


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (999, "999ns"),
        (1_000, "1µs"),
        (1_100, "1.1µs"),
        (2_200_000, "2.2ms"),
        (250_000_000, "250ms"),
        (SECOND - 1, "999.999999ms"),
        (SECOND, "1s"),
        (1_500_000_000, "1.5s"),
        (SECOND + 1, "1.000000001s"),
        (60 * SECOND, "1m0s"),
        (90 * SECOND, "1m30s"),
        (3_600 * SECOND, "1h0m0s"),
        (3_661 * SECOND + 1_000_000, "1h1m1.001s"),
        (168 * 3_600 * SECOND, "168h0m0s"),
        (-1_500_000_000, "-1.5s"),
        (2**63 - 1, "2562047h47m16.854775807s"),
        (-(2**63), "-2562047h47m16.854775808s"),
    ],
)
def test_a_span_is_spelled_in_its_largest_units(nanoseconds: int, text: str) -> None:
    assert duration_text(nanoseconds) == text
