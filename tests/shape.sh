#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/shape.sh [BUILD]: the lint is clean and catches each kind of offence; no call through a pointer
# stands in the timed loop of a refcount workload, under each refcount scheme, nor of lock_handoff, under each lock.
# With SCHEME=KIND/NAME only that one is looked at, whose header is EXTRA or in the tree. TAP.
set -u
cd "$(dirname "$0")/.."
build=${1:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/tap.sh

own= # the scheme's header; scripts/lint without one looks at the tree
[ -z "${SCHEME:-}" ] || own=${EXTRA:-strategies/$SCHEME.h}
scripts/lint ${own:+"$own"} >"$work/lint" 2>&1
case_is $? "the lint is clean${own:+: $own}"
grep -v '^lint: clean' "$work/lint" | sed 's/^/# /'

planted() { # offences that the lint must refuse
    while read -r offence; do
        printf '%s\n' "static inline void f(void)" "{" "    $offence" "}" >"$work/planted.h"
        ! scripts/lint "$work/planted.h" >/dev/null
        case_is $? "the lint refuses: $offence"
    done <<'EOF'
atomic_store(&x, 1);
__atomic_store_n(&x, 1, __ATOMIC_RELAXED);
__sync_fetch_and_add(&x, 1);
volatile int i = 0;
__asm__("");
atomic_thread_fence(memory_order_seq_cst);
static _Thread_local int i;
pthread_mutex_lock(&m);
void *p = malloc(10);
while (atomic_load_explicit(&x, memory_order_relaxed));
atomic_store_explicit(&x, 1, order);
EOF
    printf '%s\n' 'static int counter;' >"$work/planted.h"
    ! scripts/lint "$work/planted.h" >/dev/null
    case_is $? 'the lint refuses: a static variable'
    printf '%s\n' '#include "../harness/runner.h"' >"$work/planted.h"
    ! scripts/lint "$work/planted.h" >/dev/null
    case_is $? 'the lint refuses: the harness'
}
[ -n "$own" ] || planted

cells=()
rcs=(strategies/refcount/*.h)
locks=(strategies/lock/*.h)
case ${SCHEME:-} in
'') ;;
refcount/*) rcs=("$own") locks=() ;;
lock/*) rcs=() locks=("$own") ;;
*) rcs=() locks=() ;;
esac
for header in "${rcs[@]}"; do
    for workload in private_objects hot_object; do
        cells+=("$build/cells/$workload/$(basename "$header" .h)+none")
    done
done
for header in "${locks[@]}"; do
    cells+=("$build/cells/lock_handoff/atomic+$(basename "$header" .h)")
done
[ ${#cells[@]} = 0 ] || make --no-print-directory -j"$(nproc)" "BUILD=$build" "${cells[@]}" >"$work/make" 2>&1 ||
    cat "$work/make"
for cell in "${cells[@]}"; do
    objdump -d --no-show-raw-insn --disassemble=work "$cell" >"$work/asm"
    # x86-64: call *...; arm64: blr; and the function must be there at all
    grep -q '<work>:' "$work/asm" && ! grep -qE 'call +\*|\bblr\b' "$work/asm"
    case_is $? "no call through a pointer in ${cell#"$build"/cells/}"
done
plan
