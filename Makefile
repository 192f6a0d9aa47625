# `make` alone says what there is. Every target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CLIENTS := tests/clients
SOQL := $(CURDIR)/build/soql-statements.jsonl
SEEDS ?= 2000
PARTINGS ?= 7
ROUNDS ?= 200
SEED ?= 1
VALUES ?= 100000
EXAMPLES ?= 100

# Hundreds of processes begin in the tests: what one has compiled, the next need not.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-clients check format bench mutations month real schemas simulate guards chaos fuzz lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## build .venv with everything pinned; .venv/bin/sfsync is the command

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "sfsync needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Say: make setup PYTHON=python3.12")'
	@echo "setting up $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $(READY)

demo: $(READY) ## three weeks of a sales floor, in under a minute, against the emulated org
	@$(BIN)/sfsync demo

test: $(READY) ## all tests; keeps the SOQL that sfsync sent for test-clients
	@mkdir -p build && rm -f $(SOQL)
	@PYTHONPATH=$(CURDIR)/$(CLIENTS)/collecting SOQL_STATEMENTS=$(SOQL) \
		$(BIN)/python -m pytest --numprocesses 3 --dist worksteal

check: $(READY) ## format, lint, types, imports, tests: the one command to remember
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(MAKE) --no-print-directory test

format: $(READY) ## let ruff write the format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY) ## speeds, API calls and the score's power, printed
	@$(BIN)/python -m benchmarks

mutations: $(READY) ## 10,000 broken policies, each refused with its file, line and words
	@SFSYNC_MUTATIONS=10000 $(BIN)/python -m pytest --numprocesses 2 --dist worksteal tests/mappings/test_mutations.py

month: $(READY) ## random months of 30 leads against a slow oracle: make month EXAMPLES=1000
	@SFSYNC_MONTHS=$(EXAMPLES) $(BIN)/python -m pytest --numprocesses 2 --dist worksteal tests/month/test_month.py

real: $(READY) ## 9,240 real leads through the real worker (needs ../shared)
	@$(BIN)/python -m pytest tests/real

simulate: $(READY) ## the real code under faults: make simulate SEEDS=10000
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS) --partings $(PARTINGS)

chaos: $(READY) ## real processes killed at random: make chaos ROUNDS=200 SEED=1
	@$(BIN)/python -m tests.chaos --rounds $(ROUNDS) --seed $(SEED)

fuzz: $(READY) ## 100,000 hostile values in SOQL, next pages, redirects, instance URLs
	@$(BIN)/python -m tests.fuzz --values $(VALUES)

guards: SEEDS = 1000
guards: $(READY) ## take each guard out until the simulation finds out: make guards SEEDS=1000
	@$(BIN)/python -m tests.simulation --guards --seeds $(SEEDS)

test-clients: $(READY) $(CLIENTS)/.ready-npm $(CLIENTS)/.ready-pip ## clients that nobody here wrote (needs Node 20 and npm)
	@$(BIN)/python -m pytest $(CLIENTS)

$(CLIENTS)/.ready-npm: $(CLIENTS)/package-lock.json
	@command -v npm >/dev/null || { echo "make test-clients needs Node 20 or newer and npm"; exit 1; }
	@echo "installing the npm clients (once)"
	@cd $(CLIENTS) && npm ci --loglevel=error
	@touch $@

$(CLIENTS)/.ready-pip: $(CLIENTS)/requirements-extractor.txt
	@test -x $(CLIENTS)/.venv/bin/python || $(PYTHON) -m venv $(CLIENTS)/.venv
	@$(CLIENTS)/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

schemas: $(READY) ## write docs/schemas/ anew from the documents' models
	@$(BIN)/python -m sfsync.mappings.schemas docs/schemas

lock: ## pin the dependencies again, with hashes and without addresses (needs uv)
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --python-version 3.11 --output-file requirements.lock
	uv pip compile pyproject.toml --constraint requirements.lock --universal --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --python-version 3.11 --output-file requirements.txt

clean: ## remove what make built
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info build \
		$(CLIENTS)/node_modules $(CLIENTS)/.venv $(CLIENTS)/.ready-*
