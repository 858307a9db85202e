"""The page that holds the terminal, and the headers that keep it alone with this machine."""

from collections.abc import Mapping
from typing import Final

PAGE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>gait</title>
<link rel="stylesheet" href="css/xterm.css">
<link rel="stylesheet" href="gait.css">
<script src="js/textual.js"></script>
<script src="gait.js"></script>
<p id="over">This session is over, or too many are open. Reload the page for another one.</p>
<div id="terminal" class="textual-terminal" data-font-size="16"
  data-session-websocket-url="@SOCKET@"></div>
</html>
"""

STYLE: Final = """\
@font-face {
  font-family: "Roboto Mono";
  src: url("fonts/RobotoMono-VariableFont_wght.ttf");
  font-weight: 100 700;
}
html, body { margin: 0; height: 100%; overflow: hidden; background: #101418; color: #d8dee4; }
#terminal { height: 100%; }
#over { display: none; margin: 2em; font: 16px "Roboto Mono", monospace; }
body.-closed #over { display: block; }
body.-closed #terminal { display: none; }
"""

# textual.js takes an address to ask from the query, measures the font before it is there, and
# leaves the keys to whoever clicks first.
SCRIPT: Final = """\
"use strict";
history.replaceState(null, "", location.pathname);
const start = window.onload;
window.onload = (event) => {
  const begin = () => start(event);
  document.fonts.load('16px "Roboto Mono"').then(begin, begin);
  const shown = new MutationObserver(() => {
    if (document.body.classList.contains("-first-byte")) {
      shown.disconnect();
      document.querySelector("textarea").focus();
    }
  });
  shown.observe(document.body, { attributes: true });
};
"""

# The parts of textual-serve that are served; its own page asks Google for a font.
STATICS: Final[Mapping[str, str]] = {
    "css/xterm.css": "text/css",
    "fonts/RobotoMono-VariableFont_wght.ttf": "font/ttf",
    "js/textual.js": "text/javascript",
}


def page(authority: str, token: str) -> str:
    """Return the page; `authority` is the address and port that it was asked for at."""
    return PAGE.replace("@SOCKET@", f"ws://{authority}/{token}/ws")


def headers(authority: str) -> dict[str, str]:
    """Return what every answer carries: nothing is loaded from elsewhere, sent there or kept.

    The sandbox has no pop-ups: a click on an address in an artifact's text opens nothing.
    """
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
        f" font-src 'self'; connect-src ws://{authority};"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " sandbox allow-scripts allow-same-origin"
    )
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
