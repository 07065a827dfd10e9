# Two commands matter: `make repro` runs the whole study, `make test` runs the tests. Each sets up all it needs.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := 1
# A user's own settings of pip hold for places that are none in an environment.
export PIP_USER := 0
unexport PIP_TARGET PIP_PREFIX PYTHONHOME

LOCKED := --python-version 3.11 --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --upgrade

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "expected Python 3.11 to 3.13, got " + sys.version.split()[0] + "; name another one with: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	if nvidia-smi > /dev/null 2>&1; then \
		$(BIN)/python -m pip install --quiet "tensorflow[and-cuda]==$$($(BIN)/python -c 'from importlib.metadata import version; print(version("tensorflow"))')"; \
	fi
	touch $@

.dvc/plots/page.html: $(VENV)/.ready .dvc/plots/make_page.py | settle scm
	python .dvc/plots/make_page.py $@
	dvc config --local plots.html_template plots/page.html

# The place that the environment was last made to work in: a checkout may be renamed, or copied with its environment.
.PHONY: settle
settle: $(VENV)/.ready
	@test "$$(cat $(VENV)/.place 2> /dev/null)" = "$(CURDIR)" -a $(VENV)/.place -nt .ci/surroundings.py || \
		{ $(BIN)/python .ci/settle.py $(VENV) && rm -f $(VENV)/.place && echo "$(CURDIR)" > $(VENV)/.place; }

# Sources without a repository, as from an archive, are DVC's business alone.
.PHONY: scm
scm: settle
	@for study in . studies/*/; do \
		if test -e .git; then \
			! grep -qs no_scm $$study/.dvc/config.local || (cd $$study && dvc config --local --unset core.no_scm); \
		else \
			grep -qs no_scm $$study/.dvc/config.local || (cd $$study && dvc config --local core.no_scm true); \
		fi \
	done

.PHONY: setup
setup: settle scm .dvc/plots/page.html ## make the virtual environment with the pinned dependencies

# make … STUDY=smoke: the study in studies/smoke, not the one at the top.
FOLDER := $(if $(STUDY),studies/$(STUDY)/)
IN_STUDY := $(if $(STUDY),cd $(FOLDER) &&)

# A store that is out of reach costs no result, and is no failure of the study.
NOT_LOGGED := warning: the results are there, but they could not be logged to MLflow; run 'nines sync' when its store is back

.PHONY: repro
repro: setup ## run the whole study, all or what changed (STUDY=1997: that in studies/1997; STAGE=train@…: up to that; FORCE=1: all; WITHIN=3000: at most so many seconds)
	$(IN_STUDY) $(if $(WITHIN),timeout --signal=INT --kill-after=60 $(WITHIN)) dvc repro $(STAGE) $(if $(FORCE),--force) || \
		{ code=$$?; test "$(WITHIN)" -a $$code = 124 && echo "stopped after $(WITHIN) s; make repro goes on from there" || exit $$code; }
	@test ! -f $(FOLDER)data/report/index.html || echo "the report: $(CURDIR)/$(FOLDER)data/report/index.html"
	$(IN_STUDY) nines sync || echo "$(NOT_LOGGED)"

.PHONY: pull
pull: setup ## fetch data and nets from the DVC remote (docs/remotes.md), and log them to MLflow
	$(IN_STUDY) nines pull
	$(IN_STUDY) nines sync || echo "$(NOT_LOGGED)"

.PHONY: push
push: setup ## send data and nets to the DVC remote
	$(IN_STUDY) nines push

.PHONY: lint
lint: setup ## run the linters
	ruff check .
	ruff format --check .
	mypy
	lint-imports

.PHONY: test
test: ## run the linters and the tests, but for those that train nets, run DVC, or open servers and browsers
	$(MAKE) lint pytest ARGS="-m 'not slow'"

.PHONY: test-all
test-all: lint pytest ## run the linters and all tests

.PHONY: pytest
pytest: setup ## run the tests alone, all or some (ARGS="-m 'not slow'")
	pytest -n 2 --dist loadfile $(ARGS)

.PHONY: faults
faults: setup ## kill a small study at fifty random moments, and see it end as one that nobody killed (ARGS="--kills 200 --seed 1"; ARGS="--write benchmarks/kills.json" as committed)
	PYTHONPATH=. python tests/kills.py $(ARGS)

.PHONY: ui
ui: setup ## open the MLflow UI on the study's store
	nines ui

$(VENV)/.bench: $(VENV)/.ready benchmarks/requirements.lock | settle
	$(BIN)/python -m pip install --quiet --require-hashes --requirement benchmarks/requirements.lock
	if nvidia-smi > /dev/null 2>&1; then \
		$(BIN)/python -m pip install --quiet "jax[cuda13]==$$($(BIN)/python -c 'from importlib.metadata import version; print(version("jax"))')"; \
	fi
	touch $@

.PHONY: bench
bench: $(VENV)/.bench ## time the engine beside Keras, PyTorch and JAX (installs them, some GB; ARGS="--only sort")
	python -m benchmarks $(ARGS)

.PHONY: lock
lock: setup ## renew requirements.lock and benchmarks/requirements.lock from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	uv pip compile pyproject.toml --extra dev $(LOCKED) --output-file requirements.lock
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["bench"], sep="\n")' \
		| uv pip compile - --constraint requirements.lock $(LOCKED) --output-file benchmarks/requirements.lock

.PHONY: clean
clean: ## remove the virtual environment and the caches; data and runs stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info
