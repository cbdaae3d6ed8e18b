# guild: see README.md. `make demo` and `make test` do all the set-up on a fresh machine.
.DEFAULT_GOAL := help
.PHONY: help build release demo test soak check lint fmt bench dictionary install man completions fresh measure bootstrap clean
SHELL := /bin/sh
PREFIX ?= /usr/local
# A build folder of its own for each set of flags: changing flags in one folder rebuilds everything.
RELEASE := --scratch-path .build-release -c release --static-swift-stdlib
# A target imports only what Package.swift declares for it; the tests also find what is declared in vain.
CHECKED := --explicit-target-dependency-import-check error
DEBUG_BIN := .build/debug
RELEASE_BIN := .build-release/release
SOURCES := Package.swift Sources Tests Benchmarks

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

bootstrap:
	@.ci/bootstrap

build: bootstrap ## build for debugging
	swift build $(CHECKED)

release: bootstrap ## build the binary that is installed, with Swift's runtime inside
	swift build $(RELEASE) --product guild

demo: bootstrap ## the main road: a signed webhook in, an audited action out; no key, no network
	swift build --product guild
	swift build --product GuildStandIn
	@.ci/demo $(DEBUG_BIN)

test: bootstrap ## every test
	swift build $(CHECKED) --build-tests
	@.ci/with-postgres .ci/test

soak: bootstrap ## the long tests: 500 kills, attacks, books of ten million postings (7 GB in TMPDIR, half an hour)
	swift build --build-tests
	GUILD_SOAK=1 swift test --skip-build --filter 'Soak|Hostile|DamageSweep'
	POSTINGS=10000000 Benchmarks/run books

lint: ## formatting and style
	swift format lint --strict --recursive --parallel $(SOURCES)

fmt: ## format the sources
	swift format --in-place --recursive --parallel $(SOURCES)

check: lint test fresh ## format, build with warnings as errors, tests, generated files

measure: ## sizes, members, documentation and wording of the sources (docs/house.md)
	@.ci/measure-house

bench: bootstrap ## measure, in a release build, beside what is compared with
	Benchmarks/run

# A dictionary that has been shipped is never changed: a new one gets the next number (Sources/CZstd/Dictionaries/README.md).
DICTIONARY := 32769
dictionary: ## train the dictionary that stored bodies are compressed with; needs zstd, python3 and the network
	Sources/CZstd/Dictionaries/train.py $(DICTIONARY) Sources/CZstd/Dictionaries/bodies-$(DICTIONARY).zdict

man: build ## generate man/
	@mkdir -p man
	$(DEBUG_BIN)/guild --experimental-dump-help | $(DEBUG_BIN)/GuildManual man "$$($(DEBUG_BIN)/guild --version)"

completions: build ## generate completions/
	@mkdir -p completions
	$(DEBUG_BIN)/guild completions bash > completions/guild.bash
	$(DEBUG_BIN)/guild completions zsh > completions/_guild
	$(DEBUG_BIN)/guild completions fish > completions/guild.fish

fresh: man completions ## fail when generated files are stale
	@test -z "$$(git status --porcelain man completions)" || { git status --short man completions; echo "generated files are stale: run make man completions and commit them" >&2; exit 1; }

install: release ## install guild, its man pages and completions under PREFIX
	install -D -s -m 755 $(RELEASE_BIN)/guild $(DESTDIR)$(PREFIX)/bin/guild
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -D -m 644 completions/guild.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/guild
	install -D -m 644 completions/_guild $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_guild
	install -D -m 644 completions/guild.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/guild.fish

clean: ## remove the build folders
	rm -rf .build .build-release
