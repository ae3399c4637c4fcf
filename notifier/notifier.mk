# The sidecar: build/pg_xlsx_notifier, its unit tests, process tests and fuzzers.
# Included by the Makefile in the root; works alone as well: make -f notifier/notifier.mk notifier

NOTIFIER_DIR := $(dir $(lastword $(MAKEFILE_LIST)))
NOTIFIER_BIN := build/pg_xlsx_notifier
NOTIFIER_VERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" extension/pg_xlsx.control 2>/dev/null)

# The pure half, which includes no library's headers: the unit tests and fuzzers link it.
NOTIFIER_PURE := api/known_name api/multipart api/upload_form base/base64 base/buf base/frame base/json base/map base/mem base/public_address base/frame_queue base/identity base/random_id base/timer base/utf8 engineio/packet events/event events/rooms base/web_origin socketio/packet
NOTIFIER_FOLDERS := api socketio engineio events http db process base
NOTIFIER_SRCS := $(sort $(wildcard $(NOTIFIER_DIR)*.c $(NOTIFIER_FOLDERS:%=$(NOTIFIER_DIR)%/*.c)))
NOTIFIER_OBJS := $(patsubst $(NOTIFIER_DIR)%.c,build/notifier/%.o,$(NOTIFIER_SRCS))
NOTIFIER_PURE_OBJS := $(NOTIFIER_PURE:%=build/notifier/%.o)

NOTIFIER_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -fPIE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
NOTIFIER_LDFLAGS := -pie -Wl,-z,relro,-z,now,--as-needed
TOOLS ?= test/tools
NOTIFIER_PG_CONFIG := $(or $(PG_CONFIG),pg_config)
NOTIFIER_WEB_ROOT = $(shell $(NOTIFIER_PG_CONFIG) --sharedir)/pg_xlsx/web
NOTIFIER_INCLUDES = -iquote $(NOTIFIER_DIR) -isystem $(shell $(NOTIFIER_PG_CONFIG) --includedir)
NOTIFIER_LIBS = -L$(shell $(NOTIFIER_PG_CONFIG) --libdir) -lwebsockets -luv -lpq -ljwt -lcurl -lssl -lcrypto

.PHONY: bench-notifier check-torture-notifier torture-notifier check-node-asan check-node-long notifier notifier-docs install-notifier check-unit-notifier check-node fuzz-notifier clean-notifier

notifier: $(NOTIFIER_BIN)

$(NOTIFIER_BIN): $(NOTIFIER_OBJS)
	$(CC) $(NOTIFIER_CFLAGS) $(NOTIFIER_LDFLAGS) -o $@ $^ $(NOTIFIER_LIBS)

# The page at /docs: two files of this tree, and npm's Swagger UI. `make page` builds it.

NOTIFIER_SWAGGER := swagger-ui-bundle.js swagger-ui.css favicon-32x32.png LICENSE NOTICE

notifier-docs: build/notifier-docs/.done

build/notifier-docs/.done: $(NOTIFIER_DIR)docs/package-lock.json $(wildcard $(NOTIFIER_DIR)docs/*.html $(NOTIFIER_DIR)docs/*.js)
	cd $(NOTIFIER_DIR)docs && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@mkdir -p $(@D)
	cp $(NOTIFIER_DIR)docs/index.html $(NOTIFIER_DIR)docs/docs.js \
		$(NOTIFIER_SWAGGER:%=$(NOTIFIER_DIR)docs/node_modules/swagger-ui-dist/%) $(@D)/
	@touch $@

# The unit file names the program where it is installed.

NOTIFIER_BINDIR = $(shell $(NOTIFIER_PG_CONFIG) --bindir)
NOTIFIER_SHAREDIR = $(shell $(NOTIFIER_PG_CONFIG) --sharedir)/pg_xlsx_notifier
NOTIFIER_UNITDIR = $(or $(shell pkg-config systemd --variable=systemdsystemunitdir 2>/dev/null),/usr/lib/systemd/system)

install-notifier: $(NOTIFIER_BIN)
	@$(TOOLS)/install.sh files 755 $(NOTIFIER_BIN) '$(DESTDIR)$(NOTIFIER_BINDIR)/'
	@sed 's|^ExecStart=[^ ]*|ExecStart=$(NOTIFIER_BINDIR)/pg_xlsx_notifier|' $(NOTIFIER_DIR)pg_xlsx_notifier.service >build/pg_xlsx_notifier.service
	@$(TOOLS)/install.sh files 644 build/pg_xlsx_notifier.service '$(DESTDIR)$(NOTIFIER_UNITDIR)/'

NOTIFIER_DEFINES = -DNOTIFIER_VERSION='"$(NOTIFIER_VERSION)"' -DNOTIFIER_DOCS='"$(NOTIFIER_SHAREDIR)/docs"' \
	-DNOTIFIER_OPENAPI='"$(NOTIFIER_DIR)openapi.json"' -DNOTIFIER_ASYNCAPI='"$(NOTIFIER_DIR)asyncapi.json"' -DNOTIFIER_WEB_ROOT='"$(NOTIFIER_WEB_ROOT)"'

build/notifier/api/docs.o: $(NOTIFIER_DIR)openapi.json $(NOTIFIER_DIR)asyncapi.json

build/notifier/%.o: $(NOTIFIER_DIR)%.c
	@mkdir -p $(@D)
	$(CC) $(NOTIFIER_CFLAGS) $(NOTIFIER_INCLUDES) $(NOTIFIER_DEFINES) -MMD -MP -c -o $@ $<

-include $(NOTIFIER_OBJS:.o=.d)

# Unit tests of the pure half, one program for each test/notifier/unit/*.c.

NOTIFIER_UNIT := $(patsubst test/notifier/unit/%.c,build/notifier/unit/%,$(wildcard test/notifier/unit/*.c))

build/notifier/unit/%: test/notifier/unit/%.c $(NOTIFIER_PURE_OBJS)
	@mkdir -p $(@D)
	$(CC) $(NOTIFIER_CFLAGS) -I$(NOTIFIER_DIR) -MMD -MP -o $@ $< $(NOTIFIER_PURE_OBJS) -lcmocka

-include $(NOTIFIER_UNIT:=.d)

check-unit-notifier: $(NOTIFIER_UNIT)
	@test/notifier/unit/run $(NOTIFIER_UNIT)

# Process tests: the real notifier, a real server, unmodified client libraries.

test/notifier/process/node_modules/.done: test/notifier/process/package-lock.json
	cd test/notifier/process && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

check-node: $(NOTIFIER_BIN) notifier-docs test/notifier/process/node_modules/.done
	@node test/notifier/process/run.js

# The same tests with a sidecar under AddressSanitizer: it detects accesses out of bounds and leaks.

NOTIFIER_ASAN := build/pg_xlsx_notifier_asan
NOTIFIER_SANITIZE := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined -Wall -Wextra -Werror

$(NOTIFIER_ASAN): $(NOTIFIER_SRCS) $(wildcard $(NOTIFIER_FOLDERS:%=$(NOTIFIER_DIR)%/*.h)) $(NOTIFIER_DIR)openapi.json
	@mkdir -p $(@D)
	$(CC) $(NOTIFIER_SANITIZE) $(NOTIFIER_INCLUDES) $(NOTIFIER_DEFINES) -o $@ $(NOTIFIER_SRCS) $(NOTIFIER_LIBS)

check-node-asan: $(NOTIFIER_ASAN) notifier-docs test/notifier/process/node_modules/.done
	@PGXLSX_NOTIFIER=$(abspath $(NOTIFIER_ASAN)) node test/notifier/process/run.js

# Longer tests that are not part of check: a gigabyte into a slow database, thousands of clients.

check-node-long: $(NOTIFIER_BIN) test/notifier/process/node_modules/.done
	@ulimit -n $$(ulimit -Hn); VERBOSE=1 node test/notifier/process/run.js test/notifier/process/long/*.test.js

# Random interruptions: every client hears exactly one end of every task that it may see. SEED repeats a run.

check-torture-notifier: $(NOTIFIER_BIN) page test/notifier/process/node_modules/.done test/notifier/page/node_modules/.done
	@node test/notifier/torture/torture.js $(or $(ROUNDS),6) $(SEED)

torture-notifier: install $(NOTIFIER_BIN) page test/notifier/process/node_modules/.done test/notifier/page/node_modules/.done
	@node test/notifier/torture/torture.js $(or $(ROUNDS),200) $(SEED)

# Compares it with the official server, in one run: make bench-notifier CLIENTS="1000 10000"

bench/notifier/node_modules/.done: bench/notifier/package-lock.json
	cd bench/notifier && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

bench-notifier: $(NOTIFIER_BIN) bench/notifier/node_modules/.done
	@ulimit -n $$(ulimit -Hn); node bench/notifier/bench.js $(CLIENTS)

# Fuzzers of the codecs: make fuzz-notifier FUZZ_SECONDS=60

FUZZ_SECONDS ?= 20
NOTIFIER_FUZZ := $(patsubst test/notifier/fuzz/%.c,%,$(wildcard test/notifier/fuzz/notifier_*.c))

build/fuzz/notifier_%: test/notifier/fuzz/notifier_%.c $(NOTIFIER_PURE:%=$(NOTIFIER_DIR)%.c)
	@mkdir -p $(@D)
	clang -std=gnu11 -g -O1 -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined -I$(NOTIFIER_DIR) -o $@ $^

fuzz-notifier: $(NOTIFIER_FUZZ:%=build/fuzz/%)
	@for fuzzer in $(NOTIFIER_FUZZ); do \
		mkdir -p build/fuzz/corpus/$$fuzzer; \
		echo "$$fuzzer, $(FUZZ_SECONDS) s"; \
		build/fuzz/$$fuzzer -max_total_time=$(FUZZ_SECONDS) -timeout=5 -rss_limit_mb=512 -verbosity=0 \
			-print_final_stats=1 -artifact_prefix=build/fuzz/ build/fuzz/corpus/$$fuzzer || exit 1; \
	done

clean-notifier:
	rm -rf build/notifier build/notifier-docs $(NOTIFIER_BIN)
