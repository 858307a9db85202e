from pathlib import Path

from tests.support.process import ROOT, python

LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"


def test_every_import_contract_is_kept() -> None:
    done = python(LINT_IMPORTS, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def test_an_upward_import_breaks_a_contract(tmp_path: Path) -> None:
    """The contracts are able to fail: a copy of the layers with wire importing cli is refused."""
    for module in (ROOT / "gait_engine").rglob("*.py"):
        copy = tmp_path / module.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.touch()
    (tmp_path / "gait_tui").mkdir()
    (tmp_path / "gait_tui" / "__init__.py").touch()
    (tmp_path / "gait_engine" / "wire" / "bad.py").write_text("import gait_engine.cli\n")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    done = python(LINT_IMPORTS, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})

    assert done.returncode == 1
    assert "gait_engine.wire is not allowed to import gait_engine.cli" in done.stdout
