# Each target sets up its environment itself. See README.md and BUILD.md.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.installed
# The constraints were tested with Python 3.11; other versions use the ranges
# of pyproject.toml.
CONSTRAINTS = $(shell "$(PYTHON)" -c 'import sys; print("-c constraints.txt" if sys.version_info[:2] == (3, 11) else "")')
PIP_INSTALL = $(PY) -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS)
export TF_CPP_MIN_LOG_LEVEL ?= 2
export TF_ENABLE_ONEDNN_OPTS ?= 1

.PHONY: demo test test-all test-latest coverage docs docs-results lint venv clean

# One line if there is no suitable Python.
define CHECK_PYTHON
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "make: no Python at '$(PYTHON)'. Install Python 3.11, 3.12 or 3.13, or pass its path: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "make: $(PYTHON) is $$("$(PYTHON)" --version 2>&1). seal_tf supports Python 3.11 to 3.13: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "make: $(PYTHON) has no venv module. Install it (Debian: apt-get install python3.11-venv)" >&2; exit 2; }
endef

venv: $(READY)

$(READY): pyproject.toml constraints.txt
	$(CHECK_PYTHON)
	"$(PYTHON)" -m venv $(VENV)
	$(PIP_INSTALL) -e '.[dev]'
	@$(PIP_INSTALL) -e '.[cv]' 2>/dev/null || \
	  echo "make: keras-cv does not install; its tests are skipped" >&2
	@for backend in jax torch; do \
	  $(PIP_INSTALL) -e ".[$$backend]" 2>/dev/null || \
	  echo "make: $$backend does not install; its tests are skipped" >&2; done
	@touch $@

# Six short trainings: two methods, three seeds, as many passes.
DEMO = $(PY) -m seal_tf.train --flagfile=configs/demo.flags --seeds=0,1,2 --checkpoint_every_epochs=0
demo: $(READY)
	@echo "[1/3] one long cosine, the baseline: 200 handwritten digits, three seeds"
	$(DEMO) --method=normal --generations=1 --epochs_per_generation=32 --workdir=runs/demo/normal
	@echo "[2/3] SEAL, four generations, with as many passes"
	$(DEMO) --method=seal --workdir=runs/demo/seal
	@echo "[3/3] the comparison"
	$(PY) -m seal_tf.report --out=runs/demo/report --runs=runs/demo/normal/seed0,runs/demo/normal/seed1,runs/demo/normal/seed2,runs/demo/seal/seed0,runs/demo/seal/seed1,runs/demo/seal/seed2

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# A sample of what runs on every backend of Keras, and all of it.
BACKEND_SAMPLE := tests/backends tests/optimizers/test_sgd.py
BACKEND_TESTS := tests/backends tests/training tests/callbacks \
  tests/schedules tests/checkpoints tests/ascent_scale tests/optimizers
# $(call ON_OTHER_BACKENDS,pytest arguments)
define ON_OTHER_BACKENDS
	@for backend in jax torch; do \
	  if $(PY) -c "import $$backend" 2>/dev/null; then \
	    echo "Keras on $$backend"; \
	    KERAS_BACKEND=$$backend $(PY) -m pytest -n 2 $(1) || exit 1; \
	  else echo "make: $$backend is not installed; its tests are skipped" >&2; fi; done
endef

test: lint
	$(PY) -m pytest -n 2 -m "not slow"
	$(call ON_OTHER_BACKENDS,-m "not slow" $(BACKEND_SAMPLE))

test-all: lint
	$(PY) -m pytest -n 2
	$(call ON_OTHER_BACKENDS,$(BACKEND_TESTS))

# htmlcov/index.html lists the lines that no test of `make test` runs.
coverage: $(READY)
	$(PY) -m pytest -n 2 -m "not slow" --cov --cov-report=html --cov-report=term:skip-covered

# The newest TensorFlow and Keras that pyproject.toml allows, without pins.
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
	$(PIP_INSTALL) -e '.[docs]'
	@touch $@

docs-results: $(READY)
	$(PY) -m studies.embedded_tables

clean:
	rm -rf $(VENV) .venv-latest build dist site htmlcov *.egg-info
