# A gateway and its backends from flags: see docs/gateway-from-flags.md. From environment variables:
# docs/gateway-from-environment.md. The work is done by bin/sluice, npm and docker.
#
# FLAGS is added to the command of gateway and backend1 to backend3; of a flag that is there twice, the last one counts:
#   make gateway FLAGS='-port 9000 -rate-limit 200'

FLAGS ?=
BACKENDS := http://localhost:8081,http://localhost:8082,http://localhost:8083

# Where each process leaves its number for "make stop".
RUN_FOLDER ?= .make

.DEFAULT_GOAL := help
.PHONY: help gateway backend1 backend2 backend3 run stop docker-up docker-down test build fmt clean

help:
	@echo 'make gateway    the gateway on port 8080, in front of three backends'
	@echo 'make backend1   a mock backend on port 8081; backend2 and backend3 on 8082 and 8083'
	@echo 'make stop       end what these have started'
	@echo 'make run        the gateway that .env describes; without a .env, npm start: a gateway and three backends'
	@echo 'make docker-up  the gateway that .env describes and Redis, in containers; make docker-down ends them'
	@echo 'make test       npm test'
	@echo 'make build      install what is needed and check the types; nothing is compiled'
	@echo 'make fmt        npm run format'
	@echo 'make clean      remove gateway.log'

# The inner shell becomes the program, so that its number is the program's. A signal that ends the program (130 and
# 143) is no failure.
define start
	@mkdir -p $(RUN_FOLDER)
	@echo 'bin/sluice $(1) $(FLAGS)'
	@status=0; \
	sh -c 'echo $$$$ >"$$0"; exec "$$@"' $(RUN_FOLDER)/$@.pid bin/sluice $(1) $(FLAGS) || status=$$?; \
	rm -f $(RUN_FOLDER)/$@.pid; \
	case $$status in 130|143) ;; *) exit $$status ;; esac
endef

gateway: | node_modules
	$(call start,-mode gateway -port 8080 -backends $(BACKENDS))

backend1: | node_modules
	$(call start,-mode backend -port 8081 -name Backend-1)

backend2: | node_modules
	$(call start,-mode backend -port 8082 -name Backend-2)

backend3: | node_modules
	$(call start,-mode backend -port 8083 -name Backend-3)

# A number may have been given to another program since: only a process of Sluice is ended. Requests under way may take
# the gateway up to 25 s.
stop:
	@for file in $(RUN_FOLDER)/*.pid; do \
		[ -f "$$file" ] || continue; \
		pid=$$(cat "$$file"); \
		case "$$(ps -o args= -p "$$pid" 2>/dev/null || tr '\0' ' ' <"/proc/$$pid/cmdline" 2>/dev/null)" in \
			*bin/sluice*) echo "kill $$pid  # $$(basename "$$file" .pid)"; kill "$$pid" ;; \
			*) rm -f "$$file"; continue ;; \
		esac; \
		tenths=0; \
		while kill -0 "$$pid" 2>/dev/null && [ $$tenths -lt 300 ]; do sleep 0.1; tenths=$$((tenths + 1)); done; \
	done

run: | node_modules
	@if [ -f .env ]; then echo 'bin/sluice run --env'; exec bin/sluice run --env; else npm start; fi

docker-up: .env
	docker compose up --build --detach

docker-down: .env
	docker compose down

.env:
	@echo 'There is no .env: type "cp .env.example .env", and set ADMIN_PASSWORD in it.' >&2; exit 1

test: | node_modules
	npm test

build: | node_modules
	npm exec -- tsc --project tsconfig.json

fmt: | node_modules
	npm run format

clean:
	rm -f gateway.log
	@rmdir $(RUN_FOLDER) 2>/dev/null || true

# Only where there is none.
node_modules:
	npm ci
