# `make demo` and `make test` do all their set-up themselves; `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
WORKERS ?= auto

.PHONY: help demo test lint audit verify coverage fuzz mutate kill bench sample traits schema locale lock clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

# A marker for each lock file, so that nothing is installed twice.
$(VENV)/demo.done: requirements/demo.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --no-deps --require-hashes -r requirements/demo.txt
	$(PIP) install --quiet --no-deps -e .
	touch $@

$(VENV)/dev.done: requirements/dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --no-deps --require-hashes -r requirements/dev.txt
	$(PIP) install --quiet --no-build-isolation --no-deps -e .
	touch $@ $(VENV)/demo.done

demo: $(VENV)/demo.done  ## real servers on loopback, a scan, a report; installs only into .venv
	$(BIN)/tlsprobe demo

test: $(VENV)/dev.done lint  ## everything CI runs; as root it installs the Debian packages of its test servers
	$(BIN)/python -m tests.peers.install
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

lint: $(VENV)/dev.done  ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Its own environment: what it brings must not decide about the locked versions. --strict, because a package
# that the service does not know, or an index that has no such service, is otherwise passed over as harmless.
audit:  ## known vulnerabilities of the locked packages; asks the package index about each, so it is no part of `make test`
	test -x $(VENV)/audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)/audit && \
		$(VENV)/audit/bin/python -m pip --disable-pip-version-check install --quiet 'pip-audit>=2.10,<3'; }
	$(VENV)/audit/bin/pip-audit --strict --require-hashes --disable-pip \
		-r requirements/demo.txt -r requirements/dev.txt

verify: $(VENV)/dev.done  ## every real server, ten runs of ten, against the measured facts
	$(BIN)/python -m tests.peers.verify

coverage: $(VENV)/dev.done  ## branches of tls/, rules and report that the tests without a server reach; fails below 95 %
	$(BIN)/pytest tests/unit tests/vectors tests/fuzz -n $(WORKERS) --cov

SECONDS ?= 20
fuzz: $(VENV)/dev.done  ## every parser under a coverage-guided fuzzer, SECONDS (20) each, from the committed corpus
	$(PIP) install --quiet --no-build-isolation -e ".[fuzz]"
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

SAMPLE ?= 1000
mutate: $(VENV)/dev.done  ## SAMPLE (1000) changed places in tls/ and rules: how many do the tests notice? 0 for all
	$(PIP) install --quiet --no-build-isolation -e ".[mutate]"
	$(BIN)/python -m tests.mutation --sample $(SAMPLE)

kill: $(VENV)/dev.done  ## a scan killed (-9) 200 times at random moments, and gone on with
	TLSPROBE_KILLS=200 $(BIN)/pytest -q -s tests/hostile/test_killed.py

bench: $(VENV)/dev.done  ## timings and connection counts, as ratios in one run; as root it installs the scanners it compares
	$(BIN)/python -m benchmarks.cost
	$(BIN)/python -m benchmarks.reports
	$(BIN)/python -m benchmarks.throughput
	$(BIN)/python -m benchmarks.hostile
	$(BIN)/python -m benchmarks.cluster
	$(BIN)/pytest benchmarks/micro -q --benchmark-timer=time.process_time --benchmark-columns=min,median,rounds
	$(BIN)/python -m benchmarks.beside

# Whose machine it was is nobody's business, so user and host are taken out of run.json.
sample: $(VENV)/dev.done  ## reports/sample again, in both languages, from every real server that can run here
	$(BIN)/python -m tests.peers.sample reports/sample
	sed -i -E 's/^  "(user|host)": "[^"]*"/  "\1": "example"/' reports/sample/run.json
	$(BIN)/tlsprobe report reports/sample || test $$? -eq 1
	$(BIN)/tlsprobe report reports/sample --lang ja --format html,csv --out reports/sample/ja || test $$? -eq 1
	$(BIN)/python -m tests.page.pictures docs/images

traits: $(VENV)/dev.done  ## the traits of TLS libraries again, from every one that runs here, and docs/stacks.md
	$(BIN)/python -m tests.stacks.fetch
	$(BIN)/python -m tests.stacks.learn
	$(BIN)/python -m tests.stacks.evaluate > docs/stacks.md

schema: $(VENV)/dev.done  ## docs/scan.schema.json again, from the code
	$(BIN)/python -c "from tlsprobe.journal import json_schema; print(json_schema(), end='')" > docs/scan.schema.json

locale: $(VENV)/dev.done  ## the catalogues of translations in step with the English; says what is left to translate
	$(BIN)/python -m tlsprobe.wording.upkeep

lock: $(VENV)/dev.done  ## make the lock files again from pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url \
		--no-emit-find-links --extra dev --extra demo --output-file requirements/dev.txt pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url \
		--no-emit-find-links --extra demo --constraint requirements/dev.txt \
		--output-file requirements/demo.txt pyproject.toml

clean:  ## remove what make and the tests made
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
