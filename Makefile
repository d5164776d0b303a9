.DEFAULT_GOAL := help
.PHONY: help demo up down test prove lint bench clean

# What `make lint` reads: folders that are there, and every bash script by its first line.
SWIFT_SOURCES := $(wildcard Package.swift Sources Tests Plugins Benchmarks)
SCRIPTS = $(shell grep -rIlE '^\#!.*\bbash|^\# shellcheck shell=bash' .ci Deploy Tests Benchmarks 2>/dev/null)

help: ## what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 14

demo: ## bring everything up with thousands of users, trigger the jobs and show what they did
	@Deploy/local/demo

up: ## build and start everything on this machine: RabbitMQ, PostgreSQL, sandbox, services (settings in .run/env)
	@Deploy/local/up

down: ## stop exactly what `make up` started; the data stays
	@Deploy/local/down

test: ## all tests, against private servers (FILTER=pattern for some of them, KEEP=1 leaves the servers running)
	@Tests/run

prove: ## the long proofs in full, about an hour (PROVE_SEED=n repeats one; FILTER=pattern for some of them)
	@PROVE=1 Tests/run

lint: ## format, source rules, scripts, compose.yaml and warnings
	@Deploy/local/setup
	swift format lint --strict --recursive $(SWIFT_SOURCES)
	Tests/source-rules
	@if command -v shellcheck >/dev/null; then echo shellcheck -x $(SCRIPTS); shellcheck -x $(SCRIPTS); fi
	Deploy/compose/generate | diff compose.yaml -
	Tests/python -m check_jsonschema --builtin-schema vendor.compose-spec compose.yaml
	swift build --build-tests

bench: ## measure ours against its peers (table on the screen, figures in .run/bench.json)
	@Deploy/local/setup bench
	swift build -c release
	Benchmarks/run

clean: down ## stop everything and delete what was built and the data of `make up` and `make test`
	@for server in postgres:pg rabbitmq:mq; do \
		if [ -d .run/test/$${server#*:} ]; then Deploy/local/$${server%:*} stop .run/test/$${server#*:}; fi; done
	rm -rf .build .run
