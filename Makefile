# batchresize. `make help` says what there is.
#
# On a fresh Debian `make demo` and `make test` install what they lack by themselves; every other
# goal only says what is missing. build/config.mk, made by the rule below and read back by make, is
# the one place where pkg-config is asked, so that nothing fails before the packages are there.

VERSION := $(shell sed -n 's/^\#define BR_VERSION  *"\(.*\)"/\1/p' include/batchresize/version.h 2>/dev/null)
# Of the shared libraries' names, changed whenever programs must be compiled again: see version.h.
SOVERSION := 0

BUILD  ?= build
PREFIX ?= /usr/local
# Of libraries and of systemd's units, below PREFIX.
LIBDIR ?= lib
UNITS  ?= lib/systemd/system
CC     := $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS ?= -O2 -g
OBJCOPY ?= $(if $(filter %-gcc,$(CC)),$(patsubst %-gcc,%-objcopy,$(CC)),objcopy)
PYTHON ?= /usr/bin/python3
FUZZ_SECONDS ?= 60
# `make test INSTALL_DEPS=true` leaves the system's packages alone.
INSTALL_DEPS ?= scripts/install-deps

# `make V=1` shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $@)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

# --- what is compiled ------------------------------------------------------------------------------

# `make VIPS=no` makes a program and a library for JPEG and PNG without libvips and GLib. What takes
# them is `unsupported` then, and tests that need them are skipped.
VIPS ?= yes

# Libraries by their pkg-config names: those that are linked, and the one that is loaded when it is
# needed (src/libvips/libvips.h), of which only the headers and the name are.
MODULES := $(if $(filter no,$(VIPS)),,gobject-2.0 glib-2.0) libjpeg libpng lcms2 libdeflate zlib sqlite3
LOADED  := $(if $(filter no,$(VIPS)),,vips)

# `make SECCOMP=no` leaves the filter of system calls out of the sandbox around workers. Of libseccomp,
# too, only the headers are needed: src/sandbox/libseccomp.h.
SECCOMP ?= yes
# `make REDIS=no` leaves --queue and pictures under keys out. Of hiredis, too, only the headers are needed.
REDIS ?= yes
WITHOUT_REDIS := src/queue/no_redis.c src/redis/no_values.c
WITH_REDIS    := $(filter-out $(WITHOUT_REDIS) src/redis/address.c,$(wildcard src/queue/*.c src/redis/*.c))
WITHOUT_SECCOMP := src/sandbox/no_calls.c
WITH_SECCOMP    := src/sandbox/calls.c src/sandbox/libseccomp.c

# `make CURL=no` fetches no URLs. Libcurl is loaded when there is one: src/fetch/libcurl.h.
CURL ?= yes
WITHOUT_CURL := src/fetch/no_fetch.c
WITH_CURL    := $(addprefix src/fetch/,fetch.c libcurl.c loop.c redirect.c attempt.c verdict.c)

FOR_HEADERS := $(if $(filter no,$(SECCOMP)),,libseccomp) $(if $(filter no,$(CURL)),,libcurl) $(if $(filter no,$(REDIS)),,hiredis)

# What stands for libvips and GLib in a build without them, and what it stands for.
WITHOUT_VIPS  := src/pipeline/no_library.c src/webp/no_webp.c src/plan/fold_letters.c
WITH_VIPS     := $(filter-out $(WITHOUT_VIPS),$(wildcard src/pipeline/*.c src/libvips/*.c src/webp/*.c)) src/plan/fold_name.c
SOURCES       := $(filter-out $(if $(filter no,$(VIPS)),$(WITH_VIPS),$(WITHOUT_VIPS)) \
		 $(if $(filter no,$(SECCOMP)),$(WITH_SECCOMP),$(WITHOUT_SECCOMP)) \
		 $(if $(filter no,$(CURL)),$(WITH_CURL),$(WITHOUT_CURL)) \
		 $(if $(filter no,$(REDIS)),$(WITH_REDIS),$(WITHOUT_REDIS)), \
		 $(wildcard src/*.c src/*/*.c src/*/*/*.c))
