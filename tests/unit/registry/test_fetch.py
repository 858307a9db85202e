"""Fetching from a registry on this machine that answers as badly as it can."""

import ssl
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from gait_engine.errors import VerificationFailed
from gait_engine.registry.fetch import (
    MAX_BODY_BYTES,
    MAX_REQUESTS,
    Patience,
    Rules,
    Unfetched,
    fetch,
)
from tests.support.hosts import FrozenHost
from tests.support.registries import (
    AUTHORITY,
    HOST,
    Registry,
    Reply,
    answer,
    ok,
    redirect,
    registry,
    reset,
)

HERE = Rules(frozenset({HOST}))
ONCE = Patience(attempts=1)
HALF = answer(200, "Content-Length: 100", body=b"x" * 50)


class WaitingHost(FrozenHost):
    """A host that remembers each pause, and whose stop-watch shows what it is told to."""

    def __init__(self, cwd: Path, *seconds: float) -> None:
        super().__init__(cwd)
        self.pauses: list[float] = []
        self._seconds = cycle(seconds or (0.0,))

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def monotonic(self) -> float:
        return next(self._seconds)


@pytest.fixture
def host(tmp_path: Path) -> WaitingHost:
    return WaitingHost(tmp_path)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry whose certificate this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    with registry() as running:
        yield running


def refusal(url: str, rules: Rules = HERE, *, host: FrozenHost, patience: Patience = ONCE) -> str:
    """Return what fetching says; code and text."""
    with pytest.raises(VerificationFailed) as caught:
        fetch(url, rules, patience, host=host)
    assert (caught.value.exit_code, caught.value.retryable) == (2, False)
    assert caught.value.hint
    return f"{caught.value.code} {caught.value.message}"


def test_a_body_comes_back_as_it_was_sent(server: Registry, host: WaitingHost) -> None:
    server.replies_with(ok(b"{}"))
    assert fetch(server.url("/a%20b/é?q=1&r=%2F"), HERE, ONCE, host=host) == b"{}"
    head = server.requests[0].split("\r\n")
    assert head[0] == "GET /a%20b/%C3%A9?q=1&r=%2F HTTP/1.1"
    assert f"Host: {HOST}:{server.port}" in head
    assert "User-Agent: gait/0.0.0-dev" in head
    assert not [line for line in head if line.lower().startswith(("authorization", "cookie"))]


@pytest.mark.parametrize(
    "reply",
    [
        answer(200, body=b"manifest"),
        answer(200, "Transfer-Encoding: chunked", body=b"4\r\nmani\r\n4\r\nfest\r\n0\r\n\r\n"),
        ok(b"manifest", "X-Padding: " + "x" * 8000),
    ],
    ids=["until it closes", "chunked", "a long header"],
)
def test_every_honest_way_to_send_a_body_is_read(
    reply: bytes, server: Registry, host: WaitingHost
) -> None:
    server.replies_with(reply)
    assert fetch(server.url(), HERE, ONCE, host=host) == b"manifest"


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 400, 401, 403, 404, 410, 500, 501])
def test_another_status_is_an_error_and_asked_once(
    status: int, server: Registry, host: WaitingHost
) -> None:
    server.replies_with(answer(status, "Content-Length: 0"), ok(b"{}"))
    said = refusal(server.url(), host=host, patience=Patience())
    assert f"status {status}, expected 200" in said
    assert (len(server.requests), host.pauses) == (1, [])


@pytest.mark.parametrize("reply", [*map(answer, (429, 502, 503, 504)), HALF])
def test_what_may_pass_is_asked_again_after_a_longer_pause_each_time(
    reply: Reply, server: Registry, host: WaitingHost
) -> None:
    server.replies_with(reply, reply, ok(b"{}"))
    assert fetch(server.url(), HERE, Patience(), host=host) == b"{}"
    assert host.pauses == pytest.approx([0.225, 0.450])
    server.replies_with(reply)
    refusal(server.url(), host=host, patience=Patience())
    assert len(server.requests) == 6


def test_a_connection_that_is_reset_is_asked_for_again(host: WaitingHost) -> None:
    with registry(reset, ok(b"{}"), tls=False) as plain:
        rules = HERE._replace(insecure_http=True)
        assert fetch(plain.url(), rules, Patience(), host=host) == b"{}"
    assert len(host.pauses) == 1


def test_pauses_double_up_to_an_hour(server: Registry, host: WaitingHost) -> None:
    server.replies_with(answer(503))
    refusal(server.url(), host=host, patience=Patience(attempts=80, base_delay_ns=10**9))
    assert host.pauses[:5] == pytest.approx([1.025, 2.050, 4.075, 8.100, 16.100])
    assert host.pauses[-1] == 3600


def test_a_server_that_nobody_runs_is_asked_again(host: WaitingHost) -> None:
    with registry() as gone:
        url = gone.url()
    said = refusal(url, host=host, patience=Patience(attempts=2))
    assert "refused" in said
    assert len(host.pauses) == 1


