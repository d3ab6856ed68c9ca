# `make run` to look at it, `make test` to change it. `make help` lists the rest.
# Works with GNU make 3.81 (macOS): no .ONESHELL, no grouped targets.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON := .venv/bin/python
UV := $(shell command -v uv 2>/dev/null || echo .venv/bin/uv)
COMPILE := $(UV) pip compile --quiet --universal --no-header --no-annotate --generate-hashes --python-version 3.11
SWAGGER := $(addprefix swagger-ui-dist/,swagger-ui-bundle.js swagger-ui.css LICENSE NOTICE swagger-ui-bundle.js.LICENSE.txt)
ZXING := $(addprefix zxing-wasm/,dist/es/reader/index.js dist/es/share.js dist/reader/zxing_reader.wasm LICENSE)
QR := $(addprefix qr/,index.js decode.js LICENSE LICENSE-MIT)
VENDOR := $(addprefix static/vendor/,$(SWAGGER) $(ZXING) $(QR))

.PHONY: help run test test-system bench lint fix lock build wheel clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: build ## the demo season on http://127.0.0.1:8000, with its worker; PORT=… moves it, Ctrl-C ends it
	@DEBUG=1 exec .venv/bin/workshops run

test: lint $(VENDOR) ## format, lint, types, then every test on SQLite and PostgreSQL and in Chromium; ARGS=… goes to pytest
	@chromium=$$(scripts/chromium) && CHROMIUM_PATH="$$chromium" $(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-system: .venv/.dev $(VENDOR) ## the tests that need Debian's servers as root; ARGS=… goes to pytest
	@scripts/debian libical3 postfix dovecot-imapd dovecot-lmtpd webkit2gtk-driver xvfb
	@$(PYTHON) -m pytest -m system $(ARGS)

bench: .venv/.dev $(VENDOR) ## the benchmarks, SQLite and PostgreSQL, each beside its floor; ARGS=… goes to them
	@chromium=$$(scripts/chromium) && CHROMIUM_PATH="$$chromium" $(PYTHON) -m bench $(ARGS)

lint: .venv/.dev ## format, lint and types, nothing changed
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy

fix: .venv/.dev ## format, and mend what the linter can mend
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

lock: $(PYTHON) ## lock what pyproject.toml and package.json ask for; ARGS=--upgrade takes the newest
	@[ -x "$(UV)" ] || $(PYTHON) -m pip install --quiet --disable-pip-version-check uv
	@$(COMPILE) $(ARGS) pyproject.toml -o requirements.txt
	@$(COMPILE) $(ARGS) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	@$(COMPILE) $(ARGS) --group node -o requirements-node.txt
	@scripts/npm $(if $(ARGS),update,install) --package-lock-only
	@if grep -n '://' requirements*.txt || grep -n '"resolved"' package-lock.json; then \
		echo "These lines name a registry's host; a lock must not." >&2; exit 1; \
	fi

build: .venv/.runtime $(VENDOR) ## everything `make run` needs, without running it

wheel: .venv/.dev ## dist/*.whl, offline; run `make build` first
	@$(PYTHON) -m hatchling build -t wheel

clean: ## remove all that was made here, but var/ with its database
	@rm -rf .venv node_modules static/vendor dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps below are files, so nothing is installed twice and the second `make run` needs no network.

$(PYTHON):
	@scripts/venv

# The source tree becomes importable by one line of .pth, and the command is a file that finds the Python beside it:
# no build backend, no network, and a clone that is moved goes on working.
.venv/.runtime: requirements.txt scripts/workshops $(PYTHON)
	@echo "Installing the locked requirements into .venv (once) …"
	@scripts/install requirements.txt
	@echo ../../../.. > "$$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/workshops.pth"
	@cp scripts/workshops .venv/bin/workshops
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	@echo "Installing the locked development requirements into .venv (once) …"
	@scripts/install requirements-dev.txt
	@touch $@

node_modules/.installed: package-lock.json | $(PYTHON)
	@echo "Installing the locked browser packages (once) …"
	@scripts/npm ci
	@touch $@

$(VENDOR): static/vendor/%: node_modules/.installed
	@mkdir -p $(@D)
	@cp node_modules/$* $@
