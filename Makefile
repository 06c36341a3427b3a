# Every target does its own set-up: dependencies, a recent enough Node, and the programs it needs.
#
#   make up ENV=local    bring an environment up (the embedded one by default)
#   make test            run every test
#   make help            list all targets

.DEFAULT_GOAL := help
.SILENT:
MAKEFLAGS += --no-builtin-rules

ENV ?= local
BASE ?= main
# node_modules/.bin holds a Node that is recent enough where the system's is older.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
# Node keeps what it compiled: programs start faster and take less memory.
export NODE_COMPILE_CACHE := $(CURDIR)/.cache/node

.PHONY: help up shell status down destroy preview scenario tools test check unit bench clean schema render review dashboards signals routes

help: ## list the targets
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

node_modules/.installed: package.json package-lock.json .npmrc
	command -v npm > /dev/null || { echo "npm is needed and not on PATH; install Node.js 20 or newer from nodejs.org" >&2; exit 1; }
	echo "installing npm packages …"
	# Install scripts would download provider plugins; nothing here needs them.
	npm ci --ignore-scripts --loglevel=error
	touch $@

up: node_modules/.installed ## bring environment ENV up; `local` runs embedded when there is no KUBECONFIG
	node local/cli/main.ts up --environment=$(ENV)

preview: node_modules/.installed ## show what `make up` would change
	node local/cli/main.ts preview --environment=$(ENV)

status: node_modules/.installed ## show what runs, where to look, and what fires
	node local/cli/main.ts status --environment=$(ENV)

scenario: node_modules/.installed ## set the simulated load: make scenario NAME=ramp [MODEL=…]
	node local/cli/main.ts scenario --environment=$(ENV) --name=$(NAME) --model=$(MODEL)

shell: node_modules/.installed ## print what `eval` needs so that the plain pulumi command works on the embedded cluster
	node local/cli/main.ts shell --environment=$(ENV)

down: node_modules/.installed ## stop what `make up` started; state is kept
	node local/cli/main.ts down --environment=$(ENV)

destroy: node_modules/.installed ## delete every object of the environment, stop it, and remove its state
	node local/cli/main.ts destroy --environment=$(ENV)

tools: node_modules/.installed ## build the pinned programs into the cache
	node local/cli/main.ts tools

render: node_modules/.installed ## write all objects, rules, dashboards and policies of ENV to .cache/render, offline
	node review/cli.ts render --environment=$(ENV)

review: node_modules/.installed ## report what changes against another commit: make review BASE=main [HEAD=…] [OUT=FILE]
	node review/cli.ts review --base=$(BASE) --head=$(HEAD) --out=$(OUT)

routes: node_modules/.installed ## who gets what: make routes ENV=prod [LABELS='severity=critical team=search']
	node review/cli.ts routes --environment=$(ENV) --labels='$(LABELS)'

schema: node_modules/.installed ## generate the JSON Schema of the environments' configuration files
	node stacks/config/generate-schema.ts

dashboards: node_modules/.installed ## draw every dashboard, without a Grafana: make dashboards [PROMETHEUS=URL] [RANGE=30m]
	node --disable-warning=ExperimentalWarning local/dashboards/main.ts --environment=$(ENV) --prometheus=$(PROMETHEUS) --range=$(RANGE)

signals: node_modules/.installed ## run every rule's expression on the running Prometheus: make signals [PROMETHEUS=URL]
	node --disable-warning=ExperimentalWarning local/signals/main.ts --environment=$(ENV) --prometheus=$(PROMETHEUS)

test: node_modules/.installed ## run every check and test
	node test/run.ts

check: node_modules/.installed ## type check, lint and format check only
	node test/run.ts check

unit: node_modules/.installed ## run the unit tests only
	node test/run.ts unit

bench: node_modules/.installed ## measure speed and memory, all or ONLY=group; writes docs/benchmarks.md
	node bench/run.ts $(ONLY)

clean: ## remove what was installed and built here; state of environments is kept
	rm -rf node_modules .cache
