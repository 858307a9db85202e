"""Every screen is a command: what is asked of the engine, spelled as headless `gait` spells it."""

import re
import shlex
from collections.abc import Sequence
from typing import Final, NamedTuple

from gait_engine.api.shapes import LIMITS, IndexRow, Limits, ReviewSetting, ReviewTarget
from gait_tui import keys
from gait_tui.models.act import Act

INDEX: Final = "index"
INBOX: Final = "inbox"
VERIFY: Final = "verify"
CHAIN: Final = "chain"
INSPECT: Final = "inspect"
REPLAY: Final = "replay"
DIFF: Final = "diff"
FAMILIES: Final = "families"
TOP: Final = "top"
REVIEW: Final = "review"
REVIEW_LOG: Final = "review-log"
PENDING: Final = "pending"
TRACE: Final = "trace"
EXPLAIN: Final = "explain"
DOCTOR: Final = "doctor"
DOCTOR_KEYED: Final = "doctor-keyed"
KEY: Final = "key"
PACK: Final = "pack"
PACK_CHECK: Final = "pack-check"
SESSION: Final = "session"
REGISTRY: Final = "registry"
MANIFEST: Final = "manifest"
MANIFEST_CHECK: Final = "manifest-check"
FIXTURES: Final = "fixtures"
BOOTSTRAP: Final = "bootstrap"
RERUN: Final = "rerun"
INCIDENT_PACK: Final = "incident-pack"
GUARD_PACK: Final = "guard-pack"

MIB: Final = 1024 * 1024
JUNIT: Final = "gait-out/junit.xml"
"""Where JUnit XML of the fixtures goes, beside everything else that gait writes."""

_unusual = re.compile(r"[^A-Za-z0-9_.-]+")


class Query(NamedTuple):
    """A question to the engine: its kind and what it is about."""

    kind: str
    targets: tuple[str, ...]
    review: "Reviewed | None" = None
    limits: Limits = LIMITS
    options: tuple[str, ...] = ()
    """More words of the command, as they are spelled."""


class Reviewed(NamedTuple):
    """The call that a question is about, with what it is looked at, and in which folders.

    Without `roots` these are the usual ones.
    """

    target: ReviewTarget
    setting: ReviewSetting
    roots: tuple[str, ...] = ()


class Spelling(NamedTuple):
    """How a kind of question is put on a command line, and how that command may end."""

    words: tuple[str, ...]
    before: str
    """The option before each target; empty for plain arguments."""
    after: tuple[str, ...]
    exits: tuple[int, ...]
    what: str
    rest: str = ""
    """The option before each target but the first, where it differs."""
    writes: tuple[str, ...] = ()
    """The files that the command writes besides; the screen itself writes none."""
    options: tuple[str, ...] = ()
    """The option before each target by its place, where all differ; the last one repeats."""


