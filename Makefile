# The commands of this project. `make run` and `make test` need Python 3.11 to 3.14 with venv, and nothing else.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
ONLY ?=
FULL ?=
ARGS ?=
export WEB_PORT SANDBOX_PORT DATA_DIR DEMO

.PHONY: help run test faults check bench screens translations mutants clean

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: .venv/ready ## Start everything on this machine; Ctrl-C stops it
	@$(BIN)/python -m config.run

test: .venv/ready-dev ## The whole test suite on embedded servers (ARGS="-k inbox" picks)
	@$(BIN)/python manage.py translations compile --quiet
	@$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),--numprocesses auto --maxprocesses 4 --no-loadscope-reorder)

faults: .venv/ready-dev ## Violence against a whole installation (ARGS="--seed 7 --only sender" repeats a part)
	@$(BIN)/python -m tests.faults $(ARGS)

mutants: .venv/ready-dev ## Take one safety away at a time and see a test turn red (ONLY=hmac_compare,… picks)
	@ONLY="$(ONLY)" $(BIN)/python -m tests.mutants

check: .venv/ready-dev ## Format, lint, types, migrations, translations, deployment checks
	@$(BIN)/python -m config.check

bench: .venv/ready-dev ## Speed beside bare floors (ONLY=accept,say picks; FULL=1 takes the large sizes)
	@$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(FULL),--full)

screens: .venv/ready-dev ## Screenshots of every page into docs/screens/
	@$(BIN)/python -m tests.journeys.screens

translations: .venv/ready-dev ## Collect new strings into locale/*.po
	@$(BIN)/python manage.py translations collect

clean: ## Remove the environment and all data of this checkout
	rm -rf .venv .data staticfiles

.venv/ready: constraints.txt pyproject.toml
	@$(call make_environment,run)
	@touch $@

.venv/ready-dev: constraints.txt pyproject.toml
	@$(call make_environment,dev)
	@touch .venv/ready $@

define make_environment
	if [ -z "$(PYTHON)" ]; then \
		echo "No Python between 3.11 and 3.14 was found. Install one (Debian: apt install python3 python3-venv)" >&2; \
		echo "or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; fi; \
	free=$$(df -Pm . | awk 'NR==2 {print $$4}'); if [ "$$free" -lt 900 ]; then \
		echo "Only $$free MB are free here; the packages and the database need about 900 MB." >&2; \
		echo "Free some space and run the same command again." >&2; exit 1; fi; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then rm -rf .venv; $(PYTHON) -m venv .venv || { \
		rm -rf .venv; echo "This Python has no working venv module. Debian: apt install python3-venv" >&2; exit 1; }; fi; \
	echo "Installing packages into .venv (first start, or they changed)…"; \
	{ $(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1" && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group $(1); } || { \
		echo "The packages could not be installed; pip's words are above. Run the same command again to go on." >&2; exit 1; }
endef
