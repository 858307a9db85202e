import json

import pytest

from benchmarks.incident import recording
from benchmarks.table import Row, rendered


def lines(*rows: Row) -> list[str]:
    return rendered(rows).splitlines()


def test_a_line_shows_a_figure_beside_its_floor_and_its_bar() -> None:
    row = Row("run diff", 1979.4, "ms CPU", 1000, "decode both", 2, 0, 2100, 281.4, 400)
    _, line = lines(row)
    assert line.split("  ") == [
        "run diff",
        "1,979 ms CPU",
        "2,100 ms",
        "281 MiB",
        "decode both 1,000",
        "1.98x",
        "2x, 400 MiB",
        "yes",
    ]


def test_columns_stand_below_their_names() -> None:
    head, short, long = lines(Row("a", 1, "ms"), Row("b" * 40, 12_345, "ms CPU", 10, "floor", 2))
    assert head.index("figure") + len("figure") == long.index(" ms CPU") + len(" ms CPU")
    assert short.rstrip().endswith("1.0 ms")
    assert head.index("bar") == long.index("2x")


@pytest.mark.parametrize(
    ("row", "is_within"),
    [
        (Row("ratio", 20, "ms", 10, "x", limit=2), True),
        (Row("ratio", 21, "ms", 10, "x", limit=2), False),
        (Row("budget", 16, "ms", budget=16), True),
        (Row("budget", 16.1, "ms", budget=16), False),
        (Row("memory", 20, "ms", 10, "x", limit=2, peak=64, peak_limit=64), True),
        (Row("memory", 20, "ms", 10, "x", limit=2, peak=65, peak_limit=64), False),
    ],
    ids=lambda value: getattr(value, "what", value),
)
def test_a_line_says_whether_it_is_within_its_bar(row: Row, *, is_within: bool) -> None:
    assert row.is_within is is_within
    assert lines(row)[1].endswith("yes" if is_within else "NO")


def test_a_line_without_a_bar_promises_nothing() -> None:
    assert not Row("rate", 1, "MB/s").has_bar
    assert lines(Row("rate", 1, "MB/s"))[1].split() == ["rate", "1.0", "MB/s"]


def test_a_recording_is_the_same_at_every_call_and_differs_in_every_record_by_seed() -> None:
    assert recording(50) == recording(50)
    left, right = (json.loads(recording(50, seed=seed)) for seed in "ab")
    for member in ("intents", "results"):
        pairs = zip(left[member], right[member], strict=True)
        assert all(one["intent_id"] == two["intent_id"] and one != two for one, two in pairs)