def test_a_server_that_hangs_up_before_it_answers_is_asked_once(
    server: Registry, host: WaitingHost
) -> None:
    server.replies_with(b"", ok(b"{}"))
    said = refusal(server.url(), host=host, patience=Patience())
    assert "connection closed before an answer" in said
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=["no http", "no status", "endless line", "endless head"],
)
def test_what_is_no_answer_is_an_error(reply: bytes, server: Registry, host: WaitingHost) -> None:
    server.replies_with(reply)
    assert "expected an answer" in refusal(server.url(), host=host)


def test_a_body_is_read_up_to_its_limit_and_not_a_byte_further(
    server: Registry, host: WaitingHost
) -> None:
    server.replies_with(ok(b"x" * MAX_BODY_BYTES))
    assert len(fetch(server.url(), HERE, ONCE, host=host)) == MAX_BODY_BYTES
    for reply in (
        ok(b"x" * (MAX_BODY_BYTES + 1)),
        answer(200, body=b"x" * (MAX_BODY_BYTES + 9)),
        answer(200, f"Content-Length: {10**15}", body=b"x" * (MAX_BODY_BYTES + 1)),
    ):
        server.replies_with(reply)
        said = refusal(server.url(), host=host)
        assert f"more than {MAX_BODY_BYTES} bytes" in said


def test_a_chunked_body_that_breaks_off_is_cut_off(server: Registry, host: WaitingHost) -> None:
    server.replies_with(answer(200, "Transfer-Encoding: chunked", body=b"ff\r\nmani"))
    assert "cut off, expected a whole manifest" in refusal(server.url(), host=host)


@pytest.mark.parametrize(
    ("size", "found"),
    [(b"-1", "more than 10485760 bytes in all"), (b"-5", "read length"), (b"z", "cut off")],
)
def test_a_chunk_of_no_size_is_not_read_to_its_end(
    size: bytes, found: str, server: Registry, host: WaitingHost
) -> None:
    """http.client takes a chunk of -1 bytes for all that may come."""
    endless = size + b"\r\n" + b"x" * (3 * MAX_BODY_BYTES)
    server.replies_with(answer(200, "Transfer-Encoding: chunked", body=endless))
    assert found in refusal(server.url(), host=host)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", HALF])
def test_a_server_that_falls_silent_is_given_up_at_the_time_limit(
    said: bytes, server: Registry, tmp_path: Path
) -> None:
    server.replies_with(server.stall(said))
    running_out = WaitingHost(tmp_path, 0.0, 0.0, 0.0, 0.0, 19.99, 19.99, 19.99)
    assert "no whole answer within 20 s" in refusal(server.url(), host=running_out)


def test_a_server_that_sends_a_little_now_and_then_is_given_up_all_the_same(
    server: Registry, tmp_path: Path
) -> None:
    server.replies_with(server.stall(HALF))
    each_look_costs = WaitingHost(tmp_path, 0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0)
    assert "no whole answer within 20 s" in refusal(server.url(), host=each_look_costs)


def test_time_that_is_up_before_a_connection_is_tried(server: Registry, tmp_path: Path) -> None:
    server.replies_with(ok(b"{}"))
    late = WaitingHost(tmp_path, 0.0, 20.0)
    assert "no whole answer within 20 s" in refusal(server.url(), host=late)
    assert server.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["/new.json", "new.json", "//{}/new.json", "https://{}/new.json"]
)
def test_a_redirect_to_the_same_host_is_followed(
    status: int, location: str, server: Registry, host: WaitingHost
) -> None:
    leads_to = location.format(f"{HOST}:{server.port}")
    server.replies_with(redirect(leads_to, status), ok(b"new"))
    assert fetch(server.url("/old.json"), HERE, ONCE, host=host) == b"new"
    assert server.requests[1].startswith("GET /new.json HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/new.json",
        "https://localhost:{port}/new.json",
        "https://127.0.0.2:{port}/new.json",
        "https://127.0.0.1.evil.example/new.json",
        "https://127.0.0.1@evil.example/new.json",
        "https://evil.example#127.0.0.1",
        "https://evil.example\\@127.0.0.1/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/new.json",
        "data:,x",
        "https://",
        "https:///new.json",
        "https://[::1/new.json",
        "https://127.0.0.1:99999/new.json",
        "https://127.0.0.1:x/new.json",
    ],
)
def test_a_redirect_that_could_not_have_been_asked_at_once_is_refused(
    location: str, server: Registry, host: WaitingHost
) -> None:
    server.replies_with(redirect(location.format(port=server.port)), ok(b"evil"))
    said = refusal(server.url(), host=host, patience=Patience())
    assert said.startswith("redirect_not_allowed ")
    assert (len(server.requests), host.pauses) == (1, [])


def test_every_hop_of_a_redirect_is_looked_at(server: Registry, host: WaitingHost) -> None:
    evil = f"https://localhost:{server.port}/"
    server.replies_with(redirect("/a"), redirect("/b"), redirect(evil), ok(b"evil"))
    assert refusal(server.url(), host=host).startswith("redirect_not_allowed ")
    assert len(server.requests) == 3


