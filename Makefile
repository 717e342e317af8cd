# For developers; users need only pip. Every target does its own set-up; a second call skips what is done.

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.stamp-runtime
DEV := $(VENV)/.stamp-dev
BENCH := $(VENV)/.stamp-bench
SETUP := pyproject.toml scripts/make_venv.sh
WORKERS ?= 2

.PHONY: help install demo test test-deep check format bench bench-large clean

help:
	@echo "make demo         make a company up, load it, serve the app (PORT=8060 for another port)"
	@echo "make test         all tests, with those in the browser"
	@echo "make check        ruff, mypy --strict, import-linter"
	@echo "make install      the package and the tools of developers into $(VENV)"
	@echo "make test-deep    the long random checks"
	@echo "make bench        speed against DuckDB and chDB, 1 million events"
	@echo "make bench-large  the same with 20 and 100 million events"
	@echo "make format       let ruff lay out the code"
	@echo "make clean        delete what building and testing left"

install: $(DEV)

$(RUNTIME): $(SETUP)
	@sh scripts/make_venv.sh $(VENV) "."
	@touch $@

$(DEV): $(SETUP)
	@sh scripts/make_venv.sh $(VENV) ".[dev]"
	@touch $(RUNTIME) $@

$(BENCH): $(SETUP)
	@sh scripts/make_venv.sh $(VENV) ".[dev,bench]"
	@touch $(RUNTIME) $(DEV) $@

demo: $(RUNTIME)
	@$(BIN)/python -m workbench demo $(if $(PORT),--port $(PORT))

test: $(DEV)
	@chromium=$$(sh scripts/find_chromium.sh) || exit 1; \
	if [ -n "$$chromium" ]; then \
		WORKBENCH_CHROMIUM="$$chromium" $(BIN)/python -m pytest -n $(WORKERS) $(TESTS); \
	else \
		$(BIN)/python -m pytest -n $(WORKERS) -m "not deep and not browser" $(TESTS); \
	fi

test-deep: $(DEV)
	$(BIN)/python -m pytest -n $(WORKERS) -m deep $(TESTS)

check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(BENCH)
	$(BIN)/python -m tests.benchmarks.run --events 1000000

bench-large: $(BENCH)
	$(BIN)/python -m tests.benchmarks.run --events 20000000
	$(BIN)/python -m tests.benchmarks.run --events 100000000

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find workbench visualizations tests -name __pycache__ -type d -prune -exec rm -rf {} +
