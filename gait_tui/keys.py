"""The one key table: bindings, hint bar, prefix choices and help are read from it.

A key has one meaning in every place where it works. Keys that write are capital letters, and
each asks before it does; `e` is the exception, it asks for its path.
"""

from collections.abc import Container, Iterable, Mapping
from typing import Final, NamedTuple

from gait_tui.tabs import TABS

LIST: Final = "list"
DETAIL: Final = "detail"
CALLS: Final = "calls"
TICKET: Final = "ticket"
DIFF: Final = "diff"
REPLAY: Final = "replay"
REVIEW: Final = "review"
EXPLAIN: Final = "explain"
HELP: Final = "help"
COMMAND: Final = "command"
BY_HAND: Final = "by_hand"
DIALOG: Final = "dialog"
THEME: Final = "theme"
SHEET: Final = "sheet"
LOG: Final = "log"
INBOX: Final = "inbox list"
TRACES: Final = "traces list"
APPROVALS: Final = "approvals list"
SCOUT: Final = "scout list"
REGRESS: Final = "regress list"
EVIDENCE: Final = "evidence list"
HEALTH: Final = "health list"

LISTS: Final = (INBOX, LIST, TRACES, APPROVALS, SCOUT, REGRESS, EVIDENCE, HEALTH)
"""The lists of the main tabs."""
AGED: Final = (INBOX, LIST, TRACES, APPROVALS, EVIDENCE)
"""The lists whose rows have an age, so that one is the newest."""
RUNS: Final = (LIST, DETAIL, CALLS)
"""Where the Runs tab and what it opens have the focus."""
BROWSE: Final = (*LISTS, DETAIL, CALLS, SHEET)
WITH_RUN: Final = (*RUNS, INBOX, TRACES, SCOUT, EVIDENCE, SHEET, TICKET)
"""Where a run may be at hand."""
READING: Final = (*BROWSE, TICKET, DIFF, REPLAY, REVIEW, EXPLAIN)
PANES: Final = (*READING, HELP, COMMAND, BY_HAND, THEME, LOG)

PANED: Final = (*BROWSE, TICKET, REPLAY, REVIEW, EXPLAIN)
"""Where there is more than one pane to go to."""

_MATCHED: Final = (*RUNS, REGRESS, SHEET, TICKET, DIFF, REVIEW, HELP)
"""Where there is a next one of what is looked for."""

HERE: Final = "here"
MOVE: Final = "move"
EVERYWHERE: Final = "everywhere"


class Key(NamedTuple):
    """An action and the keys that start it; `shown` is how help and hint bar spell them."""

    id: str
    keys: tuple[str, ...]
    shown: str
    label: str
    group: str
    places: tuple[str, ...]
    writes: bool = False
    """Whether it writes a file: such a key is a capital letter, also where a user moves it."""


