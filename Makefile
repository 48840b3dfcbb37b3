# The commands of this repository. `make help` prints a line for each.
.DEFAULT_GOAL := help
SHELL := /bin/bash -euo pipefail
.PHONY: help install run page test generate check build cluster browser screenshots e2e e2e-soak faults fuzz bench performance bench-facts image sbom clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# npm ci is repeated only when the lock file is newer than what it installed.
node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

install: node_modules/.package-lock.json

build: install ## bundle the program into dist/
	npm run --silent build

page: build ## the page with its engine, for any web server: dist/page
	@echo "dist/page: put it behind any web server; it sends nothing anywhere"

run: build ## build and start it, with a certificate of its own and no cluster; prints what to try
	dist/main.js serve --self-signed --no-cluster --drain-delay 0

test: install ## build it, and all tests that need only Node and npm
	npm test --silent

generate: install ## rewrite what is derived from the code: registry, docs, schema
	npm run --silent generate

check: install ## generated files fresh, types, lint, format, layers, dead code
	npm run --silent generate -- --check
	npm run --silent types
	npm run --silent lint
	npm run --silent format:check
	npm run --silent boundaries
	npm run --silent deadcode

cluster: install ## bring up a real API server on loopback, until Ctrl-C
	npx --no-install tsx scripts/cluster.ts

# TESTS=test/cluster/differential.test.ts is one of them.
e2e: build $(if $(TESTS),,browser) ## tests on a real API server, KUBE_VERSION=1.34 on an older one (needs Go, etcd, unzip, openssl), and browser
	NODE_OPTIONS=--experimental-vm-modules npx --no-install jest -c jest.cluster.config.js $(TESTS)

browser: build ## tests of the page in a real Chromium
	NODE_OPTIONS=--experimental-vm-modules npx --no-install jest -c jest.browser.config.js

screenshots: build ## pictures of the page for the README: docs/images (needs Chromium)
	npx --no-install tsx scripts/screenshots.ts

e2e-soak: TESTS := test/cluster/differential.test.ts
e2e-soak: export RUNS := 100000
e2e-soak: e2e ## the differential test of e2e with 100,000 pods instead of 5,000

faults: build ## what goes wrong while pods are created: a table of faults, failed creates, time to healthy
	FAULTS_THOROUGH=1 NODE_OPTIONS=--experimental-vm-modules npx --no-install jest -c jest.cluster.config.js test/cluster/faults test/cluster/selfManaged

fuzz: build ## 200,000 hostile bodies to the program (BODIES= and SEED= choose others)
	NODE_OPTIONS=--experimental-vm-modules npx --no-install jest -c jest.fuzz.config.js

bench: build ## throughput, latency and memory beside a bare node:https server (needs wrk, h2load, and what e2e needs)
	npx --no-install tsx bench/run.ts

performance: build ## the same, and writes it to docs/performance.md
	npx --no-install tsx bench/report.ts

bench-facts: install ## time and memory of the facts about 10,000 namespaces (needs what e2e needs)
	npx --no-install tsx bench/facts.ts

# A base by another name or digest: make image NODE_IMAGE=node:24-bookworm-slim@sha256:<digest>
NODE_IMAGE ?= node:24-bookworm-slim
# Files get the time of the commit: the same commit on the same base gives the same layers.
image: ## build the container image with buildah or docker; prints its size and layers
	@epoch=$$(git log -1 --format=%ct); \
	args=(--build-arg NODE_IMAGE=$(NODE_IMAGE) --build-arg REVISION=$$(git rev-parse HEAD) -t podtemper .); \
	if command -v buildah >/dev/null; then \
	  buildah bud --timestamp "$$epoch" "$${args[@]}"; \
	  buildah images --format '{{.Name}}:{{.Tag}} {{.Size}}' podtemper:latest; \
	  buildah inspect --type image --format '{{range .OCIv1.RootFS.DiffIDs}}{{println .}}{{end}}' podtemper; \
	elif command -v docker >/dev/null; then \
	  SOURCE_DATE_EPOCH=$$epoch docker build "$${args[@]}"; \
	  docker image inspect --format '{{.Size}} bytes{{println}}{{range .RootFS.Layers}}{{println .}}{{end}}' podtemper; \
	else \
	  echo 'image: expected buildah or docker, found neither; apt-get install buildah' >&2; exit 1; \
	fi

sbom: install ## build it, with a bill of materials (CycloneDX) and all licences beside it in dist/
	npm run --silent sbom

clean: ## remove what was built
	rm -rf dist coverage
