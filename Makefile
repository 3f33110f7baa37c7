# Real Sam. `make` lists the targets; each one installs what it needs into .venv by itself.
#
# GNU make and a POSIX shell. `make PYTHON=python3.12 install` picks the Python of a new .venv;
# `make PIPFLAGS= test` shows what pip does, whose own settings (indexes, caches) are honoured.

PYTHON ?= python3
PIPFLAGS ?= -qq

VENV := .venv
PY := $(VENV)/bin/python
SITE := $(VENV)/lib/python3.*/site-packages
# Modules are compiled when first used (saves 60 MB); Lava's own list of needs always conflicts.
PIP := $(PY) -m pip --disable-pip-version-check --no-input install --no-compile \
	--no-warn-conflicts $(PIPFLAGS)

EXTRAS := lava,report
EXTRAS_TRAIN := $(EXTRAS),train
EXTRAS_DEV := $(EXTRAS_TRAIN),data,dev
EXTRAS_LIBRARIES := $(EXTRAS_DEV),libraries

# Stamps: what is in .venv. They age when a list of dependencies changes.
CREATED := $(VENV)/.created
RUN := $(VENV)/.run
TRAIN := $(VENV)/.train
DEV := $(VENV)/.dev
LIBRARIES := $(VENV)/.libraries
LISTS := pyproject.toml constraints.txt requirements-lava.txt

# By variable, not by option: it holds for the build of the project itself, too.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt

# All tests, on all cores up to eight; a test may need 2 GB.
TESTS := $(PY) -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal

# Of the campaigns: `make fuzz N=500 SEED=3 OUT=found.json`.
CAMPAIGN = $(if $(SEED),--seed $(SEED)) $(if $(OUT),--out $(OUT))

.DEFAULT_GOAL := help
.PHONY: help install train-install demo test check bench growth fuzz fuzz-lava exact exactness \
	libraries clean distclean
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

install: $(RUN) ## what generates, exports and verifies; without torch (550 MB)
	@echo 'Ready: $(VENV)/bin/realsam --help'

train-install: $(TRAIN) ## the same, with torch and snnTorch
	@echo 'Ready: $(VENV)/bin/realsam train --help'

demo: $(RUN) ## a story from the shipped model, on Lava's simulator
	@$(PY) -m lava_runtime.generate --prompt "Once upon a time"

test: $(DEV) ## all tests
	$(TESTS)

check: $(DEV) ## format, lint, types and tests
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(TESTS)

bench: $(DEV) ## measure speed and size
	$(PY) -m benchmarks.run

growth: $(DEV) ## measure how the simulator's time grows, and draw it
	$(PY) -m benchmarks.growth

fuzz: $(RUN) ## compare simulator and reference on N=10000 random networks
	$(PY) -m benchmarks.campaign fuzz --networks $(or $(N),10000) $(CAMPAIGN)

fuzz-lava: $(RUN) ## compare the simulator with Lava on N=200 random networks
	$(PY) -m benchmarks.campaign lava --networks $(or $(N),200) $(CAMPAIGN)

exact: $(RUN) ## compare the backends on TOKENS=10000 of the shipped model
	$(PY) -m benchmarks.campaign exact --tokens $(or $(TOKENS),10000) $(CAMPAIGN)

exactness: $(RUN) ## all of these at full length, and docs/exactness.md from them
	$(PY) -m benchmarks.campaign planted --out docs/exactness/planted.json
	$(PY) -m benchmarks.campaign fuzz --out docs/exactness/fuzz.json
	$(PY) -m benchmarks.campaign lava --out docs/exactness/lava.json
	$(PY) -m benchmarks.campaign exact --out docs/exactness/exact.json
	$(PY) -m benchmarks.campaign totals

libraries: $(LIBRARIES) ## round trips through snnTorch, SpikingJelly and Norse, and docs/libraries.md
	$(PY) -m benchmarks.libraries --publish

clean: ## remove caches and builds
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . \( -name .git -o -name $(VENV) -o -name runs \) -prune -o \
		-name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## the same, and .venv
	rm -rf $(VENV)

$(CREATED):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { echo \
		'Real Sam needs Python 3.10 or newer; name one: make PYTHON=python3.11 ...' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# $(call install,EXTRAS): the project in place, then Lava in the second step that its wheels need.
# What goes again: Lava's tests (110 MB under the name `tests`, which is ours), and the weights of
# two image networks (51 MB).
define install
	@echo 'Installing realsam[$(1)] into $(VENV), once ...'
	@$(PIP) --editable '.[$(1)]'
	@$(PIP) --no-deps --ignore-requires-python --requirement requirements-lava.txt
	@rm -rf $(SITE)/tests $(SITE)/lava/lib/dl/slayer/object_detection/models/Trained_*
endef

$(RUN): $(CREATED) $(LISTS)
	$(call install,$(EXTRAS))
	@touch $@

$(TRAIN): $(CREATED) $(LISTS)
	$(call install,$(EXTRAS_TRAIN))
	@touch $(RUN) $@

$(DEV): $(CREATED) $(LISTS) requirements-dev.txt
	$(call install,$(EXTRAS_DEV))
	@$(PIP) --no-deps --requirement requirements-dev.txt
	@touch $(RUN) $(TRAIN) $@

$(LIBRARIES): $(CREATED) $(LISTS)
	$(call install,$(EXTRAS_LIBRARIES))
	@touch $(RUN) $(TRAIN) $(DEV) $@