TABLE: Final = (
    Key("open", ("enter",), "enter", "open", HERE, (*BROWSE, TICKET, THEME, EXPLAIN, LOG)),
    Key("verify", ("v",), "v", "verify again", HERE, (*BROWSE, TICKET)),
    Key("replay", ("r",), "r", "stub replay", HERE, RUNS),
    Key("mark", ("space",), "space", "mark", HERE, LISTS),
    Key("unmark", ("u",), "u", "clear marks", HERE, LISTS),
    Key("diff", ("d",), "d", "diff marked runs", HERE, (*RUNS, SCOUT, REGRESS)),
    Key("base", ("b",), "b", "set base", HERE, RUNS),
    Key("swap", ("vertical_line",), "|", "swap sides", HERE, (DIFF,)),
    Key("next", ("n",), "n", "next match", HERE, _MATCHED),
    Key("previous", ("N",), "N", "previous match", HERE, _MATCHED),
    Key(
        "reveal",
        ("full_stop",),
        ".",
        "show or hide secrets",
        HERE,
        (DETAIL, CALLS, SHEET, DIFF, REVIEW),
    ),
    Key("review", ("a",), "a", "review", HERE, (APPROVALS, TRACES, INBOX, SHEET)),
    Key("approve", ("A",), "A", "approve…", HERE, (REVIEW,), writes=True),
    Key("deny", ("D",), "D", "deny…", HERE, (REVIEW,), writes=True),
    Key("regression", ("R",), "R", "regression…", HERE, (*WITH_RUN, REGRESS, DIFF), writes=True),
    Key("incident", ("I",), "I", "incident pack…", HERE, WITH_RUN, writes=True),
    Key("pack", ("P",), "P", "evidence pack…", HERE, WITH_RUN, writes=True),
    Key("change", ("c",), "c", "change the token", HERE, (REVIEW,)),
    Key("down", ("j", "down"), "j ↓", "one row down", MOVE, PANES),
    Key("up", ("k", "up"), "k ↑", "one row up", MOVE, PANES),
    Key("half_down", ("ctrl+d",), "ctrl+d", "half a page down", MOVE, PANES),
    Key("half_up", ("ctrl+u",), "ctrl+u", "half a page up", MOVE, PANES),
    Key("page_down", ("pagedown", "ctrl+f"), "pgdn", "a page down", MOVE, PANES),
    Key("page_up", ("pageup", "ctrl+b"), "pgup", "a page up", MOVE, PANES),
    Key("first", ("home",), "home", "first", MOVE, PANES),
    Key("last", ("end", "G"), "end G", "last", MOVE, PANES),
    Key("pane_next", ("tab",), "tab", "next pane", MOVE, PANED),
    Key("pane_previous", ("shift+tab",), "shift+tab", "last pane", MOVE, PANED),
    Key("pane_left", ("h", "left"), "h ←", "pane left", MOVE, (*BROWSE, DIFF, EXPLAIN)),
    Key("pane_right", ("l", "right"), "l →", "pane right", MOVE, (*BROWSE, DIFF, EXPLAIN)),
    Key("part_next", ("right_square_bracket",), "]", "next tab", MOVE, (*BROWSE, DIFF, REVIEW)),
    Key("part_previous", ("left_square_bracket",), "[", "last tab", MOVE, (*BROWSE, DIFF, REVIEW)),
    Key("grow", ("plus",), "+", "larger pane", MOVE, BROWSE),
    Key("shrink", ("minus",), "-", "smaller pane", MOVE, BROWSE),
    Key("wrap", ("w",), "w", "wrap long rows", MOVE, (DETAIL, CALLS, SHEET, DIFF)),
    Key("zoom", ("z",), "z", "zoom pane", MOVE, BROWSE),
    Key("filter", ("slash",), "/", "filter, search", EVERYWHERE, (*BROWSE, DIFF, HELP)),
    Key("go", ("g",), "g", "go to", EVERYWHERE, (*BROWSE, EXPLAIN)),
    Key("copy", ("y",), "y", "copy", EVERYWHERE, (*READING, COMMAND, LOG)),
    Key("command", ("x",), "x", "command", EVERYWHERE, READING),
    Key("export", ("e",), "e", "export JSON", EVERYWHERE, READING),
    Key("raw", ("o",), "o", "raw file in the pager", EVERYWHERE, READING),
    Key("open_any", ("ctrl+o",), "ctrl+o", "open a file or ticket", EVERYWHERE, READING),
    Key(
        "rescan",
        ("ctrl+r",),
        "ctrl+r",
        "look again",
        EVERYWHERE,
        (*BROWSE, TICKET, REVIEW, EXPLAIN),
    ),
    Key("sort", ("s",), "s", "sort by the next column", EVERYWHERE, LISTS),
    Key("reverse", ("S",), "S", "turn the order round", EVERYWHERE, LISTS),
    Key("follow", ("F",), "F", "follow the newest", EVERYWHERE, AGED),
    Key("theme", ("T",), "T", "theme", EVERYWHERE, READING),
    Key("log", ("at",), "@", "engine calls", EVERYWHERE, (*READING, COMMAND)),
    Key("palette", ("colon", "ctrl+p"), ": ctrl+p", "all commands", EVERYWHERE, PANES),
    Key("help", ("question_mark",), "?", "help", EVERYWHERE, (*READING, COMMAND, THEME, LOG)),
    Key("back", ("escape",), "esc", "back, never quits", EVERYWHERE, (*PANES, DIALOG)),
    Key("leave", ("q",), "q", "back, quits at the top", EVERYWHERE, PANES),
    Key("interrupt", ("ctrl+c",), "ctrl+c", "quit", EVERYWHERE, (*PANES, DIALOG)),
    Key("quit", ("Q",), "Q", "quit now", EVERYWHERE, PANES),
    Key("suspend", ("ctrl+z",), "ctrl+z", "suspend", EVERYWHERE, PANES),
    Key("redraw", ("ctrl+l",), "ctrl+l", "redraw", EVERYWHERE, PANES),
    *(
        Key(tab.id, (tab.key,), tab.key, tab.name.lower(), EVERYWHERE, (*READING, COMMAND, LOG))
        for tab in TABS
    ),
)
TAB_IDS: Final = frozenset(tab.id for tab in TABS)
WRITING: Final = frozenset(key.id for key in TABLE if key.writes)
"""The actions that write: a session that only reads has no key for them."""
DECIDING: Final = frozenset({"approve", "deny", "change"})
"""The actions that decide about a call: a session without a key of a person has none of them."""
MINTING: Final = frozenset({"approve", "deny"})
"""The actions that only a review itself offers, one key for each: no list of actions has them."""
ACTS: Final = ("regression", "incident", "pack")
"""The actions that make files of what the cursor is on."""

