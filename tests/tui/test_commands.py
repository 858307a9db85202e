import shlex

import pytest

from gait_engine.api.shapes import ReviewTarget
from gait_tui.app import GaitApp
from gait_tui.commands import (
    DIFF,
    INDEX,
    INSPECT,
    REVIEW,
    SPELLINGS,
    VERIFY,
    Query,
    Reviewed,
    argv,
    export_path,
    shell,
)
from gait_tui.workbench import Workbench
from tests.support.reviews import SETTING


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (Query(INDEX, ("gait-out", "b")), "index --root gait-out --root b --json"),
        (Query(VERIFY, ("p.zip",)), "verify p.zip --files --json"),
        (Query(INSPECT, ("p.zip",)), "run inspect --from p.zip --full --json"),
        (Query(DIFF, ("a", "-b")), "run diff a ./-b --details --json"),
        (
            Query(REVIEW, (), Reviewed(ReviewTarget("-t"), SETTING, ("r",))),
            "review show --trace ./-t --key-mode prod --private-key k.key --root r --json",
        ),
    ],
)
def test_a_question_is_a_command_line(query: Query, wanted: str) -> None:
    assert " ".join(argv(query)) == wanted


def test_a_shell_reads_the_same_words_back() -> None:
    words = argv(Query(VERIFY, ('it\'s $(touch pwned) "x"; rm *',)))
    assert shlex.split(shell(words)) == ["gait", *words]


def test_a_proposed_file_stays_in_the_export_folder() -> None:
    assert (
        export_path("verify", "../../etc/passwd") == "gait-out/export/verify-.._.._etc_passwd.json"
    )
    assert export_path("runs", "") == "gait-out/export/runs.json"


def test_every_kind_of_question_says_what_it_does_and_how_it_ends() -> None:
    for spelling in SPELLINGS.values():
        assert spelling.what.endswith(".")
        assert 0 in spelling.exits


def test_the_app_fills_in_all_that_screens_may_ask_of_it() -> None:
    declared = [
        name
        for name, value in vars(Workbench).items()
        if "NotImplementedError" in getattr(getattr(value, "__code__", None), "co_names", ())
    ]
    assert {"open_palette", "open_review", "copy"} <= set(declared)
    assert [name for name in declared if name not in vars(GaitApp)] == []
