"""What the source promises about itself, read from its syntax trees."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gait_engine
from tests.support.process import ROOT
from tests.support.source import imported_names, modules, relative, tree

SOURCES = modules("gait_engine", "gait_tui")
MAX_MODULE_LINES = 500
MAX_FUNCTION_LINES = 60
PAST_THE_DOOR = {
    "gait_engine/store/atomic.py": {"os.getpid"},  # in names of temporary files only
    "gait_engine/store/owner.py": {"os.getpid"},  # to tell this process from one a test speaks of
}
NETWORK = {
    *("ftplib", "http", "smtplib", "socket", "socketserver", "ssl", "urllib", "xmlrpc"),
    *("aiohttp", "textual_serve"),
}
VAGUE_NAMES = {"helper", "helpers", "manager", "service", "util", "utils", "misc"}

each_module = pytest.mark.parametrize("path", SOURCES, ids=relative)


def all_but(*exempt: str) -> pytest.MarkDecorator:
    """Parametrise over every module except these."""
    paths = [path for path in SOURCES if relative(path) not in exempt]
    return pytest.mark.parametrize("path", paths, ids=relative)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(tree(path))
    yield from (n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def strings(path: Path) -> Iterator[str]:
    """Yield the string literals of a module, docstrings left out."""
    prose = {id(n.value) for n in ast.walk(tree(path)) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def names(path: Path) -> set[str]:
    """Collect every plain name and every `module.attribute` that a module uses."""
    used = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used.add(f"{node.value.id}.{node.attr}")
    return used


@each_module
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_MODULE_LINES
    assert path.stem not in VAGUE_NAMES


@each_module
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    lengths = {f.name: (f.end_lineno or 0) - f.lineno + 1 for f in functions(path)}
    assert {name: n for name, n in lengths.items() if n > MAX_FUNCTION_LINES} == {}


@all_but(
    "gait_engine/resources.py",
    "gait_engine/doctor/checkout.py",  # names files of the checkout it examines
)
def test_only_resources_knows_where_shipped_data_lies(path: Path) -> None:
    assert names(path) & {"__file__"} == set()
    assert not any(n.startswith("importlib.resources") for n in imported_names(tree(path)))
    assert [s for s in strings(path) if re.match(r"(schemas|_data)(/|$)|themes/", s)] == []


@all_but("gait_engine/environ.py", "gait_engine/host.py")
def test_clock_randomness_and_environment_come_from_the_host(path: Path) -> None:
    behind_the_door = {
        *("time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "date.today"),
        *("os.urandom", "random.random", "secrets.token_bytes", "uuid.uuid4"),
        *("os.environ", "os.getenv", "os.getpid", "os.getcwd", "Path.cwd", "Path.home"),
    }
    excepted = PAST_THE_DOOR.get(relative(path), set())
    assert (names(path) & behind_the_door) - excepted == set()


@all_but(
    "gait_engine/registry/fetch.py",
    "gait_tui/web/server.py",  # listens on the loopback address (docs/adr/0017)
    "gait_tui/web/session.py",
)
def test_only_one_module_can_open_a_connection(path: Path) -> None:
    assert {name.partition(".")[0] for name in imported_names(tree(path))} & NETWORK == set()


def test_nobody_but_an_installer_asks_that_module() -> None:
    asking = "gait_engine.registry.fetch"
    askers = [path for path in SOURCES if asking in set(imported_names(tree(path)))]
    assert list(map(relative, askers)) == ["gait_engine/registry/install.py"]


def test_nobody_but_the_web_option_listens() -> None:
    """The import is inside a function, and the other end of a session is no server."""
    listening = {"gait_tui.web.server", "gait_tui.web.session"}
    askers = [path for path in SOURCES if listening & set(imported_names(tree(path)))]
    assert list(map(relative, askers)) == ["gait_tui/__main__.py", "gait_tui/web/server.py"]


def test_the_version_is_one_literal_and_its_module_imports_nothing() -> None:
    package = tree(ROOT / "gait_engine" / "__init__.py")
    assert list(imported_names(package)) == []
    holders = [path for path in SOURCES if gait_engine.__version__ in set(strings(path))]
    assert list(map(relative, holders)) == ["gait_engine/__init__.py"]


@pytest.mark.parametrize("path", modules("gait_tui"), ids=relative)
def test_the_terminal_ui_computes_nothing(path: Path) -> None:
    """It draws what the engine answers: no hashing, no signatures, no file formats of its own."""
    forbidden = {"hashlib", "hmac", "json", "nacl", "yaml", "zipfile", "zlib"}
    assert {name.partition(".")[0] for name in imported_names(tree(path))} & forbidden == set()


@pytest.mark.parametrize(
    "path",
    [p for p in modules("gait_tui") if p.name != "bridge.py" and p.parent.name != "services"],
    ids=relative,
)
def test_the_terminal_ui_opens_files_in_bridge_and_services_only(path: Path) -> None:
    calls = {n.func for n in ast.walk(tree(path)) if isinstance(n, ast.Call)}
    called = {c.id for c in calls if isinstance(c, ast.Name)}
    called |= {c.attr for c in calls if isinstance(c, ast.Attribute)}
    assert called & {"open", "read_bytes", "read_text", "write_bytes", "write_text"} == set()
