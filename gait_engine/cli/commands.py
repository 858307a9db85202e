"""Every command the CLI knows: where it lives and what it does, in the words of `gait --help`.

Static, so that a command loads its own module and no other.
"""

from typing import Final, NamedTuple


class Command(NamedTuple):
    """A command line's beginning, the function behind it, and one line on it."""

    path: str
    module: str
    function: str
    summary: str

    @property
    def render(self) -> str:
        """The module of `cli.render` that knows its text form; empty for plain key=value lines."""
        return _RENDER.get(self.module, "")


_RENDER: Final = {
    "approval": "tokens",
    "completion": "plain",
    "delegation": "tokens",
    "demo": "run",
    "doctor": "doctor",
    "gate": "gate",
    "guard": "guard",
    "incident": "guard",
    "index": "index",
    "killswitch": "killswitch",
    "pending": "pending",
    "policy": "policy",
    "policyexplain": "policyexplain",
    "policytest": "policytest",
    "registry": "registry",
    "regress": "regress",
    "report": "scout",
    "review": "review",
    "run": "run",
    "scout": "scout",
    "scripts": "scripts",
    "session": "session",
    "tour": "regress",
    "trace": "trace",
    "verify": "verify",
    "version": "plain",
}

COMMANDS: Final = (
    Command("demo", "demo", "demo", "make the demo run in ./gait-out and verify it"),
    Command("tour", "tour", "tour", "make, verify, pin and judge the demo run, step by step"),
    Command("verify", "verify", "verify", "check a runpack by run id, path or ticket footer"),
    Command("verify chain", "verify", "chain", "check a runpack with its trace and evidence pack"),
    Command("verify session-chain", "verify", "session_chain", "check a session's checkpoints"),
    Command("run record", "run", "record", "record a run as a verifiable runpack"),
    Command("run inspect", "run", "inspect", "list what a run called and what came back"),
    Command("run replay", "run", "replay", "answer every call from the record or a stub"),
    Command("run diff", "run", "diff", "compare two runs record by record"),
    Command("run reduce", "run", "reduce", "cut a failing run down to the call that fails"),
    Command("run receipt", "run", "receipt", "print the ticket footer of a verified run"),
    Command("run session start", "session", "start", "begin a session journal"),
    Command("run session append", "session", "append", "append one gated call to a session"),
    Command("run session status", "session", "status", "show where a session stands"),
    Command("run session show", "session", "show", "list the calls of a session, lock untouched"),
    Command("run session checkpoint", "session", "checkpoint", "seal new events as a runpack"),
    Command("run session compact", "session", "compact", "drop events that a checkpoint covers"),
    Command("run session repair", "session", "repair", "cut off a torn last journal line"),
    Command("capture", "capture", "capture", "write a receipt for a runpack, chain or trace"),
    Command("gate eval", "gate", "evaluate", "decide a tool call, or a stream of them"),
    Command("policy validate", "policy", "validate", "check a policy, warn of useless rules"),
    Command("policy fmt", "policy", "fmt", "write a policy out in full"),
    Command("policy init", "policy", "init", "write a policy to begin with"),
    Command("policy test", "policytest", "try_out", "say what a policy decides about an intent"),
    Command("policy simulate", "policytest", "simulate", "compare two policies over many intents"),
    Command("policy explain", "policyexplain", "explain", "show why a policy decides as it does"),
    Command("trace verify", "trace", "verify", "check the signature of gate traces"),
    Command("trace show", "trace", "show", "show what a gate trace says of a decision"),
    Command("pending", "pending", "pending", "list the calls that await a person's approval"),
    Command("review show", "review", "show", "show a pending call as an approver must see it"),
    Command("review deny", "review", "deny", "record that a pending call was denied"),
    Command("review log", "review", "log", "list or check the log of decisions by people"),
    Command("approve", "approval", "approve", "mint an approval token for one intent"),
    Command("delegate mint", "delegation", "mint", "mint a token that lets another act for you"),
    Command("delegate verify", "delegation", "verify", "check a delegation token"),
    Command("approve-script", "scripts", "approve", "approve a script for every time it runs"),
    Command("list-scripts", "scripts", "list_all", "list the approved scripts of a registry"),
    Command("kill-switch add", "killswitch", "add", "stop matching calls from now on"),
    Command("kill-switch list", "killswitch", "list_all", "list what the kill switch stops"),
    Command("kill-switch disable", "killswitch", "disable", "switch an entry off"),
    Command("kill-switch expire", "killswitch", "expire", "let an entry end at a time"),
    Command("regress init", "regress", "init", "pin a run as a fixture"),
    Command("regress add", "regress", "add", "pin the run of a capture receipt as a fixture"),
    Command("regress run", "regress", "run", "judge every fixture of a set"),
    Command("regress show", "regress", "show", "show every grade of a set, writing nothing"),
    Command("regress bootstrap", "regress", "bootstrap", "pin a run, then judge the whole set"),
    Command("guard pack", "guard", "pack", "write a signed pack with a run's evidence"),
    Command("guard verify", "guard", "verify", "check an evidence pack"),
    Command("guard show", "guard", "show", "list what an evidence pack holds"),
    Command("guard retain", "guard", "retain", "delete traces and packs that are old enough"),
    Command("guard encrypt", "guard", "encrypt", "encrypt a file with AES-256-GCM"),
    Command("guard decrypt", "guard", "decrypt", "decrypt a file that guard encrypt made"),
    Command("incident pack", "incident", "pack", "pack the evidence from around a run"),
    Command("scout signal", "scout", "signal", "group runs that behave alike, rank the groups"),
    Command("scout bisect", "scout", "bisect", "name the first run that behaves otherwise"),
    Command("scout snapshot", "scout", "snapshot", "list the tools that files declare"),
    Command("scout diff", "scout", "diff", "compare two inventories of tools"),
    Command("report top", "report", "top", "rank the riskiest calls of many runs"),
    Command("registry install", "registry", "install", "check a pack's manifest, install, pin"),
    Command("registry list", "registry", "list_all", "list the installed packs"),
    Command("registry verify", "registry", "verify", "check an installed manifest and its pin"),
    Command("registry show", "registry", "show", "show what an installed manifest says"),
    Command("keys init", "keys", "init", "make a key pair for signing"),
    Command("keys rotate", "keys", "rotate", "make the next key pair, keep the old one"),
    Command("keys verify", "keys", "verify", "check that a private and a public key are a pair"),
    Command("doctor", "doctor", "doctor", "look for what keeps gait from working here"),
    Command("doctor adoption", "doctor", "adoption", "sum up a log of adoption events"),
    Command("index", "index", "index", "list the artifacts under folders"),
    Command("tui", "", "", "open the terminal workbench"),
    Command("completion", "completion", "completion", "print a shell completion script"),
    Command("version", "version", "version", "print the version"),
)

