"""The project's own files as text and syntax trees, for tests that read them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.process import ROOT

_SKIPPED = ("golden", "__pycache__")


def modules(*packages: str) -> list[Path]:
    """List the modules of top-level packages, sorted."""
    found = (path for package in packages for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in found if not set(path.parts) & set(_SKIPPED))


def relative(path: Path) -> str:
    """Name a file by its place in the checkout."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """Parse a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_names(module: ast.Module) -> Iterator[str]:
    """Yield the dotted name of every import, lazy ones included."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
