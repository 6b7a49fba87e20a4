# Everything runs in .venv, which the first target that needs it makes. `make help` lists the targets.
.DEFAULT_GOAL := help
SHELL := bash
BIN := .venv/bin
PYTEST_WORKERS ?= 3
MANIFEST := pyproject.toml constraints.txt .ci/venv

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: .venv/.stamp-demo ## a simulated house on a real broker; prints an address, a token and a code
	@$(BIN)/hearth demo

.PHONY: test
test: .venv/.stamp-test ## all checks and all tests, but for those that need a heavy peer
	@.ci/system-packages mosquitto gcc
	@$(MAKE) --no-print-directory check > .venv/check.log 2>&1 & check=$$!; \
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadgroup -m "not peers and not bench"; tests=$$?; \
	wait $$check; checked=$$?; cat .venv/check.log; exit $$((tests | checked))

.PHONY: test-peers
test-peers: .venv/.stamp-test ## the tests against heavy third-party peers, and those that take long
	@.ci/system-packages mosquitto node gcc g++ clang arm-none-eabi-gcc qemu-system-arm coap-client avahi-daemon chromium
	@.ci/node-packages
	@.ci/home-assistant || [ $$? = 3 ]
	@.ci/esphome || [ $$? = 3 ]
	$(BIN)/python -m pytest -m "peers and not service"

.PHONY: test-service
test-service: .venv/.stamp-test ## the service under a systemd of its own: watchdog, upgrade, roll back; needs root
	@.ci/system-packages mosquitto
	@.ci/system-packages systemd-nspawn || true
	$(BIN)/python -m pytest -m service

.PHONY: pictures
pictures: .venv/.stamp-test ## take the pictures of the first run anew (docs/pictures)
	@.ci/system-packages mosquitto chromium
	@mkdir -p build/pictures docs/pictures
	HEARTH_PICTURES=build/pictures $(BIN)/python -m pytest -q -m peers tests/peers/test_app_first_run.py
	@cp build/pictures/first-*.webp docs/pictures/

.PHONY: check
check: .venv/.stamp-test ## formatting, lint, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: bench
bench: .venv/.stamp-test ## measure speed and memory beside a floor of the same run, fairness, and a thousand power cuts
	@.ci/system-packages mosquitto gcc
	$(BIN)/python tests/bench/run.py
	$(BIN)/python tests/bench/discovery.py
	$(BIN)/python -m tests.bench.announced_lan
	$(BIN)/python -m tests.bench.mixed
	$(BIN)/python -m tests.bench.line
	$(BIN)/python -m tests.bench.arbitration
	$(BIN)/python -m tests.bench.mcp
	$(BIN)/python -m tests.bench.app
	$(BIN)/python -m tests.bench.history
	$(BIN)/python -m tests.bench.campaign --kills 1000

.PHONY: lock
lock: .venv/.stamp-test ## write the versions that are installed now to constraints.txt
	@.ci/lock

.PHONY: clean
clean: ## remove the environment and everything that can be made again
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist firmware-bridge/build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.stamp-demo: $(MANIFEST)
	@.ci/venv demo
	@touch $@

.venv/.stamp-test: $(MANIFEST)
	@.ci/venv test
	@touch $@