COPY: Final = (
    Key("copy_id", ("i",), "i", "id", HERE, READING),
    Key("copy_digest", ("d",), "d", "digest", HERE, READING),
    Key("copy_path", ("p",), "p", "path", HERE, READING),
    Key("copy_command", ("c",), "c", "command", HERE, READING),
    Key("copy_footer", ("f",), "f", "ticket footer", HERE, READING),
    Key("copy_json", ("j",), "j", "JSON", HERE, READING),
)
"""What may follow `y`."""

GO: Final = (
    Key("go_top", ("g",), "g", "top", HERE, BROWSE),
    Key("go_run", ("r",), "r", "run", HERE, BROWSE),
    Key("go_trace", ("t",), "t", "trace", HERE, BROWSE),
    Key("go_intent", ("i",), "i", "intent", HERE, BROWSE),
    Key("go_policy", ("p",), "p", "policy rule", HERE, BROWSE),
    Key("go_approval", ("a",), "a", "approval", HERE, BROWSE),
    Key("go_family", ("f",), "f", "family", HERE, BROWSE),
    Key("go_session", ("s",), "s", "session", HERE, BROWSE),
)
"""What may follow `g`."""

CHANGE: Final = (
    Key("change_ttl", ("t",), "t", "TTL", HERE, (REVIEW,)),
    Key("change_scope", ("s",), "s", "scope", HERE, (REVIEW,)),
    Key("change_reason", ("r",), "r", "reason", HERE, (REVIEW,)),
    Key("change_limits", ("l",), "l", "limits", HERE, (REVIEW,)),
    Key("change_approver", ("a",), "a", "who", HERE, (REVIEW,)),
    Key("change_key", ("k",), "k", "key", HERE, (REVIEW,)),
    Key("change_out", ("o",), "o", "file", HERE, (REVIEW,)),
)
"""What may follow `c`."""

PREFIXES: Final = {"copy": COPY, "go": GO, "change": CHANGE}
"""The keys that wait for a second one, and what that may be."""

