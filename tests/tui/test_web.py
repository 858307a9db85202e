"""`gait tui --web`: what it refuses, what it serves, and to whom."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.errors import InvalidInput
from gait_tui.request import DEFAULT_PORT, Request, parse
from gait_tui.tabs import TABS
from gait_tui.web.child import sealed
from gait_tui.web.page import STATICS
from gait_tui.web.server import MAX_SESSIONS
from gait_tui.web.session import cells, session_env
from tests.support.process import ENTRY, gait, python
from tests.support.webserver import SWITCHING, WebServer

FORBIDDEN, NOT_FOUND, TOO_MANY = 403, 404, 503
FOREIGN = ("http://evil.example", "http://127.0.0.1", "http://localhost", "https://", "null")
words = st.text("abcä /.=", min_size=1).filter(lambda word: word.strip() == word)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """One server for all that only ask."""
    with WebServer(tmp_path_factory.mktemp("incident")) as running:
        yield running


# ------------------------------------------------------------------ arguments


@pytest.mark.parametrize(
    "line",
    [
        "--port 8000",
        "--web --port",
        "--web --port x",
        "--web --port -1",
        "--web --port 65536",
        "--web --port ²",
        "--web --plain",
        "--web --host 0.0.0.0",
        "--web=0.0.0.0",
        "--web --bind 127.0.0.1",
    ],
)
def test_arguments_that_make_no_web_server_are_refused(line: str) -> None:
    with pytest.raises(InvalidInput):
        parse(line.split())


def test_a_port_is_read() -> None:
    assert parse(["--web"]).port == DEFAULT_PORT
    assert parse(["--web", "--port", "65535"]).port == 65535
    assert parse(["--web", "--port=0"]).port == 0


@given(
    st.builds(
        Request,
        target=st.just("") | words | st.just("--odd"),
        roots=st.lists(words).map(tuple),
        screen=st.sampled_from(["", *(tab.id for tab in TABS)]),
        theme=st.just("") | words,
        config=st.just("") | words,
        port=st.integers(0, 65535),
        switches=st.sets(st.sampled_from(["--ascii", "--no-mouse", "--read-only"])).map(
            lambda some: frozenset(some | {"--web"})
        ),
    )
)
def test_a_request_that_is_spelled_again_is_read_as_the_same(request: Request) -> None:
    assert parse(request.as_arguments()) == request


@pytest.mark.parametrize("module", ["aiohttp", "textual_serve"])
def test_without_the_extra_one_error_names_it(module: str, tmp_path: Path) -> None:
    without = f"import sys; sys.modules[{module!r}] = None; {ENTRY}"
    done = python(without, ["tui", "--web"], cwd=tmp_path)
    assert done.returncode == 7
    assert done.stdout == ""
    assert done.stderr == (
        f"gait tui: option --web: module '{module}' is not installed, expected it\n"
        "hint: pip install 'gait[web]'\n"
    )


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = gait("tui", "--web", "--port", str(port), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"gait tui: port {port}: in use, expected a free one\nhint: gait tui --web --port 0\n"
    )


def test_settings_that_a_session_would_refuse_are_refused_before_it_serves(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('keys.verify = "q"', encoding="utf-8")
    done = gait("tui", "--web", "--port", "0", "--config", "mine.toml", cwd=tmp_path)
    assert done.returncode == 6
    assert done.stdout == ""
    assert "keys.verify: 'q', expected a key that leave does not have" in done.stderr


# ------------------------------------------------------------------ what is served


def test_the_page_loads_nothing_from_elsewhere(server: WebServer) -> None:
    page = server.ask()
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page.body)
    assert loaded == ["css/xterm.css", "gait.css", "js/textual.js", "gait.js"]
    asked = [server.ask(f"{server.path}{name}") for name in (*loaded, *STATICS)]
    assert [answer.status for answer in asked] == [200] * len(asked)
    assert re.findall(r"(?:https?|wss?):[^\"']*", page.body) == [
        f"ws://{server.authority}{server.path}ws"
    ]
    policy = page.headers["Content-Security-Policy"]
    assert re.findall(r"\w+:/\S+?(?=;)", policy) == [f"ws://{server.authority}"]
    assert "default-src 'none'" in policy
    assert "allow-popups" not in policy


def test_every_answer_says_that_it_is_nobody_elses(server: WebServer) -> None:
    for answer in (server.ask(), server.ask("/"), server.ask(Host="evil.example")):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["download/x", "static/js/textual.js", "..", "js/", "%2e%2e/", "%ff"]
)
def test_what_is_not_a_part_of_the_page_is_not_there(path: str, server: WebServer) -> None:
    assert server.ask(f"{server.path}{path}").status == NOT_FOUND


# ------------------------------------------------------------------ to whom


def test_no_other_address_of_the_machine_is_answered(server: WebServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5):
        pass
    with pytest.raises((ConnectionRefusedError, TimeoutError)):
        socket.create_connection(("127.0.0.2", server.port), timeout=5).close()


@pytest.mark.parametrize("name", ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:1", ""])
def test_a_name_that_is_made_to_point_here_is_refused(name: str, server: WebServer) -> None:
    for host in (name, f"{name}:{server.port}"):
        if host != server.authority:
            assert server.ask(Host=host).status == FORBIDDEN
            assert server.shake_hands(Host=host, Origin=f"http://{host}") == FORBIDDEN


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_site_gets_neither_page_nor_session(
    origin: str, server: WebServer
) -> None:
    for spelled in (origin, f"{origin}:{server.port}"):
        if spelled != f"http://{server.authority}":
            assert server.ask(Origin=spelled).status == FORBIDDEN
            assert server.shake_hands(Origin=spelled) == FORBIDDEN


def test_a_session_without_an_origin_is_refused(server: WebServer) -> None:
    assert server.shake_hands() == FORBIDDEN


def test_a_token_that_differs_in_one_character_opens_nothing(server: WebServer) -> None:
    token = server.path.strip("/")
    assert re.fullmatch("[0-9a-f]{48}", token)
    for at, char in enumerate(token):
        other = f"{token[:at]}{'0' if char != '0' else '1'}{token[at + 1 :]}"
        assert server.ask(f"/{other}/").status == NOT_FOUND
    for path in ("/", f"/{token[:-1]}/", f"/{token}0/", "/ws", f"//{token}/"):
        assert server.ask(path).status == NOT_FOUND


def test_two_servers_have_two_tokens(server: WebServer, tmp_path: Path) -> None:
    with WebServer(tmp_path) as other:
        assert other.path != server.path
        assert other.ask(server.path).status == NOT_FOUND


def test_sessions_are_few_and_one_that_is_left_makes_room(tmp_path: Path) -> None:
    with WebServer(tmp_path) as server:
        own = f"http://{server.authority}"
        granted = [server.shake_hands(Origin=own) for _ in range(MAX_SESSIONS + 1)]
        assert granted == [*[SWITCHING] * MAX_SESSIONS, TOO_MANY]
        server.leave()
        tries = (server.shake_hands(Origin=own) for _ in range(100_000))
        assert SWITCHING in tries
        assert server.stop() == 0


# ------------------------------------------------------------------ the session


def test_a_session_is_read_only_whatever_it_is_asked() -> None:
    for words in ([], ["--web"], ["--read-only"], ["--config", "writes.toml"]):
        assert sealed(parse(words)).switches >= {"--web", "--read-only"}


def test_a_session_hears_no_word_to_textual_from_outside() -> None:
    env = {
        "HOME": "/h",
        "TEXTUAL_PRESS": "e",
        "TEXTUAL_SCREENSHOT": "1",
        "TEXTUAL_DRIVER": "mine:Driver",
        "COLUMNS": "9",
    }
    assert session_env(env, 142, 30) == {
        "HOME": "/h",
        "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
        "COLUMNS": "142",
        "ROWS": "30",
    }


@pytest.mark.parametrize(
    ("told", "wanted"),
    [("142", 142), (142, 142), ("0", 1), ("9999", 1000), ("10000", 80), ("²", 80), (None, 80)],
)
def test_a_size_is_one_that_a_screen_can_have(told: object, wanted: int) -> None:
    assert cells(told, 80) == wanted
