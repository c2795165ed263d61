#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/layouts.sh [BUILD]: a cell in several layouts, of gcc and clang and of the sanitizers: all run and
# verify, functions really change places, the same way each time, and nothing is compiled for it. TAP.
set -u
cd "$(dirname "$0")/.."
build=${1:-build}
cell=dict_mixed/biased+pymutex
layouts='@1 @2 @3 @4'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/tap.sh

mk() { # BUILD, arguments
    make --no-print-directory -j"$(nproc)" CI=1 "CC=$cc" "BUILD=$1" "${@:2}"
}
# The functions that have sections of their own and are not rarely run, in the objects' order.
functions() { # BUILD
    readelf -SW "$1/obj/cells/$cell.o" "$1/obj/runner.o" "$1/obj/sync.o" |
        sed -nE 's/.* \.text\.([^ ]+) .*/\1/p' | grep -vE '^(unlikely|startup|exit)\.'
}
order() { # BUILD, program: the same functions as they lie there
    nm -n "$2" | awk '{ print $3 }' | grep -Fxf <(functions "$1")
}
address() { # program: of the loop that is timed
    nm "$1" | awk '$3 == "work" { print $1 }'
}
distinct() { # least: lines of stdin that differ
    sort -u | awk -v least="$1" '{ print } END { exit NR < least }'
}
again() {
    cp "$program@1" "$work/before" && rm "$program"* "$object" && mk "$build" "$program" "$program@1" &&
        cmp "$program@1" "$work/before"
}
elsewhere() {
    mk "$work/elsewhere" "$work/elsewhere/cells/$cell@1" &&
        order "$work/elsewhere" "$work/elsewhere/cells/$cell@1" | diff - <(order "$build" "$program@1")
}
linked_only() { # a layout more: the object is the one that was there
    touch "$work/now" && mk "$build" "$program@5" && [ "$object" -ot "$work/now" ]
}
ends() { # status, command...
    local status
    "${@:2}"
    status=$?
    [ "$status" = "$1" ] || { echo "status $status"; return 1; }
}

top=$build
for cc in gcc clang; do
    [ "$cc" = gcc ] || build=$top/$cc
    program=$build/cells/$cell
    object=$build/obj/cells/$cell.o
    programs=("$program")
    for layout in $layouts; do programs+=("$program$layout"); done
    for name in asan tsan; do programs+=("$build/$name/cells/$cell" "$build/$name/cells/$cell@1"); done
    ok "$cc: all are built" mk "$build" "${programs[@]}"
    for p in "${programs[@]}"; do
        ok "$cc: ${p#"$build"/} verifies" timeout 60 "$p" --threads 2 --ops 2000 --samples 2
    done
    ok "$cc: layout 0 has the order of the objects" diff <(functions "$build") <(order "$build" "$program")
    ok "$cc: each layout has another order" distinct 5 < <(
        for p in "${programs[@]:0:5}"; do order "$build" "$p" | md5sum; done)
    # by chance two may agree
    ok "$cc: the timed loop moves" distinct 4 < <(for p in "${programs[@]:0:5}"; do address "$p"; done)
    ok "$cc: it moves in sanitizer builds" distinct 2 < <(
        for p in "" @1; do address "$build/tsan/cells/$cell$p"; done)
done

build=$top program=$top/cells/$cell object=$top/obj/cells/$cell.o cc=gcc
ok 'made again, a layout is the same to the byte' again
ok 'built elsewhere, the order is the same' elsewhere
ok 'another layout compiles nothing' linked_only
ok 'all is up to date' ends 0 mk "$build" -q "$program" "$program@1"
ok 'the order script is an input of layouts' ends 1 mk "$build" -q -W scripts/link "$program@1"
ok 'it is none of layout 0' ends 0 mk "$build" -q -W scripts/link "$program"
ok 'the source is an input of each' ends 1 mk "$build" -q -W workloads/container/dict_mixed.c "$program@1"
ok 'a link that fails is told' ends 3 scripts/link name sh -c 'exit 3' "$object"
plan
