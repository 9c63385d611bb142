# Every command of the project. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# The chapters' matrices are small: more threads of the algebra library would only wait for each other.
export OPENBLAS_NUM_THREADS ?= 1

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

# NEWEST=yes installs the newest versions within the bounds of requirements.txt instead of the locked ones.
ifdef NEWEST
BOOK_REQUIREMENTS := -r requirements.txt
TEST_REQUIREMENTS := -r requirements.txt -r tests/requirements.txt
else
BOOK_REQUIREMENTS := --require-hashes -r requirements.lock
TEST_REQUIREMENTS := --require-hashes -r tests/requirements.lock
endif

# The environment is made anew when the lock, or the Python that it is made with, is another.
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo missing)
INSTALLED := $(VENV)/installed-$(VERSION)$(if $(NEWEST),-newest)
TESTABLE := $(INSTALLED)-tests

# What every page depends on, by content. A change in the library also drops the executed notebooks.
contents = $(shell find $(1) -type f ! -name '*.pyc' | LC_ALL=C sort | xargs cksum | cksum | cut -d ' ' -f 1)
LIBRARY := _build/.library-$(call contents,optlib requirements.lock)-$(notdir $(INSTALLED))
SITE := _build/.site-$(call contents,_ext _assets _config.yml _toc.yml references.bib)

.PHONY: help book serve slides slides-pdf lab test check clean clean-all clean-notebooks picture format lock python

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1|/' | column -t -s '|'

book: $(SITE)  ## build the website into _build/html (makes the environment first)
	@# After a failure every page is read again: Sphinx would not repeat its warnings about a page that has not changed.
	$(BIN)/jupyter-book build . --path-output . -W --keep-going || { rm -rf _build/.doctrees; exit 1; }
	@echo
	@echo "The book is at file://$(CURDIR)/_build/html/index.html"

serve: book  ## build the website and open it at a local address (PORT=8000)
	@echo "The book is at http://localhost:$(PORT)/ (Ctrl+C stops it)"
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

slides: book  ## build the slides of every chapter (with the website, whose figures they have)
	@echo
	@for deck in $(wildcard chapters/*.ipynb); do \
	  name="$$(basename "$$deck" .ipynb)"; echo "  file://$(CURDIR)/_build/html/lectures/$$name.html"; done
	@echo "The questions of a chapter alone: …_questions.html. In a deck: S the speaker's window, D dark, F full screen, ? all keys."

slides-pdf: book $(TESTABLE)  ## print the slides to PDF, one page a slide, beside the decks
	CHROMIUM="$$($(BIN)/python tests/site/chromium.py)"; export CHROMIUM; $(BIN)/python tools/slides.py pdf _build/html/lectures/*.html

lab: $(INSTALLED)  ## open the chapters in JupyterLab
	JUPYTER_CONFIG_PATH="$(CURDIR)/lectures/jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}" $(BIN)/jupyter lab chapters

test: book $(TESTABLE)  ## run every check (style, notebooks, library, built site in Chromium)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/python tools/clean_notebooks.py --check
	CHROMIUM="$$($(BIN)/python tests/site/chromium.py)"; export CHROMIUM; PYTHONPATH=tests/site $(BIN)/pytest -n 2 -p sharding

clean-notebooks: $(INSTALLED)  ## bring the notebooks to the form in which they are committed
	$(BIN)/python tools/clean_notebooks.py

picture: book $(TESTABLE)  ## take the README's picture of the built site
	$(BIN)/python tools/picture.py "$$($(BIN)/python tests/site/chromium.py)"

format: $(TESTABLE)  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## write the locked requirements anew, with the newest versions within their bounds
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip --disable-pip-version-check install --quiet uv==0.13.9
	$(VENV)-lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate requirements.txt -o requirements.lock
	$(VENV)-lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate -c requirements.lock requirements.txt tests/requirements.txt -o tests/requirements.lock

clean:  ## remove what was built
	rm -rf _build

clean-all: clean  ## remove what was built, and the environment
	rm -rf $(VENV) $(VENV)-lock

# Environment ----------------------------------------------------------------------------------------------------------

python:
	@case "$(VERSION)" in 3.11|3.12|3.13) ;; *) \
	  echo "This book needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is '$(VERSION)'. Try: make book PYTHON=python3.12" >&2; exit 1;; esac

$(INSTALLED): requirements.txt requirements.lock pyproject.toml | python
	$(PYTHON) -m venv --clear $(VENV)
	@echo "Installing what the book needs into $(VENV) (about a minute)"
	$(PIP) $(BOOK_REQUIREMENTS)
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(TESTABLE): $(INSTALLED) tests/requirements.txt tests/requirements.lock tests/torch.txt
	@echo "Installing what the checks need into $(VENV)"
	$(PIP) $(TEST_REQUIREMENTS)
	$(PIP) -r tests/torch.txt
	touch $@

# Build ----------------------------------------------------------------------------------------------------------------

$(LIBRARY): | $(INSTALLED)
	rm -rf _build
	mkdir -p _build
	touch $@

$(SITE): $(LIBRARY)
	rm -rf _build/html _build/.doctrees _build/.site-*
	touch $@
