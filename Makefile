# Two commands matter: `make run` and `make test`. The work is in scripts/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test build dist dev bench firefox lighthouse fmt setup

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## set up what is missing, build, and serve http://127.0.0.1:3000
	@scripts/run.sh

test: ## everything that CI runs
	@scripts/test.sh

build: setup ## the release binary: target/release/liao, or under $CARGO_TARGET_DIR
	@scripts/build.sh release

dist: setup ## the binary to ship (thin LTO, stripped): target/dist/liao
	@scripts/build.sh dist

dev: setup ## rebuild and reload on every change
	@. scripts/env.sh && scripts/model.sh place && LEPTOS_SITE_ADDR=$${LIAO_ADDR:-127.0.0.1:3000} exec cargo-leptos watch --split -- serve

bench: setup ## what docs/PERFORMANCE.md is made of
	@. scripts/env.sh && mkdir -p target/site/pkg && cargo bench --locked --features ssr --bench context && cargo bench --locked --features ssr --bench adapter && exec cargo bench --locked --features ssr --bench relay

firefox: build ## the daily walks in a second engine
	@scripts/firefox.sh

lighthouse: build ## scores of sign-in, a chat and a shared chat; wants a quiet machine
	@scripts/lighthouse.sh

fmt: ## format the source
	@. scripts/env.sh && exec cargo fmt

setup: ## the tools alone
	@scripts/setup.sh
