# SPDX-License-Identifier: GPL-2.0-or-later
# Thin: installs packages, calls meson, starts what was built. `make help` lists what there is to make.
#   build/       release: what runs      build-asan/  with sanitizers: unit tests and checks
#   build-fuzz/  libFuzzer (clang)       build-portable/MACHINE/  for tools/machines/MACHINE.*
#   build-coverage/, build-analyze/      for those reports
# TOWN, FUZZ_SECONDS and DESTDIR can be set.

SHELL = /bin/bash
TOWN ?= lab/towns/plaza.json
FUZZ_SECONDS ?= 600
MACHINES = $(basename $(notdir $(wildcard tools/machines/*)))
# Without sudo the programs themselves say that they need root.
ROOT = $(if $(filter 0,$(shell id -u)),,$(shell command -v sudo))

all: build/build.ninja ## build the programs into build/
	@ninja -C build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1 	/p' $(MAKEFILE_LIST) | expand -t 22

# The rules that make a build directory run once; ninja itself notices changed meson.build files.
build/build.ninja:
	@tools/install-packages build
	@meson setup build --buildtype=release -Dtests=false

build-asan/build.ninja:
	@tools/install-packages build test
	@meson setup build-asan -Db_sanitize=address,undefined -Db_lundef=false

build-fuzz/build.ninja:
	@tools/install-packages build test
	@CC=clang meson setup build-fuzz -Dfuzz=true -Dwerror=false -Db_sanitize=address,undefined -Db_lundef=false

build-coverage/build.ninja:
	@tools/install-packages build test coverage
	@meson setup build-coverage --buildtype=debug -Db_coverage=true

build-analyze/build.ninja:
	@tools/install-packages build
	@CC=gcc meson setup build-analyze --buildtype=debugoptimized -Dwerror=false -Dtests=false -Dc_args=-fanalyzer

build-portable/%/build.ninja: | tools/machines/%.cross packages-portable
	@meson setup build-portable/$* --cross-file tools/machines/$*.cross

build-portable/%/build.ninja: | tools/machines/%.native packages-portable
	@meson setup build-portable/$* --native-file tools/machines/$*.native

packages-run:
	@tools/install-packages build run

packages-test:
	@tools/install-packages build run test

packages-long:
	@tools/install-packages build run test long

packages-portable:
	@tools/install-packages build test portable

run: packages-run all ## a whole town on this machine, until Ctrl-C (TOWN=file)
	@exec $(ROOT) build/src/cmd/trama-lab up $(TOWN)

demo: packages-run all ## a narrated tour of the town
	@exec $(ROOT) lab/demo

test: packages-test all build-asan/build.ninja ## every test but the long ones
	@ninja -C build-asan
	@test/run-all

sim: all ## 1,000 scenarios, a million operations of leases and what they promise, in virtual time: minutes
	@test/sim/all

test-long: packages-long all build-asan/build.ninja ## every test and the long ones
	@ninja -C build-asan
	@test/run-all --long

test-portable: all $(MACHINES:%=build-portable/%/build.ninja) ## node and simulator for MIPS, ARM, ARM64 and musl; all with clang
	@for machine in $(MACHINES); do ninja -C build-portable/$$machine || exit; done
	@test/run-all --portable

coverage: build-coverage/build.ninja ## lines and branches that unit tests, corpora and simulator reach
	@ninja -C build-coverage
	@test/coverage/report

analyze: build-analyze/build.ninja ## what gcc -fanalyzer finds
	@test/analyze/report

bench: all ## the benchmarks: tables, and build/bench/NAME.json
	@tools/install-packages run bench
	@ninja -C build test/bench/crowd
	@$(ROOT) test/bench/run-all

bench-dhcp: all ## DHCP exchanges per second beside dnsmasq and Kea, and a crowd after a power cut
	@tools/install-packages run bench
	@$(ROOT) test/bench/run-all dhcp

bench-state: all ## how fast, at what cost and in what memory nodes share what they know
	@tools/install-packages run bench
	@ninja -C build test/bench/spread
	@$(ROOT) test/bench/run-all state

bench-peer: all ## nodes of trama among kernel nodes, in user-mode Linux: start, roaming, failure, TCP
	@tools/install-packages run test bench
	@test/bench/run-all peer

fuzz: build-fuzz/build.ninja ## every decoder's fuzz target for FUZZ_SECONDS
	@ninja -C build-fuzz fuzzers
	@test/fuzz/run-all build-fuzz $(FUZZ_SECONDS)

install: $(if $(DESTDIR),,packages-run) all ## install to DESTDIR (default: this system)
	@meson install -C build --no-rebuild

clean: ## remove everything that was built
	rm -rf build build-asan build-fuzz build-portable build-coverage build-analyze

.PHONY: all help packages-run packages-test packages-long packages-portable run demo test sim test-long test-portable coverage analyze bench bench-dhcp bench-state bench-peer fuzz install clean
