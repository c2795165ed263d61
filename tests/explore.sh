#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Does the explorer find what is wrong? Each planted bug must fail in a bounded number of schedules,
# in one of the ways that are expected; what a failure prints to be given again must fail again,
# twice the same; and the right scheme that it was made from must pass. TAP, and the table.
#
#     tests/explore.sh [BUILD]          docs/exploring.md must have the same table
#     tests/explore.sh --docs [BUILD]   a filter that puts the table into docs/exploring.md
#
# Seeds are fixed, and what they find does not hang on the machine.
set -u
cd "$(dirname "$0")/.." || exit 1
docs=false
[ "${1:-}" != --docs ] || { docs=true && shift; }
BUILD=$(realpath -m "${1:-build}")/wrong
bounds=(1000 100000) # schedules of each scenario: all with the first bound, then all with the next
passes=2000          # of each scenario, by a right scheme
mkdir -p "$BUILD" || exit 1

# Wrong scheme, made from, layer, faces (declared, instrumented), the failures that are expected. Both
# faces for some: compilers take most of the time.
# What only costs too much or is not fair is nobody's failure.
harmless='census_off immortal_written gil_unforced pymutex_unfair'
race='data race|use after free'
any='data race|use after free|check failed|leak|misuse|crash'
cases=$(grep -v '^#' <<END
lost_increment        atomic         RC d  $any
leak                  atomic         RC d  leak|check failed
double_free           atomic         RC d  $any
premature_free        atomic         RC d  $any
weak_late             atomic         RC d  $any
load_uncounted        atomic         RC d  $any
move_keeps            atomic         RC d  $any
publish_not_sticky    biased         RC d  $race|check failed
orphan_lost           biased         RC d  leak|check failed
merge_wrong_order     biased         RC d  $any
reuse_race            biased         RC d  $any
immortal_wraps        plain_immortal RC d  $any
mutex_freed           object_mutex   RC d  $any
mutex_early           object_mutex   RC d  $any
decrement_relaxed     atomic_relaxed RC di $race
death_unordered       atomic_relaxed RC d  $race
store_relaxed         atomic_relaxed RC di $race
store_fence_late      atomic_relaxed RC d  $race
load_relaxed          atomic_relaxed RC d  $race
swap_relaxed          atomic_relaxed RC d  $race
look_relaxed          atomic_relaxed RC d  $race
try_relaxed           atomic_relaxed RC d  $race|check failed
init_relaxed          atomic_relaxed RC d  $race|check failed
cell_relaxed          atomic_relaxed RC i  $race
merge_acquire         biased         RC d  $race
merge_release         biased         RC d  $race
foreign_acquire       biased         RC d  $race
foreign_release       biased         RC d  $race
zero_relaxed          biased         RC d  $race
init_unordered        biased         RC d  $race|check failed
merge_again           biased         RC d  $any
drain_relaxed         biased         RC d  $race
commit_early          buffered       RC d  $any
epoch_short           buffered       RC d  $any
log_lost              buffered       RC d  $any
online_unlocked       buffered       RC d  $any|deadlock
subtract_forgotten    collected      GC d  leak|check failed
reach_forgotten       collected      GC d  $any
weak_garbage          collected      GC d  $any
end_stopped           collected      GC d  deadlock
collect_running       collected      GC di $any|deadlock
dead_tracked          collected      GC d  $any
delta_dropped         safethread     RC d  $any
promote_unlocked      safethread     RC d  $any
table_unflushed       safethread     RC d  $any
try_from_zero         atomic         RC d  $any
weak_resurrects       cas_packed     RC d  $any
tally_undeclared      pthread        LK i  $race
lock_nothing          pthread        LK di $race
spin_relaxed          spin           LK d  $race
exchange_relaxed      spin           LK d  $race
pymutex_blind         pymutex        LK di deadlock
pymutex_two_owners    pymutex        LK d  $any
pymutex_take_relaxed  pymutex        LK d  $race
pymutex_give_relaxed  pymutex        LK d  $race
pymutex_pass_relaxed  pymutex        LK d  $race
pymutex_woken_relaxed pymutex        LK d  $race
pymutex_park_relaxed  pymutex        LK d  $race
pymutex_forgets       pymutex        LK d  deadlock
pymutex_neighbour     pymutex        LK d  $any|deadlock
spin_unread           spin           LK d  $any
ticket_relaxed        ticket         LK d  $race
mcs_relaxed           mcs            LK d  $race
lazy_relaxed          lazy           LK d  $race
flags_relaxed         flags          LK d  $race
flags_fence_early     flags          LK di $race
flags_fence_weak      flags          LK d  $race
unlink_late           qsbr           RL d  $any
qsbr_unfenced         qsbr           RL d  $any
qsbr_returns          qsbr           RL d  $race
qsbr_relaxed          qsbr           RL d  $race
qsbr_stale            qsbr           RL d  $any
qsbr_retirer          qsbr           RL di $any
qsbr_lost             qsbr           RL d  leak|check failed
gus_deferred          gus            RL d  $any
gus_forgets           gus            RL d  $any
gus_poll_relaxed      gus            RL d  $race
gus_plain             gus_old        RL d  $any
ebr_early             ebr            RL d  $any
ebr_unfenced          ebr            RL d  $any
ebr_limbo             ebr            RL d  $any
hazard_relaxed        hazard         RL di $race
hazard_unfenced       hazard         RL d  $any
heaps_at_once         heaps          AL d  $race|check failed
heaps_counts          heaps          AL d  $any
heaps_orphan          heaps          AL d  leak
heaps_take_relaxed    heaps          AL d  $race
heaps_push_relaxed    heaps          AL d  $race
heaps_woken_relaxed   heaps          AL d  $race
pool_unlock_relaxed   pool_locked    AL d  $race
END
)

