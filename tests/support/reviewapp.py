"""Runs the terminal UI with the review of one call on top: `python -m ...reviewapp TRACE`.

It stands in for the list that leads there, so that a real terminal can begin at the review.
"""

import sys
from pathlib import Path

from gait_engine.host import Host
from gait_tui import app as module
from gait_tui.app import GaitApp, Options
from gait_tui.services.config import Approval

ALICE = Approval(approver="alice", key_path="k.key")


class ReviewApp(GaitApp):
    """The App, opening a review as soon as it stands."""

    CSS_PATH = str(Path(module.__file__).with_name(GaitApp.CSS_PATH))

    def on_mount(self) -> None:
        """Open the call that was named."""
        self.open_review(sys.argv[1])


if __name__ == "__main__":
    app = ReviewApp(Host(), Options(("gait-out",), poll_seconds=0.2, undecided="", approval=ALICE))
    app.run()
    if app.crash is not None:
        raise app.crash
    sys.exit(app.return_value or 0)
