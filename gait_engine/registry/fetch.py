"""Fetching a manifest over HTTPS: the one place of the engine that opens a connection.

Scheme and host are looked at again for every redirect, the body is cut off at its limit, one time
limit holds for the whole of a try. Nothing of this is loaded unless a source is remote.
Contract: guard-doctor-registry.md G.1, compat.md (redirects).
"""

import http.client
import io
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from gait_engine.errors import Hazard, VerificationFailed, quoted
from gait_engine.host import Host

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_BODY_BYTES: Final = 5 * 1024 * 1024
MAX_REPLY_BYTES: Final = 2 * MAX_BODY_BYTES
"""Head, chunk sizes and all: what is read of one reply, whatever it says of its own length."""
MAX_REQUESTS: Final = 10
TRY_SECONDS: Final = 20.0
REDIRECT_NOT_ALLOWED: Final = "redirect_not_allowed"

_LONGEST_PAUSE_SECONDS: Final = 3_600.0
_JITTER_MS: Final = (25, 100)
_OK: Final = 200
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PASSING_STATUSES: Final = frozenset({429, 502, 503, 504})
_PORTS: Final = {"http": 80, "https": 443}
_USER: Final = re.compile(r"//[^/?#]*@")  # never shown: it may hold a password
_KEPT_IN_TARGETS: Final = "%/:=&?~#+!$,;'@()*[]"


class Rules(NamedTuple):
    """Whom to ask, and over what."""

    hosts: frozenset[str]
    """Host names in lower case, without port."""
    insecure_http: bool = False


class Patience(NamedTuple):
    """How often to try, and how long to wait after the first try."""

    attempts: int = 3
    base_delay_ns: int = 200_000_000


class Unfetched(VerificationFailed):
    """A source that was asked and gave no manifest; what was installed before may stand in."""

    default_hint = (
        "try again later; with --pin DIGEST --allow-cached-fallback an installed copy will do"
    )

    def __init__(self, url: str, fault: str, *, hint: str = "", is_passing: bool = False) -> None:
        super().__init__(f"registry {quoted(url, 200)}: {fault}", where=url, hint=hint)
        self.is_passing = is_passing
        """Whether another try may go better."""


class _Hop(NamedTuple):
    url: str
    scheme: str
    host: str
    port: int
    authority: str
    target: str


class _Reply(NamedTuple):
    status: int
    location: str
    body: bytes


def fetch(url: str, rules: Rules, patience: Patience, *, host: Host) -> bytes:
    """Return the body that a source answers with.

    Raises VerificationFailed for an address that the rules do not allow, with code
    `redirect_not_allowed` for one that a server led to; Unfetched where nothing came.
    """
    hop = _allowed(url, rules)
    number = 1
    while True:
        try:
            return _try(hop, rules, host)
        except Unfetched as exc:
            if number >= patience.attempts or not exc.is_passing:
                raise
        host.pause(_delay_seconds(number, patience.base_delay_ns))
        number += 1


def _delay_seconds(number: int, base_ns: int) -> float:
    step_ms, most_ms = _JITTER_MS
    doubled = base_ns / 1e9 * (1 << min(number - 1, 64))
    return min(doubled + min(step_ms * number, most_ms) / 1e3, _LONGEST_PAUSE_SECONDS)


def _try(hop: _Hop, rules: Rules, host: Host) -> bytes:
    left = _Deadline(host)
    for _ in range(MAX_REQUESTS):
        reply = _ask(hop, left, host.producer_version)
        if reply.status == _OK:
            return reply.body
        if reply.status not in _REDIRECTS or not reply.location:
            passing = reply.status in _PASSING_STATUSES
            raise Unfetched(hop.url, f"status {reply.status}, expected {_OK}", is_passing=passing)
        hop = _led_to(hop, reply.location, rules)
    raise Unfetched(hop.url, f"redirected more than {MAX_REQUESTS - 1} times, expected a manifest")


def _led_to(hop: _Hop, location: str, rules: Rules) -> _Hop:
    """Follow a redirect, if the address it names is one that could have been asked at once."""
    try:
        is_whole = bool(urlsplit(location).scheme)  # urljoin takes https:PATH for a relative one
        return _allowed(location if is_whole else urljoin(hop.url, location), rules)
    except (VerificationFailed, ValueError) as exc:
        found = exc.message if isinstance(exc, VerificationFailed) else quoted(location, 200)
        raise VerificationFailed(
            f"registry {quoted(hop.url, 200)}: redirected, {found}",
            code=REDIRECT_NOT_ALLOWED,
            where=hop.url,
            hint="if that host is to be trusted as well, name it in --allow-host too",
            hazards=(Hazard(REDIRECT_NOT_ALLOWED, hop.url),),
        ) from exc


def _allowed(url: str, rules: Rules) -> _Hop:
    """Take an address apart. Raises VerificationFailed for one that the rules do not allow."""
    try:
        hop = _taken_apart(url)
    except ValueError as exc:
        raise _refused(url, f"{exc}, expected https://HOST/PATH") from exc
    if hop.scheme != "https" and not (hop.scheme == "http" and rules.insecure_http):
        raise _refused(
            url,
            f"{quoted(hop.scheme)}, expected https",
            "use an https address, or --allow-insecure-http where nobody can listen",
        )
    if not rules.hosts:
        raise _refused(url, "no host is allowed, expected some", f"add --allow-host {hop.host}")
    if hop.host not in rules.hosts:
        raise _refused(
            url,
            f"host {quoted(hop.host)}, expected {' or '.join(map(quoted, sorted(rules.hosts)))}",
            "name the host, without port, in --allow-host",
        )
    return hop


