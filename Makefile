# SPDX-License-Identifier: GPL-2.0-or-later
# Thin: installs packages, calls meson, starts what was built. `make help` lists what there is to make.
#   build/       release: what runs      build-asan/  with sanitizers: unit tests and checks
#   build-fuzz/  libFuzzer (clang)       TOWN, FUZZ_SECONDS and DESTDIR can be set

SHELL = /bin/bash
TOWN ?= lab/towns/plaza.json
FUZZ_SECONDS ?= 600
# Without sudo the programs themselves say that they need root.
ROOT = $(if $(filter 0,$(shell id -u)),,$(shell command -v sudo))

all: build/build.ninja ## build the programs into build/
	@ninja -C build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1 	/p' $(MAKEFILE_LIST) | expand -t 18

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

packages-run:
	@tools/install-packages build run

packages-test:
	@tools/install-packages build run test

run: packages-run all ## a whole town on this machine, until Ctrl-C (TOWN=file)
	@exec $(ROOT) build/src/cmd/trama-lab up $(TOWN)

demo: packages-run all ## a narrated tour of the town
	@exec $(ROOT) lab/demo

test: packages-test all build-asan/build.ninja ## every test but the long ones
	@ninja -C build-asan
	@test/run-all

test-long: packages-test all build-asan/build.ninja ## every test and the long ones
	@ninja -C build-asan
	@test/run-all --long

bench: all ## the benchmarks: tables, and build/bench/NAME.json
	@tools/install-packages run bench
	@ninja -C build test/bench/crowd
	@$(ROOT) test/bench/run-all

fuzz: build-fuzz/build.ninja ## every decoder's fuzz target for FUZZ_SECONDS
	@ninja -C build-fuzz fuzzers
	@test/fuzz/run-all build-fuzz $(FUZZ_SECONDS)

install: $(if $(DESTDIR),,packages-run) all ## install to DESTDIR (default: this system)
	@meson install -C build --no-rebuild

clean: ## remove everything that was built
	rm -rf build build-asan build-fuzz

.PHONY: all help packages-run packages-test run demo test test-long bench fuzz install clean
