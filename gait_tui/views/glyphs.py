"""Every glyph the screens draw, each one cell wide, with its twin for terminals without Unicode."""

from typing import Final

OK: Final = "✓"
FAILED: Final = "✗"
BLOCK: Final = "⊘"
PERSON: Final = "!"
DRY_RUN: Final = "~"
UNCHECKED: Final = "?"
HAZARD: Final = "▲"
LIVE: Final = "●"
HERE: Final = "▸"
OPEN: Final = "▾"
NONE: Final = "–"
NOT_ASKED: Final = "·"
UNREAD: Final = "○"
READ: Final = "●"
CUT: Final = "…"
TIMES: Final = "×"
CARET: Final = "▏"
NEW: Final = "+"
MARK: Final = "●"
RAIL: Final = "│"
LIGHT: Final = "─"
HEAVY: Final = "━"
TAB: Final = "⇥"
NEWLINE: Final = "↵"

ASCII_TWINS: Final = str.maketrans(
    {
        "✓": "+",
        "✗": "E",
        "⊘": "X",
        "▲": "^",
        "◆": "*",
        "◇": "o",
        "○": "o",
        "●": "*",
        "▸": ">",
        "▾": "v",
        "▪": "*",
        "·": ".",
        "–": "-",
        "…": "~",
        "×": "x",
        "▏": "_",
        "─": "-",
        "━": "=",
        "│": "|",
        "┃": "|",
        "┏": "+",
        "┓": "+",
        "┗": "+",
        "┛": "+",
        "├": "+",
        "└": "+",
        "⇥": ">",
        "↵": "<",
        "↑": "^",
        "↓": "v",
        "←": "<",
        "→": ">",
    }
)
"""One to one, so that columns stay where they are."""

VERDICTS: Final = {
    "allow": (OK, "verdict_allow"),
    "block": (BLOCK, "verdict_block"),
    "require_approval": (PERSON, "verdict_require_approval"),
    "dry_run": (DRY_RUN, "verdict_dry_run"),
    "error": (FAILED, "verdict_error"),
}
"""Gate verdict -> its mark and the role of the mark; the word itself is never coloured."""
