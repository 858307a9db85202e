"""`keys`: pairs made, replaced and checked."""

import os
import stat
from pathlib import Path

import pytest

from gait_engine.api import keys
from gait_engine.api.verify import verify
from gait_engine.contract.keys import KeySources
from gait_engine.errors import InvalidInput
from tests.support import runs
from tests.support.hosts import FrozenHost

PRIVATE, PUBLIC = "gait-out/keys/gait_private.key", "gait-out/keys/gait_public.key"


def test_a_pair_is_made_and_belongs_together(frozen_host: FrozenHost, tmp_path: Path) -> None:
    made = keys.init(host=frozen_host)
    assert (made.prefix, made.private_key_path, made.public_key_path) == ("gait", PRIVATE, PUBLIC)
    checked = keys.verify(KeySources(public_key=PUBLIC, private_key=PRIVATE), host=frozen_host)
    assert checked.key_id == made.key_id
    assert (checked.public_key_source, checked.private_key_source) == (
        f"path:{PUBLIC}",
        f"path:{PRIVATE}",
    )
    if os.name == "posix":
        modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in (PRIVATE, PUBLIC)}
        assert modes == {0o600}


def test_an_existing_pair_is_kept_unless_forced(frozen_host: FrozenHost, tmp_path: Path) -> None:
    first = keys.init(host=frozen_host)
    before = runs.tree(tmp_path)
    with pytest.raises(InvalidInput):
        keys.init(host=frozen_host)
    assert runs.tree(tmp_path) == before
    assert keys.init(force=True, host=frozen_host).key_id != first.key_id


def test_a_successor_is_named_after_its_time_and_the_old_pair_stays(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    keys.init(host=frozen_host)
    before = runs.tree(tmp_path)
    made = keys.rotate(host=frozen_host)
    assert made.prefix == "gait_20260205T120000Z"
    assert before.items() <= runs.tree(tmp_path).items()
    with pytest.raises(InvalidInput):
        keys.rotate(host=frozen_host)


@pytest.mark.parametrize(
    ("out_dir", "prefix"), [("k", " "), (" ", "gait"), ("", "gait"), ("k", "\t")]
)
def test_a_name_that_is_none_is_refused_and_nothing_is_written(
    tmp_path: Path, out_dir: str, prefix: str
) -> None:
    (tmp_path / "desk").mkdir()
    with pytest.raises(InvalidInput):
        keys.init(out_dir=out_dir, prefix=prefix, host=FrozenHost(tmp_path / "desk"))
    assert runs.tree(tmp_path) == {}


def test_keys_may_come_from_the_environment(tmp_path: Path) -> None:
    made = keys.init(host=FrozenHost(tmp_path))
    host = FrozenHost(tmp_path, {"PRIV": f" {(tmp_path / PRIVATE).read_text()}\n"})
    checked = keys.verify(KeySources(private_key_env="PRIV"), host=host)
    assert (checked.key_id, checked.public_key_source) == (made.key_id, "derived")
    assert checked.private_key_source == "env:PRIV"


@pytest.mark.parametrize(
    "sources",
    [
        KeySources(),
        KeySources(public_key=PUBLIC),
        KeySources(private_key="missing"),
        KeySources(private_key=PUBLIC),
        KeySources(private_key=PRIVATE, private_key_env="PRIV"),
        KeySources(private_key=PRIVATE, public_key="gait-out/keys/other_public.key"),
        KeySources(private_key=PRIVATE, public_key_env="UNSET"),
    ],
    ids=str,
)
def test_keys_that_are_no_pair_are_refused(frozen_host: FrozenHost, sources: KeySources) -> None:
    keys.init(host=frozen_host)
    keys.init(prefix="other", host=frozen_host)
    with pytest.raises(InvalidInput):
        keys.verify(sources, host=frozen_host)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_private_key_that_others_may_read_is_noted_and_works(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    keys.init(host=frozen_host)
    assert keys.verify(KeySources(private_key=PRIVATE), host=frozen_host).hazards == ()
    (tmp_path / PRIVATE).chmod(0o644)
    checked = keys.verify(KeySources(private_key=PRIVATE), host=frozen_host)
    assert checked.ok
    assert [note.code for note in checked.hazards] == ["key_file_open"]


def test_no_error_repeats_a_key(frozen_host: FrozenHost, tmp_path: Path) -> None:
    keys.init(host=frozen_host)
    secret = (tmp_path / PRIVATE).read_text().strip()
    for sources in (KeySources(private_key=secret), KeySources(private_key_env=secret)):
        with pytest.raises(InvalidInput) as caught:
            verify("nowhere", host=frozen_host, keys=sources)
        assert secret not in f"{caught.value.message}{caught.value.hint}{caught.value.where}"


def test_a_key_file_that_is_missing_says_how_to_make_one(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput) as caught:
        keys.verify(KeySources(private_key=PRIVATE), host=frozen_host)
    assert caught.value.exit_code == 6
    assert "gait keys init" in caught.value.hint