def _taken_apart(url: str) -> _Hop:
    """Split an address. Raises ValueError, with the fault as its text."""
    if any(char <= " " or char in "\\\x7f" for char in url):
        raise ValueError("white space, a backslash or a control character")
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if not host or not host.isascii():
        raise ValueError(f"host {quoted(host)}")
    if "@" in parts.netloc:
        raise ValueError("a user or password, which others could see")
    path = quote(parts.path or "/", safe=_KEPT_IN_TARGETS)
    query = f"?{quote(parts.query, safe=_KEPT_IN_TARGETS)}" if parts.query else ""
    usual = _PORTS.get(parts.scheme, 0)  # any other scheme is refused before it is used
    return _Hop(
        url,
        parts.scheme,
        host,
        usual if port is None else port,
        parts.netloc.lower().removesuffix(":"),
        path + query,
    )


def _refused(url: str, fault: str, hint: str = "") -> VerificationFailed:
    shown = _USER.sub("//...@", url, count=1)
    return VerificationFailed(
        f"registry {quoted(shown, 200)}: {fault}",
        where=shown,
        hint=hint or "give the address of the manifest",
    )


class _Deadline:
    """The time that is left for one try, redirects and all."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._end = host.monotonic() + TRY_SECONDS

    def seconds(self) -> float:
        """Return what is left. Raises TimeoutError when it is used up."""
        left = self._end - self._host.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _TimedSocket(io.RawIOBase):
    """A socket for http.client: every read has to be done before the deadline, none is too much.

    It stays open until whoever opened the socket closes that.
    """

    def __init__(self, opened: socket.socket, left: _Deadline) -> None:
        self._socket = opened
        self._left = left
        self._room = MAX_REPLY_BYTES

    def readable(self) -> Literal[True]:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        self._socket.settimeout(self._left.seconds())
        count = self._socket.recv_into(buffer)
        self._room -= count
        if self._room < 0:
            raise http.client.HTTPException(f"more than {MAX_REPLY_BYTES} bytes in all")
        return count

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self._socket.settimeout(self._left.seconds())
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the stream to read a reply from."""
        return io.BufferedReader(self)

    def close(self) -> None:
        """Leave the socket open: http.client closes before the body is read."""


def _ask(hop: _Hop, left: _Deadline, version: str) -> _Reply:
    """Send one request and read its reply; the body is read only where it is a manifest."""
    try:
        with _connected(hop, left) as opened:
            connection = http.client.HTTPConnection(hop.host, hop.port)
            connection.sock = _TimedSocket(opened, left)
            connection.request("GET", hop.target, headers=_headers(hop, version))
            response = connection.getresponse()
            body = _body(hop, response) if response.status == _OK else b""
            return _Reply(response.status, response.getheader("Location") or "", body)
    except (OSError, http.client.HTTPException, ValueError) as exc:  # ValueError: names, sizes
        raise _trouble(hop, exc) from exc


def _headers(hop: _Hop, version: str) -> dict[str, str]:
    return {
        "Host": hop.authority,
        "User-Agent": f"gait/{version}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def _body(hop: _Hop, response: http.client.HTTPResponse) -> bytes:
    body = response.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise Unfetched(hop.url, f"more than {MAX_BODY_BYTES} bytes, expected at most that")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return body


@contextmanager
def _connected(hop: _Hop, left: _Deadline) -> Iterator[socket.socket]:
    """Connect to the first address of a host that answers, with TLS where the scheme says so."""
    with _first_that_answers(hop, left) as plain:
        if hop.scheme == "http":
            yield plain
            return
        plain.settimeout(left.seconds())
        context = ssl.create_default_context()
        with context.wrap_socket(plain, server_hostname=hop.host) as sealed:
            yield sealed


def _first_that_answers(hop: _Hop, left: _Deadline) -> socket.socket:
    """Try each address of a host; one that never answers leaves time for those after it."""
    failure = OSError("no address")
    addresses = socket.getaddrinfo(hop.host, hop.port, type=socket.SOCK_STREAM)
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(left.seconds() / (len(addresses) - tried))
            opened.connect(address)
        except OSError as exc:
            opened.close()
            failure = exc
        else:
            return opened
    raise failure


def _trouble(hop: _Hop, exc: Exception) -> Unfetched:
    """Say what went wrong; a server that hangs up before it answers is not asked again.

    Over TLS, Python does not tell a connection that was reset there from one that was closed.
    """
    match exc:
        case http.client.RemoteDisconnected():
            return Unfetched(hop.url, "connection closed before an answer, expected a manifest")
        case TimeoutError():
            fault = f"no whole answer within {TRY_SECONDS:.0f} s, expected a manifest"
        case http.client.IncompleteRead():
            fault = "cut off, expected a whole manifest"
        case ConnectionRefusedError() | ConnectionResetError():
            fault = f"{exc.strerror or 'connection reset'}, expected an answer".lower()
        case ssl.SSLCertVerificationError():
            return Unfetched(
                hop.url,
                f"certificate: {exc.verify_message}, expected one this machine trusts",
                hint="name the file of an authority of your own in SSL_CERT_FILE",
            )
        case _:
            found = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
            return Unfetched(hop.url, f"{quoted(found)}, expected an answer")
    return Unfetched(hop.url, fault, is_passing=True)
