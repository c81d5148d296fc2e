# Every target works through the project's own environment, which spark-submit.sh makes where it is missing.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON_OF_VENV := .venv/bin/python
PYTEST := $(PYTHON_OF_VENV) -m pytest
# Two processes, each with a Spark session of its own (about 2.5 GB), take the tests file by file.
SIDE_BY_SIDE := --numprocesses 2 --dist loadfile --no-loadscope-reorder
# One process takes all tests that need Spark, one after the other; the second one, without a session, takes the rest.
ONE_WITH_SPARK := --numprocesses 2 --dist loadgroup --no-loadscope-reorder
# A benchmark reports its goals with `--json`. The other modules in the folder are parts of benchmarks.
BENCHMARKS = $(shell grep -l -e '"--json"' benchmarks/*.py)
QUICK := --quick
export TZ := UTC

.PHONY: help setup test test-fast evidence lint format types layers bench demo lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup:  ## the environment for runs and development (once, a few minutes)
	@./spark-submit.sh --dev --setup

test: setup  ## all the set-up, then all tests but those of `make evidence`
	$(PYTEST) $(SIDE_BY_SIDE) -m "not evidence" --durations 15

test-fast: setup  ## tests without those marked slow, cluster or page: two or three minutes
	$(PYTEST) $(ONE_WITH_SPARK) tests/unit tests/properties -m "not slow and not cluster and not page"

evidence: setup  ## the tests that show the measured claims of the docs (hours; they go on after an interruption)
	TIDEGATE_COMPILED=1 $(PYTEST) -s tests/evidence
	TIDEGATE_COMPILED=1 $(PYTEST) -m evidence

lint: setup  ## ruff: rules and format of imports
	.venv/bin/ruff check .

format: setup  ## ruff: format and what it can mend by itself
	.venv/bin/ruff format . && .venv/bin/ruff check --fix .

types: setup  ## mypy: strict on lib; in tests, jobs and benchmarks, that what they import and call exists
	.venv/bin/mypy
	.venv/bin/mypy --config-file tests/mypy.ini

layers: setup  ## import-linter: who may import whom
	PYTHONPATH=lib .venv/bin/lint-imports

bench: setup  ## every benchmark, at most 10 minutes each; all sizes, which take hours: make bench QUICK=
	@failed=; for each in $(BENCHMARKS); do echo "== $$each $(QUICK)"; ./spark-submit.sh "$$each" $(QUICK) || failed+=" $$each"; done; \
	if [ -n "$$failed" ]; then echo "failed or missed a goal:$$failed"; exit 1; fi

demo:  ## all of the example system: data, features, training, predictions, page
	./spark-submit.sh jobs/run_system.py --system flight_delays

lock: setup  ## refresh requirements/*.lock from requirements/*.in
	@for each in build run dev; do \
	  (cd requirements && ../.venv/bin/uv pip compile --upgrade --universal --generate-hashes --python-version 3.11 \
	    --no-emit-index-url --quiet --custom-compile-command "make lock" $$each.in --output-file $$each.lock) || exit 1; done
	@! grep -n '://' requirements/*.lock || { echo "a lock names a host"; exit 1; }
	@git --no-pager diff --stat -- requirements

clean:  ## remove what tools wrote (the environment and ./data stay; `rm -rf .venv` for the first)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build spark-warehouse metastore_db derby.log
	find lib jobs tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
