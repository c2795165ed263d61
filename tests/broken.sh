#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Can the conformance suite fail? Builds wrong schemes of tests/broken with the program that should
# catch them and demands that it does; a right scheme of tests/broken that some were made from must pass
# the same program in the same build, as those of strategies/ do in the suite conformance. What takes luck
# with threads is the explorer's (tests/explore.sh).
#
#     tests/broken.sh [output directory [compiler]]
set -u
out=${1:-build/test-broken}
cc=${2:-cc}
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.." || exit 1

# wrong scheme, made from, layer, program, build, who is to catch it (one of those), and what else the
# program is compiled with
cases=$(grep -v '^#' <<'END'
lost_increment     atomic  RC refcount plain  verification
leak               atomic  RC refcount plain  verification
double_free        atomic  RC refcount asan   ASan
move_keeps         atomic  RC refcount plain  verification
publish_not_sticky biased  RC refcount plain  verification
orphan_lost        biased  RC refcount plain  verification
log_lost           buffered RC refcount plain  verification
lock_nothing       pthread LK lock     plain  verification
lock_nothing       pthread LK lock     tsan   TSan
gil_unforced       gil     LK lock     census verification
pymutex_unfair     pymutex LK lock     census verification
worlds_tally       isolated LK lock    tsan   TSan
section_forgotten  critical_section LK lock plain assertion|verification
section_returns    critical_section LK lock plain assertion|verification
census_off         atomic  RC census   census census
decrement_relaxed  atomic_relaxed RC refcount tsan   TSan
immortal_wraps     plain_immortal RC refcount plain  verification
immortal_late      biased_immortal RC refcount plain verification
immortal_written   plain_immortal RC census   census census
weak_resurrects    cas_packed RC refcount plain  verification
delta_dropped      safethread RC refcount plain  verification
table_unflushed    safethread RC refcount plain  verification
subtract_forgotten collected RC cycles plain  verification
reach_forgotten    collected RC cycles plain  verification
reach_forgotten    collected RC cycles asan   ASan
weak_garbage       collected RC cycles plain  verification
dead_tracked       collected RC cycles plain  assertion
older_never        generational RC cycles plain verification
frame_popped       pep703  RC cycles   plain  verification
local_kept         pep703  RC cycles   plain  verification
dup_borrowed       pep703  RC refcount plain  verification
queue_skipped      pep703  RC cycles   plain  verification
ebr_early          ebr     RL reclaim  plain  verification
qsbr_lost          qsbr    RL reclaim  plain  verification
hazard_unfenced    hazard  RL census   census census
hazard_own         hazard  RL reclaim  plain  verification
drain_half         qsbr    RL reclaim  plain  verification
ebr_inner          ebr     RL reclaim  plain  verification
queue_short        biased  RC refcount plain  verification
numbers_kept       per_thread RC refcount plain verification
table_grows        per_thread RC refcount plain verification
gus_alone          gus     RL reclaim  plain  verification
hazard_int         hazard  RL reclaim  plain  verification
free_forgotten     system  AL alloc    plain  verification
pool_stale         pool    AL alloc    asan   ASan|UBSan
pool_remembers     pool    AL alloc    plain  verification
heaps_unwoken      heaps   AL alloc    plain  verification
heaps_stamped_once heaps   AL alloc    plain  verification
heaps_at_once      heaps   AL reads    census verification LK_SCHEME=optimistic
own_uncounted      pep703  RC history  plain  verification|assertion
END
)
controls=$(awk '{print "-", $2, $3, $4, $5, "-", $7}' <<<"$cases" | sort -u | while read -r row; do
    # shellcheck disable=SC2086
    [ ! -e "tests/broken/$(set -- $row && echo "$2").h" ] || echo "$row"
done)

case_name() { # wrong from layer program build
    echo "$1.$2.$4.$5"
}

