# Two commands on a fresh machine with Python 3.11+ and make: `make up` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCKS := requirements/bootstrap.lock requirements/requirements.lock
PROFILE ?= demo
PORT ?= 8000
N ?= 10000000
JOBS ?= 2
# As many as processors; three have not been measured on an idle machine of two.
WORKERS ?= 2
FUZZ_SECONDS ?= 600
export UV_SYSTEM_CERTS ?= 1
export DEEPEVAL_TELEMETRY_OPT_OUT := 1
# Many processes are started: each would compile again all that it brings in.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up setup docs pictures test lint unit quick-evals evals evals-extra fuzz bench bench-scale browser spark postgres lock clean

up: $(STAMP) ## data if missing, build if stale, serve the chat
	@$(BIN)/command-center up --profile $(PROFILE) --port $(PORT)

setup: $(STAMP) ## the virtual environment with every locked dependency

$(STAMP): $(LOCKS) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
		|| { echo "Python 3.11, 3.12 or 3.13 is needed; set PYTHON=/path/to/python3.11" >&2; exit 4; }
	@test -x $(BIN)/pip || $(PYTHON) -c 'import ensurepip' 2>/dev/null || sh .ci/install-venv
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@echo "Installing locked dependencies ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements/requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q agents evals generator prompts semantic tools ui warehouse
	@touch $@

test: $(STAMP) browser spark ## what CI runs; lint, which keeps one processor busy, beside the quick evals
	@$(MAKE) --no-print-directory -j2 lint quick-evals
	@$(MAKE) --no-print-directory unit

lint: $(STAMP) spark
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

unit: $(STAMP) browser spark
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

quick-evals: $(STAMP)
	@$(BIN)/command-center eval run --quick --jobs $(JOBS) questions conversations paraphrases scout-quick \
		accuracy dialogues faithfulness guard injection robustness routing tools actions-quick impact-quick

evals: evals-extra ## every eval suite on every instance, logged to MLflow (var/evals/mlflow.db); then the adapters' tests and the whole demo
	@code=0; $(BIN)/command-center eval run --jobs $(JOBS) --mlflow local || code=$$?; \
		$(BIN)/command-center eval run actions impact || code=$$?; \
		STORY=1 $(BIN)/python -m pytest -q tests/evals/adapters tests/test_demo_story.py && \
		$(BIN)/deepeval test run tests/evals/adapters/test_deepeval_answers.py && exit $$code

evals-extra: $(STAMP) ## MLflow and DeepEval, which nothing else needs
	@$(BIN)/python -c 'import deepeval, mlflow, sqlalchemy' 2>/dev/null || $(BIN)/uv pip install --quiet \
		--python $(BIN)/python --require-hashes --no-deps -r requirements/evals.lock

docs: $(STAMP) ## the documentation as a site in var/site, links and anchors checked
	@$(BIN)/mkdocs build --strict --quiet --site-dir $(CURDIR)/var/site

pictures: $(STAMP) browser ## the pictures in docs/, of the demo company as `make up` has built it
	@$(BIN)/python -m benchmarks.pictures var/warehouse

fuzz: $(STAMP) ## random and mutated statements against the guard; FUZZ_SECONDS=600, FUZZ_SEED to repeat a run
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest -q -s tests/warehouse/fuzz
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest -q tests/agents/planner/test_properties.py

bench: $(STAMP) spark ## measured comparisons; see benchmarks/README.md
	@$(BIN)/python -m benchmarks.run

bench-scale: $(STAMP) ## a company of N interactions: full build, a new day, late days; N=100000000 for all
	@$(BIN)/python -m benchmarks.scale -n $(N)

browser: ## Debian's Chromium for the browser tests
	@command -v chromium >/dev/null 2>&1 || sh .ci/install-chromium

spark: $(STAMP) ## PySpark and Java, for `build --engine spark`, its tests and benchmarks
	@command -v java >/dev/null 2>&1 || test -x "$$JAVA_HOME/bin/java" || sh .ci/install-java
	@$(BIN)/python -c 'import pyspark' 2>/dev/null || $(BIN)/uv pip install --quiet --python $(BIN)/python \
		--require-hashes --no-deps -r requirements/spark.lock

postgres: $(STAMP) ## what state in PostgreSQL needs (`[database] url`), which nothing else does
	@$(BIN)/python -c 'import sqlalchemy, langgraph.checkpoint.postgres' 2>/dev/null || $(BIN)/uv pip install --quiet \
		--python $(BIN)/python --require-hashes --no-deps -r requirements/postgres.lock

lock: $(STAMP) ## resolve the locks again
	@sh requirements/lock.sh $(BIN)/uv

clean: ## everything that the commands above made, data included
	rm -rf $(VENV) var .fuzz .deepeval .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
