# `make help` lists the targets. Needs python3 (3.11 or newer) and make, nothing else.
.POSIX:
.PHONY: help tui test check conformance bench docs fmt lint test-e2e build clean

PYTHON = python3
BIN = .venv/bin
READY = .venv/.ready
KEYS = gait-out/keys/gait_private.key
DEMO = gait-out/demo_keys/demo_private.key

help:
	@echo 'make tui          open the terminal UI on gait-out/; builds a demo incident if there is no run'
	@echo 'make test         the whole test suite, then the recorded cases'
	@echo 'make check        what CI runs: format, lint, types, layers, tests'
	@echo 'make conformance  the recorded cases alone; OPTIONS=-v shows every difference'
	@echo 'make bench        the benchmarks'
	@echo 'make docs         the pages and pictures that are made from the code'
	@echo 'make fmt          format the code'
	@echo 'make lint         format check, lint, types, layers'
	@echo 'make test-e2e     the tests that drive a real terminal or browser (needs tmux, chromium)'
	@echo 'make build        wheel and sdist into dist/'
	@echo 'make clean        remove everything that can be made again, .venv included'

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gait needs Python 3.11 or newer")'
	@echo 'setting up .venv ...' >&2
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

# Your own key pair, which .gait/config.yaml signs traces with; an existing one is never touched.
$(KEYS): | $(READY)
	@test -e $@ || $(BIN)/gait keys init >&2

# Without a terminal the same triage comes as text. Where the demo's key lies, its settings hold.
tui: $(READY) $(KEYS)
	@ls gait-out/runpack_*.zip >/dev/null 2>&1 || $(BIN)/gait demo --incident >&2
	@test -t 0 && test -t 1 || set -- --plain; \
	test ! -e $(DEMO) || set -- "$$@" --config scenarios/incident/tui.toml; \
	$(BIN)/gait tui "$$@"

test: $(READY) $(KEYS)
	@sh tests/inparts.sh $(BIN)/python

check: lint
	$(BIN)/python -m pytest

conformance: $(READY)
	@$(BIN)/python tests/conformance/selected.py $(OPTIONS)

bench: $(READY)
	$(BIN)/python -m benchmarks

docs: $(READY)
	$(BIN)/python -m pytest tests/tui/test_gallery.py --snap-update

fmt: $(READY)
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lint: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test-e2e: $(READY)
	$(BIN)/python -m pytest -m e2e

build: $(READY)
	$(BIN)/python -m build --no-isolation

clean:
	rm -rf .venv build dist htmlcov .coverage .coverage.* .hypothesis \
		.mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find gait_engine gait_tui tests -name __pycache__ -type d -prune -exec rm -rf {} +
