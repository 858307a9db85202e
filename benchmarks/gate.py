"""What a decision of the gate costs: inside a process, in a stream, and from a cold start."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.gatestream import POLICY, intents, wide_intent, wide_policy
from benchmarks.measure import GAIT, PYTHON, ROOT, Spent, by_turns, spend, told, usual
from benchmarks.table import Row

_INSIDE: Final = (PYTHON, "-m", "benchmarks.gateinside")
_STREAM: Final = 10_000
_KEYS: Final = 20_000
_RULES: Final = 2_000


class Corpus(NamedTuple):
    """A folder with policies, intents and a stream of so many intents."""

    folder: Path
    intents: int


def rows(folder: Path, rounds: int, *, quick: bool) -> Iterator[Row]:
    """Measure the gate; each figure stands beside what no program could do without."""
    corpus = _made(folder, _STREAM // 10 if quick else _STREAM)
    cost = {name: usual(runs) for name, runs in by_turns(_jobs(corpus), rounds).items()}
    inside = partial(_told, corpus)
    sign = inside("sign")
    yield Row("sign a digest", sign, "µs")
    yield Row("evaluate, digest, sign", inside("decide"), "µs", sign, "sign", budget=150)
    yield from _process_rows(corpus, cost, sign)
    yield Row(
        f"args with {_KEYS:,} keys",
        inside("wide_intent") * 1000,
        "ms",
        inside("read_wide_intent") * 1000,
        "json",
        budget=500,
    )
    yield Row(
        f"load a policy, {_RULES:,} rules",
        inside("wide_policy") * 1000,
        "ms",
        inside("read_wide_policy") * 1000,
        "libyaml",
        budget=300,
    )


def _process_rows(corpus: Corpus, cost: dict[str, Spent], sign: float) -> Iterator[Row]:
    python, cold, stream = cost["python"], cost["cold"], cost["stream"]
    yield _row("gate eval, cold", cold, python.cpu, "python")._replace(limit=9)
    floor = cold.cpu + corpus.intents * sign / 1e6
    is_whole = corpus.intents == _STREAM
    yield _row(
        f"gate eval --intents, {corpus.intents:,} intents", stream, floor, "cold, sign"
    )._replace(budget=1500 * is_whole, peak_limit=64 * is_whole)


def _row(what: str, spent: Spent, floor: float, floor_name: str) -> Row:
    return Row(
        what,
        spent.cpu * 1000,
        "ms CPU",
        floor * 1000,
        floor_name,
        wall=spent.wall * 1000,
        peak=spent.peak_mib,
    )


def _jobs(corpus: Corpus) -> dict[str, Callable[[], Spent]]:
    run = partial(spend, folder=corpus.folder)
    evaluate = (*GAIT, "gate", "eval", "--policy", "policy.yaml", "--no-config", "--json")
    stream = ("--intents", "intents.jsonl", "--trace-out", "traces.jsonl")
    return {
        "python": partial(run, (PYTHON, "-c", "pass")),
        "cold": partial(run, (*evaluate, "--intent", "intent.json", "--trace-out", "trace.json")),
        "stream": partial(_anew, corpus, (*evaluate, *stream)),
    }


def _anew(corpus: Corpus, argv: tuple[str, ...]) -> Spent:
    (corpus.folder / "traces.jsonl").unlink(missing_ok=True)
    return spend(argv, corpus.folder)


def _made(folder: Path, count: int) -> Corpus:
    texts = list(intents(count))
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "intent.json").write_bytes(texts[0])
    (folder / "intents.jsonl").write_bytes(b"\n".join((*texts, b"")))
    (folder / "wide.json").write_bytes(wide_intent(_KEYS))
    (folder / "wide.yaml").write_bytes(wide_policy(_RULES))
    return Corpus(folder, count)


def _told(corpus: Corpus, figure: str) -> float:
    return told((*_INSIDE, figure, str(corpus.folder)), ROOT)
