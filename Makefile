# pg_xlsx: builds, installs, tests and measures the extension and its sidecar.
# `make help` lists the targets.

PG_CONFIG ?= pg_config
TOOLS := test/tools
export PG_CONFIG

all: extension notifier core

# The reader library and the sidecar bring their own rules.
include extension/core/core.mk
include notifier/notifier.mk
include notifier/page.mk

# The extension has a Makefile of its own, for PGXS.
extension:
	@$(MAKE) --no-print-directory -C extension all

install: all install-notifier install-page
	@$(MAKE) --no-print-directory -C extension install

clean: clean-notifier clean-page
	@$(MAKE) --no-print-directory -C extension clean
	rm -rf build

#
# Machine, demo, benchmarks
#

deps:
	@$(TOOLS)/deps.sh

# Without npm's packages the demo has neither the page nor /docs, and everything else.
demo: deps
	@$(TOOLS)/quietly.sh page $(MAKE) --no-print-directory page || echo 'demo: the page and /docs could not be built' >&2
	@$(TOOLS)/quietly.sh build $(MAKE) --no-print-directory install build/makebook
	@demo/demo.sh start

demo-stop:
	@demo/demo.sh stop

BENCH_PROGRAMS := build/makebook build/makewide build/writebook build/readbook

bench:
	@$(TOOLS)/quietly.sh build $(MAKE) --no-print-directory install $(BENCH_PROGRAMS)
	@bench/bench.py BENCHMARKS.md

bench-quick:
	@$(TOOLS)/quietly.sh build $(MAKE) --no-print-directory install $(BENCH_PROGRAMS)
	@bench/bench.py --quick

bench-history:
	@$(TOOLS)/quietly.sh build $(MAKE) --no-print-directory install
	@bench/history.py BENCHMARKS.md
	@bench/queue.py BENCHMARKS.md

build/makewide: bench/makewide.c
	@mkdir -p build
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -o $@ $< -lxlsxwriter

build/writebook: bench/writebook.c
	@mkdir -p build
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -I$(shell $(PG_CONFIG) --includedir) -o $@ $< -lxlsxwriter -lpq

build/readbook: bench/readbook.c build/libxlsxcore.a
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -iquote extension/core -o $@ $^ $(CORE_LIBS)

build/makebook: $(TOOLS)/makebook.c
	@mkdir -p build
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -o $@ $< -lxlsxwriter -lm

build/setclock.so build/slowname.so: build/%.so: $(TOOLS)/%.c
	@mkdir -p build
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -shared -o $@ $<

#
# Tests: each suite ends with "N passed, N failed, N skipped", and so does check
#

SUITES := check-style check-unit check-corpus check-corpus-asan check-hostile check-growth check-written check-unit-notifier check-regress check-isolation \
	check-docs check-install check-tap check-statements check-agree check-model check-node check-page check-torture check-torture-notifier
# The first ones build on each other, all others on setup only.
REGRESS_FIRST := setup read profile import types targets rest rights
REGRESS := $(REGRESS_FIRST) $(filter-out $(REGRESS_FIRST),$(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql))))

check: deps
	@$(TOOLS)/quietly.sh page $(MAKE) --no-print-directory page
	@$(TOOLS)/quietly.sh build $(MAKE) --no-print-directory install build/makebook
	@$(TOOLS)/check.sh $(SUITES)

# With the suites that take too long for every change: hours.
check-full: deps
	@$(TOOLS)/quietly.sh build $(MAKE) --no-print-directory install build/makebook
	@$(TOOLS)/check.sh $(SUITES) check-assert check-clang check-node-asan check-node-long check-versions torture torture-notifier

check-style:
	@$(TOOLS)/style.sh

check-regress:
	@$(TOOLS)/regress.sh $(REGRESS)

# Every kind of workbook that the extension writes, as minizip reads it.
build/judge: test/written/judge.c
	@mkdir -p build
	$(CC) -std=gnu11 -O1 -g -Wall -Wextra -Werror $(CORE_SANITIZE) -o $@ $< -lminizip -lcmocka

check-written: build/judge
	@test/written/run.sh $<

