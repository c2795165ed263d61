# SPDX-License-Identifier: MIT
#
# rclab. `make help` lists what a person runs. Nothing here names a scheme, a workload or a cell:
# they are found by wildcards, and a cell is built when something names its path:
#     build/cells/WORKLOAD/REFCOUNT+LOCK[+RECLAIMER+ALLOCATOR][@LAYOUT]
#     build/cells/WORKLOAD/RUNTIME[@LAYOUT]       the row of that name in strategies/runtimes.def
# A cell is compiled once, to build/obj/cells/..., and linked in each layout: in the usual order, or
# in one of LAYOUT's own (scripts/link).
# Named builds of the program and of cells: build (release), build/asan, build/tsan, build/census.
# Everything is written aside and renamed, so what exists is complete.

BUILD ?= build
ifeq ($(origin CC),default)
CC = gcc
endif
# Further schemes: headers, or directories of them such as tests/broken; the kind is read from the
# header. One goes before a scheme of the same name in strategies/.
EXTRA ?=
STORE ?=
PLAN ?= quick
LAYOUTS ?=
SCHEME ?=
CELL ?= private_objects/atomic+none

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes $(if $(CI),-Werror)
# Where the headers of the libraries that peers stand on are, and what links them where one is used.
EXTRA_HEADERS := $(filter %.h,$(EXTRA)) $(wildcard $(addsuffix /*.h,$(filter-out %.h,$(EXTRA))))
libraries = $(shell scripts/libraries $(1) $(EXTRA_HEADERS) strategies/*/*.h)
PEER_FLAGS := $(call libraries,--cflags)
PEER_LIBS := -Wl,--as-needed $(call libraries,--libs)
# Functions are sections, so that layouts can order them.
BASE = -std=gnu17 -D_GNU_SOURCE -O2 -g -ffunction-sections -I. -Istrategies -Iharness $(PEER_FLAGS) $(WARN)
# Pinned for what is timed: no unrolling that differs by compiler, loops on their own fetch blocks.
CELL_FLAGS = -fno-unroll-loops -falign-functions=64 -falign-loops=32
# Sanitizers and the census: -O0, which finds and counts the same; compilers take a fifth of the time.
FLAGS_release =
FLAGS_asan = -O0 -fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DSYNC_CHECKED
FLAGS_tsan = -O0 -fsanitize=thread -DSYNC_TSAN -DSYNC_CHECKED
FLAGS_census = -O0 -DSYNC_CENSUS -Wno-shadow
FLAGS_fuzz = -fsanitize=fuzzer-no-link -fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all -DSYNC_CHECKED

# Conformance programs are many, and the compiler's time is most of a test's.
TEST_release = -O1 -g0

NAMED = release asan tsan census fuzz
# $(call place,NAME): where a named build lives.
place = $(BUILD)$(if $(filter-out release,$(1)),/$(1))

# The headers in EXTRA, each behind the kind whose traits it defines; $(call extra,RC): those of a kind.
EXTRA_KINDS := $(foreach h,$(EXTRA_HEADERS),$(addsuffix :$(h),$(firstword $(shell CC='$(CC)' scripts/traits $(h)))))
extra = $(patsubst $(1):%,%,$(filter $(1):%,$(EXTRA_KINDS)))
HEADERS_rc := $(call extra,RC) $(wildcard strategies/refcount/*.h)
HEADERS_lk := $(call extra,LK) $(wildcard strategies/lock/*.h)
HEADERS_rl := $(call extra,RL) $(wildcard strategies/reclaim/*.h)
HEADERS_al := $(call extra,AL) $(wildcard strategies/alloc/*.h)
WORKLOADS := $(wildcard workloads/*/*.c)
# $(call source,WORKLOAD), $(call header,KIND,SCHEME): the file of that name.
source = $(filter %/$(1).c,$(WORKLOADS))
header = $(firstword $(filter %/$(2).h,$(HEADERS_$(1))))

MAKEFLAGS += --no-builtin-rules
.PHONY: all help deps deps-test sweep test check check-scheme torture lint asm figures docs instructions weights audits liveness fuzz peer power steady clean
all: $(BUILD)/rclab

help:
	@echo 'make sweep [PLAN=quick] [STORE=FILE] [LAYOUTS=1]  build, measure, tables and figures (the main job)'
	@echo 'make sweep PLAN=programs        every Python program under every runtime (build/rclab list plan has all plans)'
	@echo 'make test                       all tests (checks or installs packages first)'
	@echo 'make                            the program: build/rclab (see build/rclab --help)'
	@echo 'make figures [STORE=FILE]       draw the figures of a store again'
	@echo 'make docs                       the tables of docs/statistics.md, schemes.md, exploring.md and interpreter.md again'
	@echo 'make instructions               how many instructions the eras of the virtual machine execute (valgrind)'
	@echo 'make weights [ROUNDS=5] [PYTHONS="a b"]  how much time the eras take of what real pythons take (some minutes)'
	@echo 'make audits [BUDGET=45s]        docs/audits.md again: which memory orders are needed, of every scheme, so long each'
	@echo 'make check [TESTS="a b"]        the tests alone, without looking at packages'
	@echo 'make check-scheme SCHEME=x      one scheme (NAME, KIND/NAME or a header): contract, census, sanitizers, explorer'
	@echo 'make torture [SCHEME=x] [SCHEDULES=1000000]   every scheme: long histories, so many schedules in both faces,'
	@echo '    [PROGRAMS=2000] [PROGRAM_SEED=1001|new]   and so many random programs beside CPython on every runtime'
	@echo 'make lint                       how schemes may touch shared memory'
	@echo 'make liveness [REPEAT=200]      every cell of the quick plan, again and again: no hang'
	@echo 'make fuzz [SECONDS=60]          what is read from files: each fuzz target for so long (clang)'
	@echo 'make peer [PEER="--trials 40"]  interval width against Google Benchmark, same kernel and time (installs libbenchmark-dev)'
	@echo 'make power [POWER="--tries 20"]  how often extra costs of 2, 3 and 10 per cent are found, beside what is predicted'
	@echo 'make steady [MINUTE=60]         schemes that defer, a minute at full speed: is memory flat? (seconds)'
	@echo 'make asm CELL=private_objects/atomic+none   the loop that is timed'
	@echo 'make deps                       check or install the packages that are needed'
	@echo 'make clean                      remove build/'
	@echo
	@echo 'RCLAB_NO_INSTALL=1  only check the packages, and print the command that would install'
	@echo 'CC=clang BUILD=build/clang      another compiler, beside the first'

deps:
	@scripts/deps
deps-test:
	@scripts/deps --test

# What ended badly is told again by the exit status, when tables and figures show the rest.
sweep: deps
	@$(MAKE) --no-print-directory all
	@$(BUILD)/rclab sweep $(PLAN) $(if $(STORE),--store $(STORE)) $(if $(LAYOUTS),--layouts $(LAYOUTS)); status=$$?; [ $$status -le 1 ] || exit $$status; \
	    $(BUILD)/rclab show $(if $(STORE),--store $(STORE)) && scripts/figures $(BUILD)/rclab $(STORE) && exit $$status

figures: all
	@scripts/figures $(BUILD)/rclab $(STORE)

docs: $(BUILD)/test/simulation all
	@$< <docs/statistics.md >docs/statistics.md.tmp && mv docs/statistics.md.tmp docs/statistics.md
	@scripts/programs_table $(BUILD)/rclab <docs/interpreter.md >docs/interpreter.md.tmp && mv docs/interpreter.md.tmp docs/interpreter.md
	@scripts/schemes $(BUILD)/rclab <docs/schemes.md >docs/schemes.md.tmp && mv docs/schemes.md.tmp docs/schemes.md
	@tests/explore.sh --docs $(BUILD) <docs/exploring.md >docs/exploring.md.tmp && mv docs/exploring.md.tmp docs/exploring.md

instructions: all
	@scripts/instructions $(BUILD)

ROUNDS ?= 5
weights: all
	@scripts/weights $(BUILD) $(ROUNDS) $(PYTHONS)

BUDGET ?= 45s
audits: all
	@scripts/audits $(BUILD)/rclab $(BUDGET) <docs/audits.md >docs/audits.md.tmp && mv docs/audits.md.tmp docs/audits.md

test: deps-test
	@$(MAKE) --no-print-directory CI=1 check

check:
	@tests/run $(TESTS)

check-scheme:
	@test -n '$(SCHEME)' || { echo 'make check-scheme SCHEME=x: which?' >&2; exit 2; }
	@BUILD=$(BUILD) CC=$(CC) tests/check-scheme '$(SCHEME)'

SCHEDULES ?= 1000000
PROGRAMS ?= 2000
PROGRAM_SEED ?= 1001
torture: all
	@BUILD=$(BUILD) SCHEDULES=$(SCHEDULES) PROGRAMS=$(PROGRAMS) PROGRAM_SEED=$(PROGRAM_SEED) tests/torture $(SCHEME)

lint:
	@scripts/lint

REPEAT ?= 200
liveness: all
	@tests/liveness $(REPEAT)

# The targets are built in a directory of clang's; what they find stays in $(BUILD)/fuzz.
SECONDS ?= 60
FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
fuzz:
	@$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/clang $(FUZZ:%=$(BUILD)/clang/fuzz/test/fuzz/%)
	@for name in $(FUZZ); do \
	    mkdir -p $(BUILD)/fuzz/$$name; \
	    $(BUILD)/clang/fuzz/test/fuzz/$$name -max_total_time=$(SECONDS) -timeout=300 \
	        -artifact_prefix=$(BUILD)/fuzz/$$name- $(BUILD)/fuzz/$$name tests/fuzz/$$name.corpus \
	        >$(BUILD)/fuzz/$$name.log 2>&1 || { tail -n 60 $(BUILD)/fuzz/$$name.log; exit 1; }; \
	    echo "$$name: $$(tail -n 1 $(BUILD)/fuzz/$$name.log)"; \
	done

PEER ?=
peer:
	@scripts/deps --peer
	@BUILD=$(BUILD) tests/peer/run $(PEER)

POWER ?=
power: deps-test
	@BUILD=$(BUILD) tests/power/run $(POWER)

MINUTE ?= 60
steady: all
	@BUILD=$(BUILD) tests/steady $(MINUTE)

asm: $(BUILD)/cells/$(CELL)
	@objdump -d --no-show-raw-insn --disassemble=work $<

clean:
	rm -rf $(BUILD)

# --- how files are built --------------------------------------------------------------------------

# Recipes end by renaming: first what the target depends on, then the target.
DEPENDS = $(BUILD)/depends/$(subst /,_,$@).d
INTO = -MMD -MP -MT $@ -MF $(DEPENDS).tmp -o $@.tmp && mv $(DEPENDS).tmp $(DEPENDS) && mv $@.tmp $@
LINK_INTO = -o $@.tmp && mv $@.tmp $@

# The program; tests are linked with all of it but main and the commands.
LIBS := -lsqlite3 -linih -ljansson -lhwloc -lm -ldl $(PEER_LIBS)
# LIBS_NAME: what the unit test NAME needs too. GSL is a second opinion, never in the program.
LIBS_stats_gsl = -lgsl -lgslcblas
RCLAB_SOURCES := $(filter-out harness/runner.c harness/catalogue_unit.c,$(wildcard harness/*.c))
TESTED_SOURCES := $(filter-out harness/main.c harness/command_%,$(RCLAB_SOURCES))
RCLAB_FLAGS = -DRCLAB_BUILD='"$(1)"' -DRCLAB_ROOT='"$(CURDIR)"' -DRCLAB_DIRECTORY='"$(BUILD)"' \
    -DRCLAB_EXTRA='"$(EXTRA)"' -DRCLAB_COMPILER='"$(CC)"'

# The catalogue: one small object per scheme and workload.
CATALOGUE := $(patsubst %.h,rc/%.o,$(notdir $(HEADERS_rc))) $(patsubst %.h,lk/%.o,$(notdir $(HEADERS_lk))) \
    $(patsubst %.h,rl/%.o,$(notdir $(HEADERS_rl))) $(patsubst %.h,al/%.o,$(notdir $(HEADERS_al))) \
    $(patsubst %.c,workload/%.o,$(notdir $(WORKLOADS)))

# What the compiler is told is an input of everything that is compiled, and what there is of the
# program: a scheme that comes or goes makes another one. Written when make reads this, and only when
# it changes, so that `make -q` knows.
record = $(shell mkdir -p $(BUILD)/depends; echo '$(2)' | cmp -s - $(BUILD)/$(1) || echo '$(2)' >$(BUILD)/$(1))
ifeq ($(filter help clean deps deps-test lint,$(MAKECMDGOALS)),)
$(call record,flags,$(CC) $(filter-out -Werror,$(BASE)) $(CELL_FLAGS) $(EXTRA))
$(call record,names,$(CATALOGUE))
endif

# $(call outside,KIND,SCHEME): the header of a scheme of EXTRA; the others are found by their names.
outside = $(filter-out strategies/%,$(call header,$(1),$(2)))
header_flag = $(if $(call outside,$(1),$(2)),'-D$(call upper,$(1))_HEADER="$(call outside,$(1),$(2))"')
outside_kind = $(strip $(foreach kind,rc lk rl al,$(if $(call outside,$(kind),$(1)),$(kind))))
upper = $(subst rc,RC,$(subst lk,LK,$(subst rl,RL,$(subst al,AL,$(1)))))
# $(call catalogue_flags,KIND,SCHEME)
catalogue_flags = -DCATALOGUE_$(1) -D$(call upper,$(1))_SCHEME=$(2) $(call header_flag,$(1),$(2))
# $(call pair_flags,REFCOUNT LOCK [RECLAIMER ALLOCATOR])
pair_flags = -DRC_SCHEME=$(word 1,$(1)) $(call header_flag,rc,$(word 1,$(1))) \
    -DLK_SCHEME=$(word 2,$(1)) $(call header_flag,lk,$(word 2,$(1))) \
    $(if $(word 3,$(1)),-DRL_SCHEME=$(word 3,$(1)) $(call header_flag,rl,$(word 3,$(1))) \
    -DAL_SCHEME=$(word 4,$(1)) $(call header_flag,al,$(word 4,$(1))))
pair = $(subst +, ,$(notdir $(1)))
# A name without '+' is a runtime: its schemes, and what is defined beside them.
RUNTIMES = strategies/runtimes.def
runtime = $(or $(shell CC='$(CC)' scripts/runtime '$(1)'),$(error no runtime $(1) in $(RUNTIMES)))
cell_flags = $(if $(findstring +,$(1)),$(call pair_flags,$(call pair,$(1))),$(call runtime_flags,$(call runtime,$(notdir $(1)))))
runtime_flags = $(call pair_flags,$(1)) $(wordlist 5,$(words $(1)),$(1))
# Of WORKLOAD/PAIR[@LAYOUT]: the cell, and what stands before the command that links it (with all of
# it as the name, no two cells have the same order).
cell = $(firstword $(subst @, ,$(1)))
shuffle = $(if $(findstring @,$(1)),scripts/link $(1))

# The explorer's two faces, and its objects: $(call sim,PLACE,FACE).
EXPLORED := $(patsubst tests/explore/%.c,%,$(wildcard tests/explore/*.c))
# The compiler takes longer than most explorations, and the core is optimized all the same: -O1, or in
# tests -O0. The schedules are the same.
FACE_O = $(if $(CI),-O0,-O1)
FACE_declared = $(FACE_O) -DSYNC_EXPLORE -DSYNC_DECLARED -Wno-shadow
FACE_instrumented = $(FACE_O) -DSYNC_EXPLORE -DSYNC_INSTRUMENTED -fsanitize=thread -Wno-shadow \
    -fno-builtin-memcpy -fno-builtin-memmove -fno-builtin-memset \
    -Wno-unknown-warning-option -Wno-tsan # gcc: its own runtime does not model fences; ours does
sim = $(patsubst harness/sim/%.c,$(1)/obj/sim/%.o,$(filter-out harness/sim/main.c $(if $(filter declared,$(2)),harness/sim/tsan.c),$(wildcard harness/sim/*.c)))

# $(call rules,NAME,PLACE,COMPILER): a named build, its directory, its compiler with its flags. Objects
# are kept by .PRECIOUS: with .SECONDARY make would not look for those of a new scheme.
define rules
.PRECIOUS: $(2)/obj/%.o $(2)/obj/cells/%.o $(2)/obj/sim/%.o $(2)/obj/explore/%.o $(2)/catalogue/%.o $(2)/catalogue/workload/%.o
.SECONDEXPANSION:

$(2)/obj/%.o: harness/%.c $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) $(call RCLAB_FLAGS,$(1)) -c $$< $$(INTO)

$(2)/catalogue/workload/%.o: $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) -c $$(call source,$$*) $$(INTO)

$(2)/catalogue/%.o: harness/catalogue_unit.c $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) $$(call catalogue_flags,$$(*D),$$(*F)) -c $$< $$(INTO)

# A scheme of EXTRA by itself, to be loaded (build_scheme).
$(2)/catalogue/%.so: harness/catalogue_unit.c $(BUILD)/flags
	@test -n '$$(call outside_kind,$$*)' || { echo '$$*.h is no scheme: it defines no RC_, LK_, RL_ or AL_TRAITS' >&2; exit 1; }
	@mkdir -p $$(@D)
	@$(3) -fPIC -shared -DCATALOGUE_SHARED $$(call catalogue_flags,$$(call outside_kind,$$*),$$*) $$< $(PEER_LIBS) $$(INTO)

$(2)/rclab: $(RCLAB_SOURCES:harness/%.c=$(2)/obj/%.o) $(CATALOGUE:%=$(2)/catalogue/%) $(BUILD)/names
	@$(3) $$(filter %.o,$$^) $(LIBS) $$(LINK_INTO)
	@echo built $$@

$(2)/obj/cells/%.o: $$$$(call source,$$$$(*D)) $$$$(if $$$$(findstring +,$$$$*),,$(RUNTIMES)) $(BUILD)/flags
	@test -n '$$(call source,$$(*D))' || { echo 'no workload $$(*D)' >&2; exit 1; }
	@mkdir -p $$(@D)
	@$(3) $(CELL_FLAGS) $$(call cell_flags,$$*) -c $$(call source,$$(*D)) $$(INTO)

$(2)/cells/%: $(2)/obj/cells/$$$$(call cell,$$$$*).o $(2)/obj/runner.o $(2)/obj/sync.o $$$$(firstword $$$$(call shuffle,$$$$*))
	@mkdir -p $$(@D)
	@$$(call shuffle,$$*) $(3) $$(filter %.o,$$^) -lm $(PEER_LIBS) $$(LINK_INTO)

# Tests: units are linked with the harness, conformance programs are compiled for a pair, as cells are.
$(2)/test/unit/%: tests/unit/%.c $(TESTED_SOURCES:harness/%.c=$(2)/obj/%.o) $(CATALOGUE:%=$(2)/catalogue/%) $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) $$(filter %.c %.o,$$^) $(LIBS) $$(LIBS_$$*) -lcmocka $$(INTO)

$(2)/test/simulation: tests/simulation.c $(2)/obj/stats.o $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) $$(filter %.c %.o,$$^) -lm $$(INTO)

$(2)/test/bytecode_check: tests/bytecode_check.c $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) $$< $$(INTO)

$(2)/test/fuzz/%: tests/fuzz/%.c $(TESTED_SOURCES:harness/%.c=$(2)/obj/%.o) $(CATALOGUE:%=$(2)/catalogue/%) $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) -fsanitize=fuzzer $$(filter %.c %.o,$$^) $(LIBS) $$(INTO)

$(2)/test/conformance/%: $$$$(wildcard tests/conformance/$$$$(*D).c) $(2)/obj/sync.o $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) $(TEST_$(1)) -Itests/explore $$(call pair_flags,$$(call pair,$$*)) tests/conformance/$$(*D).c $(2)/obj/sync.o -lcmocka $(PEER_LIBS) $$(INTO)

# The explorer: a program for each pair of schemes and face (harness/sim/face.h), which has all
# scenarios: explore/FACE/PAIR. The explorer itself is never instrumented. Logs of schemes are full
# at once.
$(2)/obj/sim/%.o: harness/sim/%.c $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) -O3 -DSYNC_EXPLORE -c $$< $$(INTO)

$(2)/obj/explore/%.o: $$$$(wildcard tests/explore/$$$$(notdir $$$$(*D)).c) $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) $$(FACE_$$(firstword $$(subst /, ,$$*))) -Itests/explore -DRC_LOG_SIZE=2 $$(call pair_flags,$$(call pair,$$*)) -c $$< $$(INTO)

$(2)/explore/%: $$$$(foreach f,$(EXPLORED),$(2)/obj/explore/$$$$(*D)/$$$$f/$$$$(*F).o) $$$$(call sim,$(2),$$$$(*D)) $(2)/obj/sim/main.o
	@mkdir -p $$(@D)
	@$(3) $$(filter %.o,$$^) -ldw $$(LINK_INTO)

$(2)/litmus/%: tests/litmus/litmus.c tests/litmus/oracle.h $$$$(call sim,$(2),$$$$*) $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) $$(FACE_$$*) -c $$< -o $$@.o
	@$(3) $$@.o $$(filter %.o,$$^) -ldw -lcmocka $$(LINK_INTO)

$(2)/test/accesses: tests/accesses.c $$$$(call sim,$(2),instrumented) $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) $$(FACE_instrumented) -c $$< -o $$@.o
	@$(3) $$@.o $$(filter %.o,$$^) -ldw -lcmocka $$(LINK_INTO)

$(2)/test/runner/%: tests/runner/%.c $(2)/obj/runner.o $(2)/obj/sync.o $(BUILD)/flags
	@mkdir -p $$(@D)
	@$(3) $$< $(2)/obj/runner.o $(2)/obj/sync.o $$(INTO)
endef
$(foreach name,$(NAMED),$(eval $(call rules,$(name),$(call place,$(name)),$(CC) $(BASE) $(FLAGS_$(name)))))

# The objects of cells under another harness: $(BUILD)/peer/REFCOUNT[+REFCOUNT], lock none.
$(BUILD)/peer/kernel.o: tests/peer/kernel.c $(BUILD)/flags
	@mkdir -p $(@D)
	@$(CC) $(BASE) -c $< $(INTO)

$(BUILD)/peer/report: tests/peer/report.c $(BUILD)/obj/stats.o
	@$(CC) $(BASE) $^ -lm $(LINK_INTO)

$(BUILD)/peer/%: tests/peer/main.cc tests/peer/kernel.h $(BUILD)/peer/kernel.o $(BUILD)/obj/sync.o $$(addprefix $(BUILD)/obj/cells/private_objects/,$$(addsuffix +none.o,$$(subst +, ,$$*)))
	@$(CXX) -O2 -g $(filter-out -Wstrict-prototypes,$(WARN)) $(filter %.cc %.o,$^) -lbenchmark -lpthread $(LINK_INTO)

.DELETE_ON_ERROR:
-include $(wildcard $(BUILD)/depends/*.d)
