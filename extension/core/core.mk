# The reader library: included by the root Makefile, and good on its own:
#     make -f extension/core/core.mk check-unit
#
# build/core/ holds objects of the static library and the tools. The extension
# compiles the same sources once more, as CORE_OBJS, by the rules of PGXS.

CORE_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
CORE_ROOT := $(patsubst %/,%,$(dir $(patsubst %/,%,$(dir $(CORE_DIR)))))

CORE_SOURCES := $(sort $(wildcard $(CORE_DIR)/*.c))
CORE_HEADERS := $(wildcard $(CORE_DIR)/*.h)
CORE_OBJS := $(CORE_SOURCES:.c=.o)

# ISA-L inflates and sums in half the time; without it zlib does the same work.
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

.PHONY: core check-unit check-corpus check-corpus-asan fuzz

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

# Unit tests, one program for each test/unit/*.c, all under ASan and UBSan; and
# all once more on the portable paths: no ISA-L, no SSE2, no 128 bit integers.

CORE_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CORE_TESTS := $(filter-out support,$(patsubst test/unit/%.c,%,$(wildcard test/unit/*.c)))
CORE_ASAN_CC = $(CC) -O1 -g $(CORE_SANITIZE) $(CORE_CHECKS)
CORE_PORTABLE := -DXLSX_PORTABLE
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

build/unit/%: test/unit/%.c test/unit/support.c test/unit/support.h build/core-asan/libxlsxcore.a
	@mkdir -p $(@D)
	$(CORE_ASAN_CC) -I$(CORE_DIR) -o $@ $(filter %.c %.a,$^) $(CORE_LIBS) $(CORE_TEST_LIBS)

build/unit-portable/%: test/unit/%.c test/unit/support.c test/unit/support.h build/core-portable/libxlsxcore.a
	@mkdir -p $(@D)
	$(CORE_ASAN_CC) $(CORE_PORTABLE) -I$(CORE_DIR) -o $@ $(filter %.c %.a,$^) $(CORE_LIBS) $(CORE_TEST_LIBS)

check-unit: $(CORE_TESTS:%=build/unit/%) $(CORE_TESTS:%=build/unit-portable/%)
	@test/unit/run $^
