# The verbs of this house. `make` alone lists them.
PYTHON ?= python3
BIN    := .venv/bin
RUN    := $(BIN)/python
TOPICS := $(basename $(notdir $(wildcard solutions/*.md)))
CLASS  := _build/class
TOPIC  ?= pruning

.DEFAULT_GOAL := help
.PHONY: help course test install exercises verify class book pdf serve format lock clean
.DELETE_ON_ERROR:

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

course: install exercises class book ## everything: exercises, a graded sample class, the site
	@echo
	@echo "Exercises  $(words $(TOPICS)) made from solutions/: $(TOPICS:%=exercises/%.ipynb)"
	@echo "Class      sample submissions graded: $(CLASS)/$(TOPIC)/grades/report.html"
	@echo "Book       _build/html/index.html (\`make serve\` shows it at http://localhost:8000)"

test: install ## prove everything, as continuous integration does
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m autograder build --check
	$(MAKE) -j2 verify
	$(MAKE) book
	# The longest file first, so that no core waits for it at the end
	OMP_NUM_THREADS=1 $(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests/test_site.py tests efficientai autograder

# ---------------------------------------------------------------- what `course` and `test` are made of

install: .venv/.installed ## make .venv with everything in requirements.txt

.venv/.installed: requirements.txt requirements.lock pyproject.toml
	@sh .ci/need $(PYTHON)
	@echo "Installing into .venv: about 5 GB, a few minutes."
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install -q uv
	$(RUN) -m uv pip install --compile-bytecode --python $(RUN) -r requirements.txt -c requirements.lock
	$(RUN) -m uv pip install --python $(RUN) --no-deps -e .
	@touch $@

exercises: install _build/exercises.made ## students' notebooks and checks from their masters

_build/exercises.made: $(wildcard solutions/*.md solutions/mistakes/*.py autograder/*.py efficientai/*.py) _config.yml
	$(RUN) -m autograder build
	@touch $@

verify: $(TOPICS:%=_build/autograder/%/signatures.json) ## prove that the exercises are fair and strict

_build/autograder/%/signatures.json: _build/exercises.made
	$(RUN) -m autograder verify $*

class: $(CLASS)/$(TOPIC)/.graded ## grade a sample class (of another topic with TOPIC=...)

$(CLASS)/%/.graded: _build/autograder/%/signatures.json
	$(RUN) -m autograder sample $* --out $(CLASS)/$*/submissions
	$(RUN) -m autograder grade $* $(CLASS)/$*/submissions --out $(CLASS)/$*/grades
	@touch $@

book: exercises ## run the chapters that changed and build the site into _build/html
	$(RUN) -m book.build

pdf: book ## print the whole book into _build/html/efficient-ai.pdf (needs Chromium)
	$(RUN) -m book.pdf

# ---------------------------------------------------------------- for whoever works here

serve: ## show the site at http://localhost:8000
	$(RUN) -m http.server 8000 --directory _build/html

format: install ## format and mend what ruff can
	$(RUN) -m ruff check --fix
	$(RUN) -m ruff format

lock: install ## renew requirements.lock, for all Python versions and platforms at once
	$(RUN) -m uv pip compile --universal --python-version 3.10 --no-header --no-annotate \
	  --no-emit-index-url --upgrade requirements.txt -o requirements.lock

clean: ## remove what was made (.venv stays)
	rm -rf _build
