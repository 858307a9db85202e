"""The cache of registry packs in the user's home, and its pins (check 5)."""

import os
from pathlib import PurePath
from typing import Final

from gait_engine.doctor.finding import (
    Finding,
    Patient,
    failed,
    named,
    passed,
    reason,
    shell_word,
    warned,
)
from gait_engine.doctor.folders import NO_FOLDER, folder_fault
from gait_engine.errors import GaitError
from gait_engine.host import Host
from gait_engine.registry.cache import PINS, cache_folder, manifests, pinned_digest, read_pin
from gait_engine.store.safepath import join

_MAKE: Final = "mkdir -p ~/.gait/registry"
_DIGEST_LENGTH: Final = 64


def registry_cache(patient: Patient) -> Finding:
    """Look at the cache, and for the manifest that each of its pins means."""
    host = patient.host
    cache = cache_folder("", host)
    fault = folder_fault(patient.path(cache))
    if fault == NO_FOLDER:
        return failed(f"{named(cache)}: {fault}")
    if fault:
        return warned(f"{named(cache)}: {fault}", _MAKE)
    try:
        pins = _pins(cache, host)
        broken = _broken(pins, cache, host)
    except OSError as exc:
        return warned(f"{named(cache)}: cannot be looked at, {reason(exc)}", _MAKE)
    if broken:
        shown = ", ".join(map(named, broken))
        return warned(
            f"pins that mean no manifest: {shown}",
            f"gait registry list --cache-dir {shell_word(cache)}",
        )
    return passed(f"{named(cache)}, sound pins: {len(pins)}")


def _pins(cache: str, host: Host) -> list[str]:
    os.scandir(host.cwd / cache).close()
    try:
        with os.scandir(host.cwd / cache / PINS) as entries:
            return sorted(entry.name for entry in entries if entry.name.endswith(".pin"))
    except FileNotFoundError:
        return []


def _broken(pins: list[str], cache: str, host: Host) -> list[str]:
    installed = {PurePath(path).parent.name for path in manifests(cache, host)} if pins else set()
    return [name for name in pins if _digest(join(cache, f"{PINS}/{name}"), host) not in installed]


def _digest(path: str, host: Host) -> str:
    """Return the digest in a pin; blank, which no manifest has, where it holds none."""
    try:
        digest = pinned_digest(read_pin(path, host) or "")
    except GaitError:
        return ""
    return digest if len(digest) == _DIGEST_LENGTH else ""
