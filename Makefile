# `make` alone lists the targets. ARGS=... goes on to the command that a target ends with.

PORT ?= 8000
LOCK ?= requirements.txt# requirements-watching.txt adds Sentry and Prometheus
export PORT
unexport PYTHONDONTWRITEBYTECODE# Each start would compile Django again.

python := .venv/bin/python

.PHONY: help
help: # List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: ## Serve the site as production does, on http://127.0.0.1:8000 (PORT=9000 for another port)
	@bin/check-port
	@bin/venv $(LOCK)
	@$(python) manage.py prepare
	@$(python) manage.py serve -- $(ARGS)

.PHONY: dev
dev: ## Serve with DEBUG on and reload what changes
	@bin/check-port
	@bin/venv requirements-dev.txt
	@DEBUG=true $(python) manage.py prepare --no-static
	@DEBUG=true $(python) manage.py runserver $(PORT) $(ARGS)

# As many processes as processors; the tests of a file stay together. CI runs what failed once more
# and shows both: a test that passes then is decided by chance, which is to be mended.
pytest := $(python) -m pytest --numprocesses auto --dist loadfile $(if $(CI),--reruns 1 --rerun-show-tracebacks)

.PHONY: test
test: ## Run the tests but the slow ones, on SQLite, on PostgreSQL and in browsers (ARGS="-k search" for some)
	@bin/venv requirements-dev.txt
	@$(pytest) -m "not slow" $(ARGS)
	@# 5: with these ARGS none is left.
	@bin/with-postgres $(pytest) -m "not slow and not browser and not once" $(ARGS) || [ $$? = 5 ]

