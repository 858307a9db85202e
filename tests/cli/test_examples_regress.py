"""The regression example goes on: a change that was meant is pinned once that is confirmed."""

import shutil
from collections.abc import Callable
from typing import Any, Final

from tests.support.hosts import FrozenHost
from tests.support.process import ROOT

EXAMPLE: Final = "examples/regress-run"


def test_a_later_run_is_pinned_only_when_that_is_confirmed(
    frozen_host: FrozenHost, gait: Callable[..., Any]
) -> None:
    shutil.copytree(ROOT / EXAMPLE, frozen_host.cwd / EXAMPLE)
    for document in ("good.json", "later.json"):
        assert gait("run", "record", "--input", f"{EXAMPLE}/{document}").exit_code == 0
    assert gait("regress", "init", "--from", "run_refund_good", "--name", "refund").exit_code == 0
    compared = ("--candidate", "gait-out/runpack_run_refund_later.zip", "--update")
    shown = gait("regress", "run", *compared)
    assert "to re-pin, add --yes" in shown.stdout
    assert gait("regress", "run", *compared).exit_code == 5
    assert "re-pinned" in gait("regress", "run", *compared, "--yes").stdout
    assert gait("regress", "run").exit_code == 0
