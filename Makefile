# vpnlab: `make lab-up` is the way in, `make help` lists the rest.

.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin

# Workers for the tests: two for each processor, since half of the time a test waits for a network.
# `make test JOBS=0` runs them in one process, in order.
JOBS ?= $(shell expr 2 '*' "$$(nproc)")
# Passed on: make lab-up LAB="--server openvpn", make test ARGS="-k renegotiation"
LAB ?=
ARGS ?=

PYTEST = $(BIN)/pytest -n $(JOBS) --dist loadgroup $(ARGS)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The first of these to run on a new machine installs all that is missing in one go.
lab-up: ALSO = --programs
test: ALSO = --tests

# --- the lab ----------------------------------------------------------------------------------

.PHONY: lab-up
lab-up: $(BIN)/.runtime ## set up what is missing, bring the lab up, ping through the tunnel
	@scripts/system-packages
	@$(BIN)/lab up $(LAB)

.PHONY: lab-down
lab-down: $(BIN)/.runtime ## take the lab down; nothing is left behind
	@$(BIN)/lab down

# --- the checks -------------------------------------------------------------------------------

.PHONY: test
test: $(BIN)/.dev ## every test: unit, simulator, scenarios, interop, structure
	@scripts/system-packages --tests
	$(PYTEST) tests

.PHONY: check
check: format-check lint types unit ## format, lint, types, and the tests that need no network

.PHONY: unit
unit: $(BIN)/.dev ## the tests that need no root, no namespace and no tun
	$(PYTEST) tests/unit tests/sim tests/structure

.PHONY: format
format: $(BIN)/.dev ## rewrite the code in the house's format
	$(BIN)/ruff check --quiet --select I --fix .
	$(BIN)/ruff format .

.PHONY: format-check
format-check: $(BIN)/.dev
	$(BIN)/ruff format --check --quiet --diff .

.PHONY: lint
lint: $(BIN)/.dev ## ruff
	$(BIN)/ruff check .

.PHONY: types
types: $(BIN)/.dev ## mypy --strict
	$(BIN)/mypy

.PHONY: bench
bench: $(BIN)/.dev ## how fast it is, as ratios to the stock program (needs root)
	@scripts/system-packages
	$(BIN)/python -m tests.perf.bench --write $(if $(QUICK),--quick)
	$(BIN)/python -m tests.perf.connect_time
	$(BIN)/python -m tests.perf.first_reply

.PHONY: docs
docs: $(BIN)/.dev ## write docs/config.md, docs/labs.md and share/ anew; check what the documents point at
	$(BIN)/python scripts/config_reference.py >docs/config.md
	$(BIN)/python scripts/labs_reference.py >docs/labs.md
	$(BIN)/python -m scripts.share
	$(BIN)/pytest -q tests/structure/test_docs_paths.py

# --- the virtual environment ------------------------------------------------------------------

# Two stamps: `make lab-up` needs the programs only, the checks need the developer's tools too.
# Either is made again when pyproject.toml changes.

$(BIN)/python:
	@python=$$(scripts/find-python) && scripts/system-packages $(ALSO) --venv "$$python" && \
	echo "Making .venv with $$python" && "$$python" -m venv .venv

$(BIN)/.runtime: pyproject.toml | $(BIN)/python
	@echo "Installing vpnlab into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[lab]' </dev/null
	@touch $@

$(BIN)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing vpnlab and the developer's tools into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' </dev/null
	@touch $(BIN)/.runtime $@

.PHONY: clean
clean: ## remove what the tools left (the lab and .venv stay; rm -rf .venv is yours to do)
	@rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
