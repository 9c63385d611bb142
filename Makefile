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
LITE_REQUIREMENTS := -r lite/builder/requirements.txt
TEST_REQUIREMENTS := -r requirements.txt -r tests/requirements.txt
else
BOOK_REQUIREMENTS := --require-hashes -r requirements.lock
LITE_REQUIREMENTS := --require-hashes -r lite/builder/requirements.lock
TEST_REQUIREMENTS := --require-hashes -r tests/requirements.lock
endif

# The environment is made anew when the lock, or the Python that it is made with, is another.
PYTHON_VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo missing)
INSTALLED := $(VENV)/installed-$(PYTHON_VERSION)$(if $(NEWEST),-newest)
TESTABLE := $(INSTALLED)-tests
BUILDER := $(VENV)/lite/installed

# What every page depends on, by content. A change in the library also drops the executed notebooks.
contents = $(shell find $(1) -type f ! -name '*.pyc' | LC_ALL=C sort | xargs cksum | cksum | cut -d ' ' -f 1)
LIBRARY := _build/.library-$(call contents,optlib requirements.lock)-$(notdir $(INSTALLED))
PAGES := _build/.pages-$(call contents,_ext _assets _config.yml _toc.yml references.bib)
LITE := _build/html/lite/.built-$(call contents,lite chapters optlib pyproject.toml _config.yml)

.PHONY: help book slides slides-pdf lite site serve lab test check clean clean-all clean-notebooks address release next dist audit picture format lock python pdf archive anchors assignments assignments-download lighthouse

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1|/' | column -t -s '|'

book: $(PAGES)  ## build the website into _build/html (makes the environment first)
	@# After a failure every page is read again: Sphinx would not repeat its warnings about a page that has not changed.
	$(BIN)/jupyter-book build . --path-output . -W --keep-going || { rm -rf _build/.doctrees; exit 1; }
	@echo
	@echo "The book is at file://$(CURDIR)/_build/html/index.html"

serve: book  ## build the website and open it at a local address (PORT=8000)
	@echo "The book is at http://localhost:$(PORT)/ (Ctrl+C stops it)"
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