# Wrong and right schemes by face: "face wrong from layer expected", wrong is - for the right ones.
rows=$(
    while read -r wrong from layer faces expected; do
        [[ $faces != *d* ]] || echo "declared $wrong $from $layer $expected"
        [[ $faces != *i* ]] || echo "instrumented $wrong $from $layer $expected"
    done <<<"$cases"
)
rows=$(
    echo "$rows"
    awk '{ print $1, "-", $3, $4, "-" }' <<<"$rows" | sort -u
)

# The scenarios of a layer, by their files: most of the time is the compiler's.
declare -A explored=([RC]='refcount late reuse' [GC]=cycles [LK]=lock [RL]=reclaim [AL]=alloc)

program() { # face wrong from layer
    local name=$2 lock=pthread
    [ "$name" != - ] || name=$3
    case $4 in
    LK) name=atomic+$name ;;
    RL) name=atomic+pthread+$name+system ;;
    GC) name=$name+pthread ;;
    AL) name=atomic+pthread+qsbr+$name ;;
    RC) # what is not shared without a global lock goes with one, as rclab explore has it
        scripts/traits "strategies/refcount/$3.h" | grep -qw RC_SHARED || lock=gil
        name=$name+$lock
        ;;
    esac
    echo "$BUILD/$4/explore/$1/$name"
}
# The scenarios that say something of these schemes.
scenarios() { # program
    "$1" list | sed '/; omitted: /d; s/ .*//'
}

# One row: its program's output in log, and in result "schedules|scenario|failure", or nothing.
explore() { # log, face wrong from layer expected
    local log=$1 program bound name command line
    shift
    program=$(program "$@")
    rm -f "$log" "$log.result"
    if [ "$2" = - ]; then
        "$program" explore --schedules "$passes" >"$log" 2>&1 && echo passes >"$log.result"
        return
    fi
    for bound in "${bounds[@]}"; do
        for name in $(scenarios "$program"); do
            # a scenario that cannot even be set up shows no schedule
            "$program" explore "$name" --schedules "$bound" --as "$program explore" >"$log" 2>&1 ||
                ! grep -q '^replay: ' "$log" || break 2
        done
    done
    command=$(sed -n "s/^replay: \(.*\)  # .*, schedule \([0-9a-f]*\)$/\1/p" "$log")
    [ -n "$command" ] || return
    bash -c "$command" >"$log.once" 2>&1
    echo $? >>"$log.once"
    bash -c "$command" >"$log.twice" 2>&1
    echo $? >>"$log.twice"
    line=$(grep '^replay: ' "$log")
    # the failure comes back, by the same schedule
    if ! cmp -s "$log.once" "$log.twice" || ! grep -qxF "$line" "$log.once" ||
        [ "$(tail -n 1 "$log.once")" != 1 ]; then
        { echo "replayed otherwise:" && cat "$log.once" "$log.twice"; } >>"$log"
        return
    fi
    sed -nE 's/^([a-z0-9_]+): ([0-9]+) schedules?, ([a-z ]+), .*/\2|\1|\3/p' "$log" >"$log.result"
}

