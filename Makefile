# The front door: `make` lists what there is. CI runs these targets and nothing else.

PREFIX  ?= /usr/local
DESTDIR ?=
JOBS    ?= $(shell nproc)
# make check SINCE=origin/main: clang-tidy on the files changed since then, instead of all.
SINCE   ?=

# Not the first python3 of PATH: the tests use packages of the system's.
PYTHON  := /usr/bin/python3
# Taken when a build folder is made; without it everything works, later builds are slower.
CCACHE  := $(shell command -v ccache)
ifneq ($(CCACHE),)
export CMAKE_CXX_COMPILER_LAUNCHER ?= $(CCACHE)
endif

.DEFAULT_GOAL := help
.PHONY: help setup setup-build setup-test setup-check setup-package build demo test procedure check format \
        asan mutants bench install man site package package-test clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup:  ## install what building and testing need (Debian 12; nothing when all is there)
	@scripts/setup.sh build test

setup-build:
	@scripts/setup.sh build

setup-test:
	@scripts/setup.sh build test

setup-package:
	@scripts/setup.sh build package

setup-check:
	@scripts/setup.sh build test check

# Building asks for less than testing: without the test packages the tests are left out, and once they have been
# configured they stay.
build: setup-build  ## build/coffre, optimised and hardened
	cmake --preset release $(if $(wildcard build/release/tests),,-DBUILD_TESTING=OFF)
	cmake --build --preset release --parallel $(JOBS) --target coffre
	@ln -f build/release/cli/coffre build/coffre

demo: build  ## a minute with real files: capture, change, capture, restore, compare, verify
	@scripts/demo.sh

test: setup-test  ## build everything and run all tests
	cmake --preset release
	cmake --build --preset release --parallel $(JOBS)
	@ln -f build/release/cli/coffre build/coffre
	ctest --preset release -j2

procedure: setup-test  ## each sentence of the procedure, the tests that prove it, and whether they pass
	cmake --preset release
	cmake --build --preset release --parallel $(JOBS)
	$(PYTHON) -B scripts/procedure_table.py build/release --run

check: setup-check  ## format, layers, style, clang-tidy (SINCE=REF: only files changed since REF)
	scripts/format.sh --check
	$(PYTHON) tests/layers_test.py
	$(PYTHON) tests/style_test.py
	@cmake --preset release
	scripts/tidy.sh $(SINCE)

format: setup-check  ## rewrite the sources in the project's format
	scripts/format.sh

asan: setup-test  ## all tests under the address and undefined-behaviour sanitizers
	cmake --preset asan
	cmake --build --preset asan --parallel $(JOBS)
	ctest --preset asan -j2

# The peers are not installed by this: scripts/setup.sh bench does that. BENCH='--weeks 52' and the like go through.
mutants: setup-test  ## switch each rule off once: which test falls?
	cmake --preset release
	cmake --build --preset release --parallel $(JOBS) --target rules_tests
	$(PYTHON) -B scripts/mutants.py build/release

bench: build  ## time coffre beside restic, borg, bup and git, whichever is there (BENCH=OPTIONS)
	$(PYTHON) -B bench/run.py $(BENCH)

install: build  ## coffre into $(DESTDIR)$(PREFIX)/bin
	DESTDIR=$(DESTDIR) cmake --install build/release --prefix $(PREFIX)

man: setup-package  ## the manual pages, in build/man
	scripts/manpages.sh build/man

site: setup-package  ## the same pages as a small site, in build/site
	scripts/site.sh build/site

package: setup-package  ## a Debian package, in build/
	JOBS=$(JOBS) scripts/package.sh

package-test: package  ## install that package into a bare Debian and use it there (needs root)
	@scripts/setup.sh bare
	scripts/package_test.sh

clean:  ## remove build/
	rm -rf build
