from pathlib import Path

import pytest

from gait_engine.api.pending import DEFAULT_ROOTS, pending, roots_of
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.errors import InvalidInput
from tests.support.hosts import FrozenHost
from tests.support.reviews import SETTING, TRACE, approve, ask, tree, waiting_call
from tests.support.tokens import KEY


@pytest.fixture(autouse=True)
def call(frozen_host: FrozenHost) -> Path:
    """A working directory with one call that waits."""
    waiting_call(frozen_host)
    return frozen_host.cwd


def test_by_default_the_working_directory_is_searched_but_only_gait_out_in_depth(
    frozen_host: FrozenHost,
) -> None:
    assert roots_of(()) == DEFAULT_ROOTS == (("./gait-out", 8), (".", 0))
    for folder in ("gait-out/a", "elsewhere"):
        (frozen_host.cwd / folder).mkdir(parents=True)
        frozen_host.now += 1
        ask(frozen_host, trace=f"{folder}/t.json")
    (frozen_host.cwd / TRACE).unlink()
    answer = pending(SETTING, host=frozen_host)
    assert [item.trace_path for item in answer.items] == ["./gait-out/a/t.json"]
    assert [(root.path, root.state, root.artifacts) for root in answer.roots] == [
        ("./gait-out", "ok", 1),
        (".", "ok", 1),
    ]


def test_roots_that_are_given_replace_the_default_ones(frozen_host: FrozenHost) -> None:
    assert roots_of(["a", "b"]) == (("a", 8), ("b", 8))
    (frozen_host.cwd / "a").mkdir()
    setting = SETTING._replace(roots=roots_of(["a", "b"]))
    answer = pending(setting, host=frozen_host)
    assert (answer.count, answer.items) == (0, ())
    assert [(root.path, root.state) for root in answer.roots] == [("a", "ok"), ("b", "missing")]


def test_a_root_without_a_name_is_refused() -> None:
    with pytest.raises(InvalidInput, match="root: empty, expected a folder"):
        roots_of(["a", ""])


def test_where_nothing_can_be_searched_there_is_no_answer(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput, match=r"'x' is missing, 'trace\.json' is unreadable"):
        pending(SETTING._replace(roots=roots_of(["x", TRACE])), host=frozen_host)


def test_it_says_with_which_key_approvals_were_counted(frozen_host: FrozenHost) -> None:
    approve(frozen_host)
    public = SETTING._replace(signing_keys=NO_KEYS, approval_keys=KeySources(public_key="k.pub"))
    counted = pending(public, host=frozen_host)
    assert (counted.tokens_checked, counted.key_id, counted.items[0].valid) == (True, KEY.key_id, 1)
    bare = pending(SETTING._replace(signing_keys=NO_KEYS), host=frozen_host)
    assert (bare.tokens_checked, bare.key_id, bare.items[0].valid) == (False, "", 0)


def test_what_could_not_be_read_is_listed_by_path(frozen_host: FrozenHost) -> None:
    for name in ("trace_2.json", "trace_1.json"):
        (frozen_host.cwd / name).write_text("torn")
    answer = pending(SETTING, host=frozen_host)
    assert [one.path for one in answer.unread] == ["./trace_1.json", "./trace_2.json"]
    assert answer.count == 1


def test_looking_writes_nothing(frozen_host: FrozenHost) -> None:
    before = tree(frozen_host.cwd)
    pending(SETTING, host=frozen_host)
    assert tree(frozen_host.cwd) == before
    assert not (frozen_host.cwd / "gait-out").exists()
