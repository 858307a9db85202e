"""Installing, listing, showing and verifying registry packs (guard-doctor-registry.md G)."""

from typing import Final

import msgspec

from gait_engine.api.keys import verification_key
from gait_engine.contract.answers.registry import (
    RegistryInstallAnswer,
    RegistryListAnswer,
    RegistryShowAnswer,
    RegistryVerifyAnswer,
)
from gait_engine.contract.keys import KeySources
from gait_engine.errors import InvalidInput, VerificationFailed, quoted
from gait_engine.host import Host
from gait_engine.registry.cache import cache_folder
from gait_engine.registry.listing import installed_packs
from gait_engine.store.atomic import PATH_UNSAFE, make_dirs, write_atomic
from gait_engine.store.safepath import clean, refuse_overwrite
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import parse_duration

_USUAL_ATTEMPTS: Final = 3
_USUAL_DELAY: Final = "200ms"


class InstallRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What `registry install` was told beside its source and key; lists are comma separated."""

    cache_dir: str = ""
    allow_host: str = ""
    publisher_allowlist: str = ""
    pin: str = ""
    allow_insecure_http: bool = False
    allow_cached_fallback: bool = False
    retry_max_attempts: str = str(_USUAL_ATTEMPTS)
    retry_base_delay: str = _USUAL_DELAY


def install(
    source: str, request: InstallRequest, *, keys: KeySources, host: Host
) -> RegistryInstallAnswer:
    """Install a manifest from a file or an address, and pin it.

    Raises InvalidInput for an option or key that cannot be used, VerificationFailed for whatever
    goes wrong after that, and then nothing is written; IoFailure.
    """
    from gait_engine.registry.install import Wanted, install_pack, names_of

    wanted = Wanted(
        source=_required(source),
        cache=cache_folder(request.cache_dir, host),
        attempts=_attempts(request.retry_max_attempts),
        base_delay_ns=_delay_ns(request.retry_base_delay),
        hosts=names_of(request.allow_host),
        publishers=names_of(request.publisher_allowlist),
        pin=request.pin,
        insecure_http=request.allow_insecure_http,
        cached_fallback=request.allow_cached_fallback,
        key=_key(keys, host),
    )
    try:
        installed = install_pack(wanted, host=host)
    except InvalidInput as exc:
        if exc.code == PATH_UNSAFE:
            raise
        raise VerificationFailed(exc.message, where=exc.where, hint=exc.hint) from exc
    pack = installed.pack
    return RegistryInstallAnswer(
        ok=True,
        source=wanted.source,
        pack_name=pack.pack_name,
        pack_version=pack.pack_version,
        digest=installed.digest,
        publisher=pack.publisher,
        pack_source=pack.source,
        metadata_path=installed.where.manifest,
        pin_path=installed.where.pin,
        fallback_used=bool(installed.fallback_path),
        fallback_path=installed.fallback_path,
    )


def list_all(*, host: Host, cache_dir: str = "") -> RegistryListAnswer:
    """List what a cache holds, signatures unchecked. Raises InvalidInput where it is no folder."""
    return RegistryListAnswer(ok=True, packs=installed_packs(cache_folder(cache_dir, host), host))


def show(path: str, *, host: Host) -> RegistryShowAnswer:
    """Return a manifest and its digest, signatures unchecked.

    Raises InvalidInput for what is no manifest, VerificationFailed for one that must be refused.
    """
    from gait_engine.registry.manifest import pack_digest, parse_pack, read_manifest

    path = _required(path)
    pack = parse_pack(read_manifest(path, host), path)
    return RegistryShowAnswer(ok=True, metadata_path=path, digest=pack_digest(pack), pack=pack)


def verify(
    path: str,
    *,
    keys: KeySources,
    host: Host,
    cache_dir: str = "",
    publisher_allowlist: str = "",
    report_out: str = "",
) -> RegistryVerifyAnswer:
    """Check signature, pin and publisher of a manifest; one that does not pass has `ok` false.

    Raises InvalidInput for what cannot be read, VerificationFailed for what must be refused;
    no report is written then. IoFailure.
    """
    from gait_engine.registry.install import names_of
    from gait_engine.registry.verify import verification_report, verify_manifest

    key, path = _key(keys, host), _required(path)
    check = verify_manifest(
        path,
        host=host,
        key=key,
        cache=clean(trim(cache_dir)) if trim(cache_dir) else "",
        publishers=names_of(publisher_allowlist),
    )
    report_path = trim(report_out)
    if report_path:
        kept = {
            "the manifest": path,
            "the pin": check.pin_path,
            "the public key": keys.public_key,
            "the private key": keys.private_key,
        }
        _write_report(report_path, pretty(verification_report(check, host)), kept, host)
    return RegistryVerifyAnswer(
        ok=not check.failure_reasons,
        pack_name=check.pack.pack_name,
        pack_version=check.pack.pack_version,
        digest=check.digest,
        metadata_path=path,
        pin_path=check.pin_path,
        pin_digest=check.pin or "",
        pin_present=check.pin is not None,
        pin_verified=check.pin_verified,
        signature_verified=not check.signature_error,
        signature_error=check.signature_error,
        publisher=check.pack.publisher,
        pack_source=check.pack.source,
        publisher_allowed=check.publisher_allowed,
        report_path=report_path,
    )


def _required(text: str) -> str:
    if not trim(text):
        raise InvalidInput("manifest: '', expected a path or an address", hint="name the manifest")
    return trim(text)


def _key(keys: KeySources, host: Host) -> bytes:
    key = verification_key(keys, host)
    if key is None:
        raise InvalidInput(
            "registry key: none given, expected one: no pack is trusted without a signature",
            hint="add --public-key FILE or --public-key-env NAME",
        )
    return key


def _attempts(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 10):
        raise InvalidInput(f"option --retry-max-attempts: {quoted(text)}, expected a whole number")
    return int(text) if int(text) > 0 else _USUAL_ATTEMPTS


def _delay_ns(text: str) -> int:
    delay = parse_duration(text)
    return delay if delay > 0 else parse_duration(_USUAL_DELAY)


def _write_report(path: str, content: bytes, kept: dict[str, str], host: Host) -> None:
    target = host.cwd / path
    refuse_overwrite(
        target, {name: host.cwd / p for name, p in kept.items() if p}, "option --report-out"
    )
    make_dirs(target.parent)
    write_atomic(target, content)