SPELLINGS: Final = {
    INDEX: Spelling(("index",), "--root", (), (0, 6), "Lists what the Runs tab lists."),
    INBOX: Spelling(
        ("index", "--inbox"), "--root", (), (0, 6), "Says what needs a person, worst first."
    ),
    VERIFY: Spelling(
        ("verify",), "", ("--files",), (0, 2, 6), "Checks every file of this runpack.", "--root"
    ),
    CHAIN: Spelling(
        ("verify", "session-chain"), "--chain", (), (0, 2, 6), "Checks every link of this chain."
    ),
    INSPECT: Spelling(
        ("run", "inspect"), "--from", ("--full",), (0, 2, 6), "Shows what this run called."
    ),
    REPLAY: Spelling(("run", "replay"), "", (), (0, 2, 6), "Answers this run from its own record."),
    DIFF: Spelling(("run", "diff"), "", ("--details",), (0, 2, 6), "Compares these two runs."),
    FAMILIES: Spelling(
        ("scout", "signal"),
        "",
        ("--keep-going",),
        (0, 2, 6),
        "Groups the runs that behave alike.",
        writes=("gait-out/scout_signal_report.json",),
    ),
    TOP: Spelling(
        ("report", "top"),
        "",
        ("--keep-going",),
        (0, 2, 6),
        "Ranks the riskiest calls of these runs.",
        writes=("gait-out/report_top_actions.json",),
    ),
    DOCTOR: Spelling(("doctor", "--look-only"), "", (), (0, 7), "Looks at what gait needs here."),
    DOCTOR_KEYED: Spelling(
        ("doctor", "--look-only", "--key-mode", "prod"),
        "--private-key",
        (),
        (0, 7),
        "Looks at what gait needs here, and at your key.",
    ),
    KEY: Spelling(("keys", "verify"), "--private-key", (), (0, 6), "Loads this key."),
    PACK: Spelling(("guard", "show"), "", (), (0, 2, 6), "Lists what this pack holds."),
    PACK_CHECK: Spelling(
        ("guard", "verify"), "", (), (0, 2, 6), "Checks every member and signature of this pack."
    ),
    SESSION: Spelling(
        ("run", "session", "show"), "--journal", (), (0, 2, 6), "Lists the calls of this session."
    ),
    REGISTRY: Spelling(("registry", "list"), "", (), (0, 6), "Lists the installed packs."),
    MANIFEST: Spelling(("registry", "show"), "", (), (0, 2, 6), "Shows this manifest."),
    MANIFEST_CHECK: Spelling(
        ("registry", "verify"), "", (), (0, 2, 6), "Checks this manifest; it needs a key."
    ),
    REVIEW: Spelling(
        ("review", "show"), "", (), (0, 2, 6), "Shows this call as an approver must see it."
    ),
    REVIEW_LOG: Spelling(
        ("review", "log"), "", (), (0, 2, 6), "Lists what people decided about calls."
    ),
    PENDING: Spelling(
        ("pending",), "", (), (0, 6), "Lists the calls that wait for a person's approval."
    ),
    TRACE: Spelling(
        ("trace", "show"),
        "",
        (),
        (0, 2, 6),
        "Shows what this trace says of a decision.",
        "--public-key",
    ),
    EXPLAIN: Spelling(
        ("policy", "explain"),
        "",
        (),
        (0, 2, 3, 4, 6),
        "Shows why this policy decides so about this intent; the exit is the verdict.",
        options=("--policy", "--intent", "--evaluation-time"),
    ),
    FIXTURES: Spelling(
        ("regress", "show"),
        "",
        ("--junit", JUNIT),
        (0, 2, 5, 6),
        "Judges every fixture and lists every grade.",
    ),
    BOOTSTRAP: Spelling(
        ("regress", "bootstrap"),
        "--from",
        ("--junit", JUNIT, "--no-overwrite"),
        (0, 2, 5, 6),
        "Pins this run as a fixture and judges every fixture.",
        options=("--from", "--name", "--against"),
    ),
    RERUN: Spelling(
        ("regress", "run"),
        "",
        ("--junit", JUNIT),
        (0, 2, 5, 6),
        "Judges every fixture and writes the result.",
    ),
    INCIDENT_PACK: Spelling(
        ("incident", "pack"),
        "--from",
        ("--no-overwrite",),
        (0, 2, 6),
        "Packs the evidence from around this run.",
        "--out",
    ),
    GUARD_PACK: Spelling(
        ("guard", "pack"),
        "--run",
        ("--no-overwrite",),
        (0, 2, 6),
        "Writes a signed pack with the evidence of this run.",
        "--out",
    ),
}

_ASKED_BY: Final = {
    "replay": REPLAY,
    "diff": DIFF,
    "review": REVIEW,
    "go_policy": EXPLAIN,
    "rescan": INDEX,
    "inbox": INBOX,
    "runs": INDEX,
    "traces": INDEX,
    "approvals": PENDING,
    "scout": FAMILIES,
    "regress": FIXTURES,
    "evidence": INDEX,
    "health": DOCTOR,
}
"""What an action asks wherever it is done, by its id."""
_VERIFIED_BY: Final = {
    keys.TRACES: TRACE,
    keys.APPROVALS: REVIEW,
    keys.HEALTH: DOCTOR,
    **dict.fromkeys((*keys.RUNS, keys.TICKET), VERIFY),
}
"""What verifies in a place; where it depends on the row there is none."""
WRITING: Final = frozenset({BOOTSTRAP, RERUN, INCIDENT_PACK, GUARD_PACK})
"""The questions that are asked only after a dialog has named the files."""