PROGRAM_ONLY  := src/main.c $(wildcard src/queue/*.c src/cli/*.c src/report/*.c src/lab/*.c src/html/*.c)
# Tests and their helpers that make pictures by libvips, look into its rooms, or need GLib's Unicode.
TESTS_OF_VIPS := $(if $(filter no,$(VIPS)),tests/unit/test_fold_unicode.c \
		 $(shell grep -lE '"(image_fixture\.h|(pipeline|libvips)/)' tests/unit/*.c))
TESTS_OF_REDIS := $(if $(filter no,$(REDIS)),tests/unit/test_queue.c tests/unit/test_redis_reach.c tests/fuzz/fuzz_order.c)
UNIT_TESTS    := $(filter-out $(TESTS_OF_VIPS) $(TESTS_OF_REDIS),$(wildcard tests/unit/test_*.c))
# Other .c files in tests/unit are helpers, linked into every test.
UNIT_HELPERS  := $(filter-out tests/unit/test_%.c $(TESTS_OF_VIPS),$(wildcard tests/unit/*.c))
FUZZERS       := $(filter-out $(TESTS_OF_REDIS),$(wildcard tests/fuzz/fuzz_*.c))
# What fuzzers share, with the unit tests as well.
FUZZ_HELPERS  := tests/fuzz/scratch.c tests/fuzz/puppets.c tests/unit/jpeg_oracle.c
FUZZ_FILES    := $(FUZZERS) tests/fuzz/replay.c tests/fuzz/scratch.c tests/fuzz/puppets.c
HEADERS       := $(wildcard include/batchresize/*.h)

object = $(patsubst %.c,$(BUILD)/%.o,$(1))
OBJECTS       := $(call object,$(SOURCES))
LIB_OBJECTS   := $(call object,$(filter-out $(PROGRAM_ONLY),$(SOURCES)))
# The pools alone, a library of their own that needs no other, on which the library of images stands.
POOL_ONLY     := $(filter src/exec/% src/sandbox/%,$(SOURCES)) src/base/buffer.c src/base/version.c
POOL_OBJECTS  := $(call object,$(POOL_ONLY) $(addprefix src/base/,clock.c limits.c memory.c run_clock.c threads.c thread_time.c transfer.c))
IMAGE_OBJECTS := $(filter-out $(call object,$(POOL_ONLY)),$(LIB_OBJECTS))
EXAMPLES      := $(patsubst tests/examples/%.c,$(BUILD)/examples/%,$(wildcard tests/examples/*.c))
# Plugins: those that infer where a library for it is there, ONNX Runtime or OpenCV.
INFERENCE     := $(shell pkg-config --exists libonnxruntime 2>/dev/null && echo onnxruntime || \
		 { [ -e /usr/include/opencv4/opencv2/dnn.hpp ] && command -v g++ >/dev/null && echo opencv; })
INFERRING     := $(patsubst %,$(BUILD)/examples/%.so,faces moderate)
PLUGINS       := $(BUILD)/examples/watermark.so $(if $(INFERENCE),$(INFERRING))
TEST_OBJECTS  := $(filter-out $(BUILD)/src/main.o,$(OBJECTS)) $(call object,$(UNIT_HELPERS))
TEST_PROGRAMS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_TESTS))
FUZZ_PROGRAMS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZERS))
# Fuzz targets without a fuzzer, which read what was kept for them: unit tests of any compiler.
REPLAYED      := $(filter $(FUZZERS:tests/fuzz/%.c=$(BUILD)/replay/%), \
		 $(patsubst tests/fuzz/corpus/%,$(BUILD)/replay/fuzz_%,$(wildcard tests/fuzz/corpus/*)))

# --- how -------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	    $(if $(WERROR),-Werror)
ifdef SANITIZE
# A sanitizer sees more without fortified calls, and reports best at -O1.
HARDENING := -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
HARDENING_LINK := -fsanitize=$(SANITIZE)
override CFLAGS := -O1 -g
else
# Only an optimised build can be fortified. What branches may lead to is of the processor: CET or BTI.
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
HARDENING := -fstack-protector-strong -fstack-clash-protection -fPIC \
	     $(if $(filter x86_64-%,$(MACHINE)),-fcf-protection=full) \
	     $(if $(filter aarch64-%,$(MACHINE)),-mbranch-protection=standard) \
	     $(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
HARDENING_LINK := -pie -Wl,-z,relro,-z,now,-z,noexecstack
endif

# Our own flags come first, so that the caller's CFLAGS and LDFLAGS win.
# No compiler may fuse a multiplication with an addition: sums of floats are the same everywhere.
COMPILE = $(CC) -std=c11 -ffp-contract=off -D_GNU_SOURCE -DBATCHRESIZE_VERSION='"$(VERSION)"' -Iinclude -Isrc \
	  -pthread $(WARNINGS) $(HARDENING) $(VISIBILITY) $(MODULE_CFLAGS) $(CPPFLAGS) $(CFLAGS)
LINK    = $(CC) -pthread $(CFLAGS) $(HARDENING_LINK) -Wl,--as-needed $(LDFLAGS)
LIBS    = $(MODULE_LIBS) -lm
# What is not declared in a public header is seen by nobody outside, and nobody puts another function
# in the place of ours. Tests do that with the C library's.
HIDDEN := -fvisibility=hidden -fno-semantic-interposition
$(OBJECTS): private VISIBILITY := $(HIDDEN) $(PROGRAM_FLAGS)

# Goals that build nothing need no libraries.
NO_BUILD := deb help clean uninstall lint-includes lint-lengths lint-format lint-scripts format testdata
CONFIG ?= build/config$(if $(filter no,$(VIPS)),-without-libvips)$(if $(filter no,$(SECCOMP)),-without-libseccomp)$(if $(filter no,$(CURL)),-without-libcurl)$(if $(filter no,$(REDIS)),-without-hiredis).mk
ifneq ($(filter-out $(NO_BUILD),$(or $(MAKECMDGOALS),all)),)
# As old as can be, so that it is made: of an include that is not there yet make would complain.
$(shell [ -e $(CONFIG) ] || { mkdir -p $(dir $(CONFIG)) && touch -d @0 $(CONFIG); })
include $(CONFIG)
endif

# The goals that may install packages; the others name them and stop.
MAY_INSTALL := $(filter demo bench quality contact-sheet test unit cli-test asan ubsan sanitize tsan msan valgrind lint fuzz fuzz-replay arm-test power-cut soak fault storm,$(MAKECMDGOALS))

# -I of a library becomes -isystem: its headers are not ours to mend.
# hiredis asks for large files, which 64-bit systems have anyway: with its definition calls would have
# other names (pwrite64), and what tests put in their place would not be called.
$(CONFIG): Makefile
	@mkdir -p $(@D)
	@{ command -v $(firstword $(CC)) && pkg-config --exists $(MODULES) $(LOADED) $(FOR_HEADERS); } >/dev/null 2>&1 || \
		$(INSTALL_DEPS) $(if $(MAY_INSTALL),,--check) $(if $(LOADED),build,build-without-vips)
ifeq ($(LOADED),)
	@cflags=$$(pkg-config --cflags $(MODULES) $(FOR_HEADERS) | sed 's/-I/-isystem /g; s/-D_FILE_OFFSET_BITS=64//g') && \
	libs=$$(pkg-config --libs $(MODULES)) && \
	printf '%s\n' '# Made by make from pkg-config.' \
		"MODULE_CFLAGS := $$cflags" "MODULE_LIBS := $$libs" 'LOADED_LIBS :=' >$@.part && mv $@.part $@
else
	@cflags=$$(pkg-config --cflags $(MODULES) $(LOADED) $(FOR_HEADERS) | sed 's/-I/-isystem /g; s/-D_FILE_OFFSET_BITS=64//g') && \
	libs=$$(pkg-config --libs $(MODULES)) && loaded=$$(pkg-config --libs $(LOADED)) && \
	echo 'int main(void) { return 0; }' | $(CC) -xc - -o $@.part -Wl,--no-as-needed $$loaded && \
	soname=$$(readelf -d $@.part | sed -n 's/.*(NEEDED).*\[\(libvips\.so[^]]*\)\]/\1/p') && \
	printf '%s\n' '# Made by make from pkg-config and what the linker made of it.' \
		"MODULE_CFLAGS := $$cflags -DLIBVIPS_SONAME='\"$${soname:?is not to be found}\"'" \
		"MODULE_LIBS := $$libs" "LOADED_LIBS := $$loaded" >$@.part && mv $@.part $@
endif

# --- the program and the library -------------------------------------------------------------------

.PHONY: all
all: $(BUILD)/batchresize libraries ## the program and the libraries (the default)

$(BUILD)/batchresize: $(OBJECTS) | $(if $(LOADED),$(BUILD)/loaded.checked) $(if $(filter no,$(SECCOMP)),,$(BUILD)/seccomp.checked) $(if $(filter no,$(CURL)),,$(BUILD)/curl.checked) $(if $(filter no,$(REDIS)),,$(BUILD)/hiredis.checked)
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

# What is loaded instead of linked is not seen by the linker otherwise.
$(BUILD)/loaded.checked: src/libvips/libvips.h src/libvips/libjxl.h src/webp/codec_webp.h scripts/check-loaded $(CONFIG)
	@CC='$(CC)' scripts/check-loaded src/libvips/libvips.h $(LOADED_LIBS)
	@CC='$(CC)' scripts/check-loaded src/libvips/libjxl.h -ljxl
	@CC='$(CC)' scripts/check-loaded src/webp/codec_webp.h -lwebp
	@mkdir -p $(@D) && touch $@

$(BUILD)/seccomp.checked: src/sandbox/libseccomp.h scripts/check-loaded $(CONFIG)
	@CC='$(CC)' scripts/check-loaded src/sandbox/libseccomp.h -lseccomp
	@mkdir -p $(@D) && touch $@

$(BUILD)/curl.checked: src/fetch/libcurl.h scripts/check-loaded $(CONFIG)
	@CC='$(CC)' scripts/check-loaded src/fetch/libcurl.h -lcurl
	@mkdir -p $(@D) && touch $@

$(BUILD)/hiredis.checked: src/redis/libhiredis.h scripts/check-loaded $(CONFIG)
	@CC='$(CC)' scripts/check-loaded src/redis/libhiredis.h -lhiredis
	@mkdir -p $(@D) && touch $@

# Each library in both kinds. A static one is a single object whose private names are made local.
.PHONY: libraries
LIBRARIES := $(foreach name,batchresize-pool batchresize,$(BUILD)/lib$(name).a $(BUILD)/lib$(name).so.$(SOVERSION))
libraries: $(LIBRARIES)

$(BUILD)/libbatchresize-pool.a $(BUILD)/libbatchresize-pool.so.$(SOVERSION): $(POOL_OBJECTS)
$(BUILD)/libbatchresize.a $(BUILD)/libbatchresize.so.$(SOVERSION): $(IMAGE_OBJECTS)
$(BUILD)/libbatchresize.so.$(SOVERSION): | $(BUILD)/libbatchresize-pool.so.$(SOVERSION)
$(BUILD)/libbatchresize.so.$(SOVERSION): SHARED_LIBS = $(BUILD)/libbatchresize-pool.so.$(SOVERSION) $(LIBS)

$(BUILD)/lib%.a:
	$(call say,AR)
	$(Q)rm -f $@ && $(CC) -r -nostdlib -o $(@:.a=.o) $^ && $(OBJCOPY) --localize-hidden $(@:.a=.o) && \
		$(AR) rcs $@ $(@:.a=.o) && rm $(@:.a=.o)

$(BUILD)/lib%.so.$(SOVERSION): src/libbatchresize.map
	$(call say,LINK)
	$(Q)$(CC) -shared -pthread $(CFLAGS) -Wl,-soname,$(@F) -Wl,--version-script=$< -Wl,--as-needed \
		-Wl,-z,defs,-z,relro,-z,now,-z,noexecstack $(LDFLAGS) -o $@ $(filter %.o,$^) $(SHARED_LIBS)

$(BUILD)/%.o: %.c $(BUILD)/flags
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

# Changed flags compile everything again.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(COMPILE) $(HIDDEN) $(PROGRAM_FLAGS) $(LINK))' >$@.part
	@cmp -s $@.part $@ && rm $@.part || mv $@.part $@

.PHONY: FORCE
FORCE:

# Programs that use the libraries as a stranger would.
.PHONY: examples
examples: $(EXAMPLES) $(PLUGINS) ## the programs and plugins of tests/examples, in build/examples
$(EXAMPLES): $(BUILD)/examples/%: $(BUILD)/tests/examples/%.o $(BUILD)/libbatchresize.a $(BUILD)/libbatchresize-pool.a
	$(call say,LINK)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

# By a stranger's means as well: a compiler, the header, and what they need themselves.
PLUGIN_CC = $(CC) -std=c11 -D_GNU_SOURCE -Iinclude -fPIC $(WARNINGS) $(CFLAGS)
PLUGIN_HEADERS := include/batchresize/plugin.h include/batchresize/api.h tests/examples/plugins/model.h
$(BUILD)/examples/watermark.so: tests/examples/plugins/watermark.c $(PLUGIN_HEADERS)
	$(call say,LINK)
	@mkdir -p $(@D)
	$(Q)$(PLUGIN_CC) -shared -o $@ $<

PLUGIN_MODEL := tests/examples/plugins/model_sample.c
$(INFERRING): $(BUILD)/examples/%.so: tests/examples/plugins/%.c $(wildcard tests/examples/plugins/model_*) $(PLUGIN_HEADERS)
	$(call say,LINK)
	@mkdir -p $(@D)
ifeq ($(INFERENCE),opencv)
	$(Q)$(PLUGIN_CC) -r -nostdlib -o $(@:.so=.o) $< $(PLUGIN_MODEL)
	$(Q)g++ -shared -fPIC -Iinclude -Wall -Wextra -O2 -isystem /usr/include/opencv4 -o $@ $(@:.so=.o) \
		tests/examples/plugins/model_opencv.cc -lopencv_dnn -lopencv_core
else
	$(Q)$(PLUGIN_CC) -isystem /usr/include/onnxruntime -shared -o $@ $< $(PLUGIN_MODEL) \
		tests/examples/plugins/model_onnxruntime.c $$(pkg-config --libs libonnxruntime) -lm
endif

-include $(patsubst %.o,%.d,$(OBJECTS) $(EXAMPLES:$(BUILD)/examples/%=$(BUILD)/tests/examples/%.o) $(call object,$(UNIT_TESTS) $(UNIT_HELPERS) $(FUZZ_FILES)))

# --- seeing it work --------------------------------------------------------------------------------

.PHONY: demo
demo: $(BUILD)/batchresize ## resize real photographs with a pool of processes
	@scripts/demo

# --- tests -----------------------------------------------------------------------------------------

.PHONY: test unit cli-test deps-test
test: unit cli-test ## all tests
unit: $(TEST_PROGRAMS) $(REPLAYED) ## the unit tests
	@$(foreach test,$(patsubst tests/unit/%.c,%,$(filter tests/unit/test_%,$(TESTS_OF_VIPS))), \
		echo 'skipped $(test): needs libvips, which this build is made without (VIPS=no)';) \
	scripts/run-unit-tests $(TEST_PROGRAMS) $(REPLAYED)

# After the unit tests: two suites at once would only slow each other down. One test more than there are
# processors, since many wait.
PYTEST_JOBS ?= $(shell n=$$(nproc); [ $$n -lt 4 ] && echo $$((n + 1)) || echo 4)
cli-test: $(BUILD)/batchresize examples | deps-test $(filter unit,$(MAKECMDGOALS)) $(if $(filter test,$(MAKECMDGOALS)),unit) ## the tests of the command line, and of what judges the pictures
	@folder=$$(mktemp -d) && if BATCHRESIZE=$(abspath $(BUILD)/batchresize) PYTHONDONTWRITEBYTECODE=1 \
		$(PYTHON) -m pytest -q -rfEs -p no:cacheprovider -n $(PYTEST_JOBS) --basetemp="$$folder/tests" \
		tests/cli tests/quality $(PYTEST_ARGS); then rm -rf "$$folder"; \
	else echo "What the tests made is in $$folder." >&2; exit 1; fi

deps-test:
	@$(INSTALL_DEPS) test

# A hundred programs of all objects each: by another linker, where there is one, in a fifth of the time.
QUICK_LINK := $(if $(filter gcc clang,$(CC)),$(patsubst ld.%,-fuse-ld=%,$(notdir $(firstword \
	      $(shell command -v ld.lld || command -v ld.gold)))))
$(TEST_PROGRAMS): $(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(TEST_OBJECTS)
	$(call say,LINK)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(QUICK_LINK) -o $@ $^ $(TEST_LDFLAGS) $(LIBS) $(LOADED_LIBS) -lcmocka

# Where there is no memory for one more job.
$(BUILD)/tests/test_executor_scarce: private LDFLAGS += -Wl,--wrap=job_new

$(call object,$(UNIT_TESTS) $(UNIT_HELPERS)): | deps-test

$(REPLAYED): $(BUILD)/replay/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay.o \
		$(filter-out $(BUILD)/src/main.o,$(OBJECTS)) $(call object,$(FUZZ_HELPERS))
	$(call say,LINK)
	@mkdir -p $(@D)
	$(Q)$(LINK) $(QUICK_LINK) -o $@ $^ $(LIBS) $(LOADED_LIBS)

# The parent's side of worker processes, with zygotes and a clock of its own: see puppets.h.
$(BUILD)/replay/fuzz_supervisor $(BUILD)/fuzz/fuzz_supervisor: private LDFLAGS += \
	$(foreach name,zygote_start zygote_signal zygote_wait zygote_retire zygote_end clock_ns,-Wl,--wrap=$(name))

# --- tests under sanitizers ------------------------------------------------------------------------

# Leaks that libraries keep on purpose are listed in the suppressions. A worker's limit on its data
# would forbid AddressSanitizer its shadow, hence what the tests are told by BATCHRESIZE_SANITIZER.
.PHONY: asan ubsan sanitize tsan
ASAN_ENVIRONMENT := BATCHRESIZE_SANITIZER=address \
	LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0 \
	ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=1:allocator_may_return_null=1
UBSAN_ENVIRONMENT := UBSAN_OPTIONS=print_stacktrace=1:abort_on_error=1

asan: ## a choice of the tests under AddressSanitizer and LeakSanitizer
	$(ASAN_ENVIRONMENT) $(MAKE) BUILD=build/asan SANITIZE=address test

ubsan: ## a choice of the tests under UndefinedBehaviorSanitizer
	$(UBSAN_ENVIRONMENT) BATCHRESIZE_SANITIZER=undefined \
	$(MAKE) BUILD=build/ubsan SANITIZE=undefined,float-cast-overflow test

sanitize: ## a choice of the tests under both at once
	$(ASAN_ENVIRONMENT) $(UBSAN_ENVIRONMENT) \
	$(MAKE) BUILD=build/sanitize SANITIZE=address,undefined,float-cast-overflow test

# Only the executors and what they stand on: the image libraries are not built for it.
TSAN_SOURCES := $(filter src/exec/% src/sandbox/% src/base/%,$(SOURCES))
TSAN_TESTS   := $(wildcard tests/unit/test_executor*.c)
# The runtime of gcc 12 cannot place its shadow where addresses are randomised by more than 28 bits.
FIXED_ADDRESSES := $(if $(filter tsan,$(MAKECMDGOALS)),$(shell setarch -R true 2>/dev/null && echo setarch -R))
tsan: ## the executors' tests under ThreadSanitizer
	TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:allocator_may_return_null=1 BATCHRESIZE_SANITIZER=thread \
	$(FIXED_ADDRESSES) $(MAKE) BUILD=build/tsan SANITIZE=thread MODULE_CFLAGS= MODULE_LIBS= LOADED_LIBS= \
		SOURCES='$(TSAN_SOURCES)' UNIT_TESTS='$(TSAN_TESTS)' REPLAYED= \
		UNIT_HELPERS='$(wildcard tests/unit/executor*.c)' unit

# MemorySanitizer sees no byte written that code writes which was compiled without it, as libjpeg: see
# tests/unit/poison.h. Left out are tests that need libvips, which is too much code to be believed. The
# runtime of clang 14 does not know fstat64(3), which is fstat(3) on 64-bit machines.
.PHONY: msan valgrind deps-valgrind
MSAN_TESTS := $(addprefix build/msan/tests/test_,cascade coded_colours cpu executor_channel executor_jobs \
	      executor_loops exif geometry heif_turn inflate io io_group jpeg_idct jpeg_reader jpeg_writer md5 \
	      png_filters png_reader png_writer raster resampler sniff) \
	      $(addprefix build/msan/replay/fuzz_,jpeg_reader png xmp)
msan: | deps-fuzz ## the tests of our own codecs under clang's MemorySanitizer
	+$(MAKE) BUILD=build/msan CC=clang SANITIZE=memory VIPS=no PROGRAM_FLAGS=-DPOISON \
		CPPFLAGS='-U_FILE_OFFSET_BITS -include tests/unit/poison.h' \
		$(MSAN_TESTS)
	MSAN_OPTIONS=poison_in_malloc=0:intercept_memcmp=0 BATCHRESIZE_SANITIZER=memory scripts/run-unit-tests $(MSAN_TESTS)

# The longest first: eight minutes of a processor in all.
VALGRIND_TESTS := $(addprefix $(BUILD)/tests/test_,codec_jpeg jpeg_rows jpeg_reader jpeg_writer png_filters resampler palette image \
		  colour scan resample png_image colour_codes inflate exif png_reader jpeg_idct coded_colours source \
		  linear webp_timing png_writer cascade geometry heif_turn md5 raster sniff xml)
valgrind: deps-valgrind $(VALGRIND_TESTS) ## the tests of a picture's way under valgrind, libraries and all
	TEST_RUNNER='valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite' TEST_TIMEOUT=1800 \
		scripts/run-unit-tests $(VALGRIND_TESTS)

deps-valgrind:
	@$(INSTALL_DEPS) valgrind

# --- on 64-bit ARM ---------------------------------------------------------------------------------

# Cross-compiled against Debian's libraries for arm64, which are unpacked into a folder, and run by
# qemu: what is in vectors, against the portable versions; and the whole program, whose files must be
# those that the program for this machine makes.
ARM_FOLDER := $(CURDIR)/.deps/arm64
ARM_ROOT   := $(ARM_FOLDER)/root
ARM_RUN    := qemu-aarch64 -L $(ARM_ROOT)
ARM_BUILD  := build/arm
ARM_TESTS  := $(addprefix $(ARM_BUILD)/tests/test_,cpu hash inflate jpeg_idct jpeg_reader jpeg_writer jpeg_rows codec_jpeg png_filters \
	      png_reader png_writer resampler resample cascade linear palette)
ARM_MAKE    = PKG_CONFIG_LIBDIR=$(ARM_ROOT)/usr/lib/aarch64-linux-gnu/pkgconfig:$(ARM_ROOT)/usr/share/pkgconfig \
	      PKG_CONFIG_SYSROOT_DIR=$(ARM_ROOT) $(MAKE) BUILD=$(ARM_BUILD) CONFIG=$(ARM_BUILD)/config.mk \
	      CC='aarch64-linux-gnu-gcc --sysroot=$(ARM_ROOT)' AR=aarch64-linux-gnu-ar INSTALL_DEPS=true

.PHONY: arm-test deps-arm
arm-test: $(BUILD)/batchresize | deps-arm ## for 64-bit ARM: build, run under qemu, compare with this machine
	@scripts/arm-sysroot $(ARM_FOLDER)
	+@$(ARM_MAKE) WERROR=yes $(ARM_BUILD)/batchresize $(ARM_TESTS)
	@TEST_RUNNER='$(ARM_RUN)' TEST_TIMEOUT=1800 scripts/run-unit-tests $(ARM_TESTS)
	@scripts/arm-compare $(BUILD)/batchresize $(ARM_RUN) $(ARM_BUILD)/batchresize

deps-arm:
	@$(INSTALL_DEPS) arm

# --- checks of the source --------------------------------------------------------------------------

C_FILES := $(wildcard src/*.[ch] src/*/*.[ch] src/*/*/*.[ch] include/*/*.h tests/unit/*.[ch] tests/fuzz/*.[ch] tests/bench/*.[ch] tests/examples/*.c tests/examples/plugins/*.[ch])
# What else is written in C or C++: of these only the layout is checked.
FORMATTED := $(C_FILES) $(wildcard tests/cli/*.c tests/fault/*.c tests/examples/plugins/*.cc)
SCRIPTS := $(shell grep -lE '^#!.*sh$$' scripts/* findings/* .ci/run 2>/dev/null)

.PHONY: lint lint-warnings lint-tidy lint-cppcheck lint-format lint-includes lint-lengths lint-headers \
	lint-releases lint-analyzer lint-scripts format deps-lint
lint: lint-includes lint-lengths lint-headers lint-format lint-scripts lint-warnings lint-releases lint-analyzer lint-cppcheck lint-tidy ## every check of the source

# gcc, no warning. clang's are among what lint-tidy looks for, and that it makes code of the program the
# fuzzers show. LINT_BUILD=build takes what has been compiled with WERROR=yes as it is.
LINT_BUILD ?= build/lint/gcc
lint-warnings: | deps-lint deps-test
	+$(MAKE) BUILD=$(LINT_BUILD) CC=gcc WERROR=yes objects

.PHONY: objects
objects: $(OBJECTS) $(call object,$(UNIT_TESTS) $(UNIT_HELPERS) $(FUZZ_FILES))

# With the libraries' headers of the other release of Debian: compiled, not linked. Rooms that see no
# library (scripts/check-includes) are left out, and their tests.
WITHOUT_LIBRARIES := main base batch cli exec sandbox io report
RELEASED := SOURCES='$(filter-out $(foreach room,$(WITHOUT_LIBRARIES),src/$(room).c src/$(room)/%),$(SOURCES))' \
	UNIT_TESTS='$(filter-out tests/unit/test_cli% tests/unit/test_executor% tests/unit/test_io%,$(UNIT_TESTS))'
lint-releases: | deps-test
	+@flags=$$(scripts/other-headers build/lint/headers) && status=0 || status=$$?; \
	case $$status in \
	0) $(MAKE) BUILD=build/lint/release CC=gcc CFLAGS=-O0 WERROR=yes $(RELEASED) \
		MODULE_CFLAGS="$$flags -DLIBVIPS_SONAME='\"libvips.so\"'" objects ;; \
	3) echo 'lint-releases: skipped, for want of the headers of the other release (see above)' ;; \
	*) exit $$status ;; \
	esac

# One stamp a file, so that -j spreads them and only what changed is looked at again. Of a function the
# analyzer looks at so many states, a third of what is usual: all else is 2 % of the time that it takes.
# What takes a library that tests do not install is looked at where that is there.
TIDY_STATES ?= 75000
TIDY := $(patsubst %.c,build/lint/tidy/%.ok,$(filter-out $(if $(wildcard /usr/include/onnxruntime),,%/model_onnxruntime.c),$(filter %.c,$(C_FILES))))
lint-tidy: $(TIDY)
$(TIDY): build/lint/tidy/%.ok: %.c .clang-tidy $(filter %.h,$(C_FILES)) | deps-lint deps-test
	$(call say,TIDY)
	@mkdir -p $(@D)
	$(Q)clang-tidy --quiet --warnings-as-errors='*' \
		$(addprefix --extra-arg=,-Xclang -analyzer-config -Xclang max-nodes=$(TIDY_STATES)) $< -- $(wordlist 2,99,$(COMPILE)) 2>$@.log || \
		{ cat $@.log >&2; exit 1; }
	@touch $@

# gcc follows paths through the rooms that hold descriptors and memory across errors. One stamp a file.
# gcc 14 takes the numbers that worker.c gives by dup2(2), for good, for descriptors that are lost; gcc 12
# takes what syncer.c has put into its list for lost, as if that had been in it before.
ANALYZED := $(patsubst %.c,build/lint/analyzer/%.ok,$(wildcard src/exec/*.c src/io/*.c))
lint-analyzer: $(ANALYZED)
$(ANALYZED): build/lint/analyzer/%.ok: %.c $(wildcard src/exec/*.h src/io/*.h src/base/*.h) $(HEADERS)
	@printf '  ANALYZE %s\n' $<
	@mkdir -p $(@D)
	$(Q)gcc -std=c11 -D_GNU_SOURCE -Iinclude -Isrc -pthread -O2 -fanalyzer -Werror \
		$(if $(filter %/worker.c,$<),-Wno-analyzer-fd-leak) \
		$(if $(filter %/syncer.c,$<),-Wno-analyzer-malloc-leak) -c -o /dev/null $<
	@touch $@

# Across files cppcheck 2.10 sees neither that a callee fills in what it is handed the address of, nor
# the conditions on which a pointer may be null.
lint-cppcheck: | deps-lint
	@mkdir -p build/lint/cppcheck
	cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
		--suppress=ctuuninitvar --suppress=ctunullpointer \
		--cppcheck-build-dir=build/lint/cppcheck -D_GNU_SOURCE -Iinclude -Isrc \
		$(SOURCES) $(FUZZ_FILES)

lint-format: | deps-lint
	clang-format --dry-run -Werror $(FORMATTED)

lint-includes:
	scripts/check-includes

lint-lengths:
	scripts/check-lengths

# Alone, and together in both orders.
lint-headers: | deps-test
	scripts/check-headers $(wordlist 1,99,$(COMPILE))

lint-scripts: | deps-lint
	shellcheck $(SCRIPTS)

format: ## format the C files
	clang-format -i $(FORMATTED)

deps-lint:
	@$(INSTALL_DEPS) lint

# --- fuzzing ---------------------------------------------------------------------------------------

# Each fuzzer starts from tests/fuzz/corpus/<its name>/ and testdata/; what it finds it leaves in
# build/fuzz/found/. fuzz-replay runs each over the committed files only, once.
.PHONY: fuzz fuzz-replay fuzz-build fuzz-programs deps-fuzz
fuzz: fuzz-build ## fuzz each target for FUZZ_SECONDS (60)
	scripts/fuzz --seconds $(FUZZ_SECONDS) build/fuzz/fuzz

fuzz-replay: fuzz-build ## run the fuzz targets over the files kept from earlier runs
	scripts/fuzz --replay build/fuzz/fuzz

fuzz-build: | deps-fuzz
	+$(MAKE) BUILD=build/fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined fuzz-programs

fuzz-programs: $(FUZZ_PROGRAMS)
$(FUZZ_PROGRAMS): $(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(filter-out $(BUILD)/src/main.o,$(OBJECTS)) \
		$(call object,$(FUZZ_HELPERS))
	$(call say,LINK)
	@mkdir -p $(@D)
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBS) $(LOADED_LIBS)

deps-fuzz:
	@$(INSTALL_DEPS) fuzz

# --- measuring -------------------------------------------------------------------------------------

BENCH_PARTS := $(addprefix $(BUILD)/tests/,bench_executor bench_floor forgetful slow_disk.so shifted_clock.so)

.PHONY: bench deps-bench lab
bench: deps-bench $(BUILD)/batchresize $(BENCH_PARTS) ## speed, beside that of others
	BENCH_BUILD=$(BUILD) scripts/bench

deps-bench:
	@$(INSTALL_DEPS) bench

# The figures of the machine that it runs on, which should have nothing else to do.
LAB ?= tests/bench/lab.md
lab: deps-bench $(BUILD)/batchresize ## what pools cost here, beside Python's: tests/bench/lab.md
	scripts/fetch-photographs -t jpg bench/photographs
	{ printf '# Pools, measured\n\nMade by `make lab` (`batchresize lab --markdown`).\n\n' && \
		$(BUILD)/batchresize lab --markdown bench/photographs; } >$(LAB).part && mv $(LAB).part $(LAB)

$(BUILD)/tests/bench_floor: $(BUILD)/tests/bench/bench_floor.o $(LIB_OBJECTS)
	$(call say,LINK)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/tests/forgetful: $(OBJECTS) $(BUILD)/tests/bench/forgetful.o
	$(call say,LINK)
	$(Q)$(LINK) -Wl,--defsym=known_is_wanted=forgetful -o $@ $^ $(LIBS)

$(BUILD)/tests/slow_disk.so $(BUILD)/tests/shifted_clock.so: $(BUILD)/tests/%.so: tests/bench/%.c $(BUILD)/flags
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -fPIC -shared -o $@ $< -ldl

$(BUILD)/tests/bench_executor: $(BUILD)/tests/bench/bench_executor.o $(call object,$(TSAN_SOURCES))
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $^

.PHONY: soak-kill
soak-kill: $(BUILD)/batchresize ## runs that are killed at 200 random moments, and what is left
	BATCHRESIZE=$(BUILD)/batchresize PYTHONDONTWRITEBYTECODE=1 scripts/soak-kill $(SOAK_ARGS)

.PHONY: soak-lock
soak-lock: $(BUILD)/batchresize ## pairs of runs into one directory, 50 for each of --lock's ways, and in mount namespaces
	BATCHRESIZE=$(BUILD)/batchresize PYTHONDONTWRITEBYTECODE=1 scripts/soak-lock $(SOAK_ARGS)

.PHONY: soak
SOAK ?= 1000000
soak: deps-test $(BUILD)/batchresize ## SOAK (1000000) small pictures in each mode, and whether anything grows
	BATCHRESIZE=$(BUILD)/batchresize PYTHONDONTWRITEBYTECODE=1 scripts/soak --pictures $(SOAK)

# Needs root, FUSE and loop devices, and says so where they are not to be had.
.PHONY: power-cut deps-power
power-cut: deps-power $(BUILD)/batchresize ## cut the power of runs with --fsync, and look at what is on the disk
	BATCHRESIZE=$(BUILD)/batchresize PYTHONDONTWRITEBYTECODE=1 scripts/power-cut $(POWER_ARGS)

deps-power:
	@$(INSTALL_DEPS) power

# What it found of each fault is a table in FAULT_TABLE, which may be SECURITY.md: rows that this run has
# not looked at stay as they are. STEP=10 looks at every tenth system call and allocation, from number
# BEGIN (0) on, so that there can be ten parts; see tests/fault/test_rounds.py for ROUNDS, SEED, FIRST.
.PHONY: fault storm deps-fault
FAULT_TABLE ?= $(BUILD)/fault.md
fault: $(BUILD)/batchresize | deps-fault ## every fault there is, in each mode, and what becomes of the run
	@folder=$$(mktemp -d) && if BATCHRESIZE=$(abspath $(BUILD)/batchresize) PYTHONDONTWRITEBYTECODE=1 \
		PYTHONPATH=tests/cli:tests/fault FAULT_TABLE=$(abspath $(FAULT_TABLE)) \
		$(PYTHON) -m pytest -q -rs -p no:cacheprovider -p told -n auto --basetemp="$$folder/tests" \
		tests/fault $(PYTEST_ARGS); then rm -rf "$$folder"; \
	else echo "What the tests made is in $$folder." >&2; exit 1; fi

# One of them by itself, since it says how soon a worker is replaced: on a quiet machine.
KILLS ?= 800
storm: $(BUILD)/batchresize $(BUILD)/tests/test_executor_storm | deps-fault ## KILLS (800) workers killed over 2,000 pictures: who is blamed, how soon others come
	STORM_KILLS=$(KILLS) $(BUILD)/tests/test_executor_storm
	@KILLS=$(KILLS) BATCHRESIZE=$(abspath $(BUILD)/batchresize) PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/cli:tests/fault \
		$(PYTHON) -m pytest -q -rs -p no:cacheprovider -p told tests/fault/test_storm.py $(PYTEST_ARGS)

deps-fault:
	@$(INSTALL_DEPS) test fault

.PHONY: quality contact-sheet deps-quality
quality: deps-quality $(BUILD)/batchresize ## how right the pictures are, beside those of others
	@PYTHONDONTWRITEBYTECODE=1 scripts/quality --program $(BUILD)/batchresize $(QUALITY_ARGS)

contact-sheet: deps-quality $(BUILD)/batchresize ## pictures before and after, to be looked at
	@PYTHONDONTWRITEBYTECODE=1 scripts/contact-sheet --program $(BUILD)/batchresize

deps-quality:
	@$(INSTALL_DEPS) quality

# --- documents and installing ----------------------------------------------------------------------

COMPLETIONS := $(addprefix $(BUILD)/completions/,bash/batchresize zsh/_batchresize fish/batchresize.fish)

.PHONY: man completions install uninstall
MAN_3 := $(BUILD)/batchresize.3 $(BUILD)/batchresize-plugin.3 $(BUILD)/batchresize-pool.3
man: $(BUILD)/batchresize.1 $(MAN_3) ## the man pages: man build/batchresize.1
	@echo 'To read it: man $<'
completions: $(COMPLETIONS) ## completions for bash, zsh and fish

$(BUILD)/batchresize.1: $(BUILD)/batchresize
	$< --document=man >$@.part && mv $@.part $@

# Of the headers that a program includes of each library; dated as the program's.
$(BUILD)/batchresize.3: PAGE_OF := batch.h image.h error.h
$(BUILD)/batchresize-plugin.3: PAGE_OF := plugin.h
$(BUILD)/batchresize-pool.3: PAGE_OF := executor.h buffer.h version.h
$(MAN_3): $(BUILD)/%.3: scripts/library-man $(HEADERS) $(BUILD)/batchresize.1
	$< $* "$$(sed -n '1s/^.TH BATCHRESIZE 1 \([^ ]*\) .*/\1/p' $(BUILD)/batchresize.1)" $(PAGE_OF) >$@.part && mv $@.part $@

$(COMPLETIONS): $(BUILD)/batchresize
	@mkdir -p $(@D)
	$< --document=$(notdir $(@D)) >$@.part && mv $@.part $@

# What only a static library's user has to link is named with `.private`; libpng is for tests. Of the
# two the pools' asks for no other library.
pc_file = @mkdir -p $(@D) && printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$${prefix}/include' 'libdir=$${prefix}/$(LIBDIR)' '' \
	'Version: $(VERSION)' 'Cflags: -I$${includedir}'
$(BUILD)/batchresize.pc: Makefile FORCE
	$(pc_file) 'Name: batchresize' 'Description: resize many images with pools of threads and processes' \
		'Libs: -L$${libdir} -lbatchresize' 'Requires: batchresize-pool = $(VERSION)' \
		'Libs.private: -lm' 'Requires.private: $(filter-out libpng,$(MODULES))' >$@

$(BUILD)/batchresize-pool.pc: Makefile FORCE
	$(pc_file) 'Name: batchresize-pool' 'Description: pools of threads and processes with one interface' \
		'Libs: -L$${libdir} -lbatchresize-pool' 'Libs.private: -pthread' >$@

# fish looks below /usr/local only where XDG_DATA_DIRS names it, as desktops have it and a login by
# ssh has not; what an administrator adds belongs in /etc.
FISH := $(if $(filter /usr/local,$(PREFIX)),/etc/fish/completions,share/fish/vendor_completions.d)

# Source, mode and place below PREFIX of all that is installed; or its place from the root.
INSTALLED := \
	$(BUILD)/batchresize:755:bin/batchresize \
	$(BUILD)/batchresize.1:644:share/man/man1/batchresize.1 \
	$(foreach page,$(MAN_3),$(page):644:share/man/man3/$(notdir $(page))) \
	$(BUILD)/completions/bash/batchresize:644:share/bash-completion/completions/batchresize \
	$(BUILD)/completions/zsh/_batchresize:644:share/zsh/site-functions/_batchresize \
	$(BUILD)/completions/fish/batchresize.fish:644:$(FISH)/batchresize.fish \
	$(foreach h,$(HEADERS),$(h):644:$(h)) \
	$(foreach l,$(LIBRARIES),$(l):644:$(LIBDIR)/$(notdir $(l))) \
	$(foreach p,batchresize.pc batchresize-pool.pc,$(BUILD)/$(p):644:$(LIBDIR)/pkgconfig/$(p)) \
	$(foreach u,$(wildcard scripts/systemd/*),$(u):644:$(UNITS)/$(notdir $(u))) \
	scripts/batchresize.cron:644:share/doc/batchresize/examples/batchresize.cron
# The names by which the linker finds the shared ones.
LINKED := $(LIBDIR)/libbatchresize.so $(LIBDIR)/libbatchresize-pool.so

install: all man completions $(BUILD)/batchresize.pc $(BUILD)/batchresize-pool.pc ## install below $(DESTDIR)$(PREFIX)
	@set -e; for entry in $(INSTALLED); do \
		from=$${entry%%:*}; rest=$${entry#*:}; to=$${rest#*:}; \
		case $$to in /*) to='$(DESTDIR)'$$to ;; *) to='$(DESTDIR)$(PREFIX)'/$$to ;; esac; \
		echo "install $$to"; install -D -m "$${rest%%:*}" "$$from" "$$to"; \
	done
	@for link in $(LINKED); do \
		ln -sf "$${link##*/}.$(SOVERSION)" '$(DESTDIR)$(PREFIX)'/$$link; \
	done
	@$(if $(DESTDIR),,PATH=$$PATH:/usr/sbin:/sbin; ldconfig 2>/dev/null; \
		ldconfig -p | grep -qF ' $(PREFIX)/$(LIBDIR)/libbatchresize.so.' || \
		echo 'The loader finds shared libraries in $(PREFIX)/$(LIBDIR) only if it is told: by LD_LIBRARY_PATH,' \
			'or by linking with -Wl,-rpath,$(PREFIX)/$(LIBDIR).')

uninstall: ## remove what install put there
	rm -f $(foreach place,$(LINKED) $(foreach entry,$(INSTALLED),$(lastword $(subst :, ,$(entry)))),'$(DESTDIR)$(if $(filter /%,$(place)),,$(PREFIX)/)$(place)')

# --- packages --------------------------------------------------------------------------------------

# For the release of Debian that this is: built from a copy, since a package's own directory has to
# be the tree's top, which has no room for it.
.PHONY: deb
DEB_TREE = $(BUILD)/deb/batchresize-$(VERSION)
deb: ## packages for this Debian, in build/deb
	@$(INSTALL_DEPS) deb
	@rm -rf $(BUILD)/deb && mkdir -p $(DEB_TREE)
	@cp -r Makefile README.md LICENSE include src scripts $(DEB_TREE)
	@mv $(DEB_TREE)/scripts/debian $(DEB_TREE)/debian
	cd $(DEB_TREE) && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS dpkg-buildpackage --build=binary --no-sign
	@cd $(BUILD)/deb && ls *.deb
	@! command -v lintian >/dev/null || lintian --allow-root --fail-on error,warning $(BUILD)/deb/*.changes

# --- the rest --------------------------------------------------------------------------------------

.PHONY: testdata clean help
testdata: ## make testdata/ again (the same bytes each time)
	$(PYTHON) scripts/make-testdata

clean: ## remove all that was built
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS='	' read -r goal text; do printf '  make %-13s %s\n' "$$goal" "$$text"; done
	@echo '  Variables: CC CFLAGS LDFLAGS PREFIX DESTDIR BUILD PYTHON FUZZ_SECONDS PYTEST_ARGS QUALITY_ARGS SOAK V'
