"""Whether a project's settings are fit for production (guard-doctor-registry.md F)."""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Network, IPv6Address, ip_address
from typing import Final

from gait_engine.contract.gateoptions import OSS_PROD
from gait_engine.doctor.finding import Finding, Patient, failed, named, passed, shell_word
from gait_engine.doctor.productionconfig import (
    ProductionConfig,
    ServeSection,
    config_path,
    read_config,
)
from gait_engine.errors import GaitError, quoted
from gait_engine.wire.timestamps import parse_duration

_TEMPLATE: Final = "examples/config/oss_prod_template.yaml"
_DEFAULT_LISTEN: Final = "127.0.0.1:8787"
_MOST_BYTES: Final = 4 * 1024 * 1024
_LOOPBACK: Final = IPv4Network("127.0.0.0/8")
_LOOPBACK_6: Final = IPv6Address("::1")

Named = tuple[str, Finding]


def production_findings(patient: Patient) -> Iterator[Named]:
    """Yield the findings about the settings; of a file that cannot be read only that one."""
    path = config_path(patient.workdir)
    name = "production_readiness_config"
    try:
        config = read_config(patient.workdir, patient.host)
    except GaitError as exc:
        yield name, failed(exc.message, f"correct {path}: gait doctor names the line")
        return
    if config is None:
        yield name, failed(f"{named(path)}: missing", f"cp {_TEMPLATE} {shell_word(path)}")
        config = ProductionConfig()
    else:
        yield name, passed(f"{named(path)} can be read")
    for name, check in _CHECKS:
        yield name, check(config)


def _profile(config: ProductionConfig) -> Finding:
    found = config.gate.profile
    if found != OSS_PROD:
        return failed(f"gate.profile: {quoted(found)}", f"set gate.profile to {OSS_PROD}")
    return passed(f"gate.profile is {OSS_PROD}")


def _key_mode(config: ProductionConfig) -> Finding:
    found = config.gate.key_mode
    if found != "prod":
        return failed(f"gate.key_mode: {quoted(found)}", "set gate.key_mode to prod")
    return passed("gate.key_mode is prod")


def _retention(config: ProductionConfig) -> Finding:
    kept = config.retention
    spans = {name: getattr(kept, name) for name in kept.__struct_fields__}
    for name, span in spans.items():
        if not span:
            advice = f"set retention.{name}, to 168h for one week"
            return failed(f"retention.{name}: not set", advice)
    for name, span in spans.items():
        try:
            parse_duration(span)
        except GaitError as exc:
            return failed(f"retention.{name}: {exc.message}")
    return passed("every kind of artifact has its time")


def _service_boundary(config: ProductionConfig) -> Finding:
    serve = config.mcp_serve
    if not serve.enabled and not serve.listen:
        return passed("nothing is served")
    listen = serve.listen or _DEFAULT_LISTEN
    host = host_of_address(listen)
    if host is None:
        return failed(f"mcp_serve.listen: {quoted(listen)}, expected host:port")
    fault = next((fault for fault in _serve_faults(serve, host)), None)
    return fault or passed(f"served on {quoted(listen)}")


def _serve_faults(serve: ServeSection, host: str) -> Iterator[Finding]:
    with_token = serve.auth_mode == "token"
    if not with_token and not is_loopback(host):
        yield failed(
            f"mcp_serve.listen: host {quoted(host)} is open to others, without a token",
            "set mcp_serve.auth_mode to token, or listen on 127.0.0.1",
        )
    if with_token and not serve.auth_token_env:
        yield failed("mcp_serve.auth_token_env: not set", "set mcp_serve.auth_token_env")
    if serve.allow_client_artifact_paths:
        yield failed(
            "mcp_serve.allow_client_artifact_paths: clients may name files here",
            "set mcp_serve.allow_client_artifact_paths to false",
        )
    if not 0 < serve.max_request_bytes <= _MOST_BYTES:
        yield failed(
            f"mcp_serve.max_request_bytes: {serve.max_request_bytes}, expected 1 to {_MOST_BYTES}",
            "set mcp_serve.max_request_bytes to 1048576",
        )
    if serve.http_verdict_status != "strict":
        yield failed(
            f"mcp_serve.http_verdict_status: {quoted(serve.http_verdict_status)}",
            "set mcp_serve.http_verdict_status to strict",
        )


def _context_strictness(config: ProductionConfig) -> Finding:
    if config.gate.profile != OSS_PROD:
        return failed(f"gate.profile is not {OSS_PROD}, which would demand context")
    if not config.gate.policy:
        return failed("gate.policy: not set", "set gate.policy to the policy of this project")
    return passed("the gate demands context, and has a policy")


_CHECKS: Final[tuple[tuple[str, Callable[[ProductionConfig], Finding]], ...]] = (
    ("production_profile", _profile),
    ("production_key_mode", _key_mode),
    ("production_retention", _retention),
    ("production_service_boundary", _service_boundary),
    ("production_context_strictness", _context_strictness),
)


def host_of_address(address: str) -> str | None:
    """Return the host of `host:port` or `[host]:port`, which may be empty; None for neither."""
    host, colon, port = address.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        return None
    return None if not colon or set("[]") & {*host, *port} else host


def is_loopback(host: str) -> bool:
    """Tell an address that only this machine can reach; a name other than localhost is none."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        return address == _LOOPBACK_6
    return address in _LOOPBACK