def asked_by(action: str, place: str) -> str:
    """Return the kind of question that an action puts in a place; empty where it is not one."""
    return _VERIFIED_BY.get(place, "") if action == "verify" else _ASKED_BY.get(action, "")


def named(kind: str) -> str:
    """Name the command of a kind of question, without its arguments."""
    return " ".join(("gait", *SPELLINGS[kind].words))


def kind_of(words: Sequence[str]) -> str:
    """Return the kind of question that a command line puts; empty where no screen asks it."""
    found = (kind for kind, spelling in SPELLINGS.items() if _begins(words, spelling))
    return max(found, key=lambda kind: len(SPELLINGS[kind].words), default="")


def _begins(words: Sequence[str], spelling: Spelling) -> bool:
    return tuple(words[: len(spelling.words)]) == spelling.words


def explain_query(trace: IndexRow, intent: str, policy: str) -> Query | None:
    """Ask why, at the time of a trace; None where one of the two files is not at hand."""
    if not intent or not policy:
        return None
    return Query(EXPLAIN, (policy, intent, str(trace.observed_at)))


def argv(query: Query) -> tuple[str, ...]:
    """Spell a question as arguments of `gait`."""
    spelling = SPELLINGS[query.kind]
    words: list[str] = list(spelling.words)
    for place, target in enumerate(query.targets):
        option = _option(spelling, place)
        words += [option, plain(target)] if option else [plain(target)]
    if query.review:
        words += _review_words(*query.review)
    words += _limit_words(query.limits)
    return (*words, *query.options, *spelling.after, "--json")


def _option(spelling: Spelling, place: int) -> str:
    if spelling.options:
        return spelling.options[min(place, len(spelling.options) - 1)]
    return (spelling.rest if place else "") or spelling.before


def dry_argv(query: Query) -> tuple[str, ...]:
    """Spell the dry run of a command that writes."""
    *words, json = argv(query)
    return (*words, "--dry-run", json)


def _review_words(target: ReviewTarget, setting: ReviewSetting, roots: Sequence[str]) -> list[str]:
    """Spell a review; of a key its path is named, never what is in it."""
    named = (
        ("--trace", target.trace),
        ("--intent", target.intent),
        ("--policy", target.policy),
        ("--key-mode", setting.key_mode),
        ("--private-key", setting.signing_keys.private_key),
        ("--approval-private-key", setting.approval_keys.private_key),
        ("--trace-public-key", setting.trace_keys.public_key),
        ("--kill-switch-state", setting.kill_switch_state),
        ("--wrkr-inventory", setting.wrkr_inventory),
    )
    words = [word for option, value in named if value for word in (option, plain(value))]
    return words + [word for root in roots for word in ("--root", plain(root))]


def _limit_words(limits: Limits) -> list[str]:
    """Spell the limits that are not the usual ones."""
    numbers = (
        ("--max-files", limits.files, LIMITS.files),
        ("--max-file-mb", limits.file_bytes // MIB, LIMITS.file_bytes // MIB),
    )
    return [word for name, own, usual in numbers if own != usual for word in (name, str(own))]


def acts_of(
    path: str,
    name: str,
    *,
    about: str = "",
    about_name: str = "",
    against: tuple[str, ...] = (),
    is_run: bool = True,
) -> dict[str, Act]:
    """Return what can be made of a run, by the id of the key.

    A regression of it judges the newest later run of the folders `against` that did otherwise.
    """
    of_run = Act("", path, name, about, about_name)
    acts = {"regression": of_run._replace(kind=BOOTSTRAP, against=against)}
    if is_run:
        acts |= {
            "incident": of_run._replace(kind=INCIDENT_PACK),
            "pack": of_run._replace(kind=GUARD_PACK),
        }
    return acts


def plain(target: str) -> str:
    """Keep a target from being read as an option."""
    return f"./{target}" if target.startswith("-") else target


def shell(words: Sequence[str]) -> str:
    """Spell a command so that a shell reads the same words back."""
    return shlex.join(["gait", *words])


def export_path(screen: str, about: str) -> str:
    """Propose a file for the answer of a screen."""
    name = _unusual.sub("_", f"{screen}-{about}").strip("_.-")[:80]
    return f"gait-out/export/{name}.json"
