#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The order audit, in TAP: it finds what is needed, sees the same again, and reads the reasons that the
# sources state; those of the tree are all there, and docs/audits.md tells what is so. One round of
# schedules each (a budget of nothing), so that no verdict hangs on the machine's speed.
#
#     tests/audit.sh [BUILD]
#     AUDITS="a b"    schemes that are audited again, and whose failures in the document are made again (five;
#                     all: each one)
# shellcheck disable=SC2317,SC2016 # most functions are called by ok; sed is told of backticks
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${1:-${BUILD:-build}}
rclab=$BUILD/rclab
[ -x "$rclab" ] || { echo "audit: no $rclab: make first" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/tap.sh

audit() { # status, arguments...
    timeout -k 5 300 "$rclab" audit "${@:2}" --budget 0.01s >"$work/out" 2>"$work/err"
    local status=$?
    [ "$status" = "$1" ] || { echo "status $status, not $1"; cat "$work/err"; return 1; }
}
row() { # the rows of a file's orders of that strength
    grep -E "^\| $1:[a-z0-9_]+(/[0-9]+)?:$2 " "$work/out"
}
rows() { # how many, file, strength, further text
    [ "$(row "$2" "$3" | grep -cF -- "$4")" = "$1" ]
}
summary() {
    tail -n 1 "$work/out" | grep -q "$1"
}

needed_of_atomic_relaxed() {
    audit 0 --rc atomic_relaxed && rows 1 atomic_relaxed.h release '| subtract &h->count, release | needed |' &&
        rows 1 atomic_relaxed.h acquire '| load &h->count, acquire | needed |' &&
        rows 2 atomic_relaxed.h release '| needed |' && rows 2 atomic_relaxed.h acquire '| needed |'
}
ok 'atomic_relaxed needs all its orders' needed_of_atomic_relaxed
needed_of_pymutex() {
    audit 0 --lock pymutex && rows 2 lk_pymutex.h acquire ' needed ' && rows 2 lk_pymutex.h release ' needed ' &&
        rows 1 parking_lot.h acquire ' needed ' && rows 1 parking_lot.h release ' needed ' &&
        summary '^6 strengths of orders: 6 needed'
}
ok 'pymutex and its parking lot need all their orders' needed_of_pymutex
not_needed_of_atomic() {
    audit 0 --rc atomic && rows 3 atomic.h total '| not shown to be needed |' &&
        row atomic.h acquire | grep -F '| add ' | grep -qF '| not shown to be needed |' &&
        row atomic.h acquire | grep -F '| subtract ' | grep -qF '| needed |'
}
ok 'atomic needs no total order, and no order at all in an increment' not_needed_of_atomic

# The same schedule, once as it was printed and twice.
same_again() {
    local command
    audit 0 --rc atomic_relaxed
    command=$(row atomic_relaxed.h release | sed -n '/subtract/s/.*`\([^`]*\)`.*/\1/p')
    [ -n "$command" ] || return 1
    for i in 1 2; do
        # shellcheck disable=SC2086 # words of a command
        "$rclab" explore --rc atomic_relaxed $command 2>&1 | sed 's/, [0-9]*\/s$//' >"$work/$i"
        [ "${PIPESTATUS[0]}" = 1 ] || return 1
    done
    # shellcheck disable=SC2086
    grep -q 'data race' "$work/1" && diff "$work/1" "$work/2" &&
        "$rclab" explore --rc atomic_relaxed ${command% --weaken*}
}
ok 'what fails without an order fails again by the printed command, twice alike, and not with the order' same_again
unknown_order() {
    "$rclab" explore --rc atomic_relaxed --weaken atomic_relaxed.h:rc_incref:release 2>"$work/err"
    [ $? = 2 ] && grep -q 'no such order' "$work/err"
}
ok 'an order that there is not is refused' unknown_order

right=strategies/refcount/atomic_relaxed.h
sed 's|^// Release: what this holder did to the object.|// Release: not needed, so they say.|' $right >"$work/wrong_reason.h"
contradicted() {
    audit 1 --rc "$work/wrong_reason.h" && rows 1 wrong_reason.h release '**contradicted**: not needed, so they say' &&
        summary 'Reasons: 1 contradicted'
}
ok 'a reason that is contradicted ends with status 1' contradicted
sed 's|^// Release: what this holder did to the object.|// What this holder did to the object is released.|' $right >"$work/no_reason.h"
missing() {
    audit 0 --rc "$work/no_reason.h" && rows 1 no_reason.h release '**no reason stated**' &&
        summary ', 1 missing\.'
}
ok 'an order without a reason is told' missing
sed 's|^#include "rc_eager.h"|API void never(struct rc_header *h)\n{\n    atomic_store_explicit(\&h->count, 0, memory_order_release); // release: never called\n}\n&|' \
    $right >"$work/not_reached.h"
not_reached() {
    audit 0 --rc "$work/not_reached.h" && row not_reached.h release | grep -F '| not reached |' | grep -qF 'never called'
}
ok 'an order of a function that nobody calls is told as not reached' not_reached
sed 's|if (atomic_fetch_sub_explicit(&h->count, 1, memory_order_release) == 1)|if (atomic_fetch_sub_explicit(\&h->count, 1, memory_order_relaxed) == 1)|' \
    $right >"$work/fails.h"
fails() {
    audit 1 --rc "$work/fails.h" && grep -q 'fails as it is' "$work/out"
}
ok 'of a scheme that fails as it is nothing is said' fails

# What the sources declare, each strength once, and what the document says of it.
schemes=$(grep -L '[RL][CKL]_NATIVE' strategies/{refcount,lock,reclaim,alloc}/*.h) # no peers
rows_of() { # of a document: those of audits
    grep -E '^\| [a-z0-9_]+\.h:[a-z0-9_]+(/[0-9]+)?:[a-z-]+ \|' "$@"
}
places() { # of such rows: place and order
    sed -E 's/^\| ([^ ]*) \| (([^|]|\\\|)*[^ ]) \| .*/\1\t\2/; s/\\\|/|/g'
}
declared() {
    # shellcheck disable=SC2086 # words
    scripts/orders $schemes | sort >"$work/declared" && rows_of docs/audits.md | places | sort >"$work/documented" &&
        diff "$work/declared" "$work/documented" ||
        { echo 'the sources (<) and docs/audits.md (>) do not have the same orders: make audits'; return 1; }
}
ok 'docs/audits.md: each order that the sources declare, once, and no other' declared
example() {
    rows_of docs/exploring.md >"$work/example" && [ "$(grep -cFx -f "$work/example" docs/audits.md)" = "$(wc -l <"$work/example")" ]
}
ok 'docs/exploring.md: its example stands in docs/audits.md' example
sections() {
    local scheme
    for scheme in strategies/{refcount,lock,reclaim,alloc}/*.h; do
        scheme=$(basename "$scheme" .h)
        grep -qE "^### $scheme\$|^(No orders|Peers).*[ ,]${scheme}[,.]" docs/audits.md || { echo "nothing of $scheme"; return 1; }
    done
}
ok 'docs/audits.md: every scheme' sections

# Of each of these what its audit says against the sources and against docs/audits.md, and which of the
# failures that are told there do not occur: nothing, where all is well. As many at a time as there are
# processors.
again=" ${AUDITS:-atomic_relaxed biased_paper pymutex hazard pool_locked} "
audited=()
for header in $schemes; do
    case $again in ' all ' | *" $(basename "$header" .h) "*) audited+=("$header") ;; esac
done
look_at() { # option, scheme
    local command
    reasons_of "$1" "$2"
    while IFS= read -r command; do
        # shellcheck disable=SC2086 # words
        "$rclab" explore $command >/dev/null 2>&1 </dev/null
        [ $? = 1 ] || echo "$command: no failure (make audits)"
    done < <(rows_of docs/audits.md | sed -n "s/.*| needed | [a-z ]*: \`\(--$1 $2 [^\`]*\)\`.*/\1/p")
}
reasons_of() { # option, scheme
    local at=$work/$2
    timeout -k 5 300 "$rclab" audit "--$1" "$2" --budget 0.01s >"$at.out" 2>"$at.err"
    if [ $? = 0 ] && tail -n 1 "$at.out" | grep -q 'Reasons: 0 contradicted, .* 0 missing\.'; then
        : >"$at.reasons"
    else
        cat "$at.err" "$at.out" >"$at.reasons"
    fi
    rows_of "$at.out" | grep -vF '| (no call), ' | places | sort | comm -23 - "$work/documented" | grep . &&
        echo 'its audit has orders that docs/audits.md has not'
    return 0
}
for header in "${audited[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
        wait -n
    done
    kind=rc
    case $header in */lock/*) kind=lock ;; */reclaim/*) kind=reclaimer ;; */alloc/*) kind=alloc ;; esac
    scheme=$(basename "$header" .h)
    { look_at $kind "$scheme" >"$work/$scheme.all" 2>&1; mv "$work/$scheme.all" "$work/$scheme.told"; } &
done
wait
nothing() { # a file that is there and empty
    [ -e "$1" ] && [ ! -s "$1" ] || { cat "$1"; return 1; }
}
for header in "${audited[@]}"; do
    scheme=$(basename "$header" .h)
    cp "$work/$scheme.out" "$work/out"
    ok "$scheme: every order has a reason that its audit does not contradict" nothing "$work/$scheme.reasons"
    ok "$scheme: the failures that docs/audits.md tells of are failures" nothing "$work/$scheme.told"
done
plan
