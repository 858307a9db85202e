"""The host of a URL target, read as the peer's platform reads URLs (gate.md 1.2).

A reader that finds another host than the client that follows the URL would let it past every
domain list, so everything doubtful has no host at all.
"""

import re
from typing import Final

from gait_engine.wire.text import normal

_scheme: Final = re.compile("[A-Za-z][A-Za-z0-9+.-]*:").match
_has_control: Final = re.compile("[\x00-\x1f\x7f]").search
_has_bad_escape: Final = re.compile("%(?![0-9A-Fa-f]{2})").search
_is_userinfo: Final = re.compile("[A-Za-z0-9._:~!$&'()*+,;=%@-]*").fullmatch
_is_port: Final = re.compile("(?::[0-9]*)?").fullmatch
_PLAIN: Final = r"""[^\x00-\x7f]|[A-Za-z0-9!$&'()*+,;=:<>"._~-]"""
_is_host: Final = re.compile(f"(?:{_PLAIN}|%25|%[89A-Fa-f][0-9A-Fa-f])*").fullmatch
_is_zone: Final = re.compile(f"(?:{_PLAIN}|%20|%25)*").fullmatch
_escape: Final = re.compile(b"%(..)")


def url_host(url: str) -> str:
    """Return the host in lower case without port and brackets; empty when there is none.

    Empty also for every URL that cannot be parsed.
    """
    before, _, fragment = url.partition("#")
    if _has_control(before) or _has_bad_escape(fragment):
        return ""
    scheme = _scheme(before)
    rest = (before[scheme.end() :] if scheme else before).partition("?")[0]
    if not rest.startswith("//") or (not scheme and rest.startswith("///")):
        return ""
    authority, _, path = rest[2:].partition("/")
    userinfo, _, host = authority.rpartition("@")
    if _has_bad_escape(path) or _has_bad_escape(userinfo) or not _is_userinfo(userinfo):
        return ""
    return normal(_bracketed(host) if host.startswith("[") else _named(host))


def _named(host: str) -> str:
    _, colon, port = host.rpartition(":")
    if (colon and not _is_port(colon + port)) or not _is_host(host):
        return ""
    decoded = _decoded(host)
    name, _, port = decoded.rpartition(":")
    return name if ":" in decoded and _is_port(":" + port) else decoded


def _bracketed(host: str) -> str:
    """Read an IPv6 literal; its zone, if any, stands after `%25`."""
    address, bracket, port = host[1:].rpartition("]")
    if not bracket or not _is_port(port):
        return ""
    address, percent, zone = address.partition("%25")
    if "%" in address or not _is_zone(zone):
        return ""
    literal = address + _decoded(percent + zone)
    return literal if _is_ipv6(literal) else ""


def _decoded(text: str) -> str:
    """Undo the escapes of a host; nothing when the bytes are no text."""
    if "%" not in text:
        return text
    raw = _escape.sub(lambda escape: bytes([int(escape[1], 16)]), text.encode())
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return ""


def _is_ipv6(literal: str) -> bool:
    from ipaddress import IPv6Address

    try:
        IPv6Address(literal)
    except ValueError:
        return False
    return True