def test_a_loop_of_redirects_ends(server: Registry, host: WaitingHost) -> None:
    server.replies_with(redirect("/pack.json"))
    said = refusal(server.url(), host=host, patience=Patience())
    assert said.startswith("verification_failed ")
    assert "redirected more than 9 times" in said
    assert len(server.requests) == MAX_REQUESTS


def test_a_redirect_without_an_address_is_an_error(server: Registry, host: WaitingHost) -> None:
    server.replies_with(answer(302, "Content-Length: 0"))
    assert "status 302, expected 200" in refusal(server.url(), host=host)


def test_plain_http_needs_its_switch_on_every_hop(host: WaitingHost) -> None:
    with registry(redirect("/b"), ok(b"{}"), tls=False) as plain:
        assert "'http', expected https" in refusal(plain.url(), host=host)
        insecure = HERE._replace(insecure_http=True)
        assert plain.requests == []
        assert fetch(plain.url(), insecure, ONCE, host=host) == b"{}"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://evil.example/p", "host 'evil.example', expected '127.0.0.1'"),
        ("https://127.0.0.1.evil.example/", "host '127.0.0.1.evil.example'"),
        ("https://u:secret@127.0.0.1/", "a user or password"),
        ("https://user@127.0.0.1/", "a user or password"),
        ("https://127.0.0.1 /p", "white space"),
        ("https://127.0.0.1/a\\b", "a backslash"),
        ("https://127.0.0.1/a\x00", "a control character"),
        ("https://127.0.0.1/a\r\nHost: evil", "white space"),
        ("https:///p", "host ''"),
        ("https://１２７.0.0.1/p", "host"),
        ("https://bücher.example/p", "host"),
        ("https://[::1/p", "Invalid IPv6"),
        ("https://127.0.0.1:-1/", "Port"),
        ("http://127.0.0.1/", "'http', expected https"),
    ],
)
def test_an_address_that_the_rules_do_not_allow_is_refused_unasked(
    url: str, found: str, host: WaitingHost
) -> None:
    assert found in refusal(url, host=host)


@pytest.mark.parametrize(
    "url",
    ["https://u:secret@127.0.0.1/", "https://u:secret@1 /p", "https://u:secret@127.0.0.1:-1/"],
)
def test_a_password_in_an_address_is_not_repeated(url: str, host: WaitingHost) -> None:
    with pytest.raises(VerificationFailed) as caught:
        fetch(url, HERE, ONCE, host=host)
    assert "https://...@1" in caught.value.message
    assert "secret" not in caught.value.message + caught.value.where


def test_without_a_list_of_hosts_none_is_asked(host: WaitingHost) -> None:
    said = refusal("https://127.0.0.1/p", Rules(frozenset()), host=host)
    assert "no host is allowed" in said


def test_every_address_of_a_name_is_tried(host: WaitingHost) -> None:
    """`localhost` is often ::1 first, where nobody listens."""
    rules = Rules(frozenset({"localhost"}), insecure_http=True)
    with registry(ok(b"{}"), tls=False) as plain:
        assert fetch(plain.url(host="localhost"), rules, ONCE, host=host) == b"{}"


@pytest.mark.parametrize("name", ["a..b.example", f"{'a' * 64}.example"])
def test_a_host_that_cannot_be_a_name_is_an_error(name: str, host: WaitingHost) -> None:
    said = refusal(f"https://{name}/p", Rules(frozenset({name})), host=host)
    assert "expected an answer" in said


def test_the_case_of_scheme_and_host_does_not_matter(server: Registry, host: WaitingHost) -> None:
    server.replies_with(ok(b"{}"))
    assert fetch(f"HTTPS://{HOST}:{server.port}", HERE, ONCE, host=host) == b"{}"
    assert server.requests[0].startswith("GET / HTTP/1.1\r\n")


def test_a_certificate_of_an_unknown_authority_is_refused(
    monkeypatch: pytest.MonkeyPatch, host: WaitingHost
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with registry(ok(b"{}")) as untrusted:
        said = refusal(untrusted.url(), host=host, patience=Patience())
    assert "certificate: " in said
    assert (untrusted.requests, host.pauses) == ([], [])


def test_a_certificate_of_another_host_is_refused(server: Registry, host: WaitingHost) -> None:
    server.replies_with(ok(b"{}"))
    rules = Rules(frozenset({"localhost"}))
    said = refusal(server.url(host="localhost"), rules, host=host)
    assert "certificate: hostname mismatch" in said.lower()
    assert server.requests == []


def test_a_server_without_tls_is_no_https_server(host: WaitingHost) -> None:
    with registry(ok(b"{}"), tls=False) as plain:
        url = plain.url().replace("http:", "https:")
        assert "expected an answer" in refusal(url, host=host)


def test_the_context_checks_names_and_chains() -> None:
    context = ssl.create_default_context()
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


def test_an_unfetched_source_is_a_failed_verification_that_says_what_helps() -> None:
    error = Unfetched("https://a/b", "gone")
    assert (error.exit_code, error.category, error.where) == (
        2,
        "verification_failed",
        "https://a/b",
    )
    assert "--allow-cached-fallback" in error.hint
