# The workshop. `make demo` shows it, `make test` proves it. Works with GNU make and BSD make.
.PHONY: all demo demo-clean test lint format bench lock clean
.NOTPARALLEL:

all:
	@tools/environment.sh run

# Both consoles stay up a quarter of an hour. Other wishes: make demo ARGS="--serve"
demo: all
	@.venv/bin/detente demo --stay 15 $(ARGS)

demo-clean:
	rm -rf demo

# One test: make test COVER=no ARGS="tests/core/test_tree.py -k leaf"
test:
	@tools/environment.sh dev
	@COVER=$(COVER) tools/test.sh $(ARGS)

lint:
	@tools/environment.sh dev
	@tools/test.sh --lint

format:
	@tools/environment.sh dev
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

# All benches, or: make bench ARGS="link log"
bench: all
	@tools/bench.sh $(ARGS)

# New locks. They hold names, versions and hashes, and name no index: any mirror will do.
lock:
	@tools/lock.sh $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* build dist
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
