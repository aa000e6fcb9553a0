# Every target sets up what it needs: a fresh clone and Python 3.11+ are enough.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: demo serve test test-long check bench setup packages clean
setup: .venv/ready

# pip's own torch choice can take gigabytes; the constraints file pins every version.
.venv/ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Tunesmith needs Python 3.11 or newer: install it, or set PYTHON=/path/to/it"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

# A place of their own: what only benchmarks need must not hide what the package lacks.
.venv-bench/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[bench]"
	@touch $@

# Debian's packages without which tests of pages and of Postgres skip, as root: sudo make packages.
packages:
	apt-get update --quiet=2
	DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends chromium postgresql

demo: .venv/ready
	@$(BIN)/tunesmith demo

# PORT=8081 make serve, if the port is in use.
serve: .venv/ready
	@$(BIN)/python scripts/serve_example.py

# A worker a core; the tests of a file stay together, so that what they share is made once. Files with
# slow tests come first (tests/conftest.py), so that the workers finish at about the same time.
test: .venv/ready
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

# Whole ways through servers, kills, and trainings on real data.
test-long: .venv/ready
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder -m long

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python scripts/import_cycles.py
	$(BIN)/mypy

bench: .venv-bench/ready
	@for script in bench/*.py; do echo "== $$script"; .venv-bench/bin/python $$script $(BENCH_FLAGS) || exit 1; done

clean:
	rm -rf .venv .venv-bench .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
