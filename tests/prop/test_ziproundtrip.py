import io
import tempfile
import zipfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.errors import InvalidInput, VerificationFailed
from gait_engine.store.zipcheck import colliding, is_unsafe
from gait_engine.store.zipread import open_archive
from gait_engine.store.zipwrite import build_zip
from tests.support.zipforge import DEFLATED, STREAMED, Part, forge, opened

BODIES = st.binary(max_size=300) | st.builds(bytes, st.integers(0, 300_000))
NAMES = st.text(max_size=12) | st.sampled_from(
    ["run.json", "RUN.json", "./run.json", "evidence/a", "evidence/A", "a/", "..", "\ud800"]
)
SAFE = st.dictionaries(
    st.text(st.characters(categories=["Ll", "Nd"]), min_size=1, max_size=12)
    .filter(lambda name: name == name.casefold())
    .map(lambda name: f"m{name}"),
    BODIES,
    max_size=6,
).filter(lambda members: not any(colliding(members)))


@given(SAFE)
def test_what_we_write_we_read_and_so_does_zipfile(members: dict[str, bytes]) -> None:
    data = b"".join(build_zip(members))
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), data) as archive:
        assert archive.hazards == ()
        assert {name: archive.read(name) for name in archive.names} == members
        assert {name: archive.digest(name) for name in archive.names} == {
            name: sha256(body).hexdigest() for name, body in members.items()
        }
    with zipfile.ZipFile(io.BytesIO(data)) as theirs:
        assert {name: theirs.read(name) for name in theirs.namelist()} == members


@given(st.dictionaries(NAMES, st.just(b"x"), max_size=5))
def test_writer_refuses_exactly_the_names_that_the_reader_refuses(
    members: dict[str, bytes],
) -> None:
    if any(map(is_unsafe, members)) or any(colliding(members)):
        with pytest.raises(InvalidInput, match="member name: "):
            build_zip(members)
        return
    data = b"".join(build_zip(members))
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), data) as archive:
        assert archive.hazards == ()


@given(SAFE, st.sampled_from([0, STREAMED]), st.sampled_from([0, DEFLATED]))
def test_any_honest_mixture_is_read(members: dict[str, bytes], flags: int, method: int) -> None:
    data = forge(*(Part(name, body, method, flags) for name, body in members.items()))
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), data) as archive:
        assert archive.hazards == ()
        assert {name: archive.read(name) for name in archive.names} == members


@given(st.data())
def test_whatever_the_bytes_the_reader_answers_or_refuses(data: st.DataObject) -> None:
    """Cut, repeat, overwrite: no other exception, and nothing read beyond its declared size."""
    raw = bytearray(
        forge(
            Part("a", b"text" * 50, DEFLATED, STREAMED),
            Part("b", b"[]", extra=bytes.fromhex("5554050001a6ce1200")),
            comment=b"all",
            end64=data.draw(st.sampled_from([None, {}])),
        )
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 9))] = data.draw(
            st.binary(max_size=9) | st.sampled_from([b"PK\3\4", b"PK\5\6", b"\xff" * 8])
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.zip"
        path.write_bytes(raw)
        try:
            archive = open_archive(path)
        except (InvalidInput, VerificationFailed):
            return
        with archive:
            for name in archive.names:
                with suppress(InvalidInput, VerificationFailed):
                    assert len(archive.read(name)) == archive.members[name].size
