# `make` alone prints what there is.
.DEFAULT_GOAL := help
.PHONY: help run console setup test test-unit test-deep bench soak bench-fleet lint fuzz dist clean

# Real advisories beside the clone, where there are any. Else `seawall up` takes the database that is there, else what it
# can fetch, else the sample that is built in.
SHARED_FEEDS := $(abspath ../shared/feeds)
ifneq ($(wildcard $(SHARED_FEEDS)/.),)
SEAWALL_FEEDS ?= $(SHARED_FEEDS)
export SEAWALL_FEEDS
endif

TARGET_DIR := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# What `seawall up` is given: make run UP_FLAGS=--exit-when-idle
UP_FLAGS ?=
run: ## build Seawall and its console, and run it for this machine; UP_FLAGS=--exit-when-idle ends it
	@scripts/setup run
	@$(MAKE) --no-print-directory console || echo 'run: the console was not built, for which Node is needed (see above); Seawall says so on its page and works without it' >&2
	cargo build --locked --workspace --bin seawall
	@$(TARGET_DIR)/debug/seawall up $(UP_FLAGS)

# Nothing is done where no input is newer than what was built. npm writes the hidden lock file last.
CONSOLE_INPUTS := $(shell find console/src console/public console/index.html console/package.json console/vite.config.ts console/tsconfig.json)
NODE := PATH="$(or $(SEAWALL_TOOLS),$(abspath target)/tools)/bin:$$PATH"
console: console/dist/index.html ## build the web console, which the next cargo build embeds

console/dist/index.html: console/node_modules/.package-lock.json $(CONSOLE_INPUTS)
	cd console && $(NODE) npm run --silent build

console/node_modules/.package-lock.json: console/package-lock.json console/.npmrc
	@scripts/setup console
	cd console && $(NODE) npm ci --silent && touch node_modules/.package-lock.json

setup: ## install what the tests need (root on Debian; lists it elsewhere)
	@scripts/setup test

test: ## every test, with the real tools; at most 40 minutes from nothing on 2 cores
	@scripts/setup test
	@scripts/run-suites test $(SUITES)

test-unit: ## the tests that need no root, network, services or feeds
	@scripts/setup unit
	@scripts/run-suites unit $(SUITES)

test-deep: ## the long variants: more pairs, more cases, more bytes
	@scripts/setup test
	@scripts/run-suites deep $(SUITES)

bench: ## speed beside Trivy, Syft and the floor, held against bars; KEEP=1 keeps the result
	@scripts/setup test
	cargo build --locked --release --workspace --bins
	@SEAWALL_BIN='$(abspath $(TARGET_DIR))/release' SEAWALL_FIXTURES='$(or $(SEAWALL_FIXTURES),$(abspath $(TARGET_DIR))/fixtures)' \
		SEAWALL_TOOLS='$(or $(SEAWALL_TOOLS),$(abspath target)/tools)' bench/run $(if $(KEEP),--keep) $(BENCH)

# LARGE=1: 100,000 images on SQLite. FLEET takes options of bench/fleet, such as --images 1000.
bench-fleet: console ## a hub with a fleet of 10,000 images on both stores, held against bars; KEEP=1 keeps the result
	@scripts/setup test
	cargo build --locked --release --workspace --bins
	@SEAWALL_BIN='$(abspath $(TARGET_DIR))/release' $(NODE) bench/fleet $(if $(LARGE),--large) $(if $(KEEP),--keep) $(FLEET)

# Half an hour. SEED=7 begins at another one.
soak: ## 200 kills of a hub on each store in a storm of scans; what came of it is kept in bench/soak
	@scripts/setup test
	@scripts/soak $(SEED)

lint: ## formatting, clippy, rustdoc, shell scripts, the order of the house
	@scripts/setup lint
	@scripts/run-suites lint

# Seconds for each fuzz target, and targets at a time: make fuzz SECONDS=60 JOBS=2 TARGETS="elf apk"
SECONDS ?= 60
JOBS ?= 2
fuzz: ## every fuzz target for SECONDS=60 each, JOBS=2 at a time
	@scripts/setup run
	@scripts/fuzz -s $(SECONDS) -j $(JOBS) $(TARGETS)

dist: ## the binary that is shipped, with link-time optimisation
	@scripts/setup run
	cargo build --locked --profile dist -p seawall
	@ls -l $(TARGET_DIR)/dist/seawall

clean: ## remove all that was built
	cargo clean
	rm -rf console/node_modules console/dist/assets console/dist/index.html*
