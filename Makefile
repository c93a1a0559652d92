# Clawkeep. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export CLAWKEEP_LAB := $(CURDIR)/.lab
tsx := node_modules/.bin/tsx
STACK ?= prod
POLICY ?=
NAME =
MINUTES =
WITHOUT =
# More arguments for jest.
JEST =

LAB ?=

# What a stack is asked about, it is asked at the backend that the shell is logged in to. The lab's only where that is said:
# LAB=1, or a shell with `. .lab/env`. Every such target says first which one it asks.
in_lab = case '$(LAB)' in ''|0) ;; 1) [ -f "$(CLAWKEEP_LAB)/env" ] || { echo 'there is no lab here: make rehearse' >&2; exit 2; }; . "$(CLAWKEEP_LAB)/env" ;; \
	*) echo 'LAB=1 asks the lab; leave LAB out to ask your own backend' >&2; exit 2 ;; esac;

.PHONY: help setup rehearse test lint lint-types lint-style lint-format lint-schema lint-others test-fast test-long preview verify pair recover failover failback secrets backups restore recovery-kit prune-backups pins sbom report-first-deployment bench clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 25

node_modules/.package-lock.json: package-lock.json
	@node tools/install-packages.mjs
	@touch $@

setup: node_modules/.package-lock.json ## install and build what the rehearsal needs: Docker engine, Pulumi toolchain, images
	@$(tsx) lab/rehearsal/setup.ts

rehearse: setup ## deploy the prod stack in the lab, prove it end to end, leave it running
	@$(tsx) lab/rehearsal/rehearse.ts

test: setup ## set-up, fast tests, tests with an engine, a whole rehearsal and its tests; says where the time went
	@$(tsx) lab/testing/test.ts

test-long: setup ## what is too long for it, oldest result first, into docs/test-long.md (NAME=ROW; MINUTES=N: begin no row after)
	@$(tsx) lab/testing/long.ts '$(NAME)' '$(MINUTES)'

lint: node_modules/.package-lock.json ## types, lint and format, of Python, shell, Dockerfiles and Go too
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint-types lint-style lint-format lint-schema lint-others

# Its parts, two at a time: each of them uses one core.
lint-types:
	@node_modules/.bin/tsc --noEmit --incremental --tsBuildInfoFile .tsbuildinfo
lint-style:
	@node_modules/.bin/eslint --cache --max-warnings=0 .
lint-format:
	@node_modules/.bin/prettier --check --cache --cache-strategy=content --log-level=warn .
lint-schema:
	@$(tsx) tools/write-stack-schema.ts --check
lint-others:
	@$(tsx) tools/lint/lint.ts

# Tests start hundreds of processes. A version manager's python3 is a script that looks for the true one at each start, so
# that one goes first on PATH; Node reads the file of NODE_EXTRA_CA_CERTS at each, and no test here wants it. A half more
# workers than cores, as a number: some tests wait for time limits, and jest takes 150% for 150.
test-fast: lint ## the same, and unit and graph tests (no Docker, no lab)
	@first=$$(command -v python3) && true=$$(python3 -c 'import sys; print(sys.executable)') && \
		[ "$$first" != "$$true" ] && PATH="$$(dirname "$$true"):$$PATH"; \
	unset NODE_EXTRA_CA_CERTS; node_modules/.bin/jest --selectProjects fast --maxWorkers=$$(($$(getconf _NPROCESSORS_ONLN) * 3 / 2)) $(JEST)

preview: node_modules/.package-lock.json ## pulumi preview of STACK (default prod; LAB=1: the lab's); POLICY=1 judges it by the policy pack
	@$(in_lab) $(tsx) tools/say-backend.ts $(STACK) && pulumi preview --stack $(STACK) --diff $(if $(POLICY),--policy-pack policy)

verify: node_modules/.package-lock.json ## ask a running STACK whether every promise holds; JSON=1 for machines, LAB=1: the lab's
	@$(in_lab) $(tsx) tools/verify.ts $(STACK) $(if $(JSON),--json)