# shellcheck disable=SC2086
for layer in RC GC LK RL AL; do
    mapfile -t programs < <(grep -E "^[a-z]+ [^ ]+ [^ ]+ $layer " <<<"$rows" | while read -r row; do
        program $row
    done | sort -u)
    make --no-print-directory -k -j"$(nproc)" CI=1 "BUILD=$BUILD/$layer" EXTRA=tests/broken \
        "EXPLORED=${explored[$layer]}" "${programs[@]}" || bad=1
done >"$BUILD/make" 2>&1
[ -z "${bad:-}" ] || cat "$BUILD/make"

number=0
while read -r row; do
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
        wait -n
    done
    number=$((number + 1))
    # shellcheck disable=SC2086
    explore "$BUILD/$number.log" $row &
done <<<"$rows"
wait

n=0
failed=0
verdict() { # good or not, text, log
    n=$((n + 1))
    if [ "$1" = good ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        tail -n 40 "$3" | sed 's/^/# /'
        failed=1
    fi
}
essay() { # wrong: what its head says, without its name
    sed -n '3,/^#/p' "tests/broken/$1.h" | sed -n 's/^\/\/ //p' | tr '\n' ' ' | sed -E 's/^[a-z_]*: //; s/\. *$//'
}
tell() {
    local number=0 face wrong from layer expected log result schedules scenario failure good
    : >"$BUILD/table"
    while read -r face wrong from layer expected; do
        number=$((number + 1))
        log=$BUILD/$number.log
        result=$(cat "$log.result" 2>/dev/null)
        good=
        if [ "$wrong" = - ]; then
            [ "$result" != passes ] || good=good
            verdict "$good" "$from passes ($face)" "$log"
            continue
        fi
        IFS='|' read -r schedules scenario failure <<<"$result"
        [[ -z $result || "|$expected|" != *"|$failure|"* ]] || good=good
        verdict "$good" "$wrong: ${failure:-not found} ($face)" "$log"
        echo "| $wrong | $(essay "$wrong") | $face | $schedules | $scenario | $failure |" >>"$BUILD/table"
    done <<<"$rows"
}
# The document on stdin, with the table between its marks.
fill() {
    awk -v table="$BUILD/table" '
        /^<!-- end -->$/ { skipped = 0 }
        !skipped { print }
        /^<!-- planted -->$/ {
            skipped = 1
            print "| wrong scheme | what is wrong | face | schedules | scenario | failure |"
            print "| --- | --- | --- | ---: | --- | --- |"
            while ((getline line <table) > 0) print line
        }'
}

if $docs; then
    tell >&2
    fill
    exit "$failed"
fi
tell
for file in tests/broken/*.h; do
    name=$(basename "$file" .h)
    case " counted $harmless " in *" $name "*) continue ;; esac
    grep -q "^// $name: right, " "$file" || grep -q "^$name " <<<"$cases" || echo "$name"
done >"$BUILD/untried"
verdict "$([ -s "$BUILD/untried" ] || echo good)" 'every wrong scheme is tried' "$BUILD/untried"
fill <docs/exploring.md | diff docs/exploring.md - >"$BUILD/diff"
verdict "$([ -s "$BUILD/diff" ] || echo good)" 'docs/exploring.md has this table (make docs)' "$BUILD/diff"
echo "1..$n"
echo '# wrong scheme | what is wrong | face | schedules | scenario | failure'
sed 's/^| /# /; s/ |$//' "$BUILD/table"
exit "$failed"