slides-pdf: book $(TESTABLE)  ## print the slides to PDF, one page a slide, beside the decks
	CHROMIUM="$$($(BIN)/python tests/site/chromium.py)"; export CHROMIUM; $(BIN)/python tools/slides.py pdf _build/html/lectures/*.html

lab: $(INSTALLED)  ## open the chapters in JupyterLab
	JUPYTER_CONFIG_PATH="$(CURDIR)/lectures/jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}" $(BIN)/jupyter lab chapters

test: site $(TESTABLE)  ## run every check (style, notebooks, library, built site in Chromium)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/python tools/clean_notebooks.py --check
	CHROMIUM="$$($(BIN)/python tests/site/chromium.py)"; export CHROMIUM; PYTHONPATH=tests/site $(BIN)/pytest -n 2 -p sharding

site: book lite assignments-download pdf archive  ## build all that is published: pages and slides, notebooks in the browser, what is to be downloaded
	@echo "The site is in $(CURDIR)/_build/html"

slides: book  ## build the slides, a deck a chapter and one of its questions (they are made with the pages)
	@echo "The slides of each chapter, and …_questions.html of its questions alone:"
	@for chapter in chapters/*.ipynb; do echo "  file://$(CURDIR)/_build/html/lectures/$$(basename "$$chapter" .ipynb).html"; done

pdf: book $(TESTABLE)  ## print the whole book, with figures and solutions, to _build/html/downloads/optimization-live.pdf
	CHROMIUM="$$($(BIN)/python tests/site/chromium.py)" $(BIN)/python tools/book_pdf.py

archive: book assignments-download pdf  ## pack the built website into _build/html/downloads, for reading it from a folder
	$(BIN)/python tools/archive.py

anchors: book  ## add the site's new addresses to the list of those that must last
	$(BIN)/python tests/site/anchor_list.py
lighthouse: book $(TESTABLE)  ## mark the landing page and each chapter with Lighthouse, beside a stock page
	CHROMIUM="$$($(BIN)/python tests/site/chromium.py)" $(BIN)/python benchmarks/lighthouse.py

clean-notebooks: $(INSTALLED)  ## bring the notebooks to the form in which they are committed
	$(BIN)/python tools/clean_notebooks.py

address:  ## in a fork: REPOSITORY=https://github.com/you/course SITE=https://you.github.io/course/ [BRANCH=main]
	@$(PYTHON) tools/address.py $(if $(REPOSITORY),--repository='$(REPOSITORY)') $(if $(SITE),--site='$(SITE)') \
	  $(if $(BRANCH),--branch='$(BRANCH)')

release: $(INSTALLED)  ## VERSION=0.2.0: write the version and the date of a release, and say what to type next
	@$(BIN)/python tools/release.py prepare '$(VERSION)'

next: $(INSTALLED)  ## VERSION=0.3.0: open the version after a release
	@$(BIN)/python tools/release.py open '$(VERSION)'

dist: site archive  ## the files of a release, with their sums, into _build/dist
	rm -rf _build/dist && mkdir -p _build/dist
	cp _build/html/downloads/optimization-live.pdf _build/html/downloads/optimization-live-site.zip _build/dist
	$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --wheel-dir _build/dist .
	cd _build/dist && sha256sum -- * > SHA256SUMS && cat SHA256SUMS

AUDIT := $(VENV)-audit/bin
audit:  ## look the locked versions up in the databases of known vulnerabilities (which it asks over the network)
	$(PYTHON) -m venv $(VENV)-audit
	$(AUDIT)/python -m pip --disable-pip-version-check install --quiet --upgrade -r tools/audit.txt
	@# --strict: a version that the database does not know fails too.
	for lock in $$(git ls-files '*requirements.lock'); do $(AUDIT)/pip-audit --strict --disable-pip --require-hashes -r $$lock; done
	$(AUDIT)/pip-audit --strict --disable-pip --no-deps -r tests/torch.txt
	for lock in $$(git ls-files '*package-lock.json'); do (cd $$(dirname $$lock) && $(CURDIR)/$(AUDIT)/npm audit --package-lock-only); done

assignments: $(INSTALLED)  ## write the exercises as notebooks with checks, and how to grade them, into _build/assignments
	$(BIN)/python tools/assignments.py _build/assignments

assignments-download: book  ## offer the students' notebooks for download with the built site
	$(BIN)/python tools/assignments.py _build/assignments --zip _build/html/downloads/assignments.zip

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
	$(VENV)-lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate -c requirements.lock lite/builder/requirements.txt -o lite/builder/requirements.lock
	$(VENV)-lock/bin/uv pip compile --quiet --upgrade --python-version 3.14 --python-platform wasm32-pyodide2025 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --no-annotate --no-emit-package jupyterlab-widgets \
	  --no-emit-package widgetsnbextension lite/requirements.txt -o lite/requirements.lock
	@echo "If jupyterlite-pyodide-kernel has another version now: make book, then $(BIN)/python lite/build.py --lock"

clean:  ## remove what was built
	rm -rf _build

clean-all: clean  ## remove what was built, and the environment
	rm -rf $(VENV) $(VENV)-lock $(VENV)-audit

# Notebooks in the browser ---------------------------------------------------------------------------------------------

# Made anew when the site is, and when what it is made of changes.
lite: book $(LITE)  ## add the notebooks that run in the browser to the website (JupyterLite, after `make book`)

$(LITE): $(PAGES) | $(BUILDER)
	$(BIN)/python lite/build.py _build/html/lite
	touch $@

# Environment ----------------------------------------------------------------------------------------------------------

python:
	@case "$(PYTHON_VERSION)" in 3.11|3.12|3.13) ;; *) \
	  echo "This book needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is '$(PYTHON_VERSION)'. Try: make book PYTHON=python3.12" >&2; exit 1;; esac

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

$(BUILDER): lite/builder/requirements.txt lite/builder/requirements.lock $(INSTALLED)
	rm -rf $(@D)
	$(PIP) --target $(@D) $(LITE_REQUIREMENTS)
	touch $@

# Build ----------------------------------------------------------------------------------------------------------------

$(LIBRARY): | $(INSTALLED)
	rm -rf _build
	mkdir -p _build
	touch $@

$(PAGES): $(LIBRARY)
	rm -rf _build/html _build/.doctrees _build/.pages-*
	touch $@