EXPLANATIONS: Final = {
    "demo": "demo records a small run offline and verifies it: something for every other command"
    " to work on; with --incident it builds a whole incident to look at.",
    "tour": "tour makes the demo run, verifies it, pins it as a fixture and judges it: the first"
    " steps in one command.",
    "verify": "verify reads every byte of a runpack and compares it with the digests in its"
    " manifest, and the signatures with your key.",
    "verify chain": "verify chain checks a runpack together with the gate trace and the evidence"
    " pack that belong to it.",
    "verify session-chain": "verify session-chain follows the links from checkpoint to checkpoint"
    " and verifies each runpack they name.",
    "run": "run records what an agent did as a runpack, and replays, compares, inspects and"
    " reduces it without touching real tools.",
    "capture": "capture writes a small receipt that names an artifact for later steps.",
    "gate": "gate eval decides a tool call by policy, counts approvals and delegations, and writes"
    " a signed trace.",
    "policy": "policy checks policies of the gate and tries them out on intents, without effect.",
    "policy explain": "policy explain shows every rule in order with what it wants and what it"
    " found, which one decided, and what would change the verdict.",
    "policy validate": "policy validate checks a policy of the gate, digests it, and warns of rules"
    " that nothing reaches or that are too wide.",
    "policy fmt": "policy fmt writes every field of a policy in one order; the digest stays.",
    "policy init": "policy init writes a small policy for low, medium or high risk to begin with.",
    "trace": "trace shows a gate trace, or checks its signature or those of a journal of traces.",
    "pending": "pending lists the calls that were answered require_approval and lack approvals.",
    "review": "review shows a pending call with every digest computed anew, and keeps the log of"
    " what people decided.",
    "approve": "approve mints a signed token that lets one intent pass under one policy.",
    "delegate": "delegate mints and verifies signed tokens by which one identity lets another act.",
    "approve-script": "approve-script enters a script into a registry so that it passes without"
    " being judged step by step.",
    "list-scripts": "list-scripts lists a registry of approved scripts, signatures unchecked.",
    "kill-switch": "kill-switch edits the state that stops calls whatever the policy says.",
    "regress": "regress pins runs as fixtures and judges whether later runs still do what was"
    " pinned.",
    "regress show": "regress show judges a set without writing anything and says whether the last"
    " result still holds.",
    "guard": "guard packs the evidence of a run so that it can be verified, deletes what is old,"
    " and encrypts files.",
    "incident": "incident pack gathers what stands beside a run and happened in a window of time"
    " around it.",
    "scout": "scout groups runs by behaviour, finds where it changed, and lists what agents may"
    " call.",
    "report": "report top ranks the riskiest calls of many runs and traces.",
    "registry": "registry installs signed manifests of packs from files or over https, pins them,"
    " and verifies them; the only command that opens a connection, and only for an address.",
    "keys": "keys makes, rotates and checks the Ed25519 key pairs that sign and verify artifacts.",
    "doctor": "doctor looks for what keeps gait from working here, or from going into production,"
    " and names the fix of each finding.",
    "doctor adoption": "doctor adoption says from a log of events how far the users of gait got,"
    " how fast, and what is missing.",
    "index": "index lists the artifacts under folders, of every kind, without verifying them; with"
    " --inbox it verifies runpacks and packs, and says what needs a person, worst first.",
    "tui": "tui opens the terminal workbench; it shows what the other commands answer; with --web"
    " on a read-only page of this machine.",
    "completion": "completion prints a script that lets your shell complete gait commands.",
    "version": "version prints the version of this program.",
}