pair: node_modules/.package-lock.json ## who asks to be let in at STACK (senders, browsers); APPROVE=CODE lets one in, GATEWAY=NAME, LAB=1: the lab's
	@$(in_lab) $(tsx) tools/pair.ts $(STACK) $(if $(GATEWAY),--gateway '$(GATEWAY)') $(if $(APPROVE),--approve '$(APPROVE)')

secrets: node_modules/.package-lock.json ## make up the secrets that nobody gives you, and give both stacks the same ones, encrypted into their files
	@$(tsx) tools/generate-secrets.ts

recover: node_modules/.package-lock.json ## after a pulumi up of STACK that was killed: its lock, and what was half made (UNLOCK=1: it ran elsewhere and has ended; LAB=1)
	@$(in_lab) $(tsx) tools/recover.ts $(STACK) $(if $(UNLOCK),--unlock)

failover: node_modules/.package-lock.json ## STACK takes over from the one that it is paired with (no default; PLANNED=1: loses nothing; SINCE=TIME; CUT_OFF=OTHER; LAB=1)
	@$(in_lab) $(tsx) tools/failover.ts $(if $(filter file,$(origin STACK)),,'$(STACK)') $(if $(filter-out 0,$(PLANNED)),--planned) $(if $(SINCE),--since '$(SINCE)') $(if $(CUT_OFF),--cut-off '$(CUT_OFF)')

failback: node_modules/.package-lock.json ## STACK, which was replaced, becomes the active one again and loses nothing (no default; LAB=1: the lab's)
	@$(in_lab) $(tsx) tools/failback.ts $(if $(filter file,$(origin STACK)),,'$(STACK)')

backups: node_modules/.package-lock.json ## which snapshots of STACK there are off its host, how old, how large, whether the last verification held; LAB=1: the lab's
	@$(in_lab) $(tsx) tools/backups.ts $(STACK)

restore: node_modules/.package-lock.json ## put a backup in the place of what STACK's gateways have (SNAPSHOT=ID GATEWAY=NAME DRY=1; COLD=1: deploy first; LAB=1: the lab's)
	@$(in_lab) $(tsx) tools/restore.ts $(STACK) $(if $(SNAPSHOT),--snapshot '$(SNAPSHOT)') $(if $(GATEWAY),--gateway '$(GATEWAY)') $(if $(filter-out 0,$(DRY)),--dry) $(if $(filter-out 0,$(COLD)),--cold)

recovery-kit: node_modules/.package-lock.json ## the page to keep offline: repository, password, stack file, commands (FILE=PATH; else only to a terminal; LAB=1: the lab's)
	@$(in_lab) $(tsx) tools/recovery-kit.ts $(STACK) $(if $(FILE),'$(FILE)')

prune-backups: node_modules/.package-lock.json ## delete old backups, where the key is that may (REMOTE=rclone's name of the repository; DRY=1: only say which)
	@$(tsx) tools/prune-backups.ts '$(REMOTE)' $(if $(DRY),--dry)

pins: node_modules/.package-lock.json ## ask the registries which digests the image pins have (PINS='--write' writes them; more: tools/pins.ts)
	@$(tsx) tools/pins.ts $(PINS)

sbom: node_modules/.package-lock.json ## list all software of STACK's host, each of its images and this program, by syft: sbom-STACK/*.cdx.json (CycloneDX), LAB=1: the lab's
	@$(in_lab) $(tsx) tools/sbom.ts $(STACK)

report-first-deployment: node_modules/.package-lock.json ## what maintainers want to know of a real STACK, without secrets: first-deployment-STACK.json (WITHOUT=FIELD), LAB=1: the lab's
	@$(in_lab) $(tsx) tools/first-deployment-report.ts $(STACK) $(if $(WITHOUT),--without '$(WITHOUT)')

bench: setup ## measure: rehearsal warm, up from empty, no-change up, preview, turns with a sandbox, the filter, where the time goes
	@$(tsx) lab/rehearsal/bench.ts

clean: ## remove every trace of the lab (the build cache and node_modules stay)
	@if [ -x $(tsx) ]; then $(tsx) lab/rehearsal/clean.ts; else rm -rf "$(CLAWKEEP_LAB)"; fi
	@rm -rf .eslintcache .tsbuildinfo
