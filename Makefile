# Needs Python 3.11 or newer and make; everything else is set up on the way.
#
#   make demo    watch the bot at work on local servers, no account needed
#   make test    the whole gate: format, lint, types, import rules, docs, tests
#
# PYTHON=/path/to/python picks an interpreter, ARGS="..." is handed to the command.

# The first one found: 3.11 is what the gate itself runs on. A Python without venv is passed over.
PYTHON_IS_FIT = -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for candidate in python3.11 python3.12 python3.13 python3.14 python3 python; do \
    if $$candidate $(PYTHON_IS_FIT) 2>/dev/null; then echo $$candidate; break; fi; done)
VENV := .venv
CLIENTS := .venv-clients
BIN := $(VENV)/bin
CONFIG ?= config.toml
WORKERS ?= 3
ARGS ?=
PIP_INSTALL := -m pip --disable-pip-version-check install --quiet --no-input --require-hashes

PRODUCTION := $(VENV)/.production
DEVELOPMENT := $(VENV)/.development
CLIENTS_READY := $(CLIENTS)/.ready

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo run test lint format bench nonces history failures soak docs docs-check lock clean

help:
	@echo "make demo     the bot on a local venue and a local Telegram, in your browser"
	@echo "make run      the bot itself, with CONFIG=$(CONFIG)"
	@echo "make test     the whole gate"
	@echo "make lint     format, lint, types and import rules, without the tests"
	@echo "make format   rewrite the sources in the house format"
	@echo "make bench    the table of measures"
	@echo "make nonces   20,000 requests and a million nonces on one key, ten minutes long"
	@echo "make history  a month of real prices through the bot, ten minutes long"
	@echo "make failures every failure that must be survived, befalling the bot, a quarter of an hour"
	@echo "make soak     the long runs: 1,000 kills each"
	@echo "make docs     write the generated reference pages"
	@echo "make lock     compile the requirements with hashes (UPGRADE=--upgrade for newer ones)"
	@echo "make clean    remove environments and caches; never your state"

# --- environments -------------------------------------------------------------------------------

define require_python
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) $(PYTHON_IS_FIT) 2>/dev/null; then \
	    echo "Steelyard needs Python 3.11 or newer with its venv module; found: $$( \
	        $(or $(PYTHON),python3) --version 2>&1 | head -n 1)." >&2; \
	    echo "Install it (on Debian or Ubuntu: apt install python3 python3-venv)," >&2; \
	    echo "or name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; \
	    exit 1; \
	fi
endef

$(VENV)/bin/python:
	$(require_python)
	@echo "Creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)

$(CLIENTS)/bin/python:
	$(require_python)
	@$(PYTHON) -m venv --clear $(CLIENTS)

# Build tools first, hashed too: krakenex exists only as source and would fetch its own, unhashed.
$(PRODUCTION): requirements-build.txt requirements.txt | $(VENV)/bin/python
	@echo "Installing what the bot needs (about half a minute)"
	@$(BIN)/python $(PIP_INSTALL) -r requirements-build.txt
	@$(BIN)/python $(PIP_INSTALL) --no-build-isolation -r requirements.txt
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(PRODUCTION)
	@echo "Installing what the gate needs"
	@$(BIN)/python $(PIP_INSTALL) --no-build-isolation -r requirements-dev.txt
	@touch $@

$(CLIENTS_READY): requirements-build.txt requirements-clients.txt | $(CLIENTS)/bin/python
	@echo "Installing the independent test clients"
	@$(CLIENTS)/bin/python $(PIP_INSTALL) -r requirements-build.txt
	@$(CLIENTS)/bin/python $(PIP_INSTALL) --no-build-isolation -r requirements-clients.txt
	@touch $@

# --- the bot ------------------------------------------------------------------------------------

demo: $(PRODUCTION)
	@exec $(BIN)/python bot.py demo $(ARGS)

run: $(PRODUCTION)
	@exec $(BIN)/python bot.py run --config $(CONFIG) $(ARGS)

# --- the gate -----------------------------------------------------------------------------------

lint: $(DEVELOPMENT)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# pytest comes last: its summary line is the result.
test: $(DEVELOPMENT) $(CLIENTS_READY)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m handlers.reference --check
	$(BIN)/pytest -n $(WORKERS) --cov --cov-report=term $(ARGS)

format: $(DEVELOPMENT)
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: $(DEVELOPMENT)
	@$(BIN)/python -m bench $(ARGS)

nonces: $(DEVELOPMENT)
	@$(BIN)/python -m bench.nonce $(ARGS)

history: $(DEVELOPMENT)
	@$(BIN)/python -m bench.history $(ARGS)

failures: $(DEVELOPMENT)
	@$(BIN)/python -m bench.healing $(ARGS)

soak: $(DEVELOPMENT) $(CLIENTS_READY)
	$(BIN)/pytest -m soak --soak-rounds 1000 --timeout 0 -p no:cacheprovider $(ARGS)

docs: $(PRODUCTION)
	$(BIN)/python -m handlers.reference

docs-check: $(PRODUCTION)
	$(BIN)/python -m handlers.reference --check

# --- upkeep -------------------------------------------------------------------------------------

UV := build/uv/bin/uv
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header $(UPGRADE)

lock:
	$(require_python)
	@$(PYTHON) -m venv --clear build/uv
	@build/uv/bin/python -m pip --disable-pip-version-check install --quiet uv
	$(COMPILE) requirements.in --output-file requirements.txt
	$(COMPILE) requirements-dev.in --constraint requirements.txt --output-file requirements-dev.txt
	$(COMPILE) requirements-build.in --output-file requirements-build.txt
	$(COMPILE) requirements-clients.in --output-file requirements-clients.txt
	@rm -rf build

clean:
	rm -rf $(VENV) $(CLIENTS) build .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	    .import_linter_cache .coverage .coverage.* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
