# make train [DATA=folder]    make test    make battery    (all set everything up first)
PYTHON ?= python3
BIN := .venv/bin

.PHONY: train test tests battery lint

train: .venv/installed
	$(BIN)/python -m rnn_sentiment.train model=gru $(if $(DATA),data.path=$(DATA))

test: .venv/installed
	$(MAKE) --output-sync --jobs=2 lint tests

tests: .venv/installed
	$(BIN)/python -m pytest -q -n 4 --dist worksteal

battery: .venv/installed
	$(BIN)/python -m benchmarks.reliability.battery
	$(BIN)/python -m benchmarks.tables

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@
