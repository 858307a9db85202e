"""The cache of installed manifests: where each lies, and the pin that says which one counts.

`<cache>/<name>/<version>/<digest>/registry_pack.json` beside `<cache>/pins/<name>.pin`.
Contract: guard-doctor-registry.md G.1 to G.3.
"""

import os
from pathlib import Path, PurePath
from typing import Final, NamedTuple

from gait_engine.contract.registry import REGISTRY_PACK, RegistryPack
from gait_engine.errors import InvalidInput, VerificationFailed, quoted
from gait_engine.host import Host
from gait_engine.registry.manifest import manifest_bytes
from gait_engine.store.atomic import (
    PATH_UNSAFE,
    make_dirs,
    os_errors_as_ours,
    publish,
    refuse_special_target,
    staged,
    sync_folder,
)
from gait_engine.store.inputs import read_input
from gait_engine.store.safepath import clean, contained, join
from gait_engine.wire.digest import Digest, same_digest
from gait_engine.wire.text import normal, trim

HOME_CACHE: Final = ".gait/registry"
PINS: Final = "pins"

_PIN_LIMIT: Final = 64 * 1024
_LEVELS: Final = 3
"""Name, version and digest."""


class Places(NamedTuple):
    """Where a manifest and its pin lie, as they are shown."""

    cache: str
    manifest: str
    pin: str


def cache_folder(given: str, host: Host) -> str:
    """Return the folder that was named, or the usual one in the user's home."""
    return clean(trim(given) or f"{host.home}/{HOME_CACHE}")


def places(cache: str, pack: RegistryPack, digest: Digest) -> Places:
    """Name the files of a manifest in a cache."""
    manifest = f"{pack.pack_name}/{pack.pack_version}/{digest}/{REGISTRY_PACK}"
    return Places(cache, join(cache, manifest), pin_path(cache, pack.pack_name))


def pin_path(cache: str, name: str) -> str:
    """Name the file that pins a name in a cache."""
    return join(cache, f"{PINS}/{name}.pin")


def cache_around(path: str, pack: RegistryPack, digest: Digest) -> str:
    """Return the cache that a manifest lies in, by the folders it is in; empty for none."""
    folders = PurePath(clean(path)).parts
    if len(folders) <= _LEVELS or folders[-1] != REGISTRY_PACK:
        return ""
    name, version, found = folders[-_LEVELS - 1 : -1]
    if (name, version) != (pack.pack_name, pack.pack_version) or not same_digest(found, digest):
        return ""
    return PurePath(*folders[: -_LEVELS - 1]).as_posix()


def read_pin(path: str, host: Host) -> str | None:
    """Return the text of a pin, trimmed; None where there is no such file.

    Raises InvalidInput for a pin that cannot be read: that is not the same as none.
    """
    with os_errors_as_ours("pin", Path(path), "a file that can be read"):
        try:
            os.lstat(host.cwd / path)
        except (FileNotFoundError, NotADirectoryError):
            return None
    text = read_input(path, limit=_PIN_LIMIT, host=host, what="pin")
    return trim(text.decode(errors="replace"))


def pinned_digest(text: str) -> str:
    """Return the digest that a pin or a `--pin` means: `sha256:` aside, in lower case."""
    return normal(text).removeprefix("sha256:")


def manifests(cache: str, host: Host) -> list[str]:
    """List the manifests in a cache, sorted by path; what is in linked folders is left out.

    Raises InvalidInput where the cache is no folder; a missing one is empty.
    """
    if os.path.lexists(host.cwd / cache) and not (host.cwd / cache).is_dir():
        raise InvalidInput(f"registry cache {quoted(cache, 200)}: a file, expected a folder")
    folders = [cache]
    for _ in range(_LEVELS):
        folders = [join(parent, name) for parent in folders for name in _folders(parent, host)]
    paths = (join(folder, REGISTRY_PACK) for folder in folders)
    return sorted(path for path in paths if (host.cwd / path).is_file())


def is_among_pins(cache: str, path: str) -> bool:
    """Tell a manifest in the folder of pins: a pack of that name is installed but not listed."""
    return path.startswith(f"{join(cache, PINS)}/")


def cached_manifest(cache: str, digest: str, host: Host) -> str:
    """Return the first manifest in the folder of a digest; empty for none."""
    found = (path for path in manifests(cache, host) if PurePath(path).parent.name == digest)
    return next(found, "")


def write_manifest(where: Places, pack: RegistryPack, digest: Digest, host: Host) -> None:
    """Write a manifest and move the pin of its name to it: the manifest first, whole or not at all.

    Raises VerificationFailed where a link leads a name out of the cache, InvalidInput, IoFailure.
    """
    manifest, pin = host.cwd / where.manifest, host.cwd / where.pin
    for target in (manifest, pin):
        _require_inside(host.cwd / where.cache, target)
    make_dirs(pin.parent)
    refuse_special_target(pin)  # once its folder stands: a name too long is seen only then
    make_dirs(manifest.parent)
    refuse_special_target(manifest)
    with staged(manifest, manifest_bytes(pack)) as new, staged(pin, _pin_text(digest)) as new_pin:
        publish(new, manifest)
        publish(new_pin, pin)
    sync_folder(manifest)
    sync_folder(pin)


def _pin_text(digest: Digest) -> bytes:
    return f"sha256:{digest}\n".encode()


def _require_inside(cache: Path, target: Path) -> None:
    try:
        contained(cache, target.parent, "registry cache")
    except InvalidInput as exc:
        raise VerificationFailed(exc.message, code=PATH_UNSAFE, where=exc.where) from exc


def _folders(parent: str, host: Host) -> list[str]:
    """List the folders in a folder; one that cannot be read is empty."""
    try:
        with os.scandir(host.cwd / parent) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
