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

tests=0
bad=0
ok() { # text, command...: ok if the command succeeds
    local text=$1
    shift
    tests=$((tests + 1))
    if "$@"; then
        echo "ok $tests - $text"
    else
        echo "not ok $tests - $text; status $status"
        sed 's/^/# /' "$work/out" | tail -n 20
        bad=1
    fi
}
verdict() { # scheme, status, the verdict's pattern
    timeout -k 5 300 tests/check-scheme "$1" >"$work/out" 2>&1
    status=$?
    [ $status = "$2" ] && tail -n 1 "$work/out" | grep -qE "^$3\$"
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
ok 'no scheme' verdict tests/broken/nothing_is_here.h 2 '.*'
echo "1..$tests"
exit $bad
