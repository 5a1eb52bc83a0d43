# Needs Python 3.11 or newer with venv, and make. Everything else comes with the first target.
.POSIX:
.SUFFIXES:
.DEFAULT_GOAL := help

PY = .venv/bin/python
SIZE = S
BENCH =
TESTS = tests
DEMO_DATA = .data/demo

help:
	@echo "make demo         serve a demo company on http://localhost:8000/"
	@echo "make test         all tests"
	@echo "make check        style, types, layers, words, contracts"
	@echo "make bench        benchmarks into docs/performance.md; SIZE=S, M or L; BENCH='--data FOLDER' keeps the company"
	@echo "make test-pg15    all tests on Debian's PostgreSQL 15"
	@echo "make environment  only prepare .venv, browser libraries and catalogues"
	@echo "make clean        remove what make made"

# --- what everything needs ---

.venv/.ready: pyproject.toml uv.lock make/environment.sh
	@sh make/environment.sh

node_modules/.ready: package.json package-lock.json .venv/.ready
	@echo "Bringing browser libraries …"
	@$(PY) make/npm.py ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The sprite holds the icons that the sources name, so it is looked at every time; it takes a moment.
environment: .venv/.ready node_modules/.ready
	@$(PY) -m dangol.web.assets node_modules >/dev/null
	@$(PY) -m checks.messages compile

# --- what people ask for ---

demo: .venv/.ready
	@DANGOL_DATA="$${DANGOL_DATA:-$(DEMO_DATA)}" exec sh make/demo.sh

test: environment
	@sh make/chromium.sh
	@sh make/spark.sh
	@$(PY) -m pytest -n 2 --dist worksteal -q $(TESTS)

test-pg15: environment
	@sh make/chromium.sh
	@sh make/spark.sh
	@DANGOL_POSTGRES_BIN="$$(sh make/postgres15.sh)" $(PY) -m pytest -n 2 --dist worksteal -q $(TESTS)

bench: environment
	@$(PY) -m benchmarks --size $(SIZE) --write $(BENCH)

check: environment
	@$(PY) -m checks

clean:
	rm -rf .venv .cache node_modules src/dangol/web/static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.PHONY: help environment demo test test-pg15 bench check clean
