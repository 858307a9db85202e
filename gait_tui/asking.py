"""The engine's calls about evidence and health, for the bridge; none of them writes."""

from typing import Final

from gait_engine.api.shapes import Answer, KeySources
from gait_engine.host import Host
from gait_tui import commands


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


EVIDENCE_CALLS: Final = {
    commands.DOCTOR: _doctor,
    commands.DOCTOR_KEYED: _doctor,
    commands.KEY: _key,
    commands.PACK: _pack,
    commands.PACK_CHECK: _pack_check,
    commands.SESSION: _session,
    commands.REGISTRY: _registry,
    commands.MANIFEST: _manifest,
    commands.MANIFEST_CHECK: _manifest_check,
}
