# The verbs of this house. `make` alone lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

install: $(STAMP) ## make .venv with everything in requirements.txt

$(STAMP): requirements.txt requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q uv
	$(BIN)/python -m uv pip install --python $(BIN)/python -r requirements.txt -c requirements.lock
	$(BIN)/python -m uv pip install --python $(BIN)/python --no-deps -e .
	touch $@
