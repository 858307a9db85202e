"""The engine's call behind each kind of question, for the bridge; none of them writes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gait_engine.api.shapes import Answer, InboxAnswer, IndexRow, KeySources, ReviewSetting
from gait_engine.host import Host
from gait_tui import commands
from gait_tui.commands import Query, Reviewed


def _doctor(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.doctor import DoctorRequest, doctor

    keys = KeySources(private_key=targets[0] if targets else "")
    mode = "prod" if targets else "dev"
    return doctor(DoctorRequest(look_only=True, key_mode=mode), keys=keys, host=host)


def _key(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.keys import verify

    return verify(KeySources(private_key=targets[0]), host=host)


def _pack(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.guard import show

    return show(targets[0], host=host)


def _pack_check(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.guard import verify

    return verify(targets[0], host=host)


def _session(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.session import show

    return show(targets[0], host=host)


def _registry(_targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.registry import list_all

    return list_all(host=host)


def _manifest(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.registry import show

    return show(targets[0], host=host)


def _manifest_check(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.registry import verify

    return verify(targets[0], keys=KeySources(), host=host)


def index(query: Query, host: Host) -> Answer:
    """List the artifacts under the roots."""
    from gait_engine.api.index import index as engine

    return engine(query.targets, limits=query.limits, host=host)


def inbox(query: Query, host: Host) -> Answer:
    """Search the roots, then say what needs a person, approvals checked as the settings say."""
    from gait_engine.api.index import find_inbox

    roots, setting = _searched(query)
    return find_inbox(roots, setting=setting, limits=query.limits, host=host)


def _searched(query: Query) -> tuple[Sequence[str], ReviewSetting | None]:
    if query.review is None:
        return query.targets, None
    return query.review.roots, query.review.setting


def inbox_of(
    rows: Sequence[IndexRow], query: Query, host: Host, proceed: Callable[[], bool]
) -> InboxAnswer:
    """Answer `query` from rows that are known; no more is verified once `proceed` says no."""
    from gait_engine.api import index as api

    roots, keyed = _searched(query)
    setting = api.setting_of(roots, host=host)
    setting = keyed._replace(roots=setting.roots) if keyed else setting
    return api.inbox(api.newest_first(rows), setting, host=host, proceed=proceed)


def _verify(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.verify import verify

    return verify(targets[0], host=host, roots=targets[1:], with_files=True)


def _chain(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.chain import verify_session_chain

    return verify_session_chain(targets[0], host=host)


def _inspect(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.run import inspect

    return inspect(targets[0], host=host, full=True)


def _replay(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.run import replay

    return replay(targets[0], host=host)


def _diff(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.run import diff

    return diff(targets[0], targets[1], host=host, details=True)


def _families(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.scout import RunsRequest, analyse

    return analyse(RunsRequest(targets, keeps_going=True), host=host)


def _top(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.report import TopRequest, rank

    return rank(TopRequest(targets, keeps_going=True), host=host)


def _fixtures(_targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.regressshow import ShowRequest, show

    return show(ShowRequest(junit=commands.JUNIT), host=host)


def review(reviewed: Reviewed, host: Host) -> Answer:
    """Show a call, everything computed anew."""
    from gait_engine.api.review import show

    return show(reviewed.target, reviewed.setting, host=host)


def pending(reviewed: Reviewed, host: Host) -> Answer:
    """List what waits."""
    from gait_engine.api import pending as api

    return api.pending(reviewed.setting, host=host)


def _review_log(_targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.review import log

    return log(host=host)


def _trace(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.trace import show

    path, *key = targets
    return show(path, keys=KeySources(public_key="".join(key)), host=host)


def _explain(targets: tuple[str, ...], host: Host) -> Answer:
    from gait_engine.api.policyexplain import policy_explain

    policy, intent, *time = targets
    return policy_explain(policy, intent, evaluation_time="".join(time), host=host)


CALLS: Final = {
    commands.VERIFY: _verify,
    commands.CHAIN: _chain,
    commands.INSPECT: _inspect,
    commands.REPLAY: _replay,
    commands.DIFF: _diff,
    commands.FAMILIES: _families,
    commands.TOP: _top,
    commands.DOCTOR: _doctor,
    commands.DOCTOR_KEYED: _doctor,
    commands.KEY: _key,
    commands.PACK: _pack,
    commands.PACK_CHECK: _pack_check,
    commands.SESSION: _session,
    commands.REGISTRY: _registry,
    commands.MANIFEST: _manifest,
    commands.MANIFEST_CHECK: _manifest_check,
    commands.TRACE: _trace,
    commands.REVIEW_LOG: _review_log,
    commands.EXPLAIN: _explain,
    commands.FIXTURES: _fixtures,
}

REVIEWS: Final[Mapping[str, Callable[[Reviewed, Host], Answer]]] = {
    commands.REVIEW: review,
    commands.PENDING: pending,
}
"""The questions that are put with the keys of the settings."""

INDEXING: Final[Mapping[str, Callable[[Query, Host], Answer]]] = {
    commands.INDEX: index,
    commands.INBOX: inbox,
}
"""The questions that look through the roots, as far as the settings let them."""
