#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/explore_command.sh [BUILD]: rclab explore and rclab audit as a user gives them: what they take, what
# they refuse, headers by their paths, and that the command which a failure prints gives the same failure. TAP.
# shellcheck disable=SC2317 # most functions are called by ok
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${1:-build}
rclab=$BUILD/rclab
[ -x "$rclab" ] || { echo "explore_command: no $rclab: make first" >&2; exit 2; }
# a place that stays: headers there are built once
work=$BUILD/test/explore_command
rm -rf "$work"
mkdir -p "$work"
. tests/tap.sh
BOUND=120 # a program may have to be built

gives() { # status, words that stdout must have
    is "$1" && says "${@:2}"
}
not_built() { ! grep -q building "$work/err"; }
known() { "$rclab" list "$1" | sed -n 's/^  \([^ ][^ ]*\) .*/\1/p' | tr '\n' ' ' | sed -e 's/^/known: /' -e 's/ $//'; }

# --- what is refused ------------------------------------------------------------------------------

for command in explore audit; do
    bad_input "$command without a scheme" "--rc S" "--lock" -- $command
    bad_input "$command: an unknown refcount scheme" "'nonsense'" "$(known refcount)" -- $command --rc nonsense
    bad_input "$command: an unknown lock scheme" "'nonsense'" "$(known lock)" -- $command --lock nonsense
    bad_input "$command: an unknown reclaimer" "'nonsense'" "$(known reclaim)" -- $command --rc atomic --reclaimer nonsense
    bad_input "$command: an unknown allocator" "'nonsense'" "$(known alloc)" -- $command --rc atomic --alloc nonsense
    bad_input "$command: an unknown option" "--nonsense" -- $command --nonsense
    bad_input "$command: plain without a global lock" "plain+pthread" "needs a global lock" -- $command --rc plain --lock pthread
    ok "... before anything was built" not_built
    bad_input "$command: none with an allocator that keeps" "given back whole" -- $command --rc none --alloc system
    bad_input "$command: a peer" "glib is a peer" "sync.h" "make check-scheme SCHEME=glib" -- $command --rc glib
    run "$rclab" $command --help
    ok "$command --help tells schemes and the exit status" gives 0 "--rc" "--lock" "KIND/NAME" "Exit status: 0"
done
bad_input "a name of another kind" "'lock/spin'" "$(known refcount)" -- explore --rc lock/spin
bad_input "an unknown face" "'x'" "known: declared instrumented" -- explore --rc atomic --face x
bad_input "an unknown mode" "'x'" "random pct exhaustive" -- explore --rc atomic --mode x
bad_input "a depth without a mode that has one" "--depth" -- explore --rc atomic --depth 2
bad_input "a depth of nothing" "--depth 0" -- explore --rc atomic --mode pct --depth 0
for value in 0 -1 x 1.5 99999999999999999999; do
    bad_input "--schedules $value" "--schedules" "number" -- explore --rc atomic "--schedules=$value"
done
bad_input "a seed that is none" "--seed x" -- explore --rc atomic --seed x
bad_input "a replay of all" "--replay" "one scenario" -- explore --rc atomic --replay default
bad_input "a replay that is none" "--replay nonsense" -- explore lock_unlock --rc atomic --replay nonsense
bad_input "an unknown scenario" "'nonsense'" "known: " "lock_unlock" -- explore nonsense --rc atomic
bad_input "a budget that is no time" "'x' is not a time" -- audit --rc atomic --budget x
bad_input "an argument of audit" "'all'" -- audit all --rc atomic
run "$rclab" --help
ok "rclab --help tells both" gives 0 explore audit

# --- what is taken --------------------------------------------------------------------------------

run "$rclab" explore --list --rc refcount/biased --lock lock/gil
ok "--list tells scenarios, schemes by KIND/NAME" gives 0 "lock_unlock " "share_and_drop " "safepoint_lets_in "
cp "$work/out" "$work/gil"
run "$rclab" explore --list --lock pthread
ok "--list tells why one says nothing of these schemes" gives 0 "omitted: this lock scheme is no global one"
run "$rclab" explore --list --rc plain
ok "without --lock: gil where threads cannot count at a time" cmp -s "$work/out" "$work/gil"
run "$rclab" explore --list
ok "--list needs no scheme" gives 0 lock_unlock
run "$rclab" explore lock_unlock share_and_drop --rc biased --schedules 200
ok "two scenarios, pthread" gives 0 "lock_unlock: 200 schedules, no failure" "share_and_drop: 200 schedules, no failure"
cp "$work/out" "$work/first"
run "$rclab" explore lock_unlock share_and_drop --rc refcount/biased --lock lock/pthread --schedules 200
hashes() { grep -o 'hash [0-9a-f]*' "$1"; }
same_hashes() { [ "$(hashes "$work/first")" = "$(hashes "$work/out")" ] && [ "$(hashes "$work/out" | wc -l)" = 2 ]; }
ok "the same schedules once more" same_hashes
run "$rclab" explore lock_unlock --rc biased --lock gil --mode exhaustive --depth 1
ok "every schedule with one deviation" gives 0 "lock_unlock: " "no failure"
for mode in random pct; do
    run "$rclab" explore lock_unlock --rc atomic --mode $mode --schedules 300 --seed 7
    ok "mode $mode" gives 0 "lock_unlock: 300 schedules"