# What the hint bar offers in a place, the most wanted first: what does not fit is left out.
HINTS: Final = {
    LIST: (
        *("open", "verify", "mark", "diff", "regression", "copy", "filter", "command"),
        *("export", "incident", "pack", "replay"),
    ),
    INBOX: ("open", "review", "go", "verify", "copy", "filter", "command", "export", *ACTS),
    TRACES: ("open", "go", "verify", "mark", "copy", "filter", "command", "export", *ACTS),
    APPROVALS: ("review", "open", "go", "copy", "filter", "command", "export"),
    SCOUT: (
        *("open", "diff", "regression", "go", "mark", "copy", "filter", "command", "export"),
        *("incident", "pack"),
    ),
    REGRESS: (
        *("grader", "next", "open", "diff", "regression", "go", "copy", "command", "export"),
        "filter",
    ),
    EVIDENCE: ("open", "verify", "go", "copy", "filter", "command", "export", *ACTS),
    HEALTH: ("open", "verify", "copy", "command", "export"),
    DETAIL: ("part", "verify", "regression", "copy", "export", "command", "replay", "zoom"),
    SHEET: ("part", "verify", "copy", "export", "command", "zoom", *ACTS),
    CALLS: ("open", "next", "part", "copy", "export", "command", "zoom"),
    TICKET: ("open", "rescan", "open_any", "verify", "next", "copy", "export", "command", *ACTS),
    DIFF: (
        "step",
        "part",
        "swap",
        "wrap",
        "filter",
        "regression",
        "copy",
        "export",
        "command",
        "back",
    ),
    EXPLAIN: ("move", "open", "pane_next", "go", "copy", "export", "command", "back"),
    REPLAY: ("copy", "export", "command", "back"),
    REVIEW: ("part", "approve", "deny", "change", "next", "command", "back"),
    HELP: ("move", "filter", "step", "back"),
    COMMAND: ("copy", "back"),
    BY_HAND: ("move", "back"),
    LOG: ("move", "open", "copy", "back"),
    THEME: ("move", "open", "back"),
}
WORDING: Final = {
    (CALLS, "open"): ("enter", "open call"),
    (CALLS, "next"): ("n", "next not ok"),
    (TICKET, "open"): ("enter", "open run"),
    (TICKET, "next"): ("n", "next not ok"),
    (DIFF, "back"): ("esc", "back"),
    (DIFF, "filter"): ("/", "search"),
    (DIFF, "wrap"): ("w", "wrap"),
    (REPLAY, "back"): ("esc", "back"),
    (EXPLAIN, "back"): ("esc", "back"),
    (EXPLAIN, "move"): ("j/k", "rule"),
    (EXPLAIN, "open"): ("enter", "to the rule"),
    (EXPLAIN, "pane_next"): ("tab", "pane"),
    (EXPLAIN, "export"): ("e", "export"),
    (REVIEW, "part"): ("[ ]", "tab"),
    (REVIEW, "change"): ("c", "change"),
    (REVIEW, "next"): ("n", "next waiting"),
    (REVIEW, "back"): ("esc", "leave"),
    (HELP, "back"): ("esc", "close"),
    (HELP, "filter"): ("/", "search"),
    (HELP, "step"): ("n/N", "match"),
    (COMMAND, "back"): ("esc", "close"),
    (BY_HAND, "back"): ("esc", "close"),
    (BY_HAND, "move"): ("j/k", "scroll"),
    (LOG, "move"): ("j/k", "choose"),
    (LOG, "open"): ("enter", "the command"),
    (LOG, "back"): ("esc", "close"),
    (THEME, "open"): ("enter", "keep"),
    (THEME, "back"): ("esc", "as before"),
    (LIST, "diff"): ("d", "diff"),
    (HEALTH, "verify"): ("v", "check again"),
    (SCOUT, "diff"): ("d", "diff"),
    (REGRESS, "diff"): ("d", "diff"),
    (REGRESS, "grader"): ("h/l", "grader"),
    (REGRESS, "next"): ("n", "next failed"),
    (REGRESS, "regression"): ("R", "run…"),
    (DETAIL, "part"): ("[ ]", "detail tab"),
    (CALLS, "part"): ("[ ]", "detail tab"),
    (SHEET, "part"): ("[ ]", "detail tab"),
    (SHEET, "export"): ("e", "export"),
    (DIFF, "part"): ("[ ]", "section"),
    (DIFF, "step"): ("n/N", "change"),
    (HELP, "move"): ("j/k", "scroll"),
    (THEME, "move"): ("j/k", "choose"),
    **{(place, "filter"): ("/", "filter") for place in LISTS},
    **{(place, "export"): ("e", "export") for place in LISTS},
    (DETAIL, "export"): ("e", "export"),
    (CALLS, "export"): ("e", "export"),
    (DIFF, "export"): ("e", "export"),
    (TICKET, "export"): ("e", "export"),
    (REPLAY, "export"): ("e", "export"),
}

EMPTY_HINTS: Final = ("open_any", "rescan", "command", "theme")
"""What is of use where nothing was found."""
FILTER_HINTS: Final = (("enter", "keep"), ("esc", "clear"))
FILTER_HELP: Final = "words  field:value  -word  /re/  age:<1h  after:09:15"

