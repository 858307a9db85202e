"""What `gait registry` answers (guard-doctor-registry.md G)."""

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Record, always
from gait_engine.contract.registry import RegistryPack


class RegistryInstallAnswer(Answer, frozen=True, kw_only=True):
    """A manifest that was installed and pinned; `source` is where it came from."""

    source: str = ""
    pack_name: str = ""
    pack_version: str = ""
    digest: str = ""
    publisher: str = ""
    pack_source: str = ""
    metadata_path: str = ""
    pin_path: str = ""
    fallback_used: bool = False
    fallback_path: str = ""


class InstalledPack(Record, frozen=True, kw_only=True):
    """A manifest in the cache; its signatures were not checked."""

    pack_name: str = always("")
    pack_version: str = always("")
    digest: str = always("")
    metadata_path: str = always("")
    pin_path: str = always("")
    pin_digest: str = ""
    pin_verified: bool = always(False)
    """Whether the pin of its name is its own digest."""


class RegistryListAnswer(Answer, frozen=True, kw_only=True):
    """What a cache holds, by name, version and digest, each in the order of its text."""

    packs: tuple[InstalledPack, ...] = ()


class RegistryVerifyAnswer(Answer, frozen=True, kw_only=True):
    """Signature, pin and publisher of one manifest."""

    pack_name: str = ""
    pack_version: str = ""
    digest: str = ""
    metadata_path: str = ""
    pin_path: str = ""
    pin_digest: str = ""
    pin_present: bool = False
    pin_verified: bool = False
    signature_verified: bool = False
    signature_error: str = ""
    publisher: str = ""
    pack_source: str = ""
    publisher_allowed: bool = False
    report_path: str = ""


class RegistryShowAnswer(Answer, frozen=True, kw_only=True):
    """A manifest as it is digested: what it says of itself, its signatures unchecked."""

    metadata_path: str = ""
    digest: str = ""
    pack: RegistryPack | UnsetType = UNSET
