# make demo    hear a melody come back as other instruments (INPUT=my.wav for your own)
# make app     a page to record or upload to, and to hear it on other instruments
# make deploy  what a Docker image or a Hugging Face Space of that page is built from
# make test    the test suite
# make docs    these pages as a site in site/, with a reference of all public names
# make results measures docs/results.md again
# GPU=1 with either installs TensorFlow with CUDA.

PYTHON ?= python3
BIN := .venv/bin
INPUT ?=
INSTRUMENTS ?=
REQUIREMENTS := requirements.txt
# One process a core.
PYTEST := -q -n 2 --dist worksteal
# What one process has compiled, the other need not.
JAX := KERAS_BACKEND=jax JAX_COMPILATION_CACHE_DIR="$(CURDIR)/.venv-jax/compiled" JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0.2 \
	JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1 .venv-jax/bin/python -m pytest $(PYTEST)
# What depends on the backend.
JAX_TESTS := tests/ddsp_tt tests/autoencoder_tt tests/style_tt tests/test_layers.py \
	$(addprefix tests/pix2pix_tt/test_,model.py losses.py convolutions.py training.py player.py) \
	$(addprefix tests/audio_tt/test_,compat.py crepe.py loudness.py phase.py runs.py stft.py units.py weights.py) \
	tests/timbre_tt/test_commands.py::test_transfer

.PHONY: demo app deploy test test-jax test-beam lint check-all release-check docs parity results pretrained clean

demo: .venv/.installed
	$(BIN)/python -m timbre_tt.demo $(if $(INPUT),--input="$(INPUT)")

app: .venv/.installed
	$(BIN)/python -m timbre_tt.app

test: .venv/.installed
	$(BIN)/python -m pytest $(PYTEST)

test-jax: .venv-jax/.installed
	$(JAX) $(JAX_TESTS)

# What runs on Apache Beam, which needs an older protobuf than the tested set has.
test-beam: .venv-beam/.installed
	.venv-beam/bin/python -m pytest $(PYTEST) -k beam tests/audio_tt/test_beam.py \
		tests/ddsp_tt/test_preparation.py tests/pix2pix_tt/test_compute_features.py tests/pix2pix_tt/test_recordings.py \
		tests/test_docs.py

check-all: .venv/.installed .venv-jax/.installed lint test-beam
	$(BIN)/python -m pytest $(PYTEST) --graphs -m "slow or not slow"
	$(JAX)

# Installs what would be released on every supported Python that is found.
release-check: .venv/.installed
	$(BIN)/python -m tools.release_check

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

docs: .venv-docs/.installed
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build -q --strict
	@echo "site/index.html; with search: python3 -m http.server --directory site"

.venv/.installed: $(REQUIREMENTS) setup.py
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -r $(REQUIREMENTS)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	$(if $(GPU),$(BIN)/python -m pip install -q --disable-pip-version-check -c requirements.txt -e ".[gpu]")
	touch $@

.venv-jax/.installed: requirements-jax.txt setup.py
	$(PYTHON) -m venv .venv-jax
	.venv-jax/bin/python -m pip install -q --disable-pip-version-check -r requirements-jax.txt
	.venv-jax/bin/python -m pip install -q --disable-pip-version-check --no-deps -e .
	touch $@

.venv-beam/.installed: $(REQUIREMENTS) setup.py
	$(PYTHON) -m venv .venv-beam
	grep -v '^\(protobuf\|pillow\|python-dateutil\)==' $(REQUIREMENTS) > .venv-beam/requirements.txt
	.venv-beam/bin/python -m pip install -q --disable-pip-version-check -r .venv-beam/requirements.txt \
		"apache-beam>=2.77,<3" "protobuf<7"
	.venv-beam/bin/python -m pip install -q --disable-pip-version-check --no-deps -e .
	touch $@

# The pages are read, not run: the package itself stays out.
.venv-docs/.installed: setup.py
	$(PYTHON) -m venv .venv-docs
	sed -n 's/^ *"docs": \[\(.*\)\],$$/\1/p' setup.py | sed 's/", "/" "/g' \
		| xargs .venv-docs/bin/python -m pip install -q --disable-pip-version-check
	touch $@

# What an image of the page is built from; the tools of the tests stay out.
TOOLS := execnet|hypothesis|iniconfig|midirenderer|outcome|pluggy|pysocks|pytest|pytest-xdist|ruff|selenium|sniffio|sortedcontainers|trio|trio-websocket|websocket-client|wsproto

deploy: .venv/.installed
	rm -rf dist/app && mkdir -p dist/app
	$(BIN)/python -m pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w dist/app .
	grep -vE '^($(TOOLS))==' requirements.txt > dist/app/requirements.txt
	cp deploy/Dockerfile deploy/README.md deploy/.dockerignore dist/app

pretrained: .venv/.installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -c requirements.txt -e ".[data]"
	$(BIN)/python -m tools.train_instruments $(if $(INSTRUMENTS),--instruments=$(INSTRUMENTS))

REFERENCE := .venv-reference/bin/python

# The page's figures are of this SoundFont.
results: .venv/.installed
	@test -f /usr/share/sounds/sf2/FluidR3_GM.sf2 || apt-get install -qq -y fluid-soundfont-gm \
		|| { echo "FluidR3_GM.sf2 (Debian, Ubuntu: fluid-soundfont-gm) must lie in /usr/share/sounds/sf2" >&2; exit 1; }
	$(BIN)/python -m timbre_tt.benchmark_suite --most=4

parity: .venv-reference/.installed
	$(REFERENCE) benchmarks/parity/compare.py
	$(REFERENCE) benchmarks/ddsp_inference.py
	$(REFERENCE) benchmarks/ddsp_training_step.py
	$(REFERENCE) benchmarks/gru.py
	$(REFERENCE) benchmarks/crepe_speed.py

.venv-reference/.installed: requirements-reference.txt setup.py
	$(PYTHON) -m venv .venv-reference
	@$(REFERENCE) -m pip install -q --disable-pip-version-check --no-deps -r requirements-reference.txt 2> .venv-reference/pip.log \
		|| { echo "ddsp 3.7.0 could not be installed (no package index?); .venv-reference/pip.log says why" >&2; exit 1; }
	$(REFERENCE) -m pip install -q --disable-pip-version-check --no-deps -e .
	touch $@

clean:
	rm -rf .venv .venv-jax .venv-beam .venv-docs .venv-reference demo_output build site *.egg-info
