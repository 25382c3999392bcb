# fuseline: ten verbs. Each makes what it needs; nothing is installed outside .venv, .clients, .servers
# and console/node_modules.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -q
BESIDE := --dist worksteal -n
QUIET := --quiet --disable-pip-version-check

# every worker of the tests reads all of them: compiled files halve that
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo console test check compiled lint types style quick docs browser bench clients servers lock clean

demo: $(VENV)/.runtime  ## run the main job on recordings: no key, no network
	@$(BIN)/fuseline demo $(ARGS)

console: $(VENV)/.node  ## build the console's page, unless nothing changed since
	@$(BIN)/python hatch_build.py

test: $(VENV)/.dev $(VENV)/.node console  ## everything: lint, types, floors, all tests
	@$(MAKE) --no-print-directory -j2 types style compiled  # the types take longest
	$(PYTEST) $(BESIDE) 4 -m "not measured"  # more than two cores' worth: many of them wait
	$(PYTEST) -m measured --ignore tests/browser

check: $(VENV)/.dev  ## what to run before a commit, side by side: under a minute
	@$(MAKE) --no-print-directory -j2 types style quick

quick: $(VENV)/.dev
	$(PYTEST) $(BESIDE) 2 -m "not slow"

compiled: $(VENV)/.dev  # all tests are read once before four workers do, each of which would compile them
	$(PYTEST) --collect-only -q -q > $(VENV)/collected.log || { tail $(VENV)/collected.log; exit 1; }

lint: types style

types: $(VENV)/.dev
	NODE_OPTIONS=--max-semi-space-size=128 $(BIN)/pyright --warnings  # it collects garbage for a tenth less time

style: $(VENV)/.dev $(VENV)/.node
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/lint-imports --no-logo > $(VENV)/lint-imports.log || { cat $(VENV)/lint-imports.log; exit 1; }
	$(BIN)/python hatch_build.py check

docs: $(VENV)/.dev  ## write the generated pages anew
	$(BIN)/python -m scripts.generate_docs

browser: $(VENV)/.dev console  ## drive the console in a real browser; wants Chromium on the machine
	$(PYTEST) $(or $(ARGS),tests/browser)

bench: $(VENV)/.dev  ## measure against a bare fan-out, in one run
	$(BIN)/python -m bench $(ARGS)

clients: $(VENV)/.dev  ## run real clients against the server, each installed into .clients
	@$(BIN)/python -m clients $(ARGS)

servers: $(VENV)/.dev  ## speak to real servers, each installed into .servers; llama.cpp's is in `make test`
	@$(BIN)/python -m servers $(ARGS)

lock: $(VENV)/.dev  ## resolve the dependencies anew
	$(BIN)/python -m scripts.lock

clean:
	rm -rf $(VENV) console/node_modules src/fuseline/doors/console/static

$(VENV)/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fuseline needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) ..."
	@$(BIN)/python -m pip install $(QUIET) --require-hashes --no-deps -r requirements/runtime.txt -r requirements/build.txt
	@FUSELINE_NO_CONSOLE=1 $(BIN)/python -m pip install $(QUIET) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.node: $(VENV)/.runtime requirements/node.txt
	@$(BIN)/python hatch_build.py node || $(BIN)/python -m pip install $(QUIET) --require-hashes --no-deps -r requirements/node.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@$(BIN)/python -m pip install $(QUIET) --require-hashes --no-deps -r requirements/dev.txt
	@touch $@
