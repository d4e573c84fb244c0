# What people and CI both run. Needs make 4.3 and Python 3.11; everything else is fetched into .venv/.

SHELL := bash
UV := $(or $(shell uv --version >/dev/null 2>&1 && command -v uv),.uv/bin/uv)
PYTHON := $(or $(shell for p in python3.11 python3; do $$p -c "" 2>/dev/null && echo $$p && break; done),python3)
LAB ?= 00
LABS := $(patsubst labs_src/labs/%/lab.py,%,$(wildcard labs_src/labs/*/lab.py))
NOTEBOOKS := $(foreach lab,$(LABS),notebooks/$(lab)/$(lab).ipynb)
PACKAGES := $(strip $(shell sed 's/\#.*//' apt.txt))
APT := apt-get update && apt-get install --yes --no-install-recommends $(PACKAGES)

export PATH := $(CURDIR)/.venv/bin:$(PATH)
unexport PYTHONDONTWRITEBYTECODE  # without bytecode, importing TensorFlow takes three times as long
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV  # the project's environment is .venv and nothing else
.DELETE_ON_ERROR:
.PHONY: help lab test test-all check verify bench lock system

help:  ## these lines
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

lab: .venv/.labs $(NOTEBOOKS)  ## open JupyterLab on a lab: make lab LAB=02 (BROWSER=none opens no browser)
	@labs start $(LAB) --open

test: .venv/.tests $(NOTEBOOKS)  ## all tests but the longest
	pytest -n 2 --dist loadgroup -m "not long"

test-all: .venv/.tests $(NOTEBOOKS)  ## all tests
	pytest -n 2 --dist loadgroup

check: .venv/.tests  ## style, types, direction of imports, generated files in sync
	ruff check && ruff format --check && mypy && lint-imports && labs build --check && labs docs --check

verify: .venv/.labs  ## every answer of every lab through the judge
	labs verify

bench: .venv/.tests  ## side-by-side measurements, a table each
	for script in benchmarks/*.py; do [ ! -e $$script ] || python $$script || exit 1; done

lock: $(UV)  ## requirements*.in → requirements*.txt, keeping what still fits
	$(UV) pip compile --quiet --python-version 3.11 requirements.in -o requirements.txt
	$(UV) pip compile --quiet --python-version 3.11 requirements-test.in -o requirements-test.txt

system:  ## the Debian packages of apt.txt, as root
	@dpkg -s $(PACKAGES) >/dev/null 2>&1 || if [ $$(id -u) = 0 ]; then $(APT); else echo 'Run as root: $(APT)'; fi

# --- what the targets above need; a stamp in .venv/ says that a step is done

.venv/.labs: requirements.txt pyproject.toml hatch_build.py | .venv/bin/python
	@echo "Installing requirements.txt into .venv (1.8 GB, a minute or two; once)"
	$(UV) pip install --quiet --python .venv --compile-bytecode --requirement requirements.txt
	$(UV) pip install --quiet --python .venv --no-deps --editable .
	@touch $@

.venv/.tests: .venv/.labs requirements-test.txt
	@echo "Installing requirements-test.txt into .venv"
	$(UV) pip install --quiet --python .venv --compile-bytecode --requirement requirements-test.txt
	@touch $@

.venv/bin/python: | $(UV)
	@echo "Making the environment .venv"
	@$(UV) venv --quiet --seed --allow-existing --no-python-downloads --python 3.11 .venv || { echo $(NO_PYTHON); exit 1; }

NO_PYTHON := "prodml needs Python 3.11, and none was found. On Debian 12: apt-get install python3.11." \
  "Elsewhere: uv python install 3.11. Then run this again."

.uv/bin/uv:
	@echo "Installing uv into .uv"
	@$(PYTHON) -m venv .uv && .uv/bin/pip install --quiet uv || { \
	  rm -rf .uv && $(PYTHON) -m pip install --quiet --target .uv uv; } || { rm -rf .uv; echo $(NO_PIP); exit 1; }

NO_PIP := "uv, which makes the environment, could not be installed: the reason stands above." \
  "If $(PYTHON) has neither venv nor pip: apt-get install python3-venv. Then run this again."

ifneq ($(NOTEBOOKS),)
$(NOTEBOOKS) &: | .venv/.labs
	@mkdir -p notebooks
	labs build
endif
