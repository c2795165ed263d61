#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/faces.sh [BUILD]: the explorer's two faces, of gcc and of clang, decide the same schedules for the
# same seeds, three times each with other addresses; what only the instrumented one sees. TAP.
#     PAIRS="a+b ..."    other pairs of schemes    SCHEDULES=200    of each scenario
set -u
cd "$(dirname "$0")/.." || exit 2
build=${1:-build}
pairs=${PAIRS:-biased+pthread plain+gil atomic+pymutex}
schedules=${SCHEDULES:-200}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/tap.sh

place() { # compiler: where it builds, as the other suites have it
    if [ "$1" = gcc ]; then echo "$build"; else echo "$build/$1"; fi
}
mk() { # compiler, arguments
    make --no-print-directory -k -j"$(nproc)" CI=1 "CC=$1" "${@:2}"
}
# Each scenario's schedules, without how fast they were; compilers differ in the order of scenarios.
schedules_of() { # program
    "$1" explore all --schedules "$schedules" --as x >"$work/out"
    [ $? -le 1 ] && sed -nE 's/^([^ ]+: .*, hash [0-9a-f]+).*/\1/p' "$work/out" | sort
}
same() { # program, which must do as the first one did
    schedules_of "$1" >"$work/same" && [ -s "$work/first" ] && diff "$work/first" "$work/same"
}
# What would be an atomic access that no call of the runtime told of.
native_atomics() { # objects
    objdump -d --no-show-raw-insn "$@" | grep -P '\t(lock |mfence|xchg +%[^,]+,.*\()' && return 1
    return 0
}

for compiler in gcc clang; do
    at=$(place $compiler)
    mk $compiler "BUILD=$at" "$at/test/accesses" \
        $(for pair in $pairs; do echo "$at/explore/"{declared,instrumented}"/$pair"; done) >"$work/make" 2>&1 ||
        sed 's/^/# /' "$work/make"
    ok "$compiler: it tells of each kind of access" "$at/test/accesses"
done
for pair in $pairs; do
    first=$build/explore/declared/$pair
    schedules_of "$first" >"$work/first"
    ok "$pair: there are schedules" test -s "$work/first"
    ok "$pair: the same ones, again" same "$first"
    ok "$pair: and again" same "$first"
    for compiler in gcc clang; do
        for face in declared instrumented; do
            [ $compiler/$face = gcc/declared ] ||
                ok "$pair: $compiler, $face: the same ones" same "$(place $compiler)/explore/$face/$pair"
        done
        [ "$(uname -m)" != x86_64 ] ||
            ok "$pair: $compiler tells of every atomic access" \
                native_atomics "$(place $compiler)"/obj/explore/instrumented/*/"$pair.o"
    done
done
ok "addresses differ from run to run" grep -qx '[12]' /proc/sys/kernel/randomize_va_space

# --- what nobody declared ---------------------------------------------------------------------------

broken=$build/broken/explore
undeclared=atomic+tally_undeclared
mk gcc EXTRA=tests/broken "BUILD=$build/broken" "$broken/"{declared,instrumented}"/$undeclared" >"$work/make" 2>&1 ||
    sed 's/^/# /' "$work/make"
races() { # program
    "$1" explore lock_unlock --schedules 1000 --as x >"$work/out"
    [ $? = 1 ] && grep '^lock_unlock: .*data race' "$work/out"
}
ok "tally_undeclared: the declared face sees nothing" "$broken/declared/$undeclared" explore lock_unlock --schedules 1000
ok "tally_undeclared: the instrumented face finds the race" races "$broken/instrumented/$undeclared"
plan
