# `make demo` and `make test` do all the set-up themselves. See README.md.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.installed
export TF_CPP_MIN_LOG_LEVEL ?= 2
export TF_ENABLE_ONEDNN_OPTS ?= 1

.PHONY: demo test test-all test-latest coverage docs docs-results lint venv clean

# One line where there is no Python that will do.
define CHECK_PYTHON
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "make: no Python at '$(PYTHON)'; seal_tf needs Python 3.11: install it, or say where it is: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo "make: $(PYTHON) is $$("$(PYTHON)" --version 2>&1); seal_tf is tested with Python 3.11: install it, or say where it is: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "make: $(PYTHON) has no venv module; install it (Debian: apt-get install python3.11-venv)" >&2; exit 2; }
endef

venv: $(READY)

$(READY): pyproject.toml constraints.txt
	$(CHECK_PYTHON)
	"$(PYTHON)" -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[cv]' 2>/dev/null || \
	  echo "make: keras-cv does not install any more; its tests will be skipped" >&2
	@touch $@

demo: $(READY)
	@echo "[1/3] SEAL on 200 handwritten digits, 355 to validate on"
	$(PY) -m seal_tf.train --flagfile=configs/demo.flags
	@echo "[2/3] normal training, the same passes over the data"
	$(PY) -m seal_tf.train --flagfile=configs/demo.flags --method=normal --workdir=runs/demo/normal
	@echo "[3/3] the page"
	$(PY) -m seal_tf.report --runs=runs/demo/normal,runs/demo/seal --out=runs/demo/report

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

test: lint
	$(PY) -m pytest -n 2 -m "not slow"

test-all: lint
	$(PY) -m pytest -n 2

# Which lines no test of `make test` runs: htmlcov/index.html
coverage: $(READY)
	$(PY) -m pytest -n 2 -m "not slow" --cov --cov-report=html --cov-report=term:skip-covered

# The newest TensorFlow and Keras that pyproject.toml allows, nothing pinned.
test-latest:
	$(CHECK_PYTHON)
	"$(PYTHON)" -m venv --clear .venv-latest
	.venv-latest/bin/python -m pip install --quiet --disable-pip-version-check --upgrade -e '.[dev]'
	.venv-latest/bin/python -m pip list | grep -i -E '^(tensorflow|keras|numpy|scikit-learn|tensorboard) '
	.venv-latest/bin/python -m pytest -n 2 -m "not slow"

docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --quiet
	@echo "the site: site/index.html"

$(VENV)/.docs: $(READY)
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@

docs-results: $(READY)
	$(PY) -m studies.pages

clean:
	rm -rf $(VENV) .venv-latest build dist site htmlcov *.egg-info
