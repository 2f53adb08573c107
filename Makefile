# make demo and make test are all a fresh machine needs.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1
DEMO_HOME ?= var/demo
PYTEST := $(BIN)/python -m pytest
JOBS ?= 2
# A folder from make wheels: packages come from there and nowhere else.
WHEELS ?=
PIP_FROM := $(if $(WHEELS),--no-index --find-links $(WHEELS))
# Tests that watch a whole server under load: nothing beside them.
ALONE := tests/chaos tests/hostile tests/browser
# Workers side by side that each take every core for small matrices wait for one another.
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: help demo serve test long prove check format catalogs bench screenshots sbom wheels lock clean

help: ## what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / – /'

$(VENV)/.product: requirements.lock requirements-build.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the product needs (once; hash-checked) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check $(PIP_FROM) --require-hashes -r requirements-build.lock -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.tools: requirements-dev.lock $(VENV)/.product
	@echo "Installing what the tests need (once; hash-checked) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.product ## the demonstration city, built, assessed and served (SERVE=0: files only)
	@SURVEY_HOME=$(DEMO_HOME) $(BIN)/survey demo --to $(DEMO_HOME)/out $(if $(filter 0,$(SERVE)),--no-serve)

serve: $(VENV)/.product ## serve the installation in var/
	@$(BIN)/survey serve

test: $(VENV)/.tools ## everything a change must pass, in minutes
	$(MAKE) check
	$(PYTEST) -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not long" tests

long: $(VENV)/.tools ## the long forms: races, kills, accessibility, properties in depth
	$(PYTEST) -m long $(ALONE)
	$(PYTEST) -n $(JOBS) --dist loadfile -m long tests $(ALONE:%=--ignore %)
	PROPERTIES=thorough $(PYTEST) -n $(JOBS) -m "hypothesis and not long" tests/unit

prove: $(VENV)/.tools ## every promise tried and counted, into docs/proof.md (FULL=1: the release gate; ONLY=id,…)
	$(BIN)/python -m tests.prove $(if $(FULL),--full) $(if $(ONLY),--only $(ONLY)) $(if $(BUDGET),--budget $(BUDGET))

check: $(VENV)/.tools ## lint, types and import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.tools ## put every file into the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

catalogs: $(VENV)/.tools ## bring the translations up to date; lists what English misses
	$(BIN)/python -m survey_app.core.catalogs

screenshots: $(VENV)/.tools ## take the pictures of the documents anew; look at each
	$(BIN)/python docs/screenshots.py

bench: $(VENV)/.tools ## speed, as ratios within one run (needs wrk and the files of make demo)
	$(BIN)/python -m bench.web
	$(BIN)/python -m bench.analysis $(DEMO_HOME)/out
	$(BIN)/python -m bench.statistics $(DEMO_HOME)/out
	$(BIN)/python -m bench.composition
	$(BIN)/python -m bench.raking
	$(BIN)/python -m bench.ranks
	@if [ -n "$$SURVEY_REFERENCE_DATA" ]; then \
		$(BIN)/python -m bench.crossed "$$SURVEY_REFERENCE_DATA/InstEval.csv.gz"; \
	else echo "crossed effects: left out, SURVEY_REFERENCE_DATA names no reference data"; fi

sbom: $(VENV)/.product ## what the product is made of, with licences, into docs/sbom.json (CycloneDX)
	@$(BIN)/python -m survey_app.core.materials

wheels: $(VENV)/.product ## every package by its hash into wheels/, to install where there is no network
	@$(BIN)/python -m pip download -q --disable-pip-version-check --require-hashes --only-binary :all: -d wheels -r requirements-build.lock -r requirements.lock
	@echo "wheels/: $$(ls wheels | wc -l) packages; take the checkout and this folder along, then: make demo WHEELS=wheels"

lock: ## renew the lock files (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate -o requirements.lock pyproject.toml
	uv pip compile -q --universal --generate-hashes --no-header --no-annotate --extra dev -o requirements-dev.lock pyproject.toml
	echo setuptools | uv pip compile -q --generate-hashes --no-header --no-annotate -o requirements-build.lock -

clean: ## remove what was built; data in var/ stay
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