# What two sessions do to one target, one task, one profile.
ISOLATION := $(patsubst test/server/isolation/specs/%.spec,%,$(sort $(wildcard test/server/isolation/specs/*.spec)))

check-isolation:
	@$(TOOLS)/regress.sh --isolation $(ISOLATION)

check-docs:
	@$(TOOLS)/docs.py

# Installs into a folder, without npm, beside a sidecar that serves an earlier installation.
check-install: all
	@test/install/install.py

check-tap: build/makebook build/xlsxdump build/setclock.so
	@$(TOOLS)/tap.sh

# Not part of check: it makes a Debian of its own for each.
check-versions:
	@$(TOOLS)/versions.sh $(or $(RELEASES),trixie forky)

# The extension on a PostgreSQL that checks its own assertions, which the first run builds in a few minutes.
check-assert: deps
	@$(TOOLS)/assert.sh

# All C sources with clang, whose warnings are others than gcc's.
check-clang:
	@$(TOOLS)/clang.sh

# Every SQL statement that C code holds, prepared against the private tables.
check-statements:
	@test/server/statements/statements.py

# Imports beside plain SQL, row by row: CASES of them, from SEED on.
check-agree:
	@test/server/agree/agree.py $(or $(CASES),20) $(SEED)

# Random sequences of all operations on tasks, compared with a model: ROUNDS of them, from SEED on.
check-model:
	@test/server/model/model.py $(or $(ROUNDS),4) $(SEED)

# MINUTES of small and large imports, clients and retention, 30 by default.
soak: install build/makebook
	@test/server/soak/soak.py $(MINUTES)

# IMPORTS small imports through one worker, 10,000 by default.
soak-imports: install
	@test/server/soak/imports.py $(IMPORTS)

# A few rounds of torture, with another seed each time.
check-torture: build/makebook
	@test/server/torture/torture.py $(or $(ROUNDS),6) $(SEED)

torture: install build/makebook
	@test/server/torture/torture.py $(or $(ROUNDS),200) $(SEED)

help:
	@echo 'make              build the extension, the sidecar and xlsxdump'
	@echo 'make deps         install what Debian has and this machine has not'
	@echo 'make page         build the page that the sidecar serves, and fetch Swagger UI for /docs (both need npm)'
	@echo 'make install      install what was built; fetches nothing'
	@echo 'make demo         a private server, the sidecar, a sample import; leaves them running'
	@echo 'make demo-stop    end and remove the demo'
	@echo 'make check        all tests; check-unit, check-corpus, check-corpus-asan, check-hostile, check-growth, check-written,'
	@echo '                  check-unit-notifier, check-regress, check-isolation, check-docs, check-install, check-tap,'
	@echo '                  check-statements, check-agree, check-model, check-node, check-page, check-torture, check-torture-notifier and check-style'
	@echo '                  run one suite'
	@echo 'make check-full   these, and what takes longer: check-assert, check-clang, check-node-asan, check-node-long, check-versions,'
	@echo '                  torture and torture-notifier'
	@echo 'make check-assert the extension on a PostgreSQL with assertions, built from Debian'"'"'s sources into build/'
	@echo 'make check-clang  build with clang, in a copy of the tree: a warning is an error'
	@echo 'make check-versions  the extension on PostgreSQL 17 and 18, in Debian chroots'
	@echo 'make bench        speed beside COPY and beside others, into BENCHMARKS.md; bench-quick: in two minutes'
	@echo 'make bench-history  what is read often, beside a history of 10^3 and of 10^6 tasks, and the queue, into BENCHMARKS.md'
	@echo 'make bench-notifier  the sidecar beside the official socket.io server'
	@echo 'make check-node-long  the sidecar with a gigabyte and a slow database, and with thousands of clients; memory watched'
	@echo 'make check-node-asan  its tests with AddressSanitizer, leaks and all'
	@echo 'make torture-notifier  ROUNDS=200 interruptions of the sidecar, its database and all connections; SEED repeats a run'
	@echo 'make torture      ROUNDS=200 imports that are killed at random; SEED repeats a run'
	@echo 'make soak         30 minutes of imports, clients and retention (MINUTES=): memory, tables, connections must not grow'
	@echo 'make soak-imports 10,000 small imports: memory and open files must not grow'
	@echo 'make fuzz         fuzzers of the reader; fuzz-notifier: of the sidecar'
	@echo 'make format       pgindent over the C sources, where it is installed'
	@echo 'make clean        remove what was built'

format:
	@pgindent --typedefs=typedefs.list $$(git ls-files 'extension/*.[ch]' 'notifier/*.[ch]')

.PHONY: all extension install clean deps demo demo-stop bench bench-quick bench-history check check-style check-written check-regress check-isolation check-docs check-install check-tap check-assert check-clang check-full check-versions check-statements check-agree check-model check-torture torture soak soak-imports help format
