#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/check_scheme.sh [BUILD]: the verdict of tests/check-scheme on a scheme that no compiler takes, whose
# command fails again, and on what is none. TAP.
set -u
cd "$(dirname "$0")/.." || exit 2
export BUILD=${1:-build}
# a place that stays: headers there are built once
work=$BUILD/test/check_scheme
mkdir -p "$work"
. tests/tap.sh

verdict() { # scheme, status, the verdict's pattern
    BOUND=300 run tests/check-scheme "$1"
    [ "$status" = "$2" ] && tail -n 1 "$work/out" | grep -qE "^$3\$"
}
told() { # pattern of a FAILED line: the command below it fails again
    local command
    command=$(grep -A 1 -m 1 -E "^FAILED $1" "$work/out" | sed -n 's/^    //p')
    [ -n "$command" ] || return 1
    timeout 120 bash -c "$command" >"$work/again" 2>&1 && return 1
    return 0
}

sed 's/^API bool rl_drain(/API char rl_drain(/' strategies/reclaim/immediate.h >"$work/signature.h"
ok 'one that does not compile' verdict "$work/signature.h" 1 ".*/signature\.h: FAILS in 2 of 2"
ok '... by the compiler'\''s error' told "compile, (gcc|clang): .*signature\.h:[0-9:]* error: "
run tests/check-scheme tests/broken/nothing_is_here.h
ok 'no scheme' test "$status" = 2
plan