build_and_run() { # wrong from layer program build [definition]
    local name flags of=$1 scheme
    [ "$of" != - ] || of=$2
    scheme=("-D$3_SCHEME=$of" ${6:+"-D$6"})
    [ ! -e "tests/broken/$of.h" ] || scheme+=("-D$3_HEADER=\"tests/broken/$of.h\"")
    name=$out/$(case_name "$@")
    case $5 in
    plain) flags="-Wshadow" ;;
    asan) flags="-Wshadow -g -fsanitize=address,undefined -fno-sanitize-recover=all -DSYNC_CHECKED" ;;
    tsan) flags="-Wshadow -g -fsanitize=thread -DSYNC_TSAN -DSYNC_CHECKED" ;;
    census) flags="-DSYNC_CENSUS" ;;
    esac
    # shellcheck disable=SC2086
    if ! "$cc" -std=gnu17 -D_GNU_SOURCE -O0 -Wall -Wextra -Wstrict-prototypes -Werror $flags -I. -Istrategies \
        "${scheme[@]}" "tests/conformance/$4.c" harness/sync.c -lcmocka -lpthread \
        -o "$name" >"$name.log" 2>&1; then
        echo compiler >"$name.status"
        return
    fi
    # what a wrong scheme leaks is not what it is to be caught by
    CMOCKA_MESSAGE_OUTPUT=TAP ASAN_OPTIONS=detect_leaks=$([ "$1" = - ] && echo 1 || echo 0) \
        timeout 20 "$name" >"$name.log" 2>&1 # what is caught may hang
    echo $? >"$name.status"
}

# Who caught it, by what the program printed; nothing if it was not caught, or by a mere crash.
catcher() { # log
    if grep -q 'ERROR: AddressSanitizer' "$1"; then
        echo ASan
    elif grep -q 'WARNING: ThreadSanitizer' "$1"; then
        echo TSan
    elif grep -q ': runtime error: ' "$1"; then
        echo UBSan
    elif grep -q '^# census: .*: \(the statement is wrong\|not stated\|changes\)' "$1"; then
        echo census
    elif grep -q '^not ok\|^tests/conformance/[a-z]*\.[ch]:[0-9]*: ' "$1"; then
        echo verification
    elif grep -q '^[a-z_./]*\.[ch]:[0-9]*: ' "$1"; then
        echo assertion
    fi
}
how() { # log
    local line
    line=$(grep -m1 -e 'ERROR: AddressSanitizer' -e 'WARNING: ThreadSanitizer' \
        -e ': runtime error: ' \
        -e '^# census: .*: \(the statement\|not stated\|changes\)' \
        -e '^tests/conformance/[a-z]*\.[ch]:[0-9]*: ' "$1")
    [ -n "$line" ] || line=$(sed -n 's/^not ok [0-9]* - //p' "$1" | head -n 1)
    sed -e 's/^==*[0-9]*==* *//' -e 's/ on address.*//' -e 's/ (pid=.*//' -e 's/^# census: //' \
        -e 's/^ERROR: //' -e 's/^WARNING: //' -e 's/^tests[^ ]* //' <<<"$line"
}
essay() { # wrong: its first sentence, without its name
    sed -n '3,/^#/p' "tests/broken/$1.h" | sed -n 's/^\/\/ //p' | tr '\n' ' ' |
        sed -e 's/^[a-z0-9_]*: //' -e 's/\. *$//'
}

while read -r wrong from layer program build _ definition; do
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
        wait -n
    done
    # what the shell says of a program that aborts says its status too
    build_and_run "$wrong" "$from" "$layer" "$program" "$build" "$definition" 2>/dev/null &
done <<<"$cases
$controls"
wait

n=0
failed=0
table=
echo "1..$(wc -l <<<"$cases
$controls")"
while read -r wrong from layer program build expected _; do
    n=$((n + 1))
    name=$out/$(case_name "$wrong" "$from" "$layer" "$program" "$build")
    status=$(cat "$name.status")
    by=$(catcher "$name.log")
    good=false
    if [ "$wrong" = - ]; then
        text="$from passes $program ($build)"
        [ "$status" != 0 ] || good=true
    else
        text="$wrong: caught by ${by:-nobody} ($program, $build)"
        table="$table$wrong|$(essay "$wrong")|$by|$(how "$name.log")
"
        [ "$status" = 0 ] || [ "$status" = compiler ] || [[ "|$expected|" != *"|$by|"* ]] || good=true
    fi
    if $good; then
        echo "ok $n - $text"
    else
        echo "not ok $n - $text; status $status"
        sed 's/^/# /' "$name.log" | head -n 40
        failed=1
    fi
done <<<"$cases
$controls"

echo "# wrong scheme | what is wrong | caught by | how"
printf '%s' "$table" | sed 's/|/ | /g; s/^/# /'
exit $failed