done
last="an interrupted explore"
timeout --preserve-status -s INT 2 "$rclab" explore lock_unlock --rc atomic --schedules 1000000000000 >"$work/out" 2>"$work/err"
status=$?
ok "an interrupt ends it" test "$status" = 130

# --- headers --------------------------------------------------------------------------------------

header() { # path, sed's commands over a scheme of the tree, its path
    mkdir -p "$(dirname "$work/$1")"
    sed "$2" "$3" >"$work/$1"
}
# the three have the name of a scheme of the tree; two have the name of each other
header wrong/spin.h '/^API void lk_unlock/,/^}/s/memory_order_release/memory_order_relaxed/' strategies/lock/spin.h
header right/spin.h '' strategies/lock/spin.h
header wrong/atomic.h '/^API void rc_decref/,/^}/s/memory_order_release/memory_order_relaxed/' strategies/refcount/atomic_relaxed.h
header none/empty.h 'd' strategies/lock/spin.h
header bad/spin.h 's/^API void lk_unlock/API int lk_unlock/' strategies/lock/spin.h
header 'a blank/spin.h' '' strategies/lock/spin.h
header blank/'two words.h' '' strategies/lock/spin.h

bad_input "a header that is not there" "No such file" -- explore --rc "$work/nothing.h"
bad_input "a lock's header as a refcount scheme" "is a lock scheme" "--rc" -- explore --rc "$work/right/spin.h"
bad_input "a header that is no scheme" "it defines no RC_, LK_, RL_ or AL_TRAITS" -- explore --lock "$work/none/empty.h"
bad_input "a header that does not compile" "conflicting types for" "lk_unlock" "could not build" -- explore --lock "$work/bad/spin.h"
bad_input "a path with a blank" "move the header" -- explore --lock "$work/a blank/spin.h"
bad_input "a name that is none" "letters, digits" -- explore --lock "$work/blank/two words.h"
bad_input "a lock's header under plain" "needs a global lock" -- explore --rc plain --lock "$work/right/spin.h"

run "$rclab" explore lock_unlock --lock "$work/right/spin.h" --schedules 2000
ok "a header" gives 0 "lock_unlock: 2000 schedules, no failure"
# A failure is told with a command that gives it again, word by word: the same failure, the same schedule.
failure() { grep -m1 '^data race: ' "$1"; }
schedule() { sed -n "s/^$2: .*schedule \([0-9a-f]*\).*/\1/p" "$1"; }
replays() { # what: replay or seed
    local command found
    command=$(sed -n "s/^$1: \(.*\)  # .*/\1/p" "$work/failed")
    found=$(schedule "$work/failed" "$1")
    [ -n "$command" ] && [ -n "$found" ] || { echo "no $1"; return 1; }
    run bash -c "$command"
    gives 1 "data race: " "schedule $found" && { [ "$1" = seed ] || gives 1 "$(failure "$work/failed")"; }
}
for face in declared instrumented; do
    for options in "lock_unlock --lock $work/wrong/spin.h" "share_and_drop --rc $work/wrong/atomic.h"; do
        # shellcheck disable=SC2086
        run "$rclab" explore $options --face $face --schedules 2000
        ok "explore $options: fails ($face)" gives 1 "data race" "replay: $rclab explore" "${options#* }"
        cp "$work/out" "$work/failed"
        for what in replay seed replay; do
            ok "... the $what command gives the same failure again" replays $what
        done
    done
done
run "$rclab" explore lock_unlock --lock spin --schedules 2000
ok "the tree's scheme of that name is another one" gives 0 "no failure"
run "$rclab" explore lock_unlock --rc "$work/wrong/atomic.h" --lock "$work/wrong/spin.h" --schedules 2000
ok "two headers" gives 1 "--rc $work/wrong/atomic.h --lock $work/wrong/spin.h"

# --- audit ----------------------------------------------------------------------------------------

run "$rclab" audit --lock spin --budget 3s
ok "audit --lock: of the lock, under atomic" gives 0 "The orders of lock/spin.h" "--rc atomic --lock spin" "| needed |"
needed() { # the first order that is: its command fails as the table tells
    local command
    command="$(sed -n 's/^    \(.*\) \.\.\.$/\1/p' "$work/out") $(sed -n 's/.*| needed | data race: `\(.*\)` |.*/\1/p' "$work/out" | head -n 1)"
    run bash -c "$command"
    gives 1 "data race: "
}
ok "its command gives the failure" needed
run "$rclab" audit --rc refcount/atomic_relaxed --lock spin --budget 1s
ok "audit with both: of the refcount scheme" gives 0 "The orders of refcount/atomic_relaxed.h" "--rc refcount/atomic_relaxed --lock spin"
run "$rclab" audit --reclaimer ebr --budget 1s
ok "audit --reclaimer: of the reclaimer" gives 0 "The orders of reclaim/ebr.h" "--reclaimer ebr" "| needed |"
run "$rclab" explore retires_within --reclaimer tests/broken/qsbr_retirer.h --schedules 2000
ok "a reclaimer's header" gives 1 "data race: " "--reclaimer tests/broken/qsbr_retirer.h"
# from where the sources are not
run env -C "$work" "$(realpath "$rclab")" audit --lock right/spin.h --budget 1s
ok "audit of a header, from elsewhere" gives 0 "right/spin.h" "| needed |"

plan
