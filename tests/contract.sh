#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Does the compiler itself explain a scheme that breaks the contract? A wrong signature and a
# missing function must be errors that name the scheme's file or the function.
#
#     tests/contract.sh [output directory [compiler...]]
set -u
out=${1:-build/test-contract}
shift
[ $# -gt 0 ] || set -- gcc clang
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.." || exit 1

n=0
failed=0
tap() { # status, text, log
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        sed 's/^/# /' "$3" | head -n 30
        failed=1
    fi
}
compile() { # compiler, header, log, source and flags
    local cc=$1 header=$2 log=$3
    shift 3
    "$cc" -std=gnu17 -O2 -Wall -Wextra -Wstrict-prototypes -Werror -I. -Istrategies \
        -DRC_SCHEME=mine "-DRC_HEADER=\"$header\"" "$@" -c -o "$out/contract.o" >"$log" 2>&1
}

floor=strategies/refcount/none.h
sed 's/^API bool rc_try_incref(/API int rc_try_incref(/' $floor >"$out/wrong_signature.h"
sed '/^API void rc_publish(/,/^}/d' $floor >"$out/missing_function.h"

echo "1..$((4 * $#))"
for cc; do
    log=$out/$cc.log
    compile "$cc" "$PWD/$floor" "$log" workloads/refcount/private_objects.c
    tap $? "$cc: the right scheme compiles as a cell" "$log"

    ! compile "$cc" "$out/wrong_signature.h" "$log" workloads/refcount/private_objects.c &&
        grep -q "wrong_signature\.h:[0-9:]* error: conflicting types for .rc_try_incref" "$log" &&
        grep -q "strategies/rc\.h:[0-9:]* note: previous declaration" "$log"
    tap $? "$cc: a wrong signature names the scheme's file, the function and the contract" "$log"

    compile "$cc" "$PWD/$floor" "$log" -DCATALOGUE_rc harness/catalogue_unit.c
    tap $? "$cc: the catalogue takes every address of the right scheme" "$log"

    ! compile "$cc" "$out/missing_function.h" "$log" -DCATALOGUE_rc \
        harness/catalogue_unit.c &&
        grep -q "strategies/rc\.h:[0-9:]* error: .*rc_publish" "$log"
    tap $? "$cc: a missing function names the function and the contract" "$log"
done
exit $failed