.PHONY: lint
lint: ## Check code, templates, scripts, settings and migrations without running the site
	@bin/venv requirements-dev.txt
	@$(python) -m ruff check
	@$(python) -m ruff format --check
	@$(python) -m mypy
	@find templates -name '*.html' -exec .venv/bin/djade --check --target-version 6.1 {} +
	@.venv/bin/shellcheck bin/* .ci/run
	@.venv/bin/hadolint Dockerfile
	@$(python) manage.py check --fail-level WARNING
	@HTTPS=true TRUSTED_PROXIES=127.0.0.1 $(python) manage.py check --deploy --fail-level WARNING
	@$(python) manage.py makemigrations --check --dry-run

.PHONY: screenshots
screenshots: ## Take pictures of every state of the site into var/screenshots/
	@bin/venv requirements-dev.txt
	@$(python) -m pytest tests/browser/screenshots.py $(ARGS)

# Name and size of the file: what pages say (templates/base.html), and what a first visit may weigh.
font := static/fonts/inter.woff2
font-source := https://registry.npmjs.org/@fontsource-variable/inter/-/inter-5.3.0.tgz
font-hash := d26710dd38e7217484a1d47ee76c024977ec550548876f26d06ed1844af09a14
characters := U+20-7E,U+A0,U+A7,U+B7,U+D7,U+2013-2014,U+2018-2019,U+201C-201D,U+2022,U+2026,$\
	U+2190-2193,U+2197,U+2212,U+2318,U+2713

.PHONY: font
font: ## Cut the typeface out of Inter anew (needs the npm registry; the same bytes every time)
	@bin/venv requirements-dev.txt
	@mkdir -p var/font
	@curl --fail --silent --show-error --location --output var/font/inter.tgz $(font-source)
	@echo '$(font-hash)  var/font/inter.tgz' | sha256sum --check --quiet
	@tar -xzf var/font/inter.tgz -C var/font package/files/inter-latin-wght-normal.woff2
	@$(python) -m fontTools varLib.instancer --quiet --no-recalc-timestamp --output var/font/inter.ttf \
		var/font/package/files/inter-latin-wght-normal.woff2 wght=400:600
	@$(python) -m fontTools.subset var/font/inter.ttf --output-file=$(font) --flavor=woff2 \
		--layout-features=kern,tnum --unicodes=$(characters)

.PHONY: bench
bench: ## Measure what requests cost (ten minutes; ARGS="--big 0": two, with thirty questions only)
	@bin/venv requirements.txt
	@$(python) manage.py prepare --verbosity 0
	@$(python) bench/serving.py $(ARGS)

.PHONY: bench-search
bench-search: ## Measure the search on both databases, with up to 100,000 questions (half an hour)
	@bin/venv requirements.txt
	@$(python) bench/search.py $(ARGS)

.PHONY: faults
faults: ## Run the slow tests, then break things while the site is asked (ARGS=--help: this part only)
	@bin/venv requirements-dev.txt
ifeq ($(ARGS),)
	@$(pytest) -m slow
	@bin/with-postgres $(pytest) -m "slow and not browser and not once" || [ $$? = 5 ]
endif
	@$(python) manage.py prepare --verbosity 0
	@$(python) bench/faults.py $(ARGS)

.PHONY: lighthouse
lighthouse: ## Let Lighthouse judge the pages on a phone (needs npm and Chromium)
	@bin/venv requirements.txt
	@$(python) manage.py prepare --verbosity 0
	@$(python) bench/lighthouse.py $(ARGS)

.PHONY: admin
admin: ## Create an account for the admin
	@bin/venv requirements.txt
	@$(python) manage.py prepare --no-static
	@$(python) manage.py createsuperuser $(ARGS)

.PHONY: refresh
refresh: ## Bring the database to what fixtures/bank.yaml says
	@bin/venv requirements.txt
	@$(python) manage.py prepare --no-static --verbosity 0
	@$(python) manage.py refresh_bank $(ARGS)

# SAMPLE_PYTHONS="python3.13 /path/to/python3.14": these run the samples.
on_pythons = $(addprefix --python ,$(subst :, ,$(SAMPLE_PYTHONS)))

.PHONY: samples
samples: ## Run every code sample of the bank and compare its output (ARGS="gil" for some)
	@bin/venv requirements-dev.txt
	@$(python) manage.py prepare --no-static --verbosity 0
	@$(python) manage.py check_samples $(on_pythons) $(ARGS)

lock := .venv/bin/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes \
	--no-annotate --no-emit-index-url --no-cache --custom-compile-command 'make lock' $(ARGS)

.PHONY: lock
lock: ## Compile the .in files to hash-pinned locks (ARGS=--upgrade for newer versions)
	@bin/venv requirements-dev.txt
	@$(lock) requirements.in --output-file requirements.txt
	@$(lock) requirements-dev.in --constraints requirements.txt --output-file requirements-dev.txt
	@$(lock) requirements-watching.in --constraints requirements-dev.txt --output-file requirements-watching.txt
	@$(lock) requirements-audit.in --output-file requirements-audit.txt

.PHONY: vendor
vendor: ## Fetch ts-fsrs, which schedules reviews in the browser, and check its hash (needs npm)
	@bin/vendor

audit := var/audit/bin/python -I -m

.PHONY: audit
audit: ## Look for known vulnerabilities in what the locks pin (asks PyPI)
	@$(MAKE) --no-print-directory var/audit
	@$(audit) pip_audit --strict --disable-pip --require-hashes -r requirements-watching.txt -r requirements-dev.txt $(ARGS)

.PHONY: sbom
sbom: ## Write what the site consists of to var/sbom.json (CycloneDX)
	@$(MAKE) --no-print-directory var/audit
	@$(audit) cyclonedx_py requirements requirements.txt --output-file var/sbom.json --output-reproducible $(ARGS)

var/audit: requirements-audit.txt
	@bin/venv requirements-dev.txt
	@.venv/bin/uv venv --quiet --clear --python $(python) $@
	@.venv/bin/uv pip install --quiet --no-cache --python $@ --require-hashes --only-binary :all: -r $<

.PHONY: clean
clean: ## Remove what can be made again; the database stays
	rm -rf .venv .venv.* .hypothesis .mypy_cache .pytest_cache .ruff_cache var/static var/samples
	find . -name __pycache__ -prune -exec rm -rf {} +
