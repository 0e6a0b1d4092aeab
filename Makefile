# Everything a contributor does. One environment, .venv, built from pyproject.toml and used again until that file changes.
# A comment that begins with #> says what a target does: `make help` prints it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
# Twice quiet: errors only
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
# Arguments for pytest, such as `make test ARGS='-k adequacy'`
ARGS ?=
# Pairs of programs and cases for `make soak`
PAIRS ?= 10000000

.PHONY: demo test test-systems check format bench soak docs wheel clean help

#> Check the example company's data flows and write a report to open in a browser
demo: .venv/.example
	@mkdir -p build
	@$(BIN)/python examples/harbour/make_database.py
	@$(BIN)/comity check examples/harbour/comity.yaml --html build/harbour.html --fail-on none
	@echo
	@echo "The report with the map is $(CURDIR)/build/harbour.html: open it in a browser."

#> Run the tests that need nothing but Python (under five minutes), but for those of `make check`; ARGS='...' goes to pytest
test: .venv/.dev
	@$(BIN)/python -m pytest -q -n auto -m "not system" --ignore=tests/house $(ARGS)

#> Run the tests that need a browser or other systems; says what this machine lacks (a failure with CI=true)
test-systems: .venv/.dev .venv/.dbt
	@$(BIN)/python -m pytest -q -m system $(ARGS)

#> Lint of code and packs, format, types, the rules of the house, and whether the generated pages are up to date
check: .venv/.dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q -n auto tests/house
	@$(BIN)/comity lint
	@$(BIN)/python tools/make_docs.py --check

#> Let ruff format the code, sort the imports and mend what it can
format: .venv/.dev
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

#> Measure against the peers and print the table
bench: .venv/.dev
	@$(BIN)/python bench/run.py $(ARGS)

#> Hold all evaluators against each other on ten million generated pairs (hours); PAIRS=... for another number
soak: .venv/.dev
	@$(BIN)/python -m comity.decide.agree --pairs $(PAIRS)

#> Write the pages that are generated from the vocabulary, the commands and the error codes
docs: .venv/.dev
	@$(BIN)/python tools/make_docs.py

#> Build the wheel into dist/, with the packs and the linked program inside
wheel: .venv/.dev
	@$(BIN)/python -c "from comity.pack.ship import main; main()"
	@$(BIN)/python -m pip wheel -qq --disable-pip-version-check --no-deps --wheel-dir dist .
	@ls -1 dist/*.whl

#> Remove everything that make has made, the environment too
clean:
	@rm -rf .venv build dist src/comity/shipped.json .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find src tests bench examples tools -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

#> This list
help:
	@awk '/^#> /{text = substr($$0, 4); next} /^[a-z-]+:/ && text {split($$0, name, ":"); \
	  printf "  make %-13s %s\n", name[1], text} {text = ""}' $(firstword $(MAKEFILE_LIST))

# Stamps: touched only when the installation worked, so that a broken one is tried again.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Comity needs Python 3.11 or later; set PYTHON=python3.12 or the like." >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

.venv/.example: pyproject.toml | $(BIN)/python
	@echo "Installing Comity into .venv ..."
	@$(PIP) --editable '.[example]'
	@touch $@

# dbt asks for an older library than the type checker does, so it has an environment of its own. From 1.12 on it fetches a
# program from another host while it is installed.
.venv/.dbt: | $(BIN)/python
	@echo "Installing dbt into .venv/dbt ..."
	@$(PYTHON) -m venv --clear .venv/dbt
	@.venv/dbt/bin/python -m pip install -qq --disable-pip-version-check 'dbt-core>=1.10,<1.12' 'dbt-duckdb>=1.9'
	@touch $@

.venv/.dev: .venv/.example
	@echo "Installing the tools for development into .venv ..."
	@$(PIP) --editable '.[dev]'
	@touch $@
