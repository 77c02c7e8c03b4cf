# Habits of this house. `make` alone tests and lints; `make demo` shows what the program is for.
# Needs Python 3.11 or newer (and, on Debian, python3-venv). No step needs a compiler: every package is a wheel.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WARM := $(VENV)/.warm
KERNELS := $(shell grep -rlE --include='*.py' '^@kernel' quivive)

# The first Python that is new enough; `make PYTHON=/path/to/python` takes another.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $(name))))

# What to test, and how: `make test ARGS='-x tests/protocols'`.
ARGS ?=

.DEFAULT_GOAL := check
.PHONY: check setup demo test lint types imports golden docs bench quality fuzz oracles lock clean

check: test lint types imports

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found: install one, or name it: make PYTHON=/path/to/python"; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON): about a minute, once."
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make environments: on Debian, apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)
	@rm -rf demo/case
	@$(BIN)/python -m quivive.demo demo
	@$(BIN)/quivive inspect demo/*.pcap* --out demo/case

# Kernels are compiled here once, so that the test workers do not each compile them; what fails here is for the tests to report.
$(WARM): $(READY) $(KERNELS)
	@echo "Compiling kernels for the tests."
	@$(BIN)/python -m quivive.demo $(VENV)/demo > $(VENV)/warm.log 2>&1 \
		&& $(BIN)/quivive inspect $(VENV)/demo/*.pcap* --out $(VENV)/demo/case >> $(VENV)/warm.log 2>&1 || true
	@rm -rf $(VENV)/demo
	@touch $@

test: $(READY) $(WARM)
	@$(BIN)/python -m pytest -q -n auto $(ARGS)

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

imports: $(READY)
	@$(BIN)/lint-imports

# Accept what the tests see now as what they expect from now on; read the difference before committing it.
golden: $(READY) $(WARM)
	@$(BIN)/python -m pytest -q -n auto --update-golden $(ARGS)

docs: $(READY)
	@$(BIN)/python -m tools.docs

bench: $(READY)
	@$(BIN)/python -m bench

# How well detectors find what leaves: made cases with planted leaks; writes docs/quality.md.
quality: $(READY)
	@$(BIN)/python -m quality

# Other seeds for the property tests of one protocol: `make fuzz NAME=dns ROUNDS=200`.
NAME ?=
ROUNDS ?= 50
fuzz: $(READY) $(WARM)
	@for seed in $$(seq $(ROUNDS)); do \
		$(BIN)/python -m pytest -q -x -n auto --hypothesis-seed=$$seed $(if $(NAME),tests/protocols/test_$(NAME).py,tests/protocols) || exit 1; \
	done

oracles: $(READY)
	@$(BIN)/python -m oracles

# Lock every package with its hashes, for all systems, without host names. Needs uv; run it after a change in pyproject.toml.
# Hatchling and editables are locked too: they make the editable install.
lock:
	@printf 'hatchling\neditables\n' | uv pip compile pyproject.toml - --group dev --all-extras --universal --python-version 3.11 --fork-strategy fewest \
		--generate-hashes --only-binary :all: --no-annotate --custom-compile-command "make lock" --upgrade --quiet -o requirements.lock
	@! grep -nE '://|--(extra-)?index-url|--find-links|^ *# .*/' requirements.lock

clean:
	rm -rf $(VENV) demo dist
