# Two commands do all the set-up: `make demo` (the whole line, on synthetic children) and `make test`.
PYTHON ?= python3.11
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --no-header pyproject.toml

.PHONY: demo test check mutants bench bench-disclosure lock clean help

help: ## What can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/'

demo: .venv/demo.stamp ## Everything once: environment, PostgreSQL, children, run, approved release, golden table
	$(BIN)/caselight demo

test: .venv/test.stamp ## Every test, in a real browser and on a real PostgreSQL too
	@sh tests/support/need_chromium.sh
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

check: .venv/test.stamp ## Style, types, layers, SQL
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models

mutants: .venv/test.stamp ## Small mistakes, one at a time, that the tests must see; writes docs/mutants.md
	@sh tests/support/need_chromium.sh
	$(BIN)/python -m tests.mutants.run

bench: .venv/test.stamp ## CPU seconds of the real line; writes docs/performance.md
	$(BIN)/python tests/bench/run.py

bench-disclosure: .venv/test.stamp ## Loss, safety and CPU seconds of disclosure control; writes docs/disclosure.md
	$(BIN)/python tests/bench/disclosure/run.py

lock: .venv/test.stamp ## New hashed pins from pyproject.toml
	$(LOCK) --upgrade -o requirements.txt
	$(LOCK) --upgrade --extra test -c requirements.txt -o requirements-test.txt

clean: ## Removes what was made here: data, environment, our own PostgreSQL; never a store given by DSN, never a key
	-[ -x $(BIN)/caselight ] && $(BIN)/caselight case-store stop && rm -rf "$$($(BIN)/caselight case-store path)"
	rm -rf data .venv .pytest_cache .hypothesis .ruff_cache .mypy_cache .import_linter_cache dbt_project/target dbt_project/logs

.venv/bin/python:
	@$(PYTHON) --version >/dev/null 2>&1 || { echo "Python 3.11 is needed; install it, or give another: make PYTHON=python3 demo"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/demo.stamp: requirements.txt pyproject.toml | .venv/bin/python
	@echo "Installing the environment (hashed pins of requirements.txt) ..."
	$(INSTALL) --require-hashes -r requirements.txt
	PATH="$(CURDIR)/$(BIN):$$PATH" $(INSTALL) --no-build-isolation -e .
	@touch $@

.venv/test.stamp: requirements-test.txt .venv/demo.stamp
	@echo "Installing what only the tests need ..."
	$(INSTALL) --require-hashes -r requirements-test.txt
	@touch $@