# Keys that help sets in one row: the first of a pair, its partner, and what both are called.
PAIRS: Final = {
    "down": ("up", "j k ↓ ↑", "one row"),
    "half_down": ("half_up", "ctrl+d ctrl+u", "half a page"),
    "page_down": ("page_up", "pgdn pgup", "a page"),
    "first": ("last", "home end G", "first, last"),
    "pane_next": ("pane_previous", "tab shift+tab", "next, last pane"),
    "pane_left": ("pane_right", "h l ← →", "pane left, right"),
    "part_next": ("part_previous", "[ ]", "detail tab"),
    "grow": ("shrink", "+ -", "pane larger, smaller"),
    "next": ("previous", "n N", "next, previous match"),
    "leave": ("quit", "q Q", "back or quit, quit now"),
    "sort": ("reverse", "s S", "sort, turn round"),
    "suspend": ("redraw", "ctrl+z ctrl+l", "suspend, redraw"),
}

JOINT: Final = {
    "part": ("part_previous", "part_next"),
    "step": ("next", "previous"),
    "move": ("down", "up"),
    "grader": ("pane_left", "pane_right"),
}
"""Hints that stand for two actions."""
_SIGNS: Final = {
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
}

BY_ID: Final = {key.id: key for key in (*TABLE, *COPY, *GO, *CHANGE)}


class Hint(NamedTuple):
    """One entry of the hint bar."""

    shown: str
    label: str
    ids: tuple[str, ...] = ()
    """The actions behind it, where a user may have given them other keys."""


CANCEL: Final = Hint("esc", "cancel")


def in_place(place: str) -> list[Key]:
    """List the keys that work in a place, in the order of the table."""
    return [key for key in TABLE if place in key.places]


def help_rows(place: str, group: str, without: Container[str] = ()) -> list[Hint]:
    """List the keys of a group as help shows them, pairs in one row."""
    kept = [key for key in in_place(place) if key.group == group and key.id not in without]
    found = {key.id: key for key in kept}
    partners = {PAIRS[name][0] for name in found if name in PAIRS}
    return [_help_row(key) for name, key in found.items() if name not in partners]


def _help_row(key: Key) -> Hint:
    if key.id in PAIRS:
        partner, shown, label = PAIRS[key.id]
        return Hint(shown, label, (key.id, partner))
    return Hint(key.shown, key.label, (key.id,))


def hints(
    place: str,
    without: Iterable[str] = (),
    names: Iterable[str] = (),
    labels: Mapping[str, str] | None = None,
) -> list[Hint]:
    """List the hints of a place, or those of `names`, some under another label.

    The palette and `help` are always last where they work.
    """
    hidden = set(without)
    wanted = tuple(names) or HINTS.get(place, ())
    other, told = labels or {}, [(n, _hint(place, n)) for n in wanted if n not in hidden]
    shown = [hint._replace(label=other.get(name, hint.label)) for name, hint in told]
    if place in READING:
        shown.append(Hint(":", "commands", ("palette",)))
    return [*shown, Hint("?", "help", ("help",))] if place in BY_ID["help"].places else shown


def prefix_hints(prefix: str, names: Mapping[str, str]) -> list[Hint]:
    """List what may follow a prefix: the ids in `names`, under another label where one is given."""
    offered = [key for key in PREFIXES[prefix] if key.id in names]
    return [*(Hint(key.shown, names[key.id] or key.label) for key in offered), CANCEL]


def _hint(place: str, name: str) -> Hint:
    ids = JOINT.get(name, (name,))
    if (place, name) in WORDING:
        return Hint(*WORDING[place, name], ids)
    key = BY_ID[name]
    return Hint(key.shown, key.label, ids)


def respelled(hint: Hint, own: Mapping[str, str]) -> Hint:
    """Spell a hint with the user's own keys: `own` has them by action, parted by commas."""
    if not any(name in own for name in hint.ids):
        return hint
    spelled = (_spelled(own[name]) if name in own else BY_ID[name].shown for name in hint.ids)
    return hint._replace(shown=" ".join(spelled))


def _spelled(text: str) -> str:
    return " ".join(_SIGNS.get(part.strip(), part.strip()) for part in text.split(","))


def default_lines() -> str:
    """Spell every action and its keys as settings that are commented out."""
    return "".join(f'# {key.id} = "{",".join(key.keys)}"\n' for key in TABLE)
