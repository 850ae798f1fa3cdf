# Galet: every command a person needs. Each makes its own .venv and installs what it needs.
PYTHON ?= python3
BIN := .venv/bin
SCENARIO ?= simulator/scenarios/evening_walk.yaml
export GALET_DATA ?= $(abspath ../shared/data)

# One more than there are cores: virtual boards wait for the clock on the wall.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(1 + os.cpu_count())')

# How long a command took, for `make bench`
began = @mkdir -p build && date +%s > build/$@.began
ended = @echo $$(($$(date +%s) - $$(cat build/$@.began))) > build/$@.seconds

.PHONY: board flash esptool help sim rehearse test check deep bench bench-falls clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/.base: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/.board: .venv/.base
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[board]'
	@touch $@

.venv/.dev: .venv/.base
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev,vm]'
	@touch $@

.venv/.virtual: .venv/.base
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[board,vm]'
	@touch $@

sim: .venv/.base ## The main job: run SCENARIO= (evening_walk) and show the five phones
	$(BIN)/python -m simulator run $(SCENARIO) --out build/run $(ARGS)

rehearse: .venv/.base ## Her configuration CONFIG= played through: the texts her relatives would get
	$(if $(CONFIG),,$(error make rehearse CONFIG=path/to/config.json))
	@$(BIN)/python -m simulator rehearse $(CONFIG) $(ARGS)

test: .venv/.dev ## All tests, at the least depth (K=name picks some)
	$(began)
	$(BIN)/python -m tools.require_vm
	$(BIN)/python -m tools.require_postgres
	GALET_DEPTH=$${GALET_DEPTH:-1} $(BIN)/pytest -n $(WORKERS) --dist worksteal $(if $(K),-k "$(K)") tests
	$(if $(K),,$(ended))

deep: .venv/.dev ## All tests at full depth, all cores; goes on where it was stopped
	$(BIN)/python -m tools.deep

check: .venv/.dev ## Format, lint, types, import rules, sizes of the compiled firmware
	$(began)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/python -m tools.types
	$(BIN)/python -m tools.sizes
	$(BIN)/pytest tests/unit/test_imports.py
	$(ended)

bench: .venv/.dev ## Measure; writes build/bench.json
	$(BIN)/python -m tools.bench

bench-falls: .venv/.dev ## Falls by recordings of people (50 min; ARGS=--quick: 3); into build/falls.json
	$(BIN)/python -m tools.falls.bench $(ARGS)

board: .venv/.virtual ## A virtual board on a port that mpremote takes for a real one (SCENARIO=, ARGS=)
	@$(BIN)/python -m simulator board $(if $(filter file,$(origin SCENARIO)),,$(SCENARIO)) $(ARGS)

flash: .venv/.board ## Firmware onto the board at PORT= (BOARD= the first time; ARGS=--core, --dry-run)
	$(BIN)/python -m kit flash --port $(PORT) $(if $(BOARD),--board $(BOARD)) $(ARGS)

esptool: .venv/.board ## Partition table and stock image IMAGE= onto the chip at PORT=, SHA256= checked
	$(BIN)/python -m kit esptool --board $(BOARD) --port $(PORT) --image $(IMAGE) $(if $(SHA256),--sha256 $(SHA256)) $(ARGS)

clean: ## Remove what the commands made
	rm -rf .venv build typings .pytest_cache .mypy_cache .ruff_cache *.egg-info
