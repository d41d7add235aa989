# Each target makes what it needs first. `make help` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
WHAT ?= tests
# Many tests wait more than they work, so five at once keep two cores busy; a file's tests share what it set up.
AT_ONCE ?= -n 5 --dist loadfile --no-loadscope-reorder

# Tests start many processes, which keep what Python compiles for each other, as processes do outside containers.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install run test test-matrix faults lint bench bench-engines bench-answers seed-history bench-history load scale format screenshots translations fixture crawl bench-screens bench-peers audit sbom

help:  ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

install: .venv/installed  ## make .venv with what Docent needs

.venv/installed: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/installed-tests: .venv/installed tests/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

run: .venv/installed  ## run Docent on this machine; Ctrl-C stops it
	@exec $(BIN)/python run.py serve

test: .venv/installed-tests  ## run the tests
	$(BIN)/python -m pytest $(AT_ONCE) $(WHAT)

test-matrix: .venv/installed-tests  ## try every route x method x person x row, not only each two of them together
	WHOLE_MATRIX=1 $(BIN)/python -m pytest -n 2 tests/isolation

faults: .venv/installed-tests  ## hours of faults: N_KILLS=1000 kills, N_REQUESTS=100000 nobody planned, each place that can fail; print what came of it
	N_KILLS=$(or $(N_KILLS),1000) N_STREAMS=$(or $(N_STREAMS),50) $(BIN)/python -m pytest -s tests/faults/test_kills.py tests/faults/test_streams.py
	N_FAULTS=1000000 N_CRASHES=100 N_FULL=7 $(BIN)/python -m pytest -s tests/faults/test_fault_points.py tests/faults/test_postgres.py tests/faults/test_full_disk.py
	EVERY_STAGE=1 N_CHANGED=210 $(BIN)/python -m pytest -s tests/faults/test_redis.py tests/indexes/test_loaders_hostile.py
	N_REQUESTS=$(or $(N_REQUESTS),100000) $(BIN)/python -m pytest -s tests/isolation/test_fuzz.py
	N_STARTS=8 $(BIN)/python -m pytest -s tests/commands/test_first_starts.py
	N_MACHINES=3 N_STARTS=8 $(BIN)/python -m tests.faults.postgres $(BIN)/python -m pytest -s tests/faults/test_machines.py tests/commands/test_first_starts.py

fixture: .venv/installed  ## write down what this version leaves behind, for the tests of later versions; before each release
	$(BIN)/python .ci/record.py

translations: .venv/installed  ## bring the catalogs of app/translations up to what the code says, and tell what is missing
	$(BIN)/python .ci/translations.py

crawl: .venv/installed-tests  ## open every page of every role, in each color and size, with all rules of accessibility, and press every button twice
	WHOLE_CRAWL=1 $(BIN)/python -m pytest -n 2 --dist load tests/e2e/test_screens.py tests/e2e/test_sent_twice.py

screenshots: .venv/installed-tests  ## take the pictures of the README again
	$(BIN)/python docs/images/take.py

lint: .venv/installed-tests  ## look at the code: ruff, mypy, who may call whom, budgets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy indexes app models jobs views widget config.py run.py .ci/budgets.py .ci/translations.py .ci/materials.py .ci/record.py
	$(BIN)/lint-imports --no-logo
	$(BIN)/python .ci/budgets.py

bench: .venv/installed  ## measure speed and memory; minutes
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/loaders.py
	$(BIN)/python benchmarks/scale.py

bench-engines: .venv/installed-tests  ## measure the engines for vectors of large chatbots; a quarter of an hour
	$(BIN)/python benchmarks/engines.py 20000 200000 --one-graph

bench-screens: .venv/installed-tests  ## measure what screens weigh, and how fast lists of ROWS=100000 are
	$(BIN)/python benchmarks/screens.py --rows $(or $(ROWS),100000)

QUESTIONS ?= ../shared/data/qa-dev
bench-answers: .venv/installed  ## measure how good answers are on the question sets in QUESTIONS; EVERY=n-th question
	$(BIN)/python benchmarks/answers.py $(QUESTIONS) --every $(or $(EVERY),1)
	$(BIN)/python benchmarks/curated.py $(QUESTIONS)

.peers/installed: benchmarks/peers/requirements.txt
	test -x .peers/bin/python || $(PYTHON) -m venv .peers
	.peers/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	.peers/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers/requirements.txt
	touch $@

bench-peers: .venv/installed .peers/installed  ## set Docent beside LangChain, LlamaIndex, Haystack and txtai; ONE=module of one of them, EVERY=n-th question
	$(BIN)/python benchmarks/bench_peers.py $(QUESTIONS) --every $(or $(EVERY),1) --rounds $(or $(ROUNDS),2) --only $(ONE)

seed-history: .venv/installed  ## fill the installation of DATA_DIR and DATABASE_URL with N=1000000 messages of a year
	$(BIN)/python benchmarks/seed_history.py --messages $(or $(N),1000000)

bench-history: .venv/installed  ## measure lists, search and exports of N=1000000 messages; HERE=1: of those that are there
	$(BIN)/python benchmarks/history.py --messages $(or $(N),1000000) $(if $(HERE),--here)

load: .venv/installed  ## let STREAMS=200 visitors ask for SECONDS=180 with a slow chat model, and print what became of it
	$(BIN)/python benchmarks/load.py --streams $(or $(STREAMS),200) --seconds $(or $(SECONDS),180)

scale: .venv/installed  ## hold the model of docs/scale.md against loads of 50 and of 200 visitors for SECONDS=180
	mkdir -p .loads
	-$(BIN)/python benchmarks/load.py --streams 50 --seconds $(or $(SECONDS),180) --save .loads/50.json
	-$(BIN)/python benchmarks/load.py --streams 200 --seconds $(or $(SECONDS),180) --save .loads/200.json
	$(BIN)/python benchmarks/capacity.py --held-against .loads/50.json .loads/200.json

.audit/installed: .ci/audit.txt
	test -x .audit/bin/python || $(PYTHON) -m venv .audit
	.audit/bin/python -m pip install --quiet --disable-pip-version-check -r .ci/audit.txt
	touch $@

audit: .venv/installed .audit/installed  ## look for known weaknesses of what requirements.txt brings; needs the internet
	$(BIN)/python .ci/materials.py audit

sbom: .venv/installed .audit/installed  ## write sbom.json, the bill of materials of what requirements.txt brings (CycloneDX)
	$(BIN)/python .ci/materials.py sbom

format: .venv/installed-tests  ## format the code
	$(BIN)/ruff format .
