"""The pictures of README and docs, of the incident that anybody can build: `make docs`."""

from collections.abc import Iterable

import pytest

from docs import generate
from gait_tui.services.config import Approval
from gait_tui.targets import standard_roots
from gait_tui.themes import DEFAULT, SHIPPED
from tests.support.snap import Snap, compare_file
from tests.tui.driving import StoryHost, opened

SIZE = (120, 34)
APPROVAL = Approval(approver="alice", key_path="gait-out/demo_keys/demo_private.key")
EXPLAIN = ("3", "j", "enter", "]", "]")


async def draw(
    host: StoryHost, keys: Iterable[str], snap: Snap, name: str, theme: str = DEFAULT
) -> None:
    """Draw what `make tui` shows after some keys."""
    roots = tuple(standard_roots(host))
    options = {"screen": "inbox", "undecided": "", "approval": APPROVAL, "theme": theme}
    async with opened(host, SIZE, roots=roots, **options) as screen:
        await screen.press(*keys)
        snap(screen.app, name)


@pytest.mark.parametrize("name", generate.pages())
def test_a_page_that_is_made_from_the_code_is_what_the_code_says(
    name: str, request: pytest.FixtureRequest
) -> None:
    update = bool(request.config.getoption("--snap-update"))
    compare_file(generate.pages()[name], generate.FOLDER / name, update=update)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("inbox", ()),
        ("explain", EXPLAIN),
        ("review", ("4", "a", "]")),
        ("scout", ("5",)),
        ("regress", ("5", "j", "R", "enter")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.usefixtures("incident")
async def test_a_screen_of_the_readme(
    host: StoryHost, name: str, keys: tuple[str, ...], snap: Snap
) -> None:
    await draw(host, keys, snap, f"incident-{name}")


@pytest.mark.parametrize("theme", SHIPPED)
@pytest.mark.usefixtures("incident")
async def test_a_theme(host: StoryHost, theme: str, snap: Snap) -> None:
    await draw(host, EXPLAIN, snap, f"theme-{theme}", theme)
