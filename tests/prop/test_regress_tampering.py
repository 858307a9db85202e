"""No byte of a fixture's runpack or of a candidate can change unseen."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.api.envelope import exit_code, failure
from gait_engine.errors import GaitError
from tests.support.fixturesets import CALLS, judged, with_candidate
from tests.support.hosts import FrozenHost


def verdict(host: FrozenHost) -> int:
    """Judge the set; return the exit code."""
    try:
        return exit_code(judged(host))
    except GaitError as exc:
        return exit_code(failure(exc))


@pytest.mark.parametrize(("name", "codes"), [("runpack.zip", {2, 6}), ("candidate.zip", {5})])
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255), is_cut=st.booleans())
def test_a_changed_or_cut_runpack_never_passes(
    name: str, codes: set[int], place: float, flip: int, *, is_cut: bool
) -> None:
    with TemporaryDirectory() as folder:
        host = FrozenHost(Path(folder))
        path = with_candidate(host, CALLS) / name
        assert verdict(host) == 0
        data = bytearray(path.read_bytes())
        at = int(place * len(data))
        data[at] ^= flip
        path.write_bytes(data[:at] if is_cut else data)
        assert verdict(host) in codes
