# make train [DATA=folder]   make test   make battery   make release   (all set everything up first)
PYTHON ?= python3
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE  # or every process of the tests would compile every module again

.PHONY: train test tests battery lint release

train: .venv/installed
	$(BIN)/python -m rnn_sentiment.train model=gru $(if $(DATA),data.path=$(DATA))

test: .venv/installed
	$(MAKE) --output-sync --jobs=2 lint tests

tests: .venv/installed
	$(BIN)/python -m pytest -q -n 3 --dist worksteal

battery: .venv/installed
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "battery and not fault"
	$(BIN)/python -m benchmarks.reliability.battery
	$(BIN)/python -m benchmarks.tables

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Wheel and sdist, and a model trained, used and compared from the wheel in an environment of its own.
release: .venv/installed
	rm -rf dist
	$(BIN)/python -m build --quiet
	$(PYTHON) -m venv dist/clean
	dist/clean/bin/python -m pip install --quiet dist/*.whl
	cd dist && clean/bin/python -m rnn_sentiment.train data=demo data.demo_sizes=[600,200] \
	    hydra.run.dir=runs/check
	cd dist && clean/bin/python -m rnn_sentiment.predict run=runs/check "A quiet, honest film."
	cd dist && clean/bin/python -m rnn_sentiment.report runs out=report
	rm -rf dist/clean dist/runs dist/report
	ls -l dist

.venv/installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --editable ".[dev]"
	touch $@
