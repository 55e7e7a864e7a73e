# kept: everything a person types. `make help` lists it.
# Works on a bare machine with python3 (3.11 or newer, with pip) and make.

PYTHON ?= python3
UV     := .tools/bin/uv
BIN    := .venv/bin
KEPT_DATA ?= data
HOST   ?= 127.0.0.1
PORT   ?= 8000
export KEPT_DATA

.DEFAULT_GOAL := help
.PHONY: help setup run demo picture test coverage check bench trust format migrations lock clean

help:  ## list what you can type
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## ?/  make \1\t/' | expand -t 20

setup: .venv/ready  ## install everything kept needs into .tools and .venv

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "kept needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || \
	  { echo "This Python has no pip. Install it first (Debian, Ubuntu: apt install python3-pip; Fedora: dnf install python3-pip), then run make again."; exit 1; }
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools uv

# The file is touched last, so an interrupted set-up starts again.
.venv/ready: $(UV) requirements/dev.txt pyproject.toml
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python $(BIN)/python requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@echo "Compiling the engine, once: about ten seconds."
	@$(BIN)/python -c 'from kept.engine import durations; durations.warm()' & \
	  $(BIN)/python -c 'import kept.engine; kept.engine.warm()'; code=$$?; wait; exit $$code
	@touch $@

run: setup  ## serve kept on http://127.0.0.1:8000 (PORT=…, HOST=…)
	@exec $(BIN)/kept serve --host $(HOST) --port $(PORT)

picture: setup  ## take README's picture on the sample studio, with Chromium
	@$(BIN)/python -m tests.journeys.picture

demo: setup  ## serve a sample studio with a year of past (PORT=…)
	@exec $(BIN)/kept demo --port $(PORT) --data $(KEPT_DATA)/demo

test: setup  ## run every test, on SQLite and on PostgreSQL, with a real browser
	@$(BIN)/python -m tests.everything

coverage: setup  ## show that tests go through every branch of the rooms that must not fail
	@$(BIN)/python -m coverage erase
	@$(BIN)/python -m tests.everything --coverage

check: setup  ## lint, types, the order of the rooms, migrations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@KEPT_DATA=$$(mktemp -d) KEPT_SECRET_KEY=unused DATABASE_URL= $(BIN)/python -m django makemigrations kept --check --dry-run --settings kept.config.settings

bench: setup  ## measure speed and accuracy; results are printed as tables
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

trust: setup  ## the long runs: kills, fuzzing (TRUST_ROUNDS=… for more)
	@$(BIN)/python -m tests.everything --trust

format: setup  ## bring the code into its usual form
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

migrations: setup  ## write a numbered migration for changed tables, and all tables as one
	@rm -f src/kept/migrations/0001_whole.py  # else the new one would count on from it
	@$(BIN)/python -m django makemigrations kept --settings kept.config.settings
	@$(BIN)/python .ci/whole_migration.py
	@$(BIN)/ruff format --quiet src/kept/migrations

lock: $(UV)  ## resolve the dependencies anew (hashed, no registry named)
	$(UV) pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet pyproject.toml -o requirements/run.txt
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet pyproject.toml --extra dev -c requirements/run.txt -o requirements/dev.txt

clean:  ## remove what setup made (your data stays)
	rm -rf .tools .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
