# The reader library: included by the root Makefile; works alone as well:
#     make -f extension/core/core.mk check-unit
#
# build/core/ holds objects of the static library and the tools. The extension
# compiles the same sources once more, as CORE_OBJS, by the rules of PGXS.

CORE_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
CORE_ROOT := $(patsubst %/,%,$(dir $(patsubst %/,%,$(dir $(CORE_DIR)))))

CORE_SOURCES := $(sort $(wildcard $(CORE_DIR)/*.c))
CORE_HEADERS := $(wildcard $(CORE_DIR)/*.h)
CORE_OBJS := $(CORE_SOURCES:.c=.o)

# ISA-L inflates and computes checksums in half the time; without it zlib does the same work.
CORE_ISAL ?= $(if $(wildcard /usr/include/isa-l/igzip_lib.h),yes,no)
ifeq ($(CORE_ISAL),yes)
CORE_CPPFLAGS := -DXLSX_USE_ISAL
CORE_LIBS := -lexpat -lisal -lz -lm
else
CORE_CPPFLAGS :=
CORE_LIBS := -lexpat -lz -lm
endif

CORE_BUILD := build/core
CORE_LIB := build/libxlsxcore.a
CORE_CFLAGS ?= -O2 -g
CORE_CHECKS := -std=gnu11 -fPIC -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wpointer-arith -Wvla \
	-Wdeclaration-after-statement -Wimplicit-fallthrough
CORE_CC = $(CC) $(CORE_CFLAGS) $(CORE_CHECKS) $(CORE_CPPFLAGS)
CORE_LIB_OBJS := $(patsubst $(CORE_DIR)/%.c,$(CORE_BUILD)/%.o,$(CORE_SOURCES))

.PHONY: core check-unit check-corpus check-corpus-asan check-hostile check-growth fuzz

core: $(CORE_LIB) build/xlsxdump

$(CORE_BUILD)/%.o: $(CORE_DIR)/%.c $(CORE_HEADERS)
	@mkdir -p $(@D)
	$(CORE_CC) -c -o $@ $<

$(CORE_LIB): $(CORE_LIB_OBJS)
	@rm -f $@
	$(AR) rcs $@ $^

build/xlsxdump: $(CORE_DIR)/tool/xlsxdump.c $(CORE_LIB)
	$(CORE_CC) -o $@ $^ $(CORE_LIBS)

# PGXS compiles these by its own rules.
$(CORE_OBJS): override CPPFLAGS += $(CORE_CPPFLAGS)

# Unit tests, one program for each test/core/unit/*.c, all under ASan and UBSan; and
# all once more on the portable paths (no ISA-L, no SSE2, no 128 bit integers)
# with a window so small that its end falls everywhere.

CORE_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CORE_TESTS := $(filter-out support,$(patsubst test/core/unit/%.c,%,$(wildcard test/core/unit/*.c)))
CORE_ASAN_CC = $(CC) -O1 -g $(CORE_SANITIZE) $(CORE_CHECKS)
CORE_TINY := -DXLSX_WINDOW_BYTES=512 -DXLSX_LONGEST_ROW=4096
CORE_PORTABLE := -DXLSX_PORTABLE $(CORE_TINY)
CORE_TEST_LIBS := -lcmocka -lz

build/core-asan/%.o: $(CORE_DIR)/%.c $(CORE_HEADERS)
	@mkdir -p $(@D)
	$(CORE_ASAN_CC) $(CORE_CPPFLAGS) -c -o $@ $<

build/core-portable/%.o: $(CORE_DIR)/%.c $(CORE_HEADERS)
	@mkdir -p $(@D)
	$(CORE_ASAN_CC) $(CORE_PORTABLE) -c -o $@ $<

build/core-asan/libxlsxcore.a: $(CORE_LIB_OBJS:$(CORE_BUILD)/%=build/core-asan/%)
build/core-portable/libxlsxcore.a: $(CORE_LIB_OBJS:$(CORE_BUILD)/%=build/core-portable/%)
build/core-asan/libxlsxcore.a build/core-portable/libxlsxcore.a:
	@rm -f $@
	$(AR) rcs $@ $^

build/unit/%: test/core/unit/%.c test/core/unit/support.c test/core/unit/support.h build/core-asan/libxlsxcore.a
	@mkdir -p $(@D)
	$(CORE_ASAN_CC) -iquote $(CORE_DIR) -o $@ $(filter %.c %.a,$^) $(CORE_LIBS) $(CORE_TEST_LIBS)

build/unit-portable/%: test/core/unit/%.c test/core/unit/support.c test/core/unit/support.h build/core-portable/libxlsxcore.a
	@mkdir -p $(@D)
	$(CORE_ASAN_CC) $(CORE_PORTABLE) -iquote $(CORE_DIR) -o $@ $(filter %.c %.a,$^) $(CORE_LIBS) $(CORE_TEST_LIBS)

check-unit: $(CORE_TESTS:%=build/unit/%) $(CORE_TESTS:%=build/unit-portable/%)
	@XLSX_CORPUS=$(CORE_CORPUS) test/core/unit/run $^

# Real workbooks by many programs, with their cells. The corpus lies
# beside the repository and is never copied into it.

CORE_CORPUS ?= $(CORE_ROOT)/../shared/corpus

build/core-asan/xlsxdump: $(CORE_DIR)/tool/xlsxdump.c build/core-asan/libxlsxcore.a
	$(CORE_ASAN_CC) -o $@ $^ $(CORE_LIBS)

define CORE_CHECK_CORPUS
	@if [ -f $(CORE_CORPUS)/manifest.jsonl ]; then \
		test/core/corpus/check.py $< $(CORE_CORPUS) build/corpus/$@ $(1); \
	else \
		echo "skipped: there is no corpus at $(CORE_CORPUS)"; \
		echo "0 passed, 0 failed, 1 skipped"; \
	fi
endef

check-corpus: build/xlsxdump
	$(call CORE_CHECK_CORPUS,)

check-corpus-asan: build/core-asan/xlsxdump
	$(call CORE_CHECK_CORPUS,--megabytes 1024)

# Zip bombs and other files that are made to hurt.
check-hostile: build/xlsxdump
	@test/core/corpus/hostile.py $< build/corpus/$@

# A million rows in the memory of a thousand.
check-growth: build/xlsxdump
	@test/core/corpus/growth.py $< build/corpus/$@

# Fuzzers: make fuzz SECONDS_EACH=60 searches with libFuzzer (clang); put what it finds into
# test/core/fuzz/found: check-unit runs these inputs again.

SECONDS_EACH ?= 30
CORE_FUZZERS := $(patsubst test/core/fuzz/%.c,%,$(wildcard test/core/fuzz/core_*.c))
CORE_FUZZ_FILES = test/core/fuzz/core.c test/core/unit/support.c

build/fuzz/core_%: test/core/fuzz/core_%.c test/core/fuzz/core.h $(CORE_FUZZ_FILES) $(CORE_SOURCES) $(CORE_HEADERS)
	@mkdir -p $(@D)
	clang -std=gnu11 -O1 -g $(CORE_CPPFLAGS) $(CORE_TINY) -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined -iquote $(CORE_DIR) -o $@ $(filter %.c,$^) $(CORE_LIBS) $(CORE_TEST_LIBS)

build/unit/fuzz_%: test/core/fuzz/%.c test/core/fuzz/core.h test/core/fuzz/replay.c $(CORE_FUZZ_FILES) build/core-portable/libxlsxcore.a
	@mkdir -p $(@D)
	$(CORE_ASAN_CC) -iquote $(CORE_DIR) -o $@ $(filter %.c %.a,$^) $(CORE_LIBS) $(CORE_TEST_LIBS)

check-unit: $(CORE_FUZZERS:%=build/unit/fuzz_%)

fuzz: $(CORE_FUZZERS:%=build/fuzz/%)
	@if [ -f $(CORE_CORPUS)/manifest.jsonl ]; then test/core/fuzz/seeds.py $(CORE_CORPUS) build/fuzz/seeds; fi
	@for fuzzer in $(CORE_FUZZERS); do \
		mkdir -p build/fuzz/corpus/$$fuzzer build/fuzz/seeds/$$fuzzer; \
		cp test/core/fuzz/seeds/$$fuzzer-* build/fuzz/seeds/$$fuzzer/; \
		echo "$$fuzzer, $(SECONDS_EACH) s"; \
		build/fuzz/$$fuzzer -max_total_time=$(SECONDS_EACH) -timeout=10 -rss_limit_mb=1024 -max_len=8192 -verbosity=0 \
			-print_final_stats=1 -dict=test/core/fuzz/xml.dict -artifact_prefix=build/fuzz/$$fuzzer- \
			build/fuzz/corpus/$$fuzzer build/fuzz/seeds/$$fuzzer || exit 1; \
	done
