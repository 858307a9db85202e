"""Looking into runs: inspect, replay, diff, receipt (runpack.md 6)."""

from contextlib import AbstractContextManager

import msgspec

from gait_engine.contract.answers.run import (
    DiffAnswer,
    DiffReport,
    InspectAnswer,
    ReceiptAnswer,
    ReplayAnswer,
)
from gait_engine.contract.session import Chain
from gait_engine.errors import GaitError, InternalFailure, VerificationFailed, quoted
from gait_engine.host import Host
from gait_engine.runpack.chain import diff_chains, inspect_chain, read_chain
from gait_engine.runpack.diff import Sides, diff_runpacks, is_different, privacy_mode
from gait_engine.runpack.footer import footer_fault, footer_text
from gait_engine.runpack.read import OpenRunpack, open_runpack
from gait_engine.store.atomic import write_atomic
from gait_engine.store.layout import Located, resolve_runpack
from gait_engine.store.safepath import refuse_overwrite
from gait_engine.wire.jsonwrite import compact


def inspect(target: str, *, host: Host, full: bool = False) -> InspectAnswer:
    """List what a run called and what came back, or the checkpoints of a session chain.

    `full` adds payloads, the run record and the receipts. Raises InvalidInput,
    VerificationFailed.
    """
    from gait_engine.runpack.inspect import inspect_runpack

    try:
        located = resolve_runpack(target, host)
        with _opened(located) as pack:
            return inspect_runpack(pack, shown=located.shown, full=full)
    except GaitError:
        if (chain := _chain_at(target, host)) is None:
            raise
        return inspect_chain(chain, shown=target)


def replay(
    target: str,
    *,
    host: Host,
    real_tools: bool = False,
    unsafe_real_tools: bool = False,
    allow_tools: str = "",
    unsafe_real_tools_env: str = "",
) -> ReplayAnswer:
    """Answer every call of a run from its record or a stub; nothing real runs by default.

    Raises UnsafeOperation when real tools are asked for without every switch they need.
    """
    from gait_engine.runpack.replay import DEFAULT_GATE, replay_mode, replay_runpack

    mode = replay_mode(
        real=real_tools,
        unsafe=unsafe_real_tools,
        allow_tools=allow_tools,
        gate=unsafe_real_tools_env or DEFAULT_GATE,
        host=host,
    )
    located = resolve_runpack(target, host)
    with _opened(located) as pack:
        return replay_runpack(pack, mode)


def diff(
    left: str,
    right: str,
    *,
    host: Host,
    privacy: str = "",
    output: str = "",
    details: bool = False,
) -> DiffAnswer:
    """Compare two runs, or two session chains; `details` adds every record side by side.

    With `output` the summary is also written to that file, different or not.
    """
    found = [resolve_runpack(target, host) for target in (left, right)]
    chains = [_chain_at(located.shown, host) for located in found]
    if chains[0] is not None and chains[1] is not None:
        summary = diff_chains(chains[0], chains[1])
        answer = DiffAnswer(
            ok=not is_different(summary), privacy=privacy or "full", summary=summary
        )
    else:
        answer = _diff_runpacks(found[0], found[1], privacy_mode(privacy), details=details)
    if not output:
        return answer
    kept = {located.shown: located.path for located in found}
    refuse_overwrite(host.cwd / output, kept, "diff output")
    report = DiffReport(privacy=answer.privacy, summary=answer.summary)
    write_atomic(host.cwd / output, compact(report))
    return msgspec.structs.replace(answer, output=output)


def _chain_at(path: str, host: Host) -> Chain | None:
    """Return the session chain in a JSON file; None for every other file."""
    if not path.lower().endswith(".json"):
        return None
    try:
        return read_chain(path, host=host)
    except GaitError:
        return None


def _diff_runpacks(left: Located, right: Located, privacy: str, *, details: bool) -> DiffAnswer:
    with _opened(left) as left_pack, _opened(right) as right_pack:
        sides = Sides(left_pack, right_pack, privacy)
        summary = diff_runpacks(sides)
        answer = DiffAnswer(ok=not is_different(summary), privacy=privacy, summary=summary)
        if not details:
            return answer
        from gait_engine.runpack.sidebyside import changes

        return msgspec.structs.replace(
            answer,
            manifest_digest_left=left_pack.manifest.manifest_digest,
            manifest_digest_right=right_pack.manifest.manifest_digest,
            changes=tuple(changes(sides)),
        )


def _opened(located: Located) -> AbstractContextManager[OpenRunpack]:
    return open_runpack(located.path, shown=located.shown)


def receipt(target: str, *, host: Host) -> ReceiptAnswer:
    """Return the ticket footer of a runpack that verifies.

    Raises VerificationFailed for one that does not, InternalFailure (exit 1, as the peer) for a
    run id that no footer can carry.
    """
    from gait_engine.api.verify import verify

    answer = verify(target, host=host)
    if not answer.ok:
        raise VerificationFailed(
            f"runpack {quoted(answer.path, 200)}: does not verify, expected the recorded files",
            code=answer.error_code,
            where=answer.path,
            hint="see what changed: gait verify",
        )
    footer = footer_text(answer.run_id, answer.manifest_digest)
    if footer_fault(footer) is not None:
        raise InternalFailure(
            f"ticket footer of {quoted(answer.run_id)}: no footer can carry it, "
            "expected letters, digits, _ and - and a lower-case digest"
        )
    return ReceiptAnswer(
        ok=True,
        run_id=answer.run_id,
        path=answer.path,
        manifest_digest=answer.manifest_digest,
        ticket_footer=footer,
    )
