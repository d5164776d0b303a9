.DEFAULT_GOAL := help
.PHONY: help lint test

help: ## what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

lint: ## format and warnings
	swift format lint --strict --recursive Package.swift Sources Tests

test: ## all tests
	swift test