GROUPS: Final = frozenset(
    " ".join(command.path.split()[:length])
    for command in COMMANDS
    for length in range(1, len(command.path.split()))
) - {command.path for command in COMMANDS}
"""Beginnings that are no command by themselves: `run`, `run session`, `keys`."""


def find_command(argv: list[str]) -> tuple[Command | None, int]:
    """Return the command that begins this line, the longest that fits, and its word count."""
    by_path = {command.path: command for command in COMMANDS}
    for length in (3, 2, 1):
        command = by_path.get(" ".join(argv[:length])) if len(argv) >= length else None
        if command is not None:
            return command, length
    return None, 0


def explanation(argv: list[str]) -> str:
    """Return the line that `--explain` prints for a command line."""
    words = [word for word in argv if not word.lstrip().startswith("-")]
    for length in (2, 1):
        if text := EXPLANATIONS.get(" ".join(words[:length])):
            return text
    return "gait records, verifies, replays and compares runs of AI agents, offline."


def usage(prefix: str = "") -> str:
    """Return the help text for everything that begins with `prefix`."""
    rows = [row for row in COMMANDS if f"{row.path} ".startswith(f"{prefix} ".lstrip())]
    width = max(len(row.path) for row in rows)
    lines = [f"Usage: gait {prefix or '<command>'} [options]", "", "Commands:"]
    lines += [f"  {row.path:{width}}  {row.summary}" for row in rows]
    lines += [
        "",
        "Every command takes --json for one JSON object on stdout, --explain for what it is",
        "for, and --help for its options. Exit codes: 0 fine, 1 trouble of the machine,",
        "2 verification failed or runs differ, 3 blocked, 4 approval needed, 5 a regression,",
        "6 bad input, 7 something is missing, 8 unsafe.",
    ]
    return "\n".join(lines)
