"""One session: the App in a process of its own, which a browser sees and writes keys to.

Run by `gait_tui.web.server`. Read only is not asked for here, it is put in force: no argument,
variable or setting can take it away.
"""

import sys
from collections.abc import Sequence
from typing import Final

from gait_engine.errors import GaitError
from gait_engine.host import Host
from gait_tui.request import Request, parse
from gait_tui.services.term import read_terminal
from gait_tui.start import run

_SHOWS: Final = {"COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
"""What xterm.js in a browser can show, whatever the terminal that the server runs in."""


def main(argv: Sequence[str], host: Host) -> int:
    """Run the App for a browser; return its exit code."""
    try:
        request = sealed(parse(argv))
        terminal = read_terminal(_SHOWS | {"NO_COLOR": host.env.get("NO_COLOR", "")})
        return run(request, request.target, terminal, host)
    except GaitError as error:
        sys.stderr.write(f"gait tui: {error.message}\nhint: {error.hint}\n")
        return error.exit_code


def sealed(request: Request) -> Request:
    """Return the request for a browser that may write nothing."""
    return request._replace(switches=request.switches | {"--web", "--read-only"})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Host()))
