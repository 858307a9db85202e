"""The manifest of a registry pack: read in its one normal form, digested, written.

Contract: guard-doctor-registry.md G; refusals: compat.md.
"""

from typing import Final

import msgspec
from msgspec import UNSET

from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.registry import REGISTRY_PACK_SCHEMA, RegistryPack
from gait_engine.errors import Hazard, InvalidInput, VerificationFailed, quoted
from gait_engine.host import Host
from gait_engine.store.atomic import PATH_UNSAFE
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.digest import Digest, sha256_hex
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.text import normal, trim

_SKILL: Final = "skill"
_NO_MEMBERS: Final = msgspec.Raw(b"{}")


def read_manifest(path: str, host: Host) -> bytes:
    """Return the text of a manifest. Raises InvalidInput, IoFailure."""
    try:
        return read_input(path, limit=TEXT_LIMIT, host=host, what="registry manifest")
    except InvalidInput as exc:
        if exc.hint == exc.default_hint:
            exc.hint = "see where installed manifests lie: gait registry list"
        raise


def parse_pack(text: bytes, name: str) -> RegistryPack:
    """Read a manifest; `name` says in errors what is being read.

    Type, publisher and source come out trimmed and in lower case, as they are digested. Raises
    InvalidInput for what is no manifest, VerificationFailed for one that must be refused.
    """
    source = Source(name, hazard=VerificationFailed, sealed=True, canonicalise=True)
    read = read_record(text, RegistryPack, source)
    pack = msgspec.structs.replace(
        read,
        pack_type=normal(read.pack_type),
        publisher=normal(read.publisher),
        source=normal(read.source),
        provenance=UNSET if read.provenance == _NO_MEMBERS else read.provenance,
    )
    _require_fields(pack, source)
    for field in ("pack_name", "pack_version"):
        _require_plain_name(getattr(pack, field), f"{name} $.{field}")
    return pack


def pack_digest(pack: RegistryPack) -> Digest:
    """Digest what the signatures of a manifest cover: all of it but themselves."""
    return sha256_hex(canonical_record(msgspec.structs.replace(pack, signatures=())))


def manifest_bytes(pack: RegistryPack) -> bytes:
    """Return the content of an installed manifest, signatures included."""
    return canonical_record(pack)


def _require_fields(pack: RegistryPack, source: Source) -> None:
    found = (pack.schema_id, pack.schema_version)
    if found != (REGISTRY_PACK_SCHEMA, SCHEMA_VERSION):
        raise source.reject(
            f"schema {quoted(' '.join(found))}, expected {REGISTRY_PACK_SCHEMA} {SCHEMA_VERSION}"
        )
    required = ["pack_name", "pack_version"]
    required += ["publisher", "source"] if pack.pack_type == _SKILL else []
    for field in required:
        if not trim(getattr(pack, field)):
            raise source.reject(f"{quoted(getattr(pack, field))}, expected a name", f"$.{field}")


def _require_plain_name(text: str, where: str) -> None:
    """Refuse a name that would leave the folder it becomes a part of, or forge a line of output."""
    bad = next((char for char in text if char in "/\\" or _is_control(char)), "")
    if bad or text in (".", ".."):
        found = f"holds U+{ord(bad):04X}" if bad else "is a folder's own name"
        raise VerificationFailed(
            f"{where}: {quoted(text)} {found}, expected a plain name",
            code=PATH_UNSAFE,
            where=where,
            hazards=(Hazard(PATH_UNSAFE, where),),
        )


def _is_control(char: str) -> bool:
    return char < " " or "\x7f" <= char <= "\x9f"
