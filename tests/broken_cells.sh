#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/broken_cells.sh [BUILD]: wrong schemes as cells, through the program as a user runs it: their
# samples are void or the process crashes, the exit status is 1, and a sanitizer cell names the fault.
set -u
cd "$(dirname "$0")/.."
build=${1:-build}/broken
n=0
bad=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
extra=$(echo tests/broken/{leak,lost_increment,load_uncounted,weak_late,orphan_lost,double_free,lock_nothing}.h)
make --no-print-directory -j"$(nproc)" "BUILD=$build" "EXTRA=$extra" "$build/rclab" "$build/asan/rclab" >"$log" 2>&1 || cat "$log"

caught() { # by, pattern, program, run's arguments
    local by=$1 pattern=$2 program=$3 status
    shift 3
    n=$((n + 1))
    timeout 60 "$program" run "$@" --samples 1 --json --share >"$log" 2>&1
    status=$?
    if [ "$status" = 1 ] && grep -qE "$pattern" "$log"; then
        echo "ok $n - $*: caught by $by"
    else
        echo "not ok $n - $*: exit status $status"
        sed 's/^/# /' "$log"
        bad=1
    fi
}
caught verification 'void: verification failed: not every object died' \
    "$build/rclab" private_objects --rc leak --ops 1000
# in an arena, which survives that its free blocks are written to; malloc's own checks end the process
caught verification 'void: verification failed: an object died' \
    "$build/rclab" private_objects --rc lost_increment --ops 2000 --alloc arena
caught malloc 'crashed: ended by signal|void: verification failed' \
    "$build/rclab" private_objects --rc lost_increment --ops 2000
caught ASan 'crashed: .*exit status' \
    "$build/asan/rclab" private_objects --rc double_free --ops 1000
caught verification 'void: verification failed|crashed' \
    "$build/rclab" list_append --rc atomic --lock lock_nothing --threads 2 --time 0.2
caught verification 'void: verification failed|crashed' \
    "$build/rclab" dict_mixed --rc atomic --lock lock_nothing --threads 2 --time 0.2 \
    --param writes=100 --param removes=50
caught verification 'void: verification failed|crashed' \
    "$build/rclab" dict_read_mostly --rc atomic --lock lock_nothing --threads 2 --time 0.2 \
    --param writes=100 --param keys=1
caught verification 'void: verification failed|crashed' \
    "$build/rclab" cache_share_or_copy --rc atomic --lock lock_nothing --threads 2 --time 0.2 \
    --param updates=500 --param entries=2
caught verification 'void: verification failed: not exactly the values died' \
    "$build/rclab" cache_share_or_copy --rc leak --lock isolated --threads 2 --ops 1000
caught ASan 'crashed: .*exit status' \
    "$build/asan/rclab" cache_share_or_copy --rc double_free --lock isolated --threads 2 --ops 1000
caught verification 'void: verification failed: not every object died' \
    "$build/rclab" handoff --rc leak --threads 2 --ops 1000
caught verification 'void: verification failed: an object died' \
    "$build/rclab" handoff --rc lost_increment --threads 2 --ops 2000 --alloc arena
caught verification 'void: verification failed: not every object died' \
    "$build/rclab" cross_thread_free --rc leak --threads 2 --ops 1000
caught ASan 'crashed: .*exit status' \
    "$build/asan/rclab" cross_thread_free --rc double_free --threads 2 --ops 1000
caught verification 'void: verification failed: not every node died' \
    "$build/rclab" tree --rc leak --ops 1000 --param depth=2
caught ASan 'crashed: .*exit status' \
    "$build/asan/rclab" tree --rc double_free --ops 1000 --param depth=2
caught verification 'void: verification failed: not every object died' \
    "$build/rclab" burst_temporaries --rc leak --ops 1000 --param objects=64
caught verification 'void: verification failed: an object died' \
    "$build/rclab" burst_temporaries --rc lost_increment --ops 20000 --alloc arena
caught verification 'void: verification failed: not every object died' \
    "$build/rclab" fan_out --rc leak --threads 3 --ops 1000
caught verification 'void: verification failed: an object came twice, or had died' \
    "$build/rclab" fan_out --rc lost_increment --threads 3 --ops 9000 --alloc arena
caught verification 'void: verification failed: not every object died' \
    "$build/rclab" exit_storm --rc leak --ops 100
caught verification 'void: verification failed: the type died' \
    "$build/rclab" exit_storm --rc lost_increment --ops 2000 --alloc arena
caught verification 'void: verification failed: .*something was lost at an exit' \
    "$build/rclab" exit_storm --rc orphan_lost --threads 2 --time 0.2
caught verification 'void: verification failed: .*weak reference' \
    "$build/rclab" weak_cache --rc weak_late --ops 5000 --alloc arena
caught ASan 'crashed: .*exit status' \
    "$build/asan/rclab" weak_cache --rc weak_late --ops 5000
caught ASan 'crashed: .*exit status' \
    "$build/asan/rclab" shared_slots --rc load_uncounted --ops 5000
caught ASan 'crashed: .*exit status' \
    "$build/asan/rclab" treiber_stacks --rc load_uncounted --ops 5000
echo "1..$n"
exit "$bad"
