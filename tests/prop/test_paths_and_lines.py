from pathlib import PurePosixPath
from posixpath import normpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.errors import InvalidInput
from gait_engine.store.jsonl import split_lines
from gait_engine.store.safepath import clean, join, relative_escapes, safe_name

paths = st.lists(st.sampled_from(["a", "b", ".", "..", "", "...", " "]), max_size=8).map("/".join)


ROOT = "/0/1/2/3/4/5/6/7/8/9"


@given(paths)
def test_cleaning_is_what_the_standard_library_does_but_for_a_double_slash_in_front(
    path: str,
) -> None:
    wanted = normpath(path)
    assert clean(path) == (wanted[1:] if wanted.startswith("//") else wanted)
    assert clean(clean(path)) == clean(path)


@given(paths)
def test_a_relative_path_escapes_when_from_a_deep_folder_it_ends_outside(path: str) -> None:
    if path.startswith("/"):
        assert not relative_escapes(path)
    else:
        ends = normpath(f"{ROOT}/{path}")
        assert relative_escapes(path) == (ends != ROOT and not ends.startswith(f"{ROOT}/"))


@given(st.text(st.sampled_from('ab./\\"\0\n\x1b\u202e ü'), max_size=6))
def test_a_name_is_refused_or_stays_one_name_in_its_folder(text: str) -> None:
    is_plain = text not in ("", ".", "..") and not set(text) & set('/\\"\0\n\x1b\u202e')
    if is_plain:
        name = safe_name(text)
        assert PurePosixPath("folder", name).parts == ("folder", name)
        assert join("folder", name) == f"folder/{name}"
    else:
        with pytest.raises(InvalidInput):
            safe_name(text)


@given(st.lists(st.binary(max_size=9)), st.integers(1, 4))
def test_lines_are_the_same_however_the_stream_is_cut(chunks: list[bytes], repeat: int) -> None:
    chunks = [chunk.replace(b"\x01", b"\n") for chunk in chunks * repeat]
    whole = b"".join(chunks)
    lines = list(split_lines(chunks, len(whole) + 1, "stream"))
    numbered = enumerate(whole.split(b"\n"), 1)
    wanted = [(number, data) for number, data in numbered if data]
    assert [(line.number, line.data) for line in lines] == wanted
    assert all(line.terminated for line in lines[:-1])
    assert not any(b"\n" in line.data for line in lines)
